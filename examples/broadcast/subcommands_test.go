package main

import (
	"encoding/json"
	"testing"

	"github.com/outbound-go/outbound"
	"github.com/stretchr/testify/require"
)

func TestAnotherProcessPausesAndTheSenderStops(t *testing.T) {
	t.Parallel()
	b := newBench(t, slow())
	sender := b.start(b.sending("-id", "a", "-audience", b.people(200), "-text", "Hi")...)
	b.sent(20)
	out := b.startAs("", "", "pause", "-id", "a").ends(statusDone).stdout.String()
	require.Contains(t, out, "paused")
	quiet := b.sim.Requests()
	r := sender.ends(statusLeft).result()
	require.Equal(t, outbound.Paused, r.State)
	require.Equal(t, "requested", r.Reason)
	require.Equal(t, quiet, b.sim.Requests(), "nothing began after pause had returned")

	require.Contains(t, b.run(statusDone, "status", "-id", "a").stdout.String(), "paused")
	again := b.run(statusDone, b.sending("-id", "a")...)
	require.Contains(t, again.stderr.String(), "it is resumed")
	require.EqualValues(t, 200, again.result().Accepted)
	b.everybody(200)
}

func TestAResumedCampaignIsRunningForWhoeverSends(t *testing.T) {
	t.Parallel()
	b := newBench(t, slow())
	sender := b.start(b.sending("-id", "a", "-audience", b.people(100), "-text", "Hi")...)
	b.sent(10)
	b.run(statusDone, "pause", "-id", "a")
	sender.ends(statusLeft)
	require.Contains(t, b.startAs("", "", "resume", "-id", "a").ends(statusDone).stdout.String(), "running")
	require.Contains(t, b.run(statusDone, "list").stdout.String(), "running")
	b.send(statusDone, "-id", "a")
	b.everybody(100)
}

func TestACanceledCampaignIsOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, slow())
	sender := b.start(b.sending("-id", "a", "-audience", b.people(200), "-text", "Hi")...)
	b.sent(10)
	require.Contains(t, b.run(statusDone, "cancel", "-id", "a").stdout.String(), "canceled")
	r := sender.ends(statusLeft).result()
	require.Equal(t, outbound.CanceledState, r.State)
	require.Equal(t, "canceled", r.Reason)
	require.EqualValues(t, 200, r.Accepted+r.Canceled)
	n := b.sim.Count(token)
	again := b.send(statusLeft, "-id", "a")
	require.Equal(t, "canceled", again.Reason)
	require.Equal(t, n, b.sim.Count(token))
}

func TestAStopHoldsTheTouchpointUntilRelease(t *testing.T) {
	t.Parallel()
	b := newBench(t, slow())
	sender := b.start(b.sending("-id", "a", "-audience", b.people(150), "-text", "Hi")...)
	b.sent(10)
	b.startAs("", "", "stop", "-scope", "touchpoint", "-of", "telegram", "-reason", "wrong price").ends(statusDone)
	r := sender.ends(statusLeft).result()
	require.Equal(t, "stop", r.Reason)
	require.Equal(t, outbound.Running, r.State)
	require.Contains(t, sender.stderr.String(), "wrong price")
	require.Contains(t, b.run(statusDone, "list").stdout.String(), "wrong price")
	require.Equal(t, "stop", b.send(statusLeft, "-id", "a").Reason)
	b.startAs("", "", "release", "-scope", "touchpoint", "-of", "telegram").ends(statusDone)
	b.send(statusDone, "-id", "a")
	b.everybody(150)
}

func TestSubcommandsSayWhatBecameOfWhom(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	b.sim.Block(token, 1002)
	b.send(statusDone, "-id", "a", "-name", "Sunday", "-audience", b.people(3), "-text", "Hi")

	out := b.startAs("", "", "list").ends(statusDone).stdout.String()
	for _, text := range []string{"ID", "Sunday", "completed"} {
		require.Contains(t, out, text)
	}
	out = b.startAs("", "", "status", "-id", "a").ends(statusDone).stdout.String()
	for _, text := range []string{"Sunday", "completed", "failed: 1: the person blocked the account", "start"} {
		require.Contains(t, out, text)
	}
	var p outbound.Progress
	require.NoError(t, json.Unmarshal(b.run(statusDone, "status", "-id", "a", "-json").stdout.Bytes(), &p))
	require.EqualValues(t, 3, p.Total)
	var all []outbound.Progress
	require.NoError(t, json.Unmarshal(b.run(statusDone, "list", "-json").stdout.Bytes(), &all))
	require.Len(t, all, 1)
	out = b.startAs("", "", "explain", "-id", "a", "-address", "1002").ends(statusDone).stdout.String()
	for _, text := range []string{"failed", "line 2, column 1", "the person blocked the account", "403"} {
		require.Contains(t, out, text)
	}
	var found []outbound.Explanation
	require.NoError(t, json.Unmarshal(b.run(statusDone, "explain", "-id", "a", "-address", "1001", "-json").stdout.Bytes(), &found))
	require.Equal(t, outbound.Accepted, found[0].Delivery.State)

	for _, c := range [][]string{
		{"status", "-id", "b"},
		{"pause", "-id", "a"},
		{"resume", "-id", "b"},
		{"explain", "-id", "a", "-address", "1"},
		{"list", "-db", "other.db"},
	} {
		p := b.run(statusError, c...)
		require.NotEmpty(t, p.stderr.String())
		require.Empty(t, p.stdout.String())
	}
	require.NoFileExists(t, b.dir+"/other.db", "a mistyped name makes no file")
}

func TestDoubtsAreResolvedByAHumansWord(t *testing.T) {
	t.Parallel()
	for _, as := range []outbound.Resolution{outbound.ResolveAccepted, outbound.ResolveFailed} {
		b := newBench(t, slow())
		sender := b.start(b.sending("-id", "a", "-audience", b.people(60), "-text", "Hi")...)
		b.sent(20)
		sender.killed()
		r := b.send(statusDoubts, "-id", "a")
		b.startAs("", "", "resolve", "-id", "a", "-as", string(as)).ends(statusDone)
		after := b.send(statusDone, "-id", "a")
		require.Zero(t, after.Uncertain)
		if as == outbound.ResolveAccepted {
			require.Equal(t, r.Accepted+r.Uncertain, after.Accepted)
		} else {
			require.Equal(t, r.Uncertain, after.Failed)
		}
	}
}
