// Package releasetest finds out what a release would be like for somebody outside this repository: it lays out the
// working tree as a module proxy in a temporary folder, gets every module from there into a fresh module, builds a
// program that imports every public package, and runs the quickstart as its reader would.
//
// So a nested module that only works in the workspace, a file that a module forgot, or a package that leans on a
// replace is found before a tag is made. The tests need the go command and third-party modules; they stand behind the
// build tag release and are run by `make test-release`.
package releasetest
