package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func commitRules() []rule {
	return []rule{
		{says: "Commit is ErrLeaseLost if the touchpoint's Token is not the batch's: then nothing is written.", check: commitFenced},
		{says: "Outcomes are applied before wants are granted, in one batch.", check: commitOrder},
		{says: "After the wants Low, Waiting and Media are set, and Heartbeat becomes Now.", check: commitSets},
		{says: "A Low lower than the present one, and a nil Waiting, Gate and Pace, leave what is.", check: commitLeaves},
		{says: "Gate and Pace replace the touchpoint's; the rest of its record stays.", check: commitGate},
		{says: "The results are in the order of Batch.Runs, with the run as it is after the transaction and the group's epoch.", check: commitResults},
		{says: "A batch may be repeated: what was applied and granted changes nothing more.", check: commitRepeated},
		{says: "A campaign that does not exist is refused, and the others of the batch are served.", check: commitUnknown},
		{says: "A batch of one touchpoint grants nothing to a campaign of another.", check: commitOtherTouchpoint},
		{says: "Run.Version is raised by UpdateRun; a Commit leaves it.", check: commitVersion},
		{says: "What Commit is given and what it returns belongs to the caller.", check: commitCopies},
	}
}

func commitFenced(c *check) {
	f := c.campaign(6)
	f.grant(3)
	f.settle(again(3, 1, f.now))
	touchpoint, err := f.s.ReadTouchpoint(c.ctx(), shop)
	c.must(err)
	run, rows := f.run(), f.rows()
	for _, token := range []int64{f.token - 1, f.token + 1, 0, -f.token} {
		f.tick(time.Second)
		batch := f.batch(outbound.RunBatch{
			Epoch: f.epoch(), Outcomes: []outbound.Outcome{accepted(1, 1)}, Range: f.span(5), Claims: []outbound.Claim{{Seq: 3, Attempt: 2}},
			Low: 3, Waiting: &outbound.Waiting{Code: "rate"}, Media: map[string]outbound.MediaRef{"h": {Ref: "r"}},
		})
		batch.Token, batch.Gate, batch.Pace = token, &outbound.Gate{Kind: outbound.GateThrottle}, &outbound.Pace{Factor: 0.5}
		_, err := f.s.Commit(c.ctx(), batch)
		c.mustBe(err, outbound.ErrLeaseLost)
	}
	same(c, "the run", f.run(), run)
	same(c, "the deliveries", f.rows(), rows)
	after, err := f.s.ReadTouchpoint(c.ctx(), shop)
	c.must(err)
	same(c, "the touchpoint", after, touchpoint)
	old := f.token
	f.lease()
	batch := f.batch(outbound.RunBatch{Outcomes: []outbound.Outcome{accepted(1, 1)}})
	batch.Token = old
	_, err = f.s.Commit(c.ctx(), batch)
	c.mustBe(err, outbound.ErrLeaseLost)
	f.want(1, outbound.Sending, 1)
}

func commitOrder(c *check) {
	f := c.campaign(2)
	f.grant(2)
	f.settle(accepted(2, 1))
	r := f.commit(outbound.RunBatch{Outcomes: []outbound.Outcome{again(1, 1, f.now)}, Claims: []outbound.Claim{{Seq: 1, Attempt: 2}}})
	same(c, "Refused", r.Refused, "")
	same(c, "refused claims", r.Claims, nil)
	f.want(1, outbound.Sending, 2)
	same(c, "the number of earlier attempts", len(f.attempts(1)), 1)
}

func commitSets(c *check) {
	f := c.campaign(4)
	f.tick(time.Second)
	waiting := outbound.Waiting{Code: "throttle", Until: f.now.Add(time.Minute), Text: "slow down"}
	r := f.commit(outbound.RunBatch{Range: f.span(3), Low: 2, Waiting: &waiting, Media: map[string]outbound.MediaRef{"h1": {Ref: "one"}}})
	same(c, "Low", r.Run.Low, 2)
	same(c, "Waiting", r.Run.Waiting, waiting)
	same(c, "Heartbeat", r.Run.Heartbeat, f.now)
	same(c, "Media", r.Run.Media, map[string]outbound.MediaRef{"h1": {Ref: "one"}})
	f.tick(time.Second)
	f.commit(outbound.RunBatch{Low: 3, Waiting: &outbound.Waiting{}, Media: map[string]outbound.MediaRef{"h2": {Ref: "two", Expires: f.now}, "h1": {Ref: "new"}}})
	run := f.run()
	same(c, "Low", run.Low, 3)
	same(c, "Waiting", run.Waiting, outbound.Waiting{})
	same(c, "Heartbeat", run.Heartbeat, f.now)
	same(c, "Media", run.Media, map[string]outbound.MediaRef{"h1": {Ref: "new"}, "h2": {Ref: "two", Expires: f.now}})
}

func commitLeaves(c *check) {
	f := c.campaign(4)
	waiting := outbound.Waiting{Code: "rate"}
	batch := f.batch(outbound.RunBatch{Range: f.span(4), Low: 3, Waiting: &waiting, Media: map[string]outbound.MediaRef{"h": {Ref: "r"}}})
	batch.Gate, batch.Pace = &outbound.Gate{Kind: outbound.GateThrottle, Until: f.now}, &outbound.Pace{Factor: 0.5}
	f.commitAs(batch)
	r := f.commit(outbound.RunBatch{Low: 1})
	same(c, "Low", r.Run.Low, 3)
	same(c, "Waiting", r.Run.Waiting, waiting)
	same(c, "Media", r.Run.Media, map[string]outbound.MediaRef{"h": {Ref: "r"}})
	t, err := f.s.ReadTouchpoint(c.ctx(), shop)
	c.must(err)
	same(c, "Gate", t.Gate, *batch.Gate)
	same(c, "Pace", t.Pace, *batch.Pace)
}

func commitGate(c *check) {
	f := c.campaign(2)
	before, err := f.s.ReadTouchpoint(c.ctx(), shop)
	c.must(err)
	gate := outbound.Gate{
		Kind: outbound.GateOutage, Since: f.now, Until: f.now.Add(time.Minute), Reason: outbound.ReasonUnavailable, Code: "502", Text: "bad gateway", Probes: 3,
	}
	pace := outbound.Pace{Factor: 0.25, At: f.now}
	batch := outbound.Batch{Touchpoint: shop, Token: f.token, Now: f.now, Gate: &gate}
	_, err = f.s.Commit(c.ctx(), batch)
	c.must(err)
	batch.Gate, batch.Pace = nil, &pace
	_, err = f.s.Commit(c.ctx(), batch)
	c.must(err)
	want := before
	want.Gate, want.Pace = gate, pace
	after, err := f.s.ReadTouchpoint(c.ctx(), shop)
	c.must(err)
	same(c, "the touchpoint", after, want)
	batch.Gate, batch.Pace = &outbound.Gate{}, &outbound.Pace{}
	_, err = f.s.Commit(c.ctx(), batch)
	c.must(err)
	after, err = f.s.ReadTouchpoint(c.ctx(), shop)
	c.must(err)
	same(c, "the touchpoint once its gate opened", after, before)
}

func commitResults(c *check) {
	f := c.campaign(3)
	second := f.another("second", 4)
	third := f.another("third", 5, func(r *outbound.Run) { r.Group = "other-group" })
	c.must(f.s.Suppress(c.ctx(), f.now, []outbound.Suppression{{Group: "other-group", Address: "1", Purpose: outbound.AnyPurpose}}, outbound.Act{}))
	second.update(func(r *outbound.Run) { r.State = outbound.Paused })
	batch := outbound.Batch{Touchpoint: shop, Token: f.token, Now: f.now, Runs: []outbound.RunBatch{
		{Campaign: third.id, Epoch: 1, Range: &outbound.Range{To: 2, Count: 2}},
		{Campaign: second.id, Range: &outbound.Range{To: 2, Count: 2}},
		{Campaign: sale, Range: &outbound.Range{To: 3, Count: 3}},
	}}
	r, err := f.s.Commit(c.ctx(), batch)
	c.must(err)
	same(c, "the number of results", len(r.Runs), 3)
	for i, want := range []struct {
		f       *field
		epoch   int64
		refused outbound.Refusal
		counts  outbound.Counts
	}{
		{third, 1, "", outbound.Counts{Pending: 3, Sending: 2}},
		{second, 0, outbound.RefusedNotRunning, outbound.Counts{Pending: 4}},
		{f, 0, "", outbound.Counts{Sending: 3}},
	} {
		got := r.Runs[i]
		same(c, "Epoch", got.Epoch, want.epoch)
		same(c, "Refused", got.Refused, want.refused)
		same(c, "Counts", got.Run.Counts, want.counts)
		run := want.f.run()
		got.Run.Sealed = run.Sealed // may be left out
		same(c, "the run of the result", got.Run, run)
	}
}

func commitRepeated(c *check) {
	f := c.campaign(6, withResend)
	f.grant(4)
	f.settle(uncertain(4, 1, f.now))
	batch := f.batch(outbound.RunBatch{
		Outcomes: []outbound.Outcome{accepted(1, 1), again(2, 1, f.now.Add(time.Minute)), failed(3, 1)},
		Range:    f.span(6, held(6, f.now.Add(time.Hour))), Claims: []outbound.Claim{{Seq: 4, Attempt: 2}}, Low: 3,
	})
	f.commitAs(batch)
	rows, counts, run := f.rows(), f.run().Counts, f.run()
	var attempts [][]outbound.Attempt
	for seq := range int64(6) {
		attempts = append(attempts, f.attempts(seq+1))
	}
	for range 2 {
		r := f.commitAs(batch)
		same(c, "Refused", r.Refused, outbound.RefusedCursor)
		same(c, "the deliveries", f.rows(), rows)
		same(c, "Counts", f.run().Counts, counts)
		same(c, "Begun", f.run().Begun, run.Begun)
		for seq := range int64(6) {
			same(c, "earlier attempts", f.attempts(seq+1), attempts[seq])
		}
	}
	batch.Runs[0].Range = nil
	r := f.commitAs(batch)
	same(c, "Refused", r.Refused, "")
	same(c, "refused claims", r.Claims, []int64{4})
	same(c, "the deliveries", f.rows(), rows)
}

func commitUnknown(c *check) {
	f := c.campaign(3)
	r, err := f.s.Commit(c.ctx(), outbound.Batch{Touchpoint: shop, Token: f.token, Now: f.now, Runs: []outbound.RunBatch{
		{Campaign: "nobody", Outcomes: []outbound.Outcome{accepted(1, 1)}, Range: &outbound.Range{To: 1, Count: 1}},
		{Campaign: sale, Range: &outbound.Range{To: 2, Count: 2}},
	}})
	c.must(err)
	same(c, "the number of results", len(r.Runs), 2)
	if r.Runs[0].Refused == "" {
		c.Fatalf("a campaign that does not exist was granted its wants")
	}
	same(c, "Refused of the other", r.Runs[1].Refused, "")
	same(c, "Cursor of the other", f.run().Cursor, 2)
}

func commitOtherTouchpoint(c *check) {
	f := c.campaign(3)
	other := f.another("other", 3, func(r *outbound.Run) { r.Touchpoint = "other-bot" })
	run, rows := other.run(), other.rows()
	r, err := f.s.Commit(c.ctx(), outbound.Batch{Touchpoint: shop, Token: f.token, Now: f.now, Runs: []outbound.RunBatch{
		{Campaign: other.id, Range: &outbound.Range{To: 2, Count: 2}},
		{Campaign: sale, Range: &outbound.Range{To: 2, Count: 2}},
	}})
	c.must(err)
	if r.Runs[0].Refused == "" {
		c.Fatalf("a campaign of another touchpoint was granted its wants")
	}
	same(c, "the other campaign", other.run(), run)
	same(c, "its deliveries", other.rows(), rows)
	same(c, "Cursor of its own campaign", f.run().Cursor, 2)
}

func commitVersion(c *check) {
	f := c.campaign(2)
	before := f.run().Version
	f.grant(2)
	f.settle(accepted(1, 1), failed(2, 1))
	same(c, "State", f.run().State, outbound.Completed)
	same(c, "Version", f.run().Version, before)
}

func commitCopies(c *check) {
	f := c.campaign(2)
	media := map[string]outbound.MediaRef{"h": {Ref: "r"}}
	r := f.commit(outbound.RunBatch{Media: media})
	media["h"] = outbound.MediaRef{Ref: "spoiled"}
	r.Run.Media["h"] = outbound.MediaRef{Ref: "spoiled"}
	same(c, "Media", f.run().Media, map[string]outbound.MediaRef{"h": {Ref: "r"}})
	r = f.commit(outbound.RunBatch{Media: map[string]outbound.MediaRef{"h2": {Ref: "r2"}}})
	same(c, "Media", r.Run.Media, map[string]outbound.MediaRef{"h": {Ref: "r"}, "h2": {Ref: "r2"}})
}
