package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"testing"
	"time"
)

// childVariable makes the test binary be a child: it holds an order in JSON.
const childVariable = "OUTBOUND_E2E_CHILD"

// order is what a child is to do.
type order struct {
	Role        string // a key of roles
	Path        string // the store's file
	BaseURL     string // the provider
	Owner       string
	Concurrency int
	Lease       time.Duration
	Timeout     time.Duration
	Refused     int // one of so many connections is refused; zero = none
	People      int
	Grants      bool // say what each commit granted
	Serve       bool // run until killed, not until idle
}

// TestMain is a child where a test asks for one.
func TestMain(m *testing.M) {
	text := os.Getenv(childVariable)
	if text == "" {
		limitPages()
		os.Exit(m.Run())
	}
	var o order
	err := json.Unmarshal([]byte(text), &o)
	if err == nil {
		go func() { // no child outlives the test
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(3)
		}()
		err = o.obey(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
}

func (o *order) obey(ctx context.Context) error {
	switch o.Role {
	case "send":
		return childSends(ctx, o)
	case "import":
		return childImports(ctx, o)
	case "million":
		return childCounts(ctx, o)
	}
	return fmt.Errorf("no role %q", o.Role)
}
