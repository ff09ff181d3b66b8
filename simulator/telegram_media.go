package simulator

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"net/url"
	"strconv"
	"strings"
)

// Limits of a photo, in pixels (bots/api, sendPhoto).
const (
	maxPhotoSides = 10000 // width and height together
	maxPhotoRatio = 20
)

// file is what a bot's file_id stands for. It never changes.
type file struct {
	Media
	uniqueID string
	thumb    *file // of a photo: its smaller size
}

// media is the file of a message about to be accepted.
type media struct {
	*file
	isNew bool
	Media // as recorded with the message
}

// source is how a request names its file: exactly one of the two.
type source struct {
	upload *upload
	named  string // a file_id or a URL
}

// source finds the file argument: a file_id or URL in the field, "attach://name", or an upload under the field's own
// name (telegram-bot-api:Client.cpp get_input_file).
func (c *call) source(kind, named string) (*source, *failure) {
	field := kind
	if attached, ok := strings.CutPrefix(named, "attach://"); ok {
		field = attached
	} else if named != "" {
		return &source{named: named}, nil
	}
	if sent := c.args.uploads[field]; sent != nil {
		return &source{upload: sent}, nil
	}
	return nil, badRequest("there is no " + kind + " in the request")
}

// resolve turns a source into a file. A file_id that this bot never got, or got for the other kind, is "wrong file
// identifier/HTTP URL specified". URLs are not fetched, so their 5 and 20 MB limits are not imitated but through
// [Telegram.RefuseURL].
func (t *Telegram) resolve(b *bot, s *source, kind string) (*media, *failure) {
	switch {
	case s.upload != nil:
		made, refused := uploaded(s.upload, kind)
		if refused != nil {
			return nil, refused
		}
		made.Uploaded = true
		return &media{file: &file{Media: made}, isNew: true, Media: made}, nil

	case strings.Contains(s.named, "://"):
		if !fetchable(s.named) {
			return nil, badRequest("wrong file identifier/HTTP URL specified")
		}
		if description, bad := t.badURLs.Load(s.named); bad {
			return nil, badRequest(description.(string))
		}
		made := Media{Kind: kind, URL: s.named, Name: lastPart(s.named)}
		return &media{file: &file{Media: made}, isNew: true, Media: made}, nil
	}
	b.filesMu.RLock()
	defer b.filesMu.RUnlock()
	found := b.files[s.named]
	if found == nil || found.Kind != kind {
		return nil, badRequest("wrong file identifier/HTTP URL specified")
	}
	m := &media{file: found, Media: found.Media}
	m.Media.Uploaded = false
	return m, nil
}

func fetchable(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.Contains(u.Hostname(), ".")
}

func lastPart(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Path[strings.LastIndexByte(u.Path, '/')+1:]
}

// uploaded judges the bytes of an upload. A photo must be a picture: PNG, JPEG and GIF are measured, WebP, BMP and TIFF
// are taken as they are, anything else is IMAGE_PROCESS_FAILED. The description of a photo over 10 MB is our choice
// among the provider's.
func uploaded(u *upload, kind string) (Media, *failure) {
	made := Media{Kind: kind, Name: u.name, MIMEType: u.mimeType, Size: int64(len(u.content))}
	if kind != "photo" {
		return made, nil
	}
	if len(u.content) > maxPhoto {
		return made, badRequest("file is too big")
	}
	size, isPicture := measure(u.content)
	if !isPicture {
		return made, badRequest("IMAGE_PROCESS_FAILED")
	}
	made.Width, made.Height = size.Width, size.Height
	if w, h := size.Width, size.Height; w+h > maxPhotoSides || max(w, h) > maxPhotoRatio*min(w, h) {
		return made, badRequest("PHOTO_INVALID_DIMENSIONS")
	}
	return made, nil
}

// measure reads the size of a picture, zero for a format it cannot measure.
func measure(content []byte) (size image.Config, isPicture bool) {
	var err error
	switch {
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		size, err = png.DecodeConfig(bytes.NewReader(content))
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		size, err = jpeg.DecodeConfig(bytes.NewReader(content))
	case bytes.HasPrefix(content, []byte("GIF8")):
		size, err = gif.DecodeConfig(bytes.NewReader(content))
	case len(content) > 12 && string(content[:4]) == "RIFF" && string(content[8:12]) == "WEBP",
		bytes.HasPrefix(content, []byte("BM")),
		bytes.HasPrefix(content, []byte("II*\x00")), bytes.HasPrefix(content, []byte("MM\x00*")):
		return image.Config{}, true
	default:
		return image.Config{}, false
	}
	return size, err == nil
}

// keep gives a new file its file_id, which the same bot may use from now on, and completes the recorded media.
func (b *bot) keep(m *media) {
	if !m.isNew {
		return
	}
	b.filesMu.Lock()
	defer b.filesMu.Unlock()
	b.register(m.file)
	m.Media.FileID = m.file.FileID
	if m.Kind == "photo" && max(m.Width, m.Height) > 90 {
		long := max(m.Width, m.Height)
		small := &file{Media: m.file.Media}
		small.Width, small.Height = max(m.Width*90/long, 1), max(m.Height*90/long, 1)
		small.Size = max(m.Size*90/int64(long), 1)
		b.register(small)
		m.file.thumb = small
	}
}

// register makes a file known under a new id. The ids have no dot and no colon, as the provider's, and carry the bot's
// number so that two bots never have the same. The caller holds filesMu.
func (b *bot) register(f *file) {
	b.lastFile++
	var raw [20]byte
	copy(raw[:4], f.Kind)
	binary.BigEndian.PutUint64(raw[4:], uint64(b.id))
	binary.BigEndian.PutUint64(raw[12:], uint64(b.lastFile))
	f.FileID = base64.RawURLEncoding.EncodeToString(raw[:])
	f.uniqueID = base64.RawURLEncoding.EncodeToString(raw[8:])
	b.files[f.FileID] = f
}

// append appends the photo or document member of a Message. A photo of unknown size is said to be 800 by 600.
func (m *media) append(out []byte) []byte {
	if m.Kind == "document" {
		out = append(out, `,"document":{"file_id":`...)
		out = m.file.appendIDs(out)
		out = appendMember(out, "file_name", m.Name)
		out = appendMember(out, "mime_type", m.MIMEType)
		return append(out, '}')
	}
	out = append(out, `,"photo":[`...)
	if m.thumb != nil {
		out = append(m.thumb.appendSize(out), ',')
	}
	return append(m.file.appendSize(out), ']')
}

func (f *file) appendSize(out []byte) []byte {
	width, height := f.Width, f.Height
	if width == 0 || height == 0 {
		width, height = 800, 600
	}
	out = append(out, `{"file_id":`...)
	out = f.appendIDs(out)
	out = append(out, `,"width":`...)
	out = strconv.AppendInt(out, int64(width), 10)
	out = append(out, `,"height":`...)
	out = strconv.AppendInt(out, int64(height), 10)
	return append(out, '}')
}

func (f *file) appendIDs(out []byte) []byte {
	out = appendJSONString(out, f.FileID)
	out = appendMember(out, "file_unique_id", f.uniqueID)
	if f.Size > 0 {
		out = append(out, `,"file_size":`...)
		out = strconv.AppendInt(out, f.Size, 10)
	}
	return out
}
