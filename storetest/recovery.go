package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func recoverRules() []rule {
	return []rule{
		{says: "Recover turns every delivery that has an intent without an outcome into uncertain, first attempts of a range and attempts of their own row, and returns how many.", check: recovers},
		{says: "Recover changes no delivery that is pending, held, decided or settled.", check: recoverLeaves},
		{says: "Recover called again changes nothing more.", check: recoverTwice},
		{says: "Recover is ErrLeaseLost if the token is not the touchpoint's, and changes nothing.", check: recoverFenced},
		{says: "Under DoubtsResend what is recovered has the given Due, under DoubtsHold none.", check: recoverDue},
		{says: "Recover covers running, paused and canceled campaigns of the touchpoint, and no other touchpoint's.", check: recoverCampaigns},
		{says: "Recover completes a running campaign that has nothing left to send.", check: recoverCompletes},
		{says: "Recover leaves the cursor and what was begun, and the campaign goes on from there.", check: recoverGoesOn},
		{says: "An outcome of the former owner that comes late settles what was recovered.", check: recoverLate},
		{says: "After Recover the former owner's batches are refused.", check: recoverOldOwner},
	}
}

func (f *field) recover(resend time.Time) int64 {
	f.Helper()
	n, err := f.s.Recover(f.ctx(), f.now, shop, f.token, resend)
	f.must(err)
	return n
}

// midway is a campaign of twelve in which there is some of everything.
func (c *check) midway(alter ...func(*outbound.Run)) *field {
	c.Helper()
	f := c.campaign(12, alter...)
	f.grant(9, held(2, f.now), skipped(3), held(9, f.now.Add(time.Hour)))
	f.settle(accepted(1, 1), again(4, 1, f.now), failed(5, 1), again(6, 1, f.now.Add(time.Hour)))
	f.claim(4, 2) // 4 is in flight with attempt 2, 7 and 8 with attempt 1, 10 to 12 are fresh
	f.tick(time.Minute)
	return f
}

func recovers(c *check) {
	f := c.midway()
	f.lease()
	same(c, "how many", f.recover(f.now.Add(time.Hour)), 3)
	for seq, attempt := range map[int64]int{4: 2, 7: 1, 8: 1} {
		row := f.want(seq, outbound.Uncertain, attempt)
		same(c, "At", row.At, f.now)
		same(c, "Class", row.Class, outbound.ClassAmbiguous)
		same(c, "Reason", row.Reason, outbound.ReasonCrash)
		same(c, "Due", row.Due, time.Time{})
	}
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 6, Uncertain: 3, Accepted: 1, Failed: 1, Skipped: 1})
}

func recoverLeaves(c *check) {
	f := c.midway()
	f.settle(uncertain(8, 1, time.Time{}))
	before := f.rows()
	f.tick(time.Second)
	f.lease()
	same(c, "how many", f.recover(f.now), 2)
	after := f.rows()
	for i := range before {
		if before[i].State != outbound.Sending {
			same(c, "a delivery that was "+before[i].State.String(), after[i], before[i])
		}
		same(c, "the number of earlier attempts", len(f.attempts(before[i].Seq)), map[int64]int{4: 1, 6: 1}[before[i].Seq])
	}
}

func recoverTwice(c *check) {
	f := c.midway()
	f.lease()
	f.recover(f.now)
	run, rows := f.run(), f.rows()
	for range 2 {
		f.tick(time.Second)
		same(c, "how many", f.recover(f.now), 0)
		same(c, "the deliveries", f.rows(), rows)
		same(c, "Counts", f.run().Counts, run.Counts)
		same(c, "State", f.run().State, run.State)
	}
}

func recoverFenced(c *check) {
	f := c.midway()
	run, rows := f.run(), f.rows()
	for _, token := range []int64{f.token - 1, f.token + 1} {
		_, err := f.s.Recover(c.ctx(), f.now, shop, token, f.now)
		c.mustBe(err, outbound.ErrLeaseLost)
	}
	same(c, "the run", f.run(), run)
	same(c, "the deliveries", f.rows(), rows)
}

func recoverDue(c *check) {
	f := c.midway(withResend)
	f.lease()
	resend := f.now.Add(45 * time.Second)
	f.recover(resend)
	for _, seq := range []int64{4, 7, 8} {
		same(c, "Due", f.row(seq).Due, resend)
	}
	f.claims([]int64{4, 7}, outbound.Claim{Seq: 4, Attempt: 3}, outbound.Claim{Seq: 7, Attempt: 2})
	f.now = resend
	due, _, err := f.s.Due(c.ctx(), sale, f.now, 20)
	c.must(err)
	same(c, "who is due", seqsOf(due), []int64{2, 4, 7, 8})
	f.claims(nil, outbound.Claim{Seq: 4, Attempt: 3}, outbound.Claim{Seq: 7, Attempt: 2})
	f.want(4, outbound.Sending, 3)
	same(c, "the number of earlier attempts", len(f.attempts(4)), 2)
	same(c, "the number of earlier attempts", len(f.attempts(7)), 1)
	g := c.midway()
	g.lease()
	g.recover(g.now)
	for _, seq := range []int64{4, 7, 8} {
		same(c, "Due under DoubtsHold", g.row(seq).Due, time.Time{})
	}
}

func seqsOf(rows []outbound.Row) []int64 {
	seqs := make([]int64, len(rows))
	for i := range rows {
		seqs[i] = rows[i].Seq
	}
	return seqs
}

func recoverCampaigns(c *check) {
	f := c.campaign(3)
	paused := f.another("paused", 3)
	canceled := f.another("canceled", 3)
	draft := f.another("draft", 2)
	draft.update(func(r *outbound.Run) { r.State = outbound.DraftState })
	for _, g := range []*field{f, paused, canceled} {
		g.grant(2)
		g.settle(accepted(1, 1))
	}
	paused.update(func(r *outbound.Run) { r.State = outbound.Paused })
	canceled.giveUp(outbound.CanceledState, outbound.Canceled)
	elsewhere := f.another("elsewhere", 2, func(r *outbound.Run) { r.Touchpoint = "other-bot" })
	other, err := f.s.UpdateTouchpoint(c.ctx(), "other-bot", func(t *outbound.TouchpointRecord) (outbound.Act, error) {
		t.Token = 7
		return outbound.Act{}, nil
	})
	c.must(err)
	_, err = f.s.Commit(c.ctx(), outbound.Batch{Touchpoint: "other-bot", Token: other.Token, Now: f.now, Runs: []outbound.RunBatch{
		{Campaign: elsewhere.id, Range: &outbound.Range{To: 2, Count: 2}},
	}})
	c.must(err)
	f.lease()
	same(c, "how many", f.recover(f.now), 3)
	for _, g := range []*field{f, paused, canceled} {
		g.want(2, outbound.Uncertain, 1)
	}
	same(c, "State", paused.run().State, outbound.Paused)
	same(c, "State", canceled.run().State, outbound.CanceledState)
	same(c, "Counts of the canceled one", canceled.run().Counts, outbound.Counts{Uncertain: 1, Accepted: 1, Canceled: 1})
	elsewhere.want(1, outbound.Sending, 1)
	same(c, "Counts of the draft", draft.run().Counts, outbound.Counts{Pending: 2})
}

func recoverCompletes(c *check) {
	f := c.campaign(3)
	f.grant(3)
	f.settle(accepted(1, 1))
	f.lease()
	f.tick(time.Second)
	same(c, "how many", f.recover(f.now), 2)
	same(c, "State", f.run().State, outbound.Completed)
	same(c, "Ended", f.run().Ended, f.now)
	g := c.campaign(2, withResend)
	g.grant(2)
	g.lease()
	g.recover(g.now)
	same(c, "State under DoubtsResend", g.run().State, outbound.Running)
}

func recoverGoesOn(c *check) {
	f := c.midway()
	before := f.run()
	f.lease()
	f.recover(f.now)
	after := f.run()
	same(c, "Cursor", after.Cursor, before.Cursor)
	same(c, "Begun", after.Begun, before.Begun)
	if after.Low < before.Low || after.Low > after.Cursor {
		c.Fatalf("Low was %d and is %d, the cursor is %d", before.Low, after.Low, after.Cursor)
	}
	f.grant(12)
	f.claim(2, 1)
	f.settle(accepted(10, 1), accepted(2, 1))
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 2, Sending: 2, Uncertain: 3, Accepted: 3, Failed: 1, Skipped: 1})
	f.lease()
	same(c, "how many the second time", f.recover(f.now), 2)
}

func recoverLate(c *check) {
	f := c.midway()
	f.lease()
	f.recover(f.now)
	n, err := f.s.Settle(c.ctx(), f.now, sale, []outbound.Outcome{accepted(7, 1), failed(8, 1), accepted(4, 1), accepted(4, 2)}, outbound.Act{})
	c.must(err)
	same(c, "applied", n, 3)
	f.want(7, outbound.Accepted, 1)
	f.want(8, outbound.Failed, 1)
	f.want(4, outbound.Accepted, 2)
}

func recoverOldOwner(c *check) {
	f := c.midway()
	old := *f
	f.lease()
	f.recover(f.now)
	rows := f.rows()
	_, err := f.s.Commit(c.ctx(), old.batch(outbound.RunBatch{Epoch: f.epoch(), Outcomes: []outbound.Outcome{accepted(7, 1)}, Range: f.span(10)}))
	c.mustBe(err, outbound.ErrLeaseLost)
	_, err = f.s.Recover(c.ctx(), f.now, shop, old.token, f.now)
	c.mustBe(err, outbound.ErrLeaseLost)
	same(c, "the deliveries", f.rows(), rows)
}
