// Package e2e holds the tests that need real processes and drivers: the SQLite store on a file, the Telegram adapter over sockets, and a child process that is
// killed or stopped at random instants. What became of everybody is counted at the provider, which the tests' own process plays.
//
// A child is this test binary, started again by TestMain. Seeds are printed, and OUTBOUND_SEED repeats one. Longer runs are asked for by
// OUTBOUND_KILLS=1000, OUTBOUND_SOAK=10m and OUTBOUND_PEOPLE=1000000.
package e2e
