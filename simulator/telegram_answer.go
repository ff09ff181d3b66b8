package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"unicode/utf8"
)

// failure is a refused request: {"ok":false,"error_code":...,"description":...,"parameters":{...}}
// (telegram-bot-api:Query.h JsonQueryError). The HTTP status is the code.
type failure struct {
	code        int
	description string
	retryAfter  int64 // seconds; parameters.retry_after and the Retry-After header (HttpConnection.cpp)
	migrateTo   int64 // parameters.migrate_to_chat_id
}

func badRequest(what string) *failure {
	return &failure{code: http.StatusBadRequest, description: "Bad Request: " + what}
}

func forbidden(what string) *failure {
	return &failure{code: http.StatusForbidden, description: "Forbidden: " + what}
}

func tooMany(seconds int64) *failure {
	return &failure{
		code:        http.StatusTooManyRequests,
		description: "Too Many Requests: retry after " + strconv.FormatInt(seconds, 10),
		retryAfter:  seconds,
	}
}

func tooLarge() *failure {
	return &failure{code: http.StatusRequestEntityTooLarge, description: "Request Entity Too Large"}
}

// answer is what goes back: a status and a body, and how the transport is to mistreat them.
type answer struct {
	status      int
	contentType string
	retryAfter  int64
	body        []byte
	fault       Fault // its transport effects: delays, endless bodies, resets
}

func (f *failure) answer() answer {
	out := make([]byte, 0, 64+len(f.description))
	out = append(out, `{"ok":false,"error_code":`...)
	out = strconv.AppendInt(out, int64(f.code), 10)
	out = append(out, `,"description":`...)
	out = appendJSONString(out, f.description)
	if f.retryAfter != 0 || f.migrateTo != 0 {
		out = append(out, `,"parameters":{`...)
		if f.migrateTo != 0 {
			out = append(out, `"migrate_to_chat_id":`...)
			out = strconv.AppendInt(out, f.migrateTo, 10)
		}
		if f.retryAfter != 0 {
			if f.migrateTo != 0 {
				out = append(out, ',')
			}
			out = append(out, `"retry_after":`...)
			out = strconv.AppendInt(out, f.retryAfter, 10)
		}
		out = append(out, '}')
	}
	return answer{status: f.code, retryAfter: f.retryAfter, body: append(out, '}')}
}

// beginOK starts a successful body of about size bytes; endOK makes the answer of it.
func beginOK(size int) []byte {
	return append(make([]byte, 0, size), `{"ok":true,"result":`...)
}

func endOK(out []byte) answer {
	return answer{status: http.StatusOK, body: append(out, '}')}
}

// header is the answer's header. Every call makes a new one, since its reader may change it.
func (a *answer) header() http.Header {
	contentType := a.contentType
	if contentType == "" {
		contentType = "application/json"
	}
	h := http.Header{"Content-Type": {contentType}}
	if a.retryAfter > 0 {
		h["Retry-After"] = []string{strconv.FormatInt(a.retryAfter, 10)}
	}
	return h
}

// appendJSONString appends s in quotes. Text that needs no escape, nearly all of it, is copied as it is.
func appendJSONString(out []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			if c >= utf8.RuneSelf && utf8.ValidString(s[i:]) && !needsEscape(s[i:]) {
				break
			}
			quoted, err := json.Marshal(s)
			if err != nil { // a string always marshals
				return append(out, `""`...)
			}
			return append(out, quoted...)
		}
	}
	out = append(out, '"')
	out = append(out, s...)
	return append(out, '"')
}

func needsEscape(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			return true
		}
	}
	return false
}
