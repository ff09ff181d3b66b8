package channeltest

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

func secretCases() []Case {
	return []Case{
		{"Printing", "No way of printing an adapter shows its token.", printing},
		{"Echoes", "No error shows a token, an address or a text, even when the other side sends them back.", echoes},
	}
}

func printing(t TB, h Harness) {
	b := open(t, h)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		b.checkText(t, "the adapter printed with "+verb, fmt.Sprintf(verb, b.Channel), b.Secrets)
	}
	var out strings.Builder
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "channel", b.Channel)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "channel", b.Channel)
	b.checkText(t, "the adapter logged with slog", out.String(), b.Secrets)
}

// echoes are answers that send the request back, as proxies and debugging servers do.
func echoes(t TB, h Harness) {
	for _, status := range []int{http.StatusOK, http.StatusFound, http.StatusBadRequest, http.StatusForbidden, http.StatusInternalServerError} {
		b := open(t, h)
		b.answers(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			echo := fmt.Sprintf("%s %s %v %s", r.Method, r.URL, r.Header, body)
			w.Header().Set("Location", b.url+r.URL.Path+"?"+r.URL.RawQuery)
			w.Header().Set("X-Error", r.URL.Path)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, echo) //nolint:gosec // to echo is what it is for, and no browser reads it
		})
		if _, err := b.send(t, b.message(0)); err == nil {
			t.Errorf("an echo with status %d was taken for an acceptance", status)
		}
		b.close()
	}
	b := open(t, h)
	b.close()
	if _, err := b.send(t, b.message(0)); err == nil {
		t.Errorf("a message was accepted by nobody")
	}
}
