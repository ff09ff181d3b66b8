// Package archtest holds the architecture of this repository: which package may import which, what every package,
// module and file looks like, and that the README's code is code that compiles.
//
// It has tests only. They read the tree as text and syntax (go/parser), so they need no network, no build and no go
// command, and a failure says what to do about it. The rules themselves are tested on small trees that break them.
package archtest
