package telegram

import "github.com/outbound-go/outbound"

// uploadLimit is how many bytes of a kind can be uploaded; zero = the kind is not carried.
func uploadLimit(kind outbound.MediaKind) int {
	switch kind {
	case outbound.MediaPhoto:
		return maxPhotoUpload
	case outbound.MediaDocument:
		return maxDocumentUpload
	default:
		return 0
	}
}

// file is an object of the answer that names a file (bots/api, PhotoSize, Document and others).
type file struct {
	ID   string `json:"file_id"`
	Size int64  `json:"file_size"`
}

// reference is the file_id of what a message shows. It belongs to the bot and does not expire (bots/api, "Sending
// files"). A document that the server took for something else is found there.
func (m *message) reference() string {
	if n := len(m.Photo); n > 0 {
		return m.Photo[n-1].ID // sizes rise
	}
	for _, f := range []*file{m.Document, m.Animation, m.Video, m.Audio, m.Voice, m.Sticker} {
		if f != nil && f.ID != "" {
			return f.ID
		}
	}
	return ""
}
