package httpsend

import (
	"bytes"
	"mime"
	"mime/multipart"
	"net/textproto"
	"path"
	"strings"
)

// Field is a field of a form.
type Field struct{ Name, Value string }

// Form is a multipart form that ends with a file: what stands before the file's bytes and what after, so that a file
// is sent without a copy of it.
type Form struct {
	ContentType   string
	Before, After []byte
}

// NewForm makes a form. The file's name loses what would leave the header it stands in.
func NewForm(fields []Field, fileField, fileName string) (Form, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		if err := w.WriteField(f.Name, f.Value); err != nil {
			return Form{}, err
		}
	}
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", `form-data; name="`+fileField+`"; filename="`+cleanName(fileName)+`"`)
	header.Set("Content-Type", contentType(fileName))
	if _, err := w.CreatePart(header); err != nil {
		return Form{}, err
	}
	before := b.Len()
	if err := w.Close(); err != nil {
		return Form{}, err
	}
	all := b.Bytes()
	return Form{ContentType: w.FormDataContentType(), Before: all[:before:before], After: all[before:]}, nil
}

// cleanName is the base name without quotes, backslashes and control characters.
func cleanName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '"' {
			return -1
		}
		return r
	}, name)
	if name == "" || name == "." || name == "/" {
		return "file"
	}
	return name
}

func contentType(name string) string {
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
