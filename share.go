package outbound

import (
	"time"
)

// wantsCommit says whether a campaign has people to grant or to write off now.
func (d *driver) wantsCommit(a *activeRun, room int) bool {
	if a.halted || d.closing || d.stopped(a) {
		return false
	}
	if room > 0 {
		return len(a.ready)+len(a.claims) > 0 && d.allowed(a, room) > 0 || len(a.ready) > 0 && a.ready[0].decided != nil
	}
	return len(a.ready) > 0 && a.ready[0].decided != nil || len(a.claims) > 0 && a.claims[0].decided != nil
}

// room is how many intents may be granted now: by the credit, the pace and the gate. The outcomes that the same transaction makes durable free their credit in it.
func (d *driver) room(now time.Time, outcomes int) int {
	if d.closing || !d.lease.valid(now) || !d.open() || d.e.clock.now().Before(d.notBefore) {
		return 0
	}
	room := 2*d.concurrency - d.used + outcomes
	if d.halfOpen {
		room = min(room, 1-d.used)
	}
	horizon := min(max(4*d.writeCost, minHorizon), maxHorizon)
	return max(min(room, d.pacer.slots(now, horizon)-len(d.granted)), 0)
}

// allowed bounds room by what a campaign itself allows.
func (d *driver) allowed(a *activeRun, room int) int {
	if a.run.PauseAfter > 0 {
		again := 0
		for _, it := range a.claims {
			if it.attempt > 1 {
				again++
			}
		}
		room = min(room, int(max(a.run.PauseAfter-a.run.Begun, 0))+again)
	}
	if a.needsUpload() {
		room = min(room, 1-a.busy)
	}
	return max(room, 0)
}

// needsUpload says that the campaign's file has no reference yet: the first message uploads it, alone.
func (a *activeRun) needsUpload() bool {
	m := a.judge.media
	return m != nil && a.judge.alone && m.URL == "" && m.Ref == "" && m.Content != nil
}

// share gives room to campaigns: the highest priority first, turn by turn among equals.
func (d *driver) share(room int, of func(*activeRun) *part) {
	took := false
	for from := 0; from < len(d.runs); {
		to := from
		for to < len(d.runs) && d.runs[to].run.Priority == d.runs[from].run.Priority {
			to++
		}
		group, first := d.runs[from:to], d.turn
		for left := len(group); left > 0; left-- {
			a := group[(first+left)%len(group)]
			if a.halted || d.stopped(a) {
				continue
			}
			want := min((room+left-1)/left, d.allowed(a, room))
			if want == 0 && !d.wantsCommit(a, 0) {
				continue
			}
			p := of(a)
			n := d.take(p, want)
			room -= n
			took = took || n > 0
		}
		from = to
	}
	if took {
		d.turn++
	}
}

// take moves up to n people of a campaign from ready to wanted, and returns how many are to be sent.
func (d *driver) take(p *part, n int) int {
	a, sent, i := p.a, 0, 0
	firsts := n // first attempts that PauseAfter leaves, held people's among them
	if a.run.PauseAfter > 0 {
		firsts = int(max(a.run.PauseAfter-a.run.Begun, 0))
	}
	for ; i < len(a.claims) && i < maxDecided; i++ {
		if a.claims[i].decided == nil {
			if sent == n || a.claims[i].attempt == 1 && firsts == 0 {
				break
			}
			if a.claims[i].attempt == 1 {
				firsts--
			}
			sent++
		}
		p.claims = append(p.claims, a.claims[i])
	}
	a.claims = a.claims[i:]
	first := n
	if a.run.PauseAfter > 0 {
		first = min(n, sent+firsts)
	}
	for i = 0; i < len(a.ready) && i < maxDecided; i++ {
		if a.ready[i].decided == nil {
			if sent >= first {
				break
			}
			sent++
		}
		p.wanted = append(p.wanted, a.ready[i])
	}
	if i > 0 {
		a.ready = a.ready[i:]
		a.next = p.wanted[len(p.wanted)-1].row.Seq
	}
	d.used += sent
	a.busy += sent
	return sent
}
