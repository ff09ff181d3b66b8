package outbound

import (
	"context"
	"fmt"
	"time"
)

// send is what a worker does with a job: it begins the request if it still may, and hands the item back with what became of it.
func (d *driver) send(hard context.Context, it *item) {
	it.began = time.Now()
	if !it.began.Before(it.useBy) || !it.began.Round(0).Before(it.useBy.Round(0)) || !d.lease.valid(it.began) {
		d.results <- it
		return
	}
	it.left = true
	ctx, cancel := context.WithTimeout(hard, d.e.config.RequestTimeout)
	it.receipt, it.err = d.call(ctx, it)
	cancel()
	d.results <- it
}

// call is Channel.Send; a panic of the adapter is that one delivery's doubt.
func (d *driver) call(ctx context.Context, it *item) (r Receipt, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &SendError{Class: ClassAmbiguous, Reason: ReasonPanic, Text: fmt.Sprintf("%T", p)}
		}
	}()
	it.out.Began = it.began
	return it.channel.Send(ctx, &it.out)
}

// spawn makes sure that a worker is there for a job.
func (d *driver) spawn(hard context.Context) {
	if d.workers > d.inflight || d.workers == d.concurrency {
		return
	}
	d.workers++
	d.wg.Go(func() {
		for it := range d.jobs {
			d.send(hard, it)
		}
	})
}
