// Broadcast sends a message to a list of people from the command line and can be stopped, killed and continued at any
// moment: nobody is written to twice, and whoever is in doubt is said.
//
//	export OUTBOUND_TOKEN=123456789:AAE…
//	broadcast -audience ids.txt -text "We are open on Sunday." -id sunday
//
// Everything is kept in one SQLite file (-db). The subcommands list, status, pause, resume, cancel, explain, resolve, stop and
// release work on the same file while another process sends. `broadcast -h` says the rest.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	// The first signal ends softly: requests under way finish and are recorded. From then on signals do what they do to any program.
	ctx, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, restore)
	code := run(ctx, os.Args[1:], terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Getenv})
	restore()
	os.Exit(int(code))
}

// terminal is where the program reads and writes: results go to out, everything for people to err.
type terminal struct {
	in  io.Reader
	out io.Writer
	err io.Writer
	env func(string) string
}

// run is the whole program.
func run(ctx context.Context, args []string, t terminal) status {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return subcommand(ctx, args[0], args[1:], t)
	}
	o, code, ok := parseSend(args, t)
	if !ok {
		return code
	}
	if o.dryRun {
		return dryRun(ctx, o, t)
	}
	return send(ctx, o, t)
}
