package outbound

import "time"

// unwritten prepares a job that failed for being written again: its outcomes as they are; and since nobody knows whether its wants were recorded, a withdrawal of each, which does nothing if they were not.
func (d *driver) unwritten(job *commitJob) {
	now := d.e.clock.now()
	if d.newGate == nil {
		d.newGate = job.gate
	}
	if d.newPace == nil {
		d.newPace = job.pace
	}
	for i := range job.parts {
		p := &job.parts[i]
		a := p.a
		outcomes, settling := p.outcomes, p.settling
		for _, it := range append(p.wanted, p.claims...) {
			if it.decided != nil {
				delete(a.claimed, it.row.Seq)
				continue
			}
			it.unsure = true
			outcomes = append(outcomes, withdrawal(it, now))
			settling = append(settling, it)
		}
		a.outcomes = append(outcomes, a.outcomes...)
		a.settling = append(settling, a.settling...)
		if a.media == nil { // else it was learned while the commit was under way, and is newer
			a.media = job.batch.Runs[i].Media
		}
		a.nudge = true
		a.next = a.run.Cursor
		d.reset(a)
	}
}

// withdrawal takes back an intent that was not begun.
func withdrawal(it *item, now time.Time) Outcome {
	return Outcome{Seq: it.row.Seq, Attempt: it.attempt, State: Pending, Due: now, Tries: it.row.Tries, Class: ClassTransient, Reason: ReasonWithdrawn}
}
