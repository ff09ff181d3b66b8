package archtest_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// allowedGlobals are package variables that the rule below cannot see through: "path name" → why it is a constant all the same.
func allowedGlobals() map[string]string {
	return map[string]string{}
}

// noGlobals finds variables of shipped packages that could change, and init functions. These are constants in all but
// name, and allowed: sentinels made by errors.New, compiled regular expressions, string replacers, dates, embedded files,
// `var _ Interface = …`, and tables (composite literals) that nothing in the package writes to.
func noGlobals(t *tree) (problems []string) {
	allowed := allowedGlobals()
	written := writes(t)
	for _, s := range t.sources {
		if s.test || isExample(s.dir) {
			continue
		}
		for _, declaration := range s.file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					problems = append(problems, t.at(d)+": func init runs in every program that imports us; let a constructor do it")
				}
			case *ast.GenDecl:
				if d.Tok != token.VAR {
					continue
				}
				for _, spec := range d.Specs {
					v, ok := spec.(*ast.ValueSpec)
					if !ok {
						continue
					}
					for i, name := range v.Names {
						if _, ok := allowed[s.path+" "+name.Name]; ok || name.Name == "_" {
							continue
						}
						if why := changeable(d, v, i); why != "" {
							problems = append(problems, fmt.Sprintf("%s: package variable %s %s: make it a constant, a field or a function's result; if it is a constant in all but name, say why in allowedGlobals", t.at(name), name.Name, why))
						} else if where, ok := written[s.dir+" "+name.Name]; ok {
							problems = append(problems, fmt.Sprintf("%s: package variable %s is written to at %s: make it a field of what owns it", t.at(name), name.Name, where))
						}
					}
				}
			}
		}
	}
	return problems
}

// changeable says why a package variable is not plainly a constant; empty = it is one.
func changeable(d *ast.GenDecl, v *ast.ValueSpec, i int) string {
	if embedded(d.Doc) || embedded(v.Doc) {
		return ""
	}
	if i >= len(v.Values) {
		return "has no value of its own"
	}
	switch value := v.Values[i].(type) {
	case *ast.CompositeLit:
		return ""
	case *ast.CallExpr:
		switch calledName(value) {
		case "errors.New", "regexp.MustCompile", "strings.NewReplacer", "time.Date":
			return ""
		}
		return "is made by a call"
	default:
		return "could be assigned"
	}
}

func embedded(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, c := range doc.List {
		if strings.HasPrefix(c.Text, "//go:embed ") {
			return true
		}
	}
	return false
}

// calledName is package.function of a call, empty if it is anything else.
func calledName(call *ast.CallExpr) string {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	of, ok := selector.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return of.Name + "." + selector.Sel.Name
}

// writes lists what the shipped code of each package assigns to, takes the address of, deletes from or clears:
// "folder name" → where. It goes by names, so a local variable that shadows a table counts too; choose another name.
func writes(t *tree) map[string]string {
	found := map[string]string{}
	for _, s := range t.sources {
		if s.test {
			continue
		}
		note := func(e ast.Expr) {
			if id := rootIdentifier(e); id != nil {
				found[s.dir+" "+id.Name] = t.at(id)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, left := range n.Lhs {
						note(left)
					}
				}
			case *ast.IncDecStmt:
				note(n.X)
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					note(n.X)
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && (f.Name == "delete" || f.Name == "clear" || f.Name == "copy") {
					note(n.Args[0])
				}
			}
			return true
		})
	}
	return found
}

// rootIdentifier is x of x, x[i], x.f, *x, (x) and what is made of them; nil if the expression begins otherwise.
func rootIdentifier(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}
