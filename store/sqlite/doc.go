// Package sqlite keeps campaigns in an SQLite file, in one process or a few on one machine.
//
//	store, err := sqlite.Open(ctx, "outbound.db")
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//
// A [Store] is an outbound.Store: one connection writes, a few read. The file is in WAL mode with synchronous FULL, so that what a method has
// returned survives a loss of power; beside it stand a -wal and a -shm file that belong to it. Keep it on a local disk:
// SQLite's locks do not work over most network file systems.
//
// The schema migrates itself when a store is opened. A newer file may be used by an older program as long as the newer schema says that it
// does no harm; otherwise Open fails with outbound.ErrTooNew.
package sqlite
