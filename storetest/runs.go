package storetest

import (
	"errors"
	"time"

	"github.com/outbound-go/outbound"
)

func runRules() []rule {
	return []rule{
		{says: "CreateRun records a new campaign, every field of it, and returns it with true.", check: createRun},
		{says: "If the ID exists CreateRun changes nothing and returns the existing run and false.", check: createRunAgain},
		{says: "The store gives Run.Number, counting up from 1.", check: runNumbers},
		{says: "CreateRun and UpdateRun record their act, unless its Action is empty.", check: runActs},
		{says: "ReadRun and UpdateRun of what does not exist are ErrNotFound.", check: runNotFound},
		{says: "UpdateRun reads a run, lets change alter it, and writes it; the store raises Run.Version.", check: updateRun},
		{says: "If change returns an error nothing is written and that error is returned as it is.", check: updateRunFails},
		{says: "Fields that identify the run (ID, Number, Created) are not changed.", check: updateRunIdentity},
		{says: "What a store is given and what it returns belongs to the caller.", check: runCopies},
		{says: "The zero time is kept as such, and times are kept to the microsecond at least.", check: runTimes},
	}
}

// fullRun is a run with something in every field that has no part in the accounting.
func fullRun(id outbound.CampaignID) outbound.Run {
	return outbound.Run{
		ID: id, Revision: 7, Group: acme, Touchpoint: shop, Name: "Весна «2026» 🌷", Purpose: outbound.Service, Priority: -3,
		Labels: []string{"spring", "with 'quotes' and \"more\"", "a,b"}, Doubts: outbound.DoubtsResend, NotAfter: dawn.Add(time.Hour), Notice: true,
		State: outbound.Scheduled, Cause: outbound.Cause{Code: "requested", Text: "by hand", Actor: someb, At: dawn.Add(time.Second)},
		StartAt: dawn.Add(time.Minute), Missed: outbound.MissedPause, Sealed: []byte("\x00sealed\xff"), PauseAfter: 500,
		Waiting:   outbound.Waiting{Code: "rate", Until: dawn.Add(2 * time.Second), Text: "30 a second"},
		Media:     map[string]outbound.MediaRef{"h1": {Ref: "file-1"}, "h2": {Ref: "file-2", Expires: dawn.Add(time.Hour)}},
		Heartbeat: dawn.Add(3 * time.Second), Created: dawn, Started: dawn.Add(4 * time.Second),
	}
}

func createRun(c *check) {
	s := c.open()
	want := fullRun(sale)
	got, created, err := s.CreateRun(c.ctx(), want, act("create"))
	c.must(err)
	same(c, "created", created, true)
	want.Number, want.Version = 1, got.Version
	same(c, "the run that CreateRun returns", got, want)
	read, err := s.ReadRun(c.ctx(), sale)
	c.must(err)
	same(c, "the run that ReadRun returns", read, want)
}

func createRunAgain(c *check) {
	s := c.open()
	first, _, err := s.CreateRun(c.ctx(), fullRun(sale), act("create"))
	c.must(err)
	other := newRun(sale)
	other.Name, other.Group = "another", "another"
	again, created, err := s.CreateRun(c.ctx(), other, act("create again"))
	c.must(err)
	same(c, "created", created, false)
	same(c, "the run that CreateRun returns", again, first)
	read, err := s.ReadRun(c.ctx(), sale)
	c.must(err)
	same(c, "the run", read, first)
	acts, err := s.Acts(c.ctx(), "", 0, 100)
	c.must(err)
	same(c, "the number of acts", len(acts), 1)
	next, _, err := s.CreateRun(c.ctx(), newRun("next"), outbound.Act{})
	c.must(err)
	if next.Number <= first.Number {
		c.Fatalf("the next campaign's Number is %d after %d", next.Number, first.Number)
	}
}

func runNumbers(c *check) {
	s := c.open()
	for i, id := range []outbound.CampaignID{"z", "y", "x"} {
		run := newRun(id)
		run.Number = 77 // the store's to give
		r, _, err := s.CreateRun(c.ctx(), run, outbound.Act{})
		c.must(err)
		same(c, "Number", r.Number, int64(i+1))
	}
	done, err := s.DeleteRun(c.ctx(), "x", 100)
	c.must(err)
	same(c, "done", done, true)
	r, _, err := s.CreateRun(c.ctx(), newRun("w"), outbound.Act{})
	c.must(err)
	same(c, "Number after the last campaign was deleted", r.Number, 4)
}

func runActs(c *check) {
	f := &field{check: c, s: c.open(), id: sale, now: dawn}
	_, _, err := f.s.CreateRun(c.ctx(), newRun(sale), act("create"))
	c.must(err)
	_, err = f.s.UpdateRun(c.ctx(), sale, func(*outbound.Run) (outbound.Act, error) { return act("update"), nil })
	c.must(err)
	_, err = f.s.UpdateRun(c.ctx(), sale, func(*outbound.Run) (outbound.Act, error) { return act(""), nil })
	c.must(err)
	f.wantActs("create", "update")
}

func runNotFound(c *check) {
	s := c.open()
	_, err := s.ReadRun(c.ctx(), "nobody")
	c.mustBe(err, outbound.ErrNotFound)
	_, err = s.UpdateRun(c.ctx(), "nobody", func(*outbound.Run) (outbound.Act, error) { return act("update"), nil })
	c.mustBe(err, outbound.ErrNotFound)
	_, err = s.ReadRun(c.ctx(), "nobody")
	c.mustBe(err, outbound.ErrNotFound)
}

func updateRun(c *check) {
	s := c.open()
	_, _, err := s.CreateRun(c.ctx(), newRun(sale), outbound.Act{})
	c.must(err)
	before, err := s.ReadRun(c.ctx(), sale)
	c.must(err)
	want := fullRun(sale)
	want.Number, want.Created = before.Number, before.Created
	var seen outbound.Run
	got, err := s.UpdateRun(c.ctx(), sale, func(r *outbound.Run) (outbound.Act, error) {
		seen = *r
		*r = want
		return outbound.Act{}, nil
	})
	c.must(err)
	same(c, "the run that change is given", seen, before)
	if got.Version <= before.Version {
		c.Fatalf("Version was %d and is %d", before.Version, got.Version)
	}
	want.Version = got.Version
	same(c, "the run that UpdateRun returns", got, want)
	read, err := s.ReadRun(c.ctx(), sale)
	c.must(err)
	same(c, "the run", read, want)
	again, err := s.UpdateRun(c.ctx(), sale, func(r *outbound.Run) (outbound.Act, error) {
		r.Labels, r.Media, r.Sealed, r.NotAfter, r.Cause, r.Waiting, r.Notice = nil, nil, nil, time.Time{}, outbound.Cause{}, outbound.Waiting{}, false
		return outbound.Act{}, nil
	})
	c.must(err)
	if again.Version <= got.Version {
		c.Fatalf("Version was %d and is %d", got.Version, again.Version)
	}
	want.Labels, want.Media, want.Sealed, want.NotAfter, want.Cause, want.Waiting, want.Notice = nil, nil, nil, time.Time{}, outbound.Cause{}, outbound.Waiting{}, false
	want.Version = again.Version
	read, err = s.ReadRun(c.ctx(), sale)
	c.must(err)
	same(c, "the run once fields were emptied", read, want)
}

func updateRunFails(c *check) {
	f := c.campaign(3)
	before := f.run()
	no := errors.New("no")
	_, err := f.s.UpdateRun(c.ctx(), sale, func(r *outbound.Run) (outbound.Act, error) {
		r.Name, r.State, r.Counts.Pending, r.Sealed = "changed", outbound.Paused, 99, []byte("changed")
		r.Media = map[string]outbound.MediaRef{"h": {Ref: "r"}}
		return act("update"), no
	})
	if err != no { //nolint:errorlint // as it is, not wrapped
		c.Fatalf("the error is %v, not the one that change returned", err)
	}
	same(c, "the run", f.run(), before)
	f.wantActs()
}

func updateRunIdentity(c *check) {
	s := c.open()
	before, _, err := s.CreateRun(c.ctx(), newRun(sale), outbound.Act{})
	c.must(err)
	after, err := s.UpdateRun(c.ctx(), sale, func(r *outbound.Run) (outbound.Act, error) {
		r.ID, r.Number, r.Created, r.Version, r.Name = "other", 99, dawn.Add(time.Hour), 0, "renamed"
		return outbound.Act{}, nil
	})
	c.must(err)
	if after.Version <= before.Version {
		c.Fatalf("change set Version to zero; it was %d and is %d", before.Version, after.Version)
	}
	want := before
	want.Name, want.Version = "renamed", after.Version
	same(c, "the run that UpdateRun returns", after, want)
	read, err := s.ReadRun(c.ctx(), sale)
	c.must(err)
	same(c, "the run", read, want)
	_, err = s.ReadRun(c.ctx(), "other")
	c.mustBe(err, outbound.ErrNotFound)
}

func runCopies(c *check) {
	s := c.open()
	given := fullRun(sale)
	spoil := func(r *outbound.Run) {
		r.Labels[0], r.Sealed[0], r.Media["h1"] = "spoiled", 's', outbound.MediaRef{Ref: "spoiled"}
	}
	created, _, err := s.CreateRun(c.ctx(), given, outbound.Act{})
	c.must(err)
	want := fullRun(sale)
	want.Number, want.Version = created.Number, created.Version
	spoil(&given)
	spoil(&created)
	read, err := s.ReadRun(c.ctx(), sale)
	c.must(err)
	same(c, "the run after what CreateRun was given and returned was altered", read, want)
	spoil(&read)
	listed, err := s.ListRuns(c.ctx(), outbound.RunFilter{Notices: true})
	c.must(err)
	same(c, "the number of runs", len(listed), 1)
	if len(listed[0].Labels) > 0 {
		listed[0].Labels[0] = "spoiled"
	}
	no := errors.New("no")
	_, err = s.UpdateRun(c.ctx(), sale, func(r *outbound.Run) (outbound.Act, error) {
		spoil(r)
		return outbound.Act{}, no
	})
	c.mustBe(err, no)
	read, err = s.ReadRun(c.ctx(), sale)
	c.must(err)
	same(c, "the run after what the store returned was altered", read, want)
}

func runTimes(c *check) {
	s := c.open()
	run := newRun(sale)
	run.NotAfter = time.Date(2026, 3, 1, 12, 0, 0, 1000, time.FixedZone("UTC+3", 3*3600))
	run.StartAt = time.Date(2199, 12, 31, 23, 59, 59, 999999000, time.UTC)
	_, _, err := s.CreateRun(c.ctx(), run, outbound.Act{})
	c.must(err)
	read, err := s.ReadRun(c.ctx(), sale)
	c.must(err)
	same(c, "NotAfter", read.NotAfter, run.NotAfter)
	same(c, "StartAt", read.StartAt, run.StartAt)
	for name, t := range map[string]time.Time{"Started": read.Started, "Ended": read.Ended, "Heartbeat": read.Heartbeat, "Cause.At": read.Cause.At, "Waiting.Until": read.Waiting.Until} {
		if !t.IsZero() {
			c.Fatalf("%s was given as zero and is %v", name, t)
		}
	}
}
