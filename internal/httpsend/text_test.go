package httpsend_test

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/outbound-go/outbound/internal/httpsend"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text    string
		secrets []string
		want    string
	}{
		"nothing to hide":                   {"Too Many Requests: retry after 8", nil, "Too Many Requests: retry after 8"},
		"a token":                           {"bot123:abc is unknown", []string{"123:abc"}, "bot*** is unknown"},
		"an empty secret":                   {"as it is", []string{""}, "as it is"},
		"a short address alone":             {"chat 42 not found, see 142 and 42", []string{"42"}, "chat *** not found, see 142 and ***"},
		"a phone number":                    {"no such person +7 (999) 123-45-67!", nil, "no such person +***!"},
		"an id":                             {"user 123456 is gone", nil, "user *** is gone"},
		"five digits stay":                  {"127.0.0.1:54321: byte offset 32768", nil, "127.0.0.1:54321: byte offset 32768"},
		"a quoted piece":                    {`Unsupported start tag "secret" at byte offset 5`, nil, `Unsupported start tag "…" at byte offset 5`},
		"quotes in quotes":                  {`URL 'http://x/'a'b' is invalid`, nil, `URL '…' is invalid`},
		"apostrophes are no quotes":         {"bot can't initiate; it isn't known", nil, "bot can't initiate; it isn't known"},
		"a single character":                {`Character '!' is reserved, see '\'`, nil, `Character '!' is reserved, see '\'`},
		"a quote that does not end":         {`tag "secret and on`, nil, `tag "…`},
		"control characters and other junk": {"a\x00b\nc\xff", nil, "a b c "},
		"long":                              {strings.Repeat("я", 200), nil, strings.Repeat("я", 150) + "…"},
		"Cyrillic before a quote":           {`тег "тайна"`, nil, `тег "…"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, httpsend.Clean(tt.text, tt.secrets...))
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add("chat 42 not found", "42")
	f.Add(`tag "x" of 'y' at 1234567`, "chat")
	f.Fuzz(func(t *testing.T, text, secret string) {
		got := httpsend.Clean(text, secret)
		require.True(t, utf8.ValidString(got))
		require.LessOrEqual(t, len(got), 300+len("…"))
		if len(secret) > 3 && !strings.ContainsAny(secret, "*…\"'`") && utf8.ValidString(secret) && !strings.ContainsFunc(secret, func(r rune) bool { return r < ' ' || r == utf8.RuneError }) {
			require.NotContains(t, strings.ReplaceAll(got, httpsend.Mask, "\x00"), secret)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "8": 8 * time.Second, " 8 ": 8 * time.Second, "0.0001": time.Millisecond, "-1": 0, "x": 0, "NaN": 0, "1e300": math.MaxInt64, "Inf": math.MaxInt64,
		"Thu, 01 Jan 1970 00:00:00 GMT": 0,
	} {
		require.Equal(t, want, httpsend.RetryAfter(http.Header{"Retry-After": {value}}), value)
	}
	soon := time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)
	require.InDelta(t, time.Minute.Seconds(), httpsend.RetryAfter(http.Header{"Retry-After": {soon}}).Seconds(), 2)
	require.Zero(t, httpsend.RetryAfter(nil))
}

func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "plain", "Привет 😀", "\"\\\n\r\t\x00\x1f\x7f", "\xff\xfe", "\u2028</script>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		require.NoError(t, json.Unmarshal(httpsend.AppendString(nil, s), &got))
		require.Equal(t, strings.ToValidUTF8(s, "\uFFFD"), got)
	})
}

func TestFormsKeepNamesInTheirHeader(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": "file", "/": "file", "..\\..": "..", "a/b/c.txt": "c.txt", "x\"\r\nEvil: y.png": "xEvil: y.png", "прайс.pdf": "прайс.pdf",
	} {
		form, err := httpsend.NewForm(nil, "document", name)
		require.NoError(t, err)
		require.Contains(t, string(form.Before), `; filename="`+want+`"`+"\r\n")
		require.True(t, strings.HasPrefix(string(form.After), "\r\n--"))
	}
}
