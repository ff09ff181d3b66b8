package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// Limits of an upload (bots/api, Sending files). The documentation says MB; 2^20 bytes is our reading.
const (
	maxUpload = 50 << 20
	maxPhoto  = 10 << 20
	maxBody   = maxUpload + 1<<20 // the file and the other fields of the form
)

// errTooLarge is a body no method can have.
var errTooLarge = errors.New("request entity too large")

// request is what came over either transport.
type request struct {
	verb   string
	url    *url.URL
	header http.Header
	body   []byte
}

// read takes the whole body of r. An error is the body's, or errTooLarge.
func read(r *http.Request) (*request, error) {
	q := &request{verb: r.Method, url: r.URL, header: r.Header}
	if r.Body == nil || r.Body == http.NoBody {
		return q, nil
	}
	if r.ContentLength > maxBody {
		return q, errTooLarge
	}
	if r.ContentLength > 0 {
		q.body = make([]byte, r.ContentLength)
		_, err := io.ReadFull(r.Body, q.body)
		return q, err
	}
	var err error
	q.body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(q.body) > maxBody {
		err = errTooLarge
	}
	return q, err
}

// head is the request line and the headers, for the record.
func (q *request) head() []byte {
	var b bytes.Buffer
	b.Grow(256)
	b.WriteString(q.verb + " " + q.url.RequestURI() + "\n")
	for name, values := range q.header {
		for _, value := range values {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	return b.Bytes()
}

// arguments are the arguments the imitated methods know. In every encoding numbers, booleans and objects are kept as
// the text they were sent as.
type arguments struct {
	chatID          string
	text            string
	parseMode       string
	entities        string
	photo           string
	document        string
	caption         string
	captionEntities string
	replyMarkup     string
	linkPreview     string
	silent          bool
	protect         bool
	paidBroadcast   bool
	uploads         map[string]*upload
}

// upload is a file of a multipart form.
type upload struct {
	name     string
	mimeType string
	content  []byte
}

func (a *arguments) set(name, value string) {
	switch name {
	case "chat_id":
		a.chatID = value
	case "text":
		a.text = value
	case "parse_mode":
		a.parseMode = value
	case "entities":
		a.entities = value
	case "photo":
		a.photo = value
	case "document":
		a.document = value
	case "caption":
		a.caption = value
	case "caption_entities":
		a.captionEntities = value
	case "reply_markup":
		a.replyMarkup = value
	case "link_preview_options":
		a.linkPreview = value
	case "disable_notification":
		a.silent = truth(value)
	case "protect_content":
		a.protect = truth(value)
	case "allow_paid_broadcast":
		a.paidBroadcast = truth(value)
	}
}

// truth reads a Boolean argument: JSON true, or what a form can say.
func truth(value string) bool {
	return value == "1" || strings.EqualFold(value, "true") || strings.EqualFold(value, "yes")
}

// arguments parses the query and the body. Later sources win.
func (q *request) arguments() (arguments, *failure) {
	var a arguments
	if q.url.RawQuery != "" {
		if f := a.form(q.url.RawQuery); f != nil {
			return a, f
		}
	}
	if len(q.body) == 0 {
		return a, nil
	}
	contentType := q.header.Get("Content-Type")
	switch {
	case contentType == "application/json" || hasType(contentType, "application/json"):
		return a, a.json(q.body)
	case hasType(contentType, "application/x-www-form-urlencoded"):
		return a, a.form(string(q.body))
	case hasType(contentType, "multipart/form-data"):
		return a, a.multipart(contentType, q.body)
	}
	return a, nil // a body of another type is no argument
}

func hasType(contentType, want string) bool {
	got, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(got), want)
}

func (a *arguments) form(encoded string) *failure {
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return badRequest("can't parse parameter value")
	}
	for name, v := range values {
		a.set(name, v[len(v)-1])
	}
	return nil
}

func (a *arguments) multipart(contentType string, body []byte) *failure {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return badRequest("boundary not found")
	}
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return badRequest("unexpected end of request content")
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return badRequest("unexpected end of request content")
		}
		if part.FileName() == "" {
			a.set(part.FormName(), string(content))
			continue
		}
		if len(content) > maxUpload {
			return tooLarge()
		}
		if a.uploads == nil {
			a.uploads = make(map[string]*upload)
		}
		a.uploads[part.FormName()] = &upload{
			name: part.FileName(), mimeType: part.Header.Get("Content-Type"), content: content,
		}
	}
}

// json takes the members of a JSON object. The body is checked whole first, so the walk over it need not doubt it; it
// allocates for the values it keeps only.
func (a *arguments) json(body []byte) *failure {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] != '{' || !json.Valid(body) {
		return badRequest("JSON object expected")
	}
	for name, value := range members(body) {
		switch {
		case value[0] == '"':
			a.set(unquote(name), unquote(value))
		case value[0] != 'n': // null is no argument
			a.set(unquote(name), string(value))
		}
	}
	return nil
}

// members yields the names, quoted, and values of a valid JSON object that begins at its first byte.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		w := walker{body: object, at: 1}
		for w.space(); w.body[w.at] != '}'; w.space() {
			name := w.value()
			w.space()
			w.at++ // the colon
			w.space()
			value := w.value()
			if w.space(); w.body[w.at] == ',' {
				w.at++
			}
			if !yield(name, value) {
				return
			}
		}
	}
}

// elements yields the values of a valid JSON array that begins at its first byte.
func elements(array []byte) iter.Seq[[]byte] {
	return func(yield func(value []byte) bool) {
		w := walker{body: array, at: 1}
		for w.space(); w.body[w.at] != ']'; w.space() {
			value := w.value()
			if w.space(); w.body[w.at] == ',' {
				w.at++
			}
			if !yield(value) {
				return
			}
		}
	}
}

// walker steps over valid JSON.
type walker struct {
	body []byte
	at   int
}

func (w *walker) space() {
	for w.at < len(w.body) && (w.body[w.at] == ' ' || w.body[w.at] == '\n' || w.body[w.at] == '\t' || w.body[w.at] == '\r') {
		w.at++
	}
}

// value returns the value that begins here, whatever its type, and steps behind it.
func (w *walker) value() []byte {
	from, depth := w.at, 0
	for w.at < len(w.body) {
		switch c := w.body[w.at]; c {
		case '"':
			w.at++
			for w.body[w.at] != '"' {
				if w.body[w.at] == '\\' {
					w.at++
				}
				w.at++
			}
			if w.at++; depth == 0 {
				return w.body[from:w.at]
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return w.body[from:w.at]
			}
			if depth--; depth == 0 {
				w.at++
				return w.body[from:w.at]
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return w.body[from:w.at]
			}
		}
		w.at++
	}
	return w.body[from:]
}

// unquote reads a JSON string, which is known to be valid.
func unquote(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // valid: it was checked
	return s
}
