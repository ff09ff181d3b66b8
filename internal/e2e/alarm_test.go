package e2e_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
)

// alarm is a log that rings once when an error with a word in it is logged.
type alarm struct {
	word string
	once sync.Once
	rung chan struct{}
}

func (a *alarm) Enabled(context.Context, slog.Level) bool { return true }

func (a *alarm) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(attr slog.Attr) bool {
		if err, ok := attr.Value.Any().(error); ok && strings.Contains(err.Error(), a.word) {
			a.once.Do(func() { close(a.rung) })
		}
		return true
	})
	return nil
}

func (a *alarm) WithAttrs([]slog.Attr) slog.Handler { return a }
func (a *alarm) WithGroup(string) slog.Handler      { return a }
