package e2e_test

import (
	"context"
	"database/sql"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/simulator"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/stretchr/testify/require"
	driver "modernc.org/sqlite"
)

// bounds are how many pages the file of a path may have, for connections that are opened while it is there.
var bounds sync.Map

// limitPages makes bounds hold, for real: SQLite itself says that there is no room.
func limitPages() {
	driver.RegisterConnectionHook(func(c driver.ExecQuerierContext, dsn string) error {
		u, err := url.Parse(dsn)
		if err != nil {
			return err
		}
		if text, ok := bounds.Load(u.Path); ok {
			_, err = c.ExecContext(context.Background(), "PRAGMA max_page_count = "+text.(string), nil)
		}
		return err
	})
}

// number of the audience in the tests below, and how many of them are sent when the store begins to fail.
const (
	faultPeople = 3000
	faultAfter  = 500
)

// prepareFault starts a campaign in a file.
func prepareFault(t *testing.T) (*provider, order) {
	t.Helper()
	p := newProvider(t, simulator.TelegramConfig{CountsOnly: true})
	p.slow.Store(true)
	o := defaults(t, p)
	o.Concurrency, o.Lease = 32, time.Second
	addresses := p.audience(firstID, faultPeople)
	began(t, o, "c", outbound.DoubtsHold, addresses)
	return p, o
}

// goOn runs the campaign to its end with a store that works, and accounts for everybody.
func goOn(t *testing.T, p *provider, o order) outbound.Counts {
	t.Helper()
	p.slow.Store(false)
	h := openHost(t, o, sqlite.Config{}, nil)
	require.NoError(t, h.RunUntilIdle(t.Context()))
	require.NoError(t, h.store.Close())
	return account(t, o.Path, "c", p, faultPeople)
}

// interrupted checks what a campaign looks like that a store's fault stopped.
func interrupted(t *testing.T, h *host) outbound.Run {
	t.Helper()
	run := sums(t, h.store, "c", faultPeople)
	require.Equal(t, outbound.Running, run.State)
	require.Positive(t, run.Counts.Pending)
	return run
}

func TestAFullStoreStopsWithItsReasonAndLosesNobody(t *testing.T) {
	p, o := prepareFault(t)
	db, err := sql.Open("sqlite", "file:"+o.Path)
	require.NoError(t, err)
	var pages string
	require.NoError(t, db.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages))
	require.NoError(t, db.Close())
	bounds.Store(o.Path, pages)
	h := openHost(t, o, sqlite.Config{}, nil)
	err = h.RunUntilIdle(t.Context())
	require.ErrorIs(t, err, outbound.ErrStoreFull)
	t.Logf("it said: %v", err)
	run := interrupted(t, h)
	require.Positive(t, run.Counts.Accepted)
	requests := p.Requests()
	require.ErrorIs(t, h.RunUntilIdle(t.Context()), outbound.ErrStoreFull, "it goes on without room")
	require.LessOrEqual(t, p.Requests()-requests, 2*o.Concurrency)
	require.NoError(t, h.store.Close())
	bounds.Delete(o.Path)
	counts := goOn(t, p, o)
	t.Logf("full after %d people; %d doubts", run.Counts.Accepted, counts.Uncertain)
	require.LessOrEqual(t, counts.Uncertain, int64(4*o.Concurrency))
}

// TestAServiceGoesOnByItselfWhenItsStoreHasRoomAgain lets the store be full under an engine that keeps running, and then makes room.
func TestAServiceGoesOnByItselfWhenItsStoreHasRoomAgain(t *testing.T) {
	p, o := prepareFault(t)
	db, err := sql.Open("sqlite", "file:"+o.Path+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	_, err = db.ExecContext(t.Context(), "CREATE TABLE ballast AS SELECT randomblob(2000000) AS weight")
	require.NoError(t, err)
	var pages string
	require.NoError(t, db.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages))
	bounds.Store(o.Path, pages)
	defer bounds.Delete(o.Path)
	full := make(chan struct{})
	h := openHost(t, o, sqlite.Config{}, func(c *outbound.Config) { c.Logger = slog.New(&alarm{word: outbound.ErrStoreFull.Error(), rung: full}) })
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- h.Run(ctx) }()
	defer func() {
		stop()
		require.NoError(t, <-ran)
	}()
	require.True(t, idle(10*time.Second, full), "the store never was full")
	idle(2*time.Second, nil)
	run := interrupted(t, h)
	_, err = db.ExecContext(t.Context(), "DROP TABLE ballast")
	require.NoError(t, err)
	p.slow.Store(false)
	await(t, 20*time.Second, "it goes on by itself", func() bool {
		now, err := h.store.ReadRun(t.Context(), "c")
		return err == nil && now.State == outbound.Completed
	})
	counts := account(t, o.Path, "c", p, faultPeople)
	t.Logf("full after %d people; %d doubts", run.Counts.Accepted, counts.Uncertain)
	require.Zero(t, counts.Uncertain, "the engine lived on and knew every answer")
}

func TestAReadOnlyStoreSendsNothingAndSaysSo(t *testing.T) {
	p, o := prepareFault(t)
	h := openHost(t, o, sqlite.Config{ReadOnly: true}, nil)
	require.ErrorIs(t, h.RunUntilIdle(t.Context()), outbound.ErrReadOnly)
	require.ErrorIs(t, h.Campaign("c").Pause(t.Context()), outbound.ErrReadOnly)
	require.Zero(t, p.Count(token))
	interrupted(t, h)
	require.NoError(t, h.store.Close())
	require.Zero(t, goOn(t, p, o).Uncertain)
}

func TestAStoreThatIsDeletedLosesWhatItHeldAndSaysSo(t *testing.T) {
	p, o := prepareFault(t)
	h := openHost(t, o, sqlite.Config{}, nil)
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- h.RunUntilIdle(ctx) }()
	await(t, 10*time.Second, "some are sent", func() bool { return p.Count(token) > faultAfter })
	for _, suffix := range []string{"", "-wal", "-shm"} {
		require.NoError(t, os.Rename(o.Path+suffix, o.Path+".away"+suffix))
	}
	idle(300*time.Millisecond, nil)
	stop()
	if err := <-ran; err != nil { // whether it notices depends on the system: an open file may outlive its name
		t.Logf("it said: %v", err)
	}
	_ = h.store.Close()
	_, err := sqlite.OpenConfig(t.Context(), sqlite.Config{Path: o.Path, ReadOnly: true})
	require.ErrorContains(t, err, "not there")
	empty := openHost(t, o, sqlite.Config{}, nil)
	_, err = empty.Campaign("c").Progress(t.Context())
	require.ErrorIs(t, err, outbound.ErrNotFound)
	require.NoError(t, empty.RunUntilIdle(t.Context()))
	require.NoError(t, empty.store.Close())
	sent := p.Count(token)

	o.Path += ".away" // somebody finds it
	counts := goOn(t, p, o)
	t.Logf("gone after %d people, found again; %d doubts", sent, counts.Uncertain)
	require.LessOrEqual(t, counts.Uncertain, int64(2*o.Concurrency))
}

func TestAnotherWriterForThreeSecondsIsWaitedFor(t *testing.T) {
	for name, patience := range map[string]time.Duration{"longer than that": 5 * time.Second, "shorter": 200 * time.Millisecond} {
		t.Run("where the store's patience is "+name, func(t *testing.T) {
			p, o := prepareFault(t)
			var log strings.Builder
			h := openHost(t, o, sqlite.Config{BusyTimeout: patience}, logTo(&log))
			ran := make(chan error, 1)
			go func() { ran <- h.RunUntilIdle(t.Context()) }()
			await(t, 10*time.Second, "some are sent", func() bool { return p.Count(token) > faultAfter })
			db, err := sql.Open("sqlite", "file:"+o.Path+"?_pragma=busy_timeout(5000)")
			require.NoError(t, err)
			conn, err := db.Conn(t.Context())
			require.NoError(t, err)
			_, err = conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
			require.NoError(t, err)
			locked := p.Requests()
			idle(3*time.Second, nil)
			meanwhile := p.Requests() - locked
			run := sums(t, h.store, "c", faultPeople)
			_, err = conn.ExecContext(t.Context(), "ROLLBACK")
			require.NoError(t, err)
			require.NoError(t, conn.Close())
			require.NoError(t, db.Close())
			require.LessOrEqual(t, meanwhile, 2*o.Concurrency, "requests left without a durable intent")
			p.slow.Store(false)
			require.NoError(t, <-ran)
			require.NoError(t, h.store.Close())
			counts := account(t, o.Path, "c", p, faultPeople)
			t.Logf("held up after %d people, %d requests meanwhile, %d doubts", run.Counts.Accepted, meanwhile, counts.Uncertain)
			require.Zero(t, counts.Uncertain)
			if patience < 3*time.Second {
				require.Contains(t, log.String(), "another process is writing to the file")
			}
		})
	}
}
