package outbound

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/go-playground/validator/v10"
)

// checker validates configs and drafts by their tags. No type of the validator leaves it.
type checker struct{ v *validator.Validate }

func newChecker() *checker {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			return ""
		}
		return name
	})
	err := v.RegisterValidation("identifier", func(fl validator.FieldLevel) bool {
		return identifier(fl.Field().String())
	})
	if err != nil {
		panic(err) // the tag's name is a constant
	}
	return &checker{v}
}

// identifier says whether s is printable and without spaces.
func identifier(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) })
}

// check returns the problems of a struct; field stands before each one's own.
func (c *checker) check(field string, s any) Problems {
	err := c.v.Struct(s)
	if err == nil {
		return nil
	}
	found, ok := errors.AsType[validator.ValidationErrors](err)
	if !ok {
		return Problems{NewProblem(field, "unusable")}
	}
	problems := make(Problems, 0, len(found))
	for _, f := range found {
		_, path, _ := strings.Cut(f.Namespace(), ".")
		if field != "" {
			path = field + "." + path
		}
		problems = append(problems, fieldProblem(path, f.Tag(), f.Param(), f.Kind()))
	}
	return problems
}

// fieldProblem puts a validator's finding in our words.
func fieldProblem(path, tag, param string, kind reflect.Kind) Problem {
	long := kind == reflect.String || kind == reflect.Slice || kind == reflect.Map
	switch {
	case tag == "required":
		return NewProblem(path, "required")
	case tag == "max" && long:
		return NewProblem(path, "too_long", "max", param)
	case tag == "max":
		return NewProblem(path, "too_large", "max", param)
	case tag == "min" && long:
		return NewProblem(path, "too_short", "min", param)
	case tag == "min":
		return NewProblem(path, "too_small", "min", param)
	case tag == "oneof":
		return NewProblem(path, "not_one_of", "values", strings.Join(strings.Fields(param), ", "))
	case tag == "identifier":
		return NewProblem(path, "identifier")
	}
	return NewProblem(path, "unusable")
}

// checkTouchpoints asks each adapter for what is wrong with its configuration.
func checkTouchpoints(tps Touchpoints, limits map[string]Limits) Problems {
	var problems Problems
	if len(tps) == 0 {
		problems = append(problems, NewProblem("touchpoints", "required"))
	}
	for _, name := range slices.Sorted(maps.Keys(tps)) {
		field := "touchpoints." + name
		if tps[name] == nil {
			problems = append(problems, NewProblem(field, "required"))
			continue
		}
		problems = append(problems, selfcheck(field, tps[name])...)
	}
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		if _, ok := tps[name]; !ok {
			problems = append(problems, NewProblem("limits."+name, "unknown_touchpoint", "touchpoint", name))
		}
	}
	return problems
}

func selfcheck(field string, c Channel) Problems {
	s, ok := as[Selfchecker](c)
	if !ok {
		return nil
	}
	problems := slices.Clone(s.CheckConfig())
	for i := range problems {
		problems[i].Field = strings.TrimSuffix(fmt.Sprintf("%s.%s", field, problems[i].Field), ".")
	}
	return problems
}
