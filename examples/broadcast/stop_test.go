package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/simulator"
	"github.com/stretchr/testify/require"
)

// slow is a provider that takes a while for each request, so that a process can be met in the middle.
func slow() simulator.TelegramConfig {
	return simulator.TelegramConfig{Rate: -1, Latency: func() time.Duration { return 40 * time.Millisecond }}
}

func TestAKilledSenderIsContinuedByItsId(t *testing.T) {
	t.Parallel()
	b := newBench(t, slow())
	args := b.sending("-id", "a", "-audience", b.people(240), "-text", "Hi", "-concurrency", "8")
	for kill := range 3 {
		p := b.start(args...)
		b.sent(60 * (kill + 1))
		p.killed()
	}
	last := b.start(args...)
	last.says("by another process") // the lease of the one that was killed
	r := last.ends(statusDoubts).result()
	require.Equal(t, outbound.Completed, r.State)
	require.LessOrEqual(t, r.Uncertain, int64(3*2*8))
	got := maps.Collect(b.sim.PerPerson(token))
	for id, n := range got {
		require.Equal(t, 1, n, "messages to %d", id)
	}
	lost := 240 - len(got)
	require.LessOrEqual(t, int64(lost), r.Uncertain, "whoever got nothing is in doubt")
	require.EqualValues(t, 240, r.Accepted+r.Uncertain)
}

func TestTheAudienceOfADraftMayBeReplaced(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	p := b.startAs(token, "", b.sending("-id", "a", "-audience", "-", "-text", "Hi")...)
	p.ends(statusError) // an empty standard input: a draft is left
	r := b.startAs(token, "1001 1002", b.sending("-id", "a", "-audience", "-", "-text", "Hi")...).ends(statusError)
	require.Equal(t, "source_changed", r.result().Reason) // a pipe cannot be read twice to replace what it was
	require.EqualValues(t, 2, b.send(statusDone, "-id", "a", "-audience", b.people(2), "-text", "Hi").Accepted)
	b.everybody(2)
}

func TestCtrlCEndsAnImportThatWaitsForItsInput(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	in, out, err := os.Pipe()
	require.NoError(t, err)
	defer in.Close()
	defer out.Close()
	p := b.prepare(token, b.sending("-id", "a", "-audience", "-", "-text", "Hi")...)
	p.cmd.Stdin = in
	require.NoError(t, p.cmd.Start())
	_, err = out.WriteString("1001 1002\n")
	require.NoError(t, err)
	b.until(func() bool { return exists(filepath.Join(b.dir, defaultDB)) }, "it should begin")
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	r := p.ends(statusLeft).result()
	require.Equal(t, "interrupted", r.Reason)
	require.Zero(t, r.Accepted)
	b.send(statusDone, "-id", "a", "-audience", b.people(2), "-text", "Hi")
	b.everybody(2)
}

func TestCtrlCStopsSoftlyAndSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, slow())
	p := b.start(b.sending("-id", "a", "-audience", b.people(200), "-text", "It's on")...)
	b.sent(30)
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	r := p.ends(statusLeft).result()
	require.Equal(t, "interrupted", r.Reason)
	require.Zero(t, r.Sending, "requests under way finish and are recorded")
	require.Zero(t, r.Uncertain)
	require.EqualValues(t, b.sim.Count(token), r.Accepted)
	require.Contains(t, p.stderr.String(), "to go on: broadcast -id a ")
	require.Contains(t, p.stderr.String(), `-text 'It'\''s on'`)
	require.EqualValues(t, 200, b.send(statusDone, "-id", "a").Accepted)
	b.everybody(200)
}

func TestARevokedTokenStopsAndANewOneGoesOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, slow())
	p := b.start(b.sending("-id", "a", "-audience", b.people(150), "-text", "Hi")...)
	b.sent(30)
	b.sim.RevokeToken(token)
	r := p.ends(statusLeft).result()
	require.Equal(t, "account", r.Reason)
	require.Contains(t, p.stderr.String(), "the account cannot send")
	require.EqualValues(t, 150, r.Accepted+r.Pending)
	require.Equal(t, "account", b.send(statusLeft, "-id", "a").Reason, "the old token still does not do")

	const next = "7:BBothersecretBB"
	b.sim.AddBot(next, "shop_bot")
	r = b.startAs(next, "", b.sending("-id", "a")...).ends(statusDone).result()
	require.EqualValues(t, 150, r.Accepted)
	b.everybody(150)
}

func TestTheTokenOfAnotherAccountIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	b.send(statusDone, "-id", "a", "-audience", b.people(1), "-text", "Hi")
	b.sim.AddBot("8:CCother", "other_bot")
	b.sim.AllowAllChats("8:CCother")
	p := b.startAs("8:CCother", "", b.sending("-id", "b", "-audience", b.people(3), "-text", "Hi")...).ends(statusLeft)
	require.Equal(t, "account", p.result().Reason)
	require.Zero(t, b.sim.Count("8:CCother"))
}

func TestAnOutageIsShownAndPatienceEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	b.sim.SetFault(func(simulator.FaultRequest) simulator.Fault { return simulator.Fault{Kind: simulator.FaultResetBefore} })
	p := b.run(statusLeft, b.sending("-id", "a", "-audience", b.people(20), "-text", "Hi", "-patience", "1s")...)
	require.Equal(t, "outage", p.result().Reason)
	require.Contains(t, p.stderr.String(), "the provider does not answer")
	require.Zero(t, b.sim.Count(token))

	b.sim.SetFault(nil)
	require.EqualValues(t, 20, b.send(statusDone, "-id", "a").Accepted)
	b.everybody(20)
}

func TestAnswersThatAreNoneLeaveDoubtsAndStatusFour(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	// A page of HTML instead of an answer: the first got the message all the same, the second did not.
	b.sim.SetFault(onlySending(func(r simulator.FaultRequest) simulator.Fault {
		switch r.ChatID {
		case 1001:
			return simulator.BadGateway(true)
		case 1002:
			return simulator.BadGateway(false)
		}
		return simulator.Fault{}
	}))
	p := b.run(statusDoubts, b.sending("-id", "a", "-audience", b.people(30), "-text", "Hi")...)
	r := p.result()
	require.EqualValues(t, 2, r.Uncertain)
	require.EqualValues(t, 28, r.Accepted)
	require.Contains(t, p.stderr.String(), "broadcast resolve")
	b.everybody(30, 1002)
	b.sim.SetFault(nil)

	out := b.run(statusDone, "explain", "-id", "a", "-state", "uncertain").stdout.String()
	require.Contains(t, out, "1001")
	require.Contains(t, out, "1002")
	require.NotContains(t, out, "1003")
	require.Contains(t, b.run(statusDone, "resolve", "-id", "a", "-as", "resend", "-lease", "100ms", "-timeout", "100ms").stdout.String(), "2 to be sent again")
	require.EqualValues(t, 30, b.send(statusDone, "-id", "a").Accepted)
	require.Equal(t, 2, b.sim.ReceivedCount(token, 1001), "that was asked for")
	require.Equal(t, 1, b.sim.ReceivedCount(token, 1002))
}

func TestDoubtsAreSentAgainWhereThatWasChosen(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	b.sim.SetFault(onlySending(simulator.FaultSequence(simulator.BadGateway(false))))
	r := b.send(statusDone, "-audience", b.people(5), "-text", "Hi", "-uncertain", "resend", "-timeout", "500ms")
	require.EqualValues(t, 5, r.Accepted)
	b.everybody(5)
}

func TestASecondSenderWaitsAndTakesOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, slow())
	args := b.sending("-id", "a", "-audience", b.people(200), "-text", "Hi", "-concurrency", "4")
	first := b.start(args...)
	b.sent(20)
	second := b.start(args...)
	second.says(fmt.Sprintf("process %d", first.cmd.Process.Pid))
	first.killed()
	r := second.ends(statusDoubts).result()
	require.EqualValues(t, 200, r.Accepted+r.Uncertain)
	for id, n := range b.sim.PerPerson(token) {
		require.Equal(t, 1, n, "messages to %d", id)
	}
}
