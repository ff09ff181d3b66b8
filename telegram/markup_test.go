package telegram_test

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/simulator"
	"github.com/outbound-go/outbound/telegram"
)

// measured is the visible length of a text, or the code of its problem.
func measured(text string, format outbound.Format) (length int, code string) {
	length, blank, wrong := telegram.See(text, format)
	switch {
	case wrong:
		return 0, telegram.CodeMarkup
	case blank:
		return 0, telegram.CodeTextEmpty
	}
	return length, ""
}

func TestVisibleLengths(t *testing.T) {
	t.Parallel()
	const bad = telegram.CodeMarkup
	for name, tt := range map[string]struct {
		format outbound.Format
		text   string
		length int
		code   string
	}{
		"plain text is as it is":                     {outbound.FormatPlain, "<b>&amp;\\*", 10, ""},
		"a character beyond the first plane is one":  {outbound.FormatPlain, "😀😀", 2, ""},
		"a letter and its accent are two":            {outbound.FormatPlain, "e\u0301", 2, ""},
		"nothing but spaces is empty":                {outbound.FormatPlain, " \n\u00a0", 0, telegram.CodeTextEmpty},
		"tags are not counted":                       {outbound.FormatHTML, "<b>Hi</b> <i>Ann</i>", 6, ""},
		"attributes are not counted":                 {outbound.FormatHTML, `<a href="https://example.com/?a=1&amp;b=2">link</a>`, 4, ""},
		"attributes in single quotes and tokens":     {outbound.FormatHTML, `<a href='x>y' id=a-b.c>link</a>`, 4, ""},
		"an attribute without a value":               {outbound.FormatHTML, "<blockquote expandable>quote</blockquote>", 5, ""},
		"entities are one character":                 {outbound.FormatHTML, "&lt;&gt;&amp;&quot;&#128512;&#x1F600;", 6, ""},
		"entities without semicolons":                {outbound.FormatHTML, "&lt &#65", 3, ""},
		"unknown entities are as they are":           {outbound.FormatHTML, "&nbsp; &copy", 12, ""},
		"tags in capitals":                           {outbound.FormatHTML, "<B>x</b>", 1, ""},
		"spaces in end tags":                         {outbound.FormatHTML, "<b>x</b >", 1, ""},
		"an end tag without a name":                  {outbound.FormatHTML, "<b>x</>", 1, ""},
		"a spoiler":                                  {outbound.FormatHTML, `<tg-spoiler>x</tg-spoiler><span class="tg-spoiler">y</span>`, 2, ""},
		"code with a language":                       {outbound.FormatHTML, `<pre><code class="language-go">x</code></pre>`, 1, ""},
		"an unknown tag":                             {outbound.FormatHTML, "a<br>b", 0, bad},
		"an open tag":                                {outbound.FormatHTML, "<b>x", 0, bad},
		"an end without a beginning":                 {outbound.FormatHTML, "x</b>", 0, bad},
		"tags that overlap":                          {outbound.FormatHTML, "<b><i>x</b></i>", 0, bad},
		"a tag that does not end":                    {outbound.FormatHTML, "x <b", 0, bad},
		"a smaller-than sign":                        {outbound.FormatHTML, "1 < 2", 0, bad},
		"an attribute that does not end":             {outbound.FormatHTML, `<a href="x>y</a>`, 0, bad},
		"tags without text are empty":                {outbound.FormatHTML, "<b> </b>", 0, telegram.CodeTextEmpty},
		"marks are not counted":                      {outbound.FormatMarkdown, "*Hi* _Ann_ __u__ ~s~ ||p|| `c`", 14, ""},
		"nested marks":                               {outbound.FormatMarkdown, "*bold _italic ~strike~ __under__ end_*", 28, ""},
		"italic and underline":                       {outbound.FormatMarkdown, "__under _both_\r__", 11, ""},
		"escaped characters are one":                 {outbound.FormatMarkdown, `1\.5 \+ 2\! \\`, 10, ""},
		"links show their text":                      {outbound.FormatMarkdown, `[go](https://example.com/a\)b)`, 2, ""},
		"a custom emoji shows its text":              {outbound.FormatMarkdown, "![👍](tg://emoji?id=5368324170671202286)", 1, ""},
		"code is free of other marks":                {outbound.FormatMarkdown, "`a.b*c[d`", 7, ""},
		"a block of code with a language":            {outbound.FormatMarkdown, "```go\na.b(`c`)\n```", 9, ""},
		"a quotation":                                {outbound.FormatMarkdown, ">one\n>two\nthree", 13, ""},
		"an expandable quotation":                    {outbound.FormatMarkdown, "**>one\n>two||\nthree", 13, ""},
		"a dot that is not escaped":                  {outbound.FormatMarkdown, "Hello.", 0, bad},
		"an exclamation mark that is not escaped":    {outbound.FormatMarkdown, "Hello!", 0, bad},
		"a hyphen that is not escaped":               {outbound.FormatMarkdown, "a-b", 0, bad},
		"a bracket that is not escaped":              {outbound.FormatMarkdown, "a)", 0, bad},
		"a single bar":                               {outbound.FormatMarkdown, "a|b", 0, bad},
		"an open mark":                               {outbound.FormatMarkdown, "*x", 0, bad},
		"marks that overlap":                         {outbound.FormatMarkdown, "*a _b* c_", 0, bad},
		"an open link":                               {outbound.FormatMarkdown, "[x](https://example.com", 0, bad},
		"a custom emoji without a URL":               {outbound.FormatMarkdown, "![x]", 0, bad},
		"a greater-than sign within a line":          {outbound.FormatMarkdown, "a > b", 0, bad},
		"a mark that is open when a quotation ends":  {outbound.FormatMarkdown, ">*one\ntwo*", 0, bad},
		"a backslash at the end is as it is":         {outbound.FormatMarkdown, `x\`, 2, ""},
		"a backslash before a letter of Cyrillic":    {outbound.FormatMarkdown, `\я`, 2, ""},
		"a block of code that does not end":          {outbound.FormatMarkdown, "```\nx``", 0, bad},
		"a bracket that closes nothing":              {outbound.FormatMarkdown, "x]", 0, bad},
		"two underscores are an underline, not text": {outbound.FormatMarkdown, "_a__", 0, bad},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			length, code := measured(tt.text, tt.format)
			require.Equal(t, tt.code, code)
			if tt.code == "" {
				require.Equal(t, tt.length, length)
			}
		})
	}
}

func TestLimitsOfTexts(t *testing.T) {
	t.Parallel()
	bot := telegram.New(token, nil)
	photo := &outbound.OutgoingMedia{Kind: outbound.MediaPhoto, URL: "https://example.com/a.jpg"}
	for name, tt := range map[string]struct {
		m    outbound.Outgoing
		code string
	}{
		"4096 characters":                          {outbound.Outgoing{Text: strings.Repeat("я", 4096)}, ""},
		"4097 characters":                          {outbound.Outgoing{Text: strings.Repeat("я", 4097)}, telegram.CodeTextTooLong},
		"4096 characters of two UTF-16 units":      {outbound.Outgoing{Text: strings.Repeat("😀", 4096)}, ""},
		"a caption of 1024":                        {outbound.Outgoing{Text: strings.Repeat("я", 1024), Media: photo}, ""},
		"a caption of 1025":                        {outbound.Outgoing{Text: strings.Repeat("я", 1025), Media: photo}, telegram.CodeTextTooLong},
		"no caption":                               {outbound.Outgoing{Media: photo}, ""},
		"no text":                                  {outbound.Outgoing{}, telegram.CodeTextEmpty},
		"32768 bytes of markup around few letters": {outbound.Outgoing{Text: strings.Repeat("<b>x</b>", 4096), Message: &outbound.Message{Format: outbound.FormatHTML}}, ""},
		"32769 bytes":                              {outbound.Outgoing{Text: strings.Repeat("<b>x</b>", 4096) + "y", Message: &outbound.Message{Format: outbound.FormatHTML}}, telegram.CodeTextBytes},
		"a button without a text":                  {outbound.Outgoing{Text: "x", Buttons: [][]outbound.Button{{{URL: "https://example.com"}}}}, telegram.CodeButtonText},
		"a button without a scheme":                {outbound.Outgoing{Text: "x", Buttons: [][]outbound.Button{{{Text: "a", URL: "example.com"}}}}, telegram.CodeButtonURL},
		"a tg button":                              {outbound.Outgoing{Text: "x", Buttons: [][]outbound.Button{{{Text: "a", URL: "tg://user?id=1"}}}}, ""},
		"a file by FTP":                            {outbound.Outgoing{Media: &outbound.OutgoingMedia{Kind: outbound.MediaPhoto, URL: "ftp://x/y"}}, telegram.CodeMediaURL},
		"a video":                                  {outbound.Outgoing{Media: &outbound.OutgoingMedia{Kind: outbound.MediaVideo, URL: "https://x/y"}}, telegram.CodeMediaKind},
		"an empty file":                            {outbound.Outgoing{Media: &outbound.OutgoingMedia{Kind: outbound.MediaPhoto}}, telegram.CodeMediaEmpty},
		"a large photo":                            {outbound.Outgoing{Media: &outbound.OutgoingMedia{Kind: outbound.MediaPhoto, Content: make([]byte, 10_000_001)}}, telegram.CodeMediaSize},
		"a reference":                              {outbound.Outgoing{Media: &outbound.OutgoingMedia{Kind: outbound.MediaPhoto, Ref: "AgAC"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := bot.CheckRendered(&tt.m)
			if tt.code == "" {
				require.Nil(t, p)
				return
			}
			require.NotNil(t, p)
			require.Equal(t, tt.code, p.Code)
			require.NotContains(t, p.Message+p.Translated, "{")
		})
	}
}

func TestMessagesAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	bot := telegram.New(token, nil)
	row := make([]outbound.Button, 13)
	for i := range row {
		row[i] = outbound.Button{Text: "a", URL: "https://example.com"}
	}
	for name, tt := range map[string]struct {
		m    outbound.Message
		want map[string]string // code by field
	}{
		"a plain text":               {outbound.Message{Text: "Hello"}, nil},
		"nothing":                    {outbound.Message{}, map[string]string{"message.text": telegram.CodeTextEmpty}},
		"a photo without a caption":  {outbound.Message{Media: &outbound.Media{Kind: outbound.MediaPhoto, Hash: "x"}}, nil},
		"a long text":                {outbound.Message{Text: strings.Repeat("x", 4097)}, map[string]string{"message.text": telegram.CodeTextTooLong}},
		"a long text with variables": {outbound.Message{Text: strings.Repeat("x", 4097) + "{{.name}}"}, nil},
		"wrong markup":               {outbound.Message{Text: "Hi.", Format: outbound.FormatMarkdown}, map[string]string{"message.text": telegram.CodeMarkup}},
		"wrong markup beside variables": {
			outbound.Message{Text: "Hi {{.name}}.", Format: outbound.FormatMarkdown}, map[string]string{"message.text": telegram.CodeMarkup},
		},
		"right markup around variables": {outbound.Message{Text: `<a href="https://x.test/{{.id}}">{{ .name }}</a>`, Format: outbound.FormatHTML}, nil},
		"markup that variables choose":  {outbound.Message{Text: "{{if .vip}}<b>{{else}}<i>{{end}}x", Format: outbound.FormatHTML}, nil},
		"a template": {
			outbound.Message{Text: "x", Template: &outbound.Template{Name: "t"}}, map[string]string{"message.template": telegram.CodeTemplate},
		},
		"a video": {
			outbound.Message{Media: &outbound.Media{Kind: outbound.MediaVideo, URL: "https://x.test/a.mp4"}},
			map[string]string{"message.media.kind": telegram.CodeMediaKind},
		},
		"a file by a path": {
			outbound.Message{Media: &outbound.Media{Kind: outbound.MediaPhoto, URL: "/tmp/a.jpg"}}, map[string]string{"message.media.url": telegram.CodeMediaURL},
		},
		"a file by a variable":   {outbound.Message{Media: &outbound.Media{Kind: outbound.MediaPhoto, URL: "{{.photo}}"}}, nil},
		"a file by half a URL":   {outbound.Message{Media: &outbound.Media{Kind: outbound.MediaPhoto, URL: "https://x.test/{{.photo}}.jpg"}}, nil},
		"content of zero bytes":  {outbound.Message{Media: &outbound.Media{Kind: outbound.MediaPhoto, Content: []byte{}}}, map[string]string{"message.media.content": telegram.CodeMediaEmpty}},
		"a photo of 10 MB":       {outbound.Message{Media: &outbound.Media{Kind: outbound.MediaPhoto, Content: make([]byte, 10_000_000)}}, nil},
		"a photo of a byte more": {outbound.Message{Media: &outbound.Media{Kind: outbound.MediaPhoto, Content: make([]byte, 10_000_001)}}, map[string]string{"message.media.content": telegram.CodeMediaSize}},
		"a caption that is too long": {
			outbound.Message{Text: strings.Repeat("x", 1025), Media: &outbound.Media{Kind: outbound.MediaDocument, Hash: "x"}},
			map[string]string{"message.text": telegram.CodeTextTooLong},
		},
		"buttons": {
			outbound.Message{Text: "x", Buttons: [][]outbound.Button{
				{{Text: "a", URL: "https://example.com"}, {Text: "{{.label}}", URL: "{{.link}}"}, {Text: "a", URL: "https://{{.host}}/x"}},
				{{Text: " ", URL: "javascript:alert(1)"}, {Text: "a", URL: "http://"}, {Text: "a", URL: "tg:"}, {Text: "a", URL: "ftp://{{.x}}"}},
				row,
			}},
			map[string]string{
				"message.buttons[1][0].text": telegram.CodeButtonText, "message.buttons[1][0].url": telegram.CodeButtonURL,
				"message.buttons[1][1].url": telegram.CodeButtonURL, "message.buttons[1][2].url": telegram.CodeButtonURL,
				"message.buttons[1][3].url": telegram.CodeButtonURL, "message.buttons[2]": telegram.CodeButtonRow,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]string{}
			for _, p := range bot.CheckMessage(&tt.m) {
				got[p.Field] = p.Code
				require.NotEmpty(t, p.Translated)
				require.NotContains(t, p.Message+p.Translated, "{max}")
			}
			if tt.want == nil {
				tt.want = map[string]string{}
			}
			require.Equal(t, tt.want, got)
		})
	}
}

// FuzzMarkup compares what we count with what the simulated provider, which shares no code with us, makes of the text.
func FuzzMarkup(f *testing.F) {
	for _, seed := range []string{
		"<b>Hi</b> &lt;&#128512; <a href=\"https://x.test\">y</a>", "a<br>b", "<b><i>x</b></i>", "&amp", "<span class=\"tg-spoiler\">x</span>",
	} {
		f.Add(seed, true)
	}
	for _, seed := range []string{"*Hi* _a_ __b__ ||c|| `d.` ```go\ne```", "a.b", `\.\\`, "[x](https://x.test)", ">q\n>r\ns", "_a __b___", "**>q||"} {
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, html bool) {
		if !utf8.ValidString(text) || len(text) > 2000 {
			return
		}
		format := outbound.FormatMarkdown
		if html {
			format = outbound.FormatHTML
		}
		length, code := measured(text, format)
		seen, description := parsed(t, text, format)
		switch {
		case description == "" && code == telegram.CodeMarkup:
			t.Errorf("we refuse %q, the provider shows %q", text, seen)
		case description == "" && code == "":
			// The provider trims white space and drops control characters, so it never shows more.
			if n := utf8.RuneCountInString(seen); n > length {
				t.Errorf("we count %d of %q, the provider shows %d: %q", length, text, n, seen)
			}
		}
	})
}

// parsed is what the provider shows of a text, or why it refuses it.
func parsed(t *testing.T, text string, format outbound.Format) (seen, description string) {
	t.Helper()
	sim := simulator.NewTelegram(simulator.TelegramConfig{Rate: -1, RecordBytes: -1})
	sim.AddChats(token, ann)
	bot := telegram.New(token, &telegram.Config{HTTPClient: clientOf(sim.RoundTripper())})
	receipt, err := bot.Send(t.Context(), &outbound.Outgoing{Address: strconv.Itoa(ann), Text: text, Message: &outbound.Message{Format: format}})
	if err != nil {
		return "", err.Error()
	}
	messages := sim.Received(token, ann)
	require.Len(t, messages, 1)
	require.Equal(t, receipt.Message, strconv.FormatInt(messages[0].ID, 10))
	return messages[0].Text, ""
}
