package outbound

import (
	"context"
	"io"
	"iter"
)

// Audience is a stream of recipients.
type Audience interface {
	// Recipients streams the audience once. A piece that cannot be read is a Recipient with its position and Problem, and the
	// stream goes on; an error comes once and last. Stopping early closes what was opened. Nothing is held across a yield.
	Recipients(ctx context.Context) iter.Seq2[Recipient, error]
	// Replayable says whether Recipients may be called again and streams the same.
	Replayable() bool
}

// FromSlice is an audience of the given recipients.
func FromSlice(recipients []Recipient) Audience { return sliceAudience(recipients) }

// FromAddresses is an audience of bare addresses.
func FromAddresses(addresses ...string) Audience {
	r := make([]Recipient, len(addresses))
	for i, a := range addresses {
		r[i] = Recipient{Address: a, Line: i + 1}
	}
	return sliceAudience(r)
}

type sliceAudience []Recipient

func (s sliceAudience) Replayable() bool { return true }

func (s sliceAudience) Recipients(ctx context.Context) iter.Seq2[Recipient, error] {
	return func(yield func(Recipient, error) bool) {
		for i, r := range s {
			if i%1024 == 0 && ctx.Err() != nil {
				yield(Recipient{}, context.Cause(ctx))
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// FromFunc is an audience that a function streams: a query of the host, for one. replayable says whether it may be called again and streams the same.
func FromFunc(replayable bool, stream func(ctx context.Context) iter.Seq2[Recipient, error]) Audience {
	return funcAudience{stream, replayable}
}

type funcAudience struct {
	stream     func(ctx context.Context) iter.Seq2[Recipient, error]
	replayable bool
}

func (f funcAudience) Replayable() bool { return f.replayable }

func (f funcAudience) Recipients(ctx context.Context) iter.Seq2[Recipient, error] {
	return f.stream(ctx)
}

// ParseAudience is an audience of ids as people paste them: separated by any mixture of newlines, carriage returns, tabs, spaces, commas and semicolons.
func ParseAudience(text string) Audience { return pastedText(text) }

// ReadAudience is ParseAudience over a reader. It streams: memory does not grow with the input. If r can seek, it may be read again.
func ReadAudience(r io.Reader) Audience {
	p := &pastedReader{r: r}
	if s, ok := r.(io.Seeker); ok {
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			p.seeker, p.start = s, at
		}
	}
	return p
}
