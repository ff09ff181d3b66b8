package outbound_test

import (
	"strings"
	"testing"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/stretchr/testify/require"
)

// Everything wrong with a draft is reported together, by field and stable code, in two languages.
func TestBadDraftsGetAllTheirProblemsAtOnce(t *testing.T) {
	t.Parallel()
	good := func() outbound.Draft {
		return outbound.Draft{Name: "x", Touchpoint: outboundtest.Touchpoint, Message: outbound.Message{Text: "Hello."}}
	}
	for name, c := range map[string]struct {
		change func(*outbound.Draft)
		want   string
	}{
		"nothing at all":          {func(d *outbound.Draft) { *d = outbound.Draft{} }, "name required, touchpoint required"},
		"an unknown touchpoint":   {func(d *outbound.Draft) { d.Touchpoint = "none" }, "touchpoint unknown_touchpoint"},
		"an id with spaces":       {func(d *outbound.Draft) { d.ID = "a b" }, "id identifier"},
		"a malformed template":    {func(d *outbound.Draft) { d.Message.Text = "Hello {{.name" }, "message.text template_malformed"},
		"a template that calls":   {func(d *outbound.Draft) { d.Message.Text = `{{printf "%9999999d" 1}}` }, "message.text template_unsupported"},
		"a template that loops":   {func(d *outbound.Draft) { d.Message.Text = `{{range .x}}a{{end}}` }, "message.text template_unsupported"},
		"a template of templates": {func(d *outbound.Draft) { d.Message.Text = `{{define "x"}}a{{end}}{{template "x"}}` }, "message.text template_unsupported"},
		"a text over the limit":   {func(d *outbound.Draft) { d.Message.Text = strings.Repeat("я", 4097) }, "message.text text_too_long"},
		"no message":              {func(d *outbound.Draft) { d.Message.Text = "" }, "message message_empty"},
		"a foreign format":        {func(d *outbound.Draft) { d.Message.Format = outbound.FormatMarkdown }, "message.format part_unsupported"},
		"a foreign kind of media": {func(d *outbound.Draft) {
			d.Message.Media = &outbound.Media{Kind: outbound.MediaVideo, URL: "https://x.y/z"}
		}, "message.media part_unsupported"},
		"media from nowhere": {func(d *outbound.Draft) { d.Message.Media = &outbound.Media{Kind: outbound.MediaPhoto} }, "message.media media_one_source"},
		"a file that is not there": {func(d *outbound.Draft) {
			d.Message.Media = &outbound.Media{Kind: outbound.MediaPhoto, File: "no such file"}
		}, "message.media.file file_unreadable"},
		"a button without an address": {func(d *outbound.Draft) { d.Message.Buttons = [][]outbound.Button{{{Text: "Go", URL: "example.com"}}} }, "message.buttons[0][0].url url_invalid"},
		"a provider's template":       {func(d *outbound.Draft) { d.Message.Template = &outbound.Template{Name: "x", Language: "en"} }, "message.template part_unsupported"},
		"an unknown option":           {func(d *outbound.Draft) { d.Message.Options = []outbound.Option{outbound.OptionProtect} }, "message.options[0] part_unsupported"},
		"unknown choices":             {func(d *outbound.Draft) { d.Doubts, d.Missing, d.Purpose = "x", "y", "z" }, "purpose not_one_of, doubts not_one_of, missing not_one_of"},
		"two at once":                 {func(d *outbound.Draft) { d.Name, d.Message.Text = "", "{{" }, "name required, message.text template_malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := outboundtest.New(t, nil)
			d := good()
			c.change(&d)
			_, err := h.Create(t.Context(), d)
			require.ErrorIs(t, err, outbound.ErrInvalid)
			var got []string
			for _, p := range outbound.ProblemsOf(err) {
				got = append(got, p.Field+" "+p.Code)
				require.NotEqual(t, "problem."+p.Code, p.In(outbound.English))
				require.NotEqual(t, p.In(outbound.English), p.In(outbound.Russian))
			}
			require.Equal(t, c.want, strings.Join(got, ", "))
		})
	}
}

func TestVariablesThatPeopleLackAreFoundBeforeTheStart(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, change func(*outbound.Draft)) (*outboundtest.Host, outbound.Campaign, error) {
		h := outboundtest.New(t, nil)
		c := h.Campaign(t, func(d *outbound.Draft) {
			d.Message.Text = "Hello {{.name}}"
			change(d)
		})
		_, err := c.Import(t.Context(), "x", outbound.FromSlice([]outbound.Recipient{
			{Address: "1", Variables: map[string]string{"name": "Anna"}}, {Address: "2", Variables: map[string]string{"city": "Omsk"}},
		}))
		require.NoError(t, err)
		return h, c, c.Start(t.Context())
	}
	_, _, err := start(t, func(*outbound.Draft) {})
	require.Equal(t, "variable_missing", outbound.ProblemsOf(err)[0].Code)
	_, c, err := start(t, func(d *outbound.Draft) { d.Message.Text = "{{.surname}}" })
	require.Equal(t, "variable_unknown", outbound.ProblemsOf(err)[0].Code)
	require.Contains(t, err.Error(), "city, name")
	plan, err := c.Plan(t.Context())
	require.NoError(t, err)
	require.Equal(t, "variable_unknown", plan.Problems[0].Code)
	h, _, err := start(t, func(d *outbound.Draft) { d.Missing = outbound.MissingSkip })
	require.NoError(t, err)
	require.NoError(t, h.RunUntilIdle(t.Context()))
	require.Len(t, h.Channel.Sent(), 1)
	h, _, err = start(t, func(d *outbound.Draft) { d.Defaults = map[string]string{"name": "friend"} })
	require.NoError(t, err)
	require.NoError(t, h.RunUntilIdle(t.Context()))
	require.Len(t, h.Channel.Sent(), 2)
}

func TestBadConfigsGetAllTheirProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := outbound.New(outbound.Config{Concurrency: -1, LeaseTerm: 1})
	require.ErrorIs(t, err, outbound.ErrInvalid)
	require.Len(t, outbound.ProblemsOf(err), 4, "%v", err)
	require.NotContains(t, err.Error(), "validation", "no word of the validator's")
	_, err = outbound.New(outbound.Config{Store: memory.New(), Touchpoints: outbound.Touchpoints{"x": nil}, Limits: map[string]outbound.Limits{"y": {}}})
	require.ErrorContains(t, err, "touchpoints.x")
	require.ErrorContains(t, err, "limits.y")
}

func TestValuesAreEscapedForTheFormat(t *testing.T) {
	t.Parallel()
	h := outboundtest.New(t, nil)
	c := h.Campaign(t, func(d *outbound.Draft) {
		d.Message = outbound.Message{
			Text: "<b>{{.name}}</b>", Format: outbound.FormatHTML,
			Buttons: [][]outbound.Button{{{Text: "For {{.name}}", URL: "https://shop.example/?q={{.name}}"}, {Text: "x", URL: "{{.link}}"}}},
		}
	})
	shown, err := h.Preview(t.Context(), c.ID(), outbound.Recipient{Variables: map[string]string{"name": "<Tom & Ann>", "link": "https://a.example/b?c=d"}})
	require.NoError(t, err)
	require.Equal(t, "<b>&lt;Tom &amp; Ann&gt;</b>", shown.Text)
	require.Equal(t, outbound.Button{Text: "For <Tom & Ann>", URL: "https://shop.example/?q=%3CTom%20%26%20Ann%3E"}, shown.Buttons[0][0])
	require.Equal(t, "https://a.example/b?c=d", shown.Buttons[0][1].URL)
}
