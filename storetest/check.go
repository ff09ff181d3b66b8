package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"
)

// check is one run of one case.
type check struct {
	testing.TB
	h    Harness
	says string
	// extra is said with every failure; may be nil.
	extra func() string
}

// Fatalf ends the case with the sentence of its rule and what was seen.
func (c *check) Fatalf(format string, args ...any) {
	c.Helper()
	text := fmt.Sprintf("rule broken: %s\n\tseen: %s", c.says, fmt.Sprintf(format, args...))
	if c.extra != nil {
		text += c.extra()
	}
	c.TB.Fatalf("%s", text)
}

func (c *check) ctx() context.Context { return c.Context() }

// open opens an empty store whose sums are checked after every step.
func (c *check) open() *audited {
	c.Helper()
	return &audited{Store: c.h.Open(c.TB), c: c}
}

// reopen opens the same data again after a crash.
func (c *check) reopen(s *audited) *audited {
	c.Helper()
	return &audited{Store: c.h.Reopen(c.TB, s.Store), c: c, ids: s.ids}
}

// second opens a second handle.
func (c *check) second(s *audited) *audited {
	c.Helper()
	return &audited{Store: c.h.Second(c.TB, s.Store), c: c, ids: s.ids}
}

// must wants no error.
func (c *check) must(err error) {
	if err != nil {
		c.Helper()
		c.Fatalf("unexpected error: %v", err)
	}
}

// mustBe wants an error that is the target.
func (c *check) mustBe(err, target error) {
	if !errors.Is(err, target) {
		c.Helper()
		c.Fatalf("got error %v, want %v", err, target)
	}
}

// same wants two values of one type to be equal: times to the microsecond and whatever their location, nil and empty maps and slices alike.
func same[T any](c *check, what string, got, want T) {
	if d := difference(what, got, want); d != "" {
		c.Helper()
		c.Fatalf("%s", d)
	}
}

// difference says where two values differ; empty = nowhere.
func difference[T any](what string, got, want T) string {
	g, w := reflect.ValueOf(&got).Elem(), reflect.ValueOf(&want).Elem()
	if g.Kind() == reflect.Struct && g.Type() != reflect.TypeFor[time.Time]() {
		for i := range g.NumField() {
			if !alike(g.Field(i), w.Field(i)) {
				return fmt.Sprintf("%s.%s is %+v, want %+v", what, g.Type().Field(i).Name, g.Field(i), w.Field(i))
			}
		}
		return ""
	}
	if !alike(g, w) {
		return fmt.Sprintf("%s is %+v, want %+v", what, got, want)
	}
	return ""
}

func alike(a, b reflect.Value) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return alike(a.Elem(), b.Elem())
	case reflect.Struct:
		if ta, ok := reflect.TypeAssert[time.Time](a); ok {
			tb, _ := reflect.TypeAssert[time.Time](b)
			return sameTime(ta, tb)
		}
		for i := range a.NumField() {
			if !alike(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !alike(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() {
			return false
		}
		for _, key := range a.MapKeys() {
			if v := b.MapIndex(key); !v.IsValid() || !alike(a.MapIndex(key), v) {
				return false
			}
		}
		return true
	default:
		return a.Equal(b)
	}
}

// sameTime says whether two times are one to the microsecond. Zero is only the same as zero.
func sameTime(a, b time.Time) bool {
	return a.IsZero() == b.IsZero() && a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond))
}
