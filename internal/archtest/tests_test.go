package archtest_test

import (
	"go/ast"
	"slices"
)

// noSkips finds tests that do not run. A fuzz target that has no use for an input returns.
func noSkips(t *tree) (problems []string) {
	for _, s := range t.sources {
		if !s.test && !isSuite(s.dir) {
			continue
		}
		calls(s, func(receiver, name string, n ast.Node) {
			if (name == "Skip" || name == "Skipf" || name == "SkipNow") && slices.Contains([]string{"t", "b", "f", "tb"}, receiver) {
				problems = append(problems, t.at(n)+": a skipped test proves nothing; test both sides of what may be missing, or move it to a make target of its own")
			}
		})
	}
	return problems
}

// noSleeps finds time.Sleep where real time passes. Samples may sleep; tests in a synctest bubble too.
func noSleeps(t *tree) (problems []string) {
	for _, s := range t.sources {
		inTests := s.test || isSuite(s.dir)
		if isExample(s.dir) || inTests && slices.Contains(s.imports, "testing/synctest") {
			continue
		}
		calls(s, func(receiver, name string, n ast.Node) {
			if receiver != "time" || name != "Sleep" {
				return
			}
			if inTests {
				problems = append(problems, t.at(n)+": sleep inside a synctest bubble only; elsewhere wait for what is to happen")
			} else {
				problems = append(problems, t.at(n)+": wait on a timer and the context together, so that Run can stop")
			}
		})
	}
	return problems
}

// calls reports every call of the form receiver.name(…).
func calls(s *source, found func(receiver, name string, n ast.Node)) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if selector, ok := call.Fun.(*ast.SelectorExpr); ok {
			if of, ok := selector.X.(*ast.Ident); ok {
				found(of.Name, selector.Sel.Name, call)
			}
		}
		return true
	})
}
