package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/stretchr/testify/require"
)

// null accepts everything at once, in process. At a tenth and at nine tenths of the audience it asks for a look at the memory.
type null struct {
	people int64
	sent   atomic.Int64
	first  atomic.Int64 // UnixNano of the first message
	look   chan int     // at which percentage
}

func (*null) Capabilities() outbound.Capabilities {
	return outbound.Capabilities{Channel: "null", Freeform: true}
}

func (n *null) Send(context.Context, *outbound.Outgoing) (outbound.Receipt, error) {
	switch sent := n.sent.Add(1); sent {
	case 1:
		n.first.Store(time.Now().UnixNano())
	case n.people / 10:
		n.look <- 10
	case n.people * 9 / 10:
		n.look <- 90
	}
	return outbound.Receipt{Message: "1"}, nil
}

// childCounts sends a campaign through the null channel and says what it took: lines of a word and a number.
func childCounts(ctx context.Context, o *order) (err error) {
	store, err := sqlite.Open(ctx, o.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	channel := &null{people: int64(o.People), look: make(chan int, 2)}
	config := o.config(store)
	config.Touchpoints = outbound.Touchpoints{bot: channel}
	e, err := outbound.New(config)
	if err != nil {
		return err
	}
	c, err := e.Create(ctx, outbound.Draft{ID: "c", Name: "everybody", Touchpoint: bot, Message: outbound.Message{Text: "Your size is back."}})
	if err != nil {
		return err
	}
	begun := time.Now()
	if _, err := c.Import(ctx, "everybody", outbound.FromFunc(true, many(o.People))); err != nil {
		return err
	}
	tell("import", time.Since(begun).Milliseconds())
	var looking sync.WaitGroup
	looking.Go(func() {
		for at := range channel.look {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			tell("heap"+strconv.Itoa(at), m.HeapAlloc>>10)
			tell("rss"+strconv.Itoa(at), status("VmRSS"))
		}
	})
	begun = time.Now()
	if err := c.Start(ctx); err != nil {
		return err
	}
	if err := e.RunUntilIdle(ctx); err != nil {
		return err
	}
	tell("sending", time.Since(begun).Milliseconds())
	close(channel.look)
	looking.Wait()
	tell("first", time.Unix(0, channel.first.Load()).Sub(begun).Microseconds())
	p, err := c.Progress(ctx)
	tell("accepted", p.Accepted)
	tell("peak", status("VmHWM"))
	if channel.sent.Load() != channel.people || p.State != outbound.Completed {
		return errors.Join(err, fmt.Errorf("%d sent, %s", channel.sent.Load(), p.Describe(outbound.English)))
	}
	return err
}

// many streams n addresses.
func many(n int) func(context.Context) iter.Seq2[outbound.Recipient, error] {
	return func(context.Context) iter.Seq2[outbound.Recipient, error] {
		return func(yield func(outbound.Recipient, error) bool) {
			for i := range n {
				if !yield(outbound.Recipient{Address: strconv.Itoa(firstID + i), Line: i + 1}, nil) {
					return
				}
			}
		}
	}
}

// status is a figure of this process that Linux knows, in KiB; zero elsewhere.
func status(name string) int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == name+":" {
			n, _ := strconv.Atoi(fields[1])
			return n
		}
	}
	return 0
}

// TestOneMillionRecipientsInFlatMemory sends to OUTBOUND_PEOPLE recipients (default 50,000) through a null channel on SQLite, in a process of its own.
func TestOneMillionRecipientsInFlatMemory(t *testing.T) {
	people := number(t, "OUTBOUND_PEOPLE", 50_000)
	child := launch(t, order{
		Role: "million", Path: t.TempDir() + "/outbound.db", Owner: "million", People: people,
		Concurrency: 64, Lease: 5 * time.Second, Timeout: 5 * time.Second,
	})
	<-child.ended
	require.NoError(t, child.err, "%s", tail(child.log.Bytes(), 4000))
	got := map[string]int{}
	for _, line := range child.lines() {
		name, text, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(text)
		require.NoError(t, err, line)
		got[name] = n
	}
	t.Logf("%d recipients: imported in %d ms, first message %d µs after Start, sent in %d ms (%d a second); heap %d KiB at 10 %%, %d KiB at 90 %%; resident %d, %d, %d KiB at most",
		people, got["import"], got["first"], got["sending"], people*1000/max(got["sending"], 1), got["heap10"], got["heap90"], got["rss10"], got["rss90"], got["peak"])
	require.Equal(t, people, got["accepted"])
	require.Positive(t, got["heap10"])
	require.Positive(t, got["heap90"])
	require.Less(t, got["first"], 1_000_000, "the first message took over a second")
	require.LessOrEqual(t, got["heap90"], got["heap10"]+got["heap10"]/4+4<<10, "the heap grows with the audience")
	require.LessOrEqual(t, got["rss90"], got["rss10"]+got["rss10"]/4+16<<10, "memory grows with the audience")
	require.LessOrEqual(t, got["peak"], 150<<10)
}
