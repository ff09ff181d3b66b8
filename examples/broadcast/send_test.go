package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/simulator"
	"github.com/stretchr/testify/require"
)

func TestSendingReachesEverybodyOnceAndEndsWithOneLineOfJSON(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	b.sim.Block(token, 1003)
	r := b.send(statusDone, "-audience", b.people(60, "1001", "+79123456789", "https://t.me/x"), "-text", "Hi", "-id", "a")
	require.Equal(t, result{ID: "a", State: outbound.Completed, Total: 60, Accepted: 59, Failed: 1, Duplicate: 1, Rejected: 2, Seconds: r.Seconds}, r)
	require.Positive(t, r.Seconds)
	b.everybody(60, 1003)

	again := b.run(statusDone, b.sending("-id", "a")...)
	require.Contains(t, again.stderr.String(), "nobody is written to again")
	require.EqualValues(t, 59, again.result().Accepted)
	b.everybody(60, 1003)
}

func TestARandomIdIsSaidAndGoesOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	p := b.run(statusDone, b.sending("-audience", b.people(5), "-text", "Hi")...)
	r := p.result()
	require.NotEmpty(t, r.ID)
	require.Contains(t, p.stderr.String(), "-id "+string(r.ID))
	require.Equal(t, r.ID, b.send(statusDone, "-id", string(r.ID)).ID)
	b.everybody(5)
}

func TestTheAudienceMayComeFromStandardInput(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	p := b.startAs(token, "1001; 1002,1003\n", b.sending("-audience", "-", "-text", "Hi", "-quiet")...).ends(statusDone)
	require.EqualValues(t, 3, p.result().Accepted)
	b.everybody(3)
}

func TestMarkupAndDefaultsArriveAsWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	b.send(statusDone, "-audience", b.people(1), "-format", "html", "-text", "<b>Dear {{.name}}</b>", "-default", "name=A & B")
	got := b.sim.Received(token, 1001)
	require.Len(t, got, 1)
	require.Equal(t, "Dear A & B", got[0].Text)
	require.Equal(t, "bold", got[0].Entities[0].Type)
}

func TestWhatCannotBeSentIsSaidWithStatusOne(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	people := b.people(3)
	empty := filepath.Join(b.dir, "empty.txt")
	require.NoError(t, os.WriteFile(empty, []byte(" \n"), 0o600))
	for _, c := range []struct {
		name  string
		flags []string
		code  string
		says  string
	}{
		{"an empty audience", []string{"-audience", empty, "-text", "Hi"}, "audience_empty", "the audience is empty"},
		{"a text that is no template", []string{"-audience", people, "-text", "Hi {{.name"}, "template_malformed", "cannot be read as a template"},
		{"a text that does more than name variables", []string{"-audience", people, "-text", "{{len .x}}"}, "template_unsupported", "is not possible here"},
		{"a variable that nobody has", []string{"-audience", people, "-text", "Hi {{.name}}"}, "variable_unknown", "nobody in the audience has the variable name"},
		{"markup that the provider refuses", []string{"-audience", people, "-format", "html", "-text", "<b>Hi"}, "text_markup", "markup"},
		{"a file that is not there", []string{"-audience", "nobody.txt", "-text", "Hi"}, "error", "nobody.txt"},
		{"a folder that is not there", []string{"-audience", people, "-text", "Hi", "-db", "none/x.db"}, "error", "none"},
	} {
		p := b.run(statusError, b.sending(c.flags...)...)
		require.Equal(t, c.code, p.result().Reason, c.name)
		require.Contains(t, p.stderr.String(), c.says, c.name)
	}
	require.Zero(t, b.sim.Count(token))
}

func TestADraftThatWasRefusedIsMendedByRunningAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	people := b.people(4)
	b.send(statusError, "-id", "a", "-audience", people, "-text", "Hi {{.name}}")
	b.send(statusDone, "-id", "a", "-audience", people, "-text", "Hi")
	b.everybody(4)
}

func TestWrongUsageIsSaidWithStatusTwo(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"nothing at all", nil, "-audience is missing"},
		{"no text", []string{"-audience", "x"}, "-text is missing"},
		{"an unknown flag", []string{"-speed", "3"}, "-speed"},
		{"a flag without its value", []string{"-audience"}, "-audience"},
		{"a number that is none", []string{"-rate", "fast"}, "-rate"},
		{"an unknown channel", []string{"-channel", "pigeon", "-audience", "x", "-text", "x"}, "-channel must be one of"},
		{"an unknown format", []string{"-format", "rtf", "-audience", "x", "-text", "x"}, "-format"},
		{"an unknown fate of doubts", []string{"-uncertain", "drop", "-audience", "x", "-text", "x"}, "-uncertain"},
		{"a lease that is too short", []string{"-lease", "1ms", "-audience", "x", "-text", "x"}, "-lease"},
		{"a server that is no URL", []string{"-api", "localhost:80", "-audience", "x", "-text", "x"}, "-api"},
		{"a word behind the flags", []string{"-text", "x", token}, "behind the flags"},
		{"an unknown subcommand", []string{token}, "no such subcommand"},
		{"a subcommand without its flags", []string{"explain", "-address", "1"}, "-id missing"},
		{"a decision that is none", []string{"resolve", "-id", "a", "-as", "maybe"}, "-as must be"},
		{"a scope that is none", []string{"stop", "-scope", "world", "-of", "a", "-reason", "b"}, "-scope must be"},
		{"an explanation of nobody", []string{"explain", "-id", "a"}, "-address or -state"},
	} {
		p := b.run(statusUsage, c.args...)
		require.Contains(t, p.stderr.String(), c.says, c.name)
		require.Empty(t, p.stdout.String(), c.name)
	}
	p := b.startAs("", "", "-audience", "x", "-text", "x").ends(statusUsage)
	require.Contains(t, p.stderr.String(), "OUTBOUND_TOKEN")
	require.Contains(t, b.run(statusDone, "-h").stdout.String(), "Exit status")
}

func TestADryRunPlansAndSendsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	args := []string{"-dry-run", "-api", b.url, "-audience", b.people(48, "1001", "+79123456789"), "-text", "Hi"}
	p := b.startAs("", "", args...).ends(statusDone)
	for _, line := range []string{"recipients        48", "duplicates        1", "rejected          1", "would be sent     48", "24 a second", "2s"} {
		require.Contains(t, p.stdout.String(), line)
	}
	require.NoFileExists(t, filepath.Join(b.dir, defaultDB), "a dry run makes no file")

	b.send(statusDone, "-id", "a", "-audience", b.people(2), "-text", "Hi")
	before := b.sim.Requests()
	p = b.startAs("", "", append(args, "-json")...).ends(statusDone)
	require.Contains(t, p.stdout.String(), `"send":2,`)
	require.Equal(t, 1, strings.Count(p.stdout.String(), "\n"))
	require.Contains(t, b.startAs("", "", "-dry-run", "-audience", "ids.txt", "-text", "Hi {{.x}}").ends(statusError).stderr.String(), "variable x")
	require.NotContains(t, b.run(statusDone, "list").stdout.String(), "dry-run")
	require.Equal(t, before, b.sim.Requests(), "not even a check of the account")
}

func TestAThrottleIsWaitedOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, simulator.TelegramConfig{Rate: -1, RetryAfter: simulator.DefaultTelegramRetryAfter})
	b.sim.SetFault(onlySending(simulator.FaultSequence(simulator.Fault{}, simulator.TooManyRequests(1))))
	r := b.send(statusDone, "-concurrency", "1", "-audience", b.people(10), "-text", "Hi")
	require.EqualValues(t, 10, r.Accepted)
	require.GreaterOrEqual(t, r.Seconds, 1.0)
	require.Zero(t, b.sim.Stats(token).EarlyRetries)
	b.everybody(10)
}
