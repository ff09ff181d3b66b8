package sqlite_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestMain is the process to be killed where a test asks for one, and else makes sure that no goroutine of the store outlives the tests.
func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		fmt.Fprintln(os.Stderr, child(path)) // it only returns with an error
		os.Exit(1)
	}
	code := m.Run()
	if left := leftovers(); code == 0 && left != "" {
		fmt.Fprintln(os.Stderr, "goroutines are left running:\n\n"+left)
		code = 1
	}
	os.Exit(code)
}

// leftovers are the stacks of goroutines that are in the store or its driver. They get some time to end: the driver lets go of a context by a goroutine.
func leftovers() string {
	var left []string
	for range 1000 {
		buffer := make([]byte, 1<<20)
		left = nil
		for stack := range strings.SplitSeq(string(buffer[:runtime.Stack(buffer, true)]), "\n\n") {
			if !strings.Contains(stack, "sqlite_test.leftovers") && (strings.Contains(stack, "store/sqlite") || strings.Contains(stack, "modernc.org")) {
				left = append(left, stack)
			}
		}
		if len(left) == 0 {
			break
		}
		runtime.Gosched()
	}
	return strings.Join(left, "\n\n")
}
