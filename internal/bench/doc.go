// Package bench measures the whole library against a bare loop of net/http, in one run, as ratios. The provider is a process of its own. `make bench` runs it;
// docs/performance.md says what the figures were and where each microsecond goes.
package bench
