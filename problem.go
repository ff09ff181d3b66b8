package outbound

import (
	"errors"
	"strings"
)

// Language is a language that the library speaks to people.
type Language string

// Languages of everything that a manager reads.
const (
	English Language = "en"
	Russian Language = "ru"
)

// Problem is one thing wrong with what was given, for the person who must mend it.
type Problem struct {
	// Field is where: "name", "message.text", "message.buttons[0][1].url", "touchpoints.shop-bot"; empty = the whole.
	Field string `json:"field,omitempty"`
	// Code is stable: "required", "text_too_long".
	Code string `json:"code"`
	// Message says it in English, with what to do.
	Message string `json:"message"`
	// Translated says it in Russian.
	Translated string `json:"message_ru,omitempty"`
	// Params are the values in the message, for hosts with words of their own.
	Params map[string]string `json:"params,omitempty"`
}

// NewProblem makes a problem from the library's own words for the code; params are names and values in turn. Adapters with
// codes of their own fill in a Problem themselves.
func NewProblem(field, code string, params ...string) Problem {
	p := Problem{Field: field, Code: code}
	if len(params) > 1 {
		p.Params = make(map[string]string, len(params)/2)
		for i := 0; i+1 < len(params); i += 2 {
			p.Params[params[i]] = params[i+1]
		}
	}
	p.Message, p.Translated = Words("problem."+code, English, p.Params), Words("problem."+code, Russian, p.Params)
	return p
}

// In returns the message in a language; English where there is no other.
func (p Problem) In(l Language) string {
	if l == Russian && p.Translated != "" {
		return p.Translated
	}
	return p.Message
}

// Error is "field: message".
func (p Problem) Error() string {
	if p.Field == "" {
		return p.Message
	}
	return p.Field + ": " + p.Message
}

// Problems is everything wrong with what was given. As an error it is ErrInvalid.
type Problems []Problem

// Error lists all problems.
func (p Problems) Error() string {
	texts := make([]string, len(p))
	for i := range p {
		texts[i] = p[i].Error()
	}
	return "invalid: " + strings.Join(texts, "; ")
}

// Is makes errors.Is(err, ErrInvalid) true.
func (p Problems) Is(target error) bool { return target == ErrInvalid }

// AsError is the problems as an error: nil if there are none.
func (p Problems) AsError() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// ProblemsOf returns the problems in an error's chain; nil if there are none.
func ProblemsOf(err error) Problems {
	if p, ok := errors.AsType[Problems](err); ok {
		return p
	}
	return nil
}
