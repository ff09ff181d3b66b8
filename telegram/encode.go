package telegram

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/internal/httpsend"
)

// encoded is a request of one of the methods, with what its answer is to be read for.
type encoded struct {
	httpsend.Request
	upload bool
}

// encode translates a message. A *outbound.SendError says that this adapter cannot carry it; nothing leaves then.
func (b *bot) encode(m *outbound.Outgoing) (encoded, *outbound.SendError) {
	if !b.config.allowed(kindOf(m.Address)) {
		return encoded{}, unsent(outbound.ClassRecipient, outbound.ReasonBadAddress)
	}
	if m.Message != nil && m.Message.Template != nil {
		return encoded{}, unsent(outbound.ClassMessage, outbound.ReasonContent)
	}
	if m.Media == nil {
		return encoded{Request: httpsend.Request{
			URL: b.endpoints.sendMessage, Header: b.header, Body: b.body(m, "text", "", ""), Limit: b.config.Timeout, Private: (*private)(m),
		}}, nil
	}
	endpoint, field := b.endpoints.sendPhoto, "photo"
	switch m.Media.Kind {
	case outbound.MediaPhoto:
	case outbound.MediaDocument:
		endpoint, field = b.endpoints.sendDocument, "document"
	default:
		return encoded{}, unsent(outbound.ClassMessage, outbound.ReasonMedia)
	}
	reference := m.Media.Ref
	if reference == "" {
		reference = m.Media.URL
	}
	if reference == "" {
		return b.upload(m, endpoint, field)
	}
	return encoded{Request: httpsend.Request{
		URL: endpoint, Header: b.header, Body: b.body(m, "caption", field, reference), Limit: b.config.Timeout, Private: (*private)(m),
	}}, nil
}

// body is the arguments as JSON. With a file it is field, and the text its caption.
func (b *bot) body(m *outbound.Outgoing, textField, field, reference string) []byte {
	size := 160 + len(m.Text) + len(m.Text)/16 + len(reference)
	for _, row := range m.Buttons {
		for _, button := range row {
			size += 32 + len(button.Text) + len(button.URL)
		}
	}
	out := append(make([]byte, 0, size), `{"chat_id":`...)
	if m.Address[0] == '@' {
		out = httpsend.AppendString(out, m.Address)
	} else {
		out = append(out, m.Address...) // canonical decimal is JSON's number
	}
	if field != "" {
		out = append(out, `,"`...)
		out = append(out, field...)
		out = append(out, `":`...)
		out = httpsend.AppendString(out, reference)
	}
	if m.Text != "" || field == "" {
		out = append(out, `,"`...)
		out = append(out, textField...)
		out = append(out, `":`...)
		out = httpsend.AppendString(out, m.Text)
		if mode := parseMode(m); mode != "" {
			out = append(out, `,"parse_mode":"`...)
			out = append(out, mode...)
			out = append(out, '"')
		}
	}
	if field == "" && option(m, outbound.OptionNoLinkPreview) {
		out = append(out, `,"link_preview_options":{"is_disabled":true}`...)
	}
	if option(m, outbound.OptionSilent) {
		out = append(out, `,"disable_notification":true`...)
	}
	if option(m, outbound.OptionProtect) {
		out = append(out, `,"protect_content":true`...)
	}
	if b.config.PaidBroadcast {
		out = append(out, `,"allow_paid_broadcast":true`...)
	}
	if len(m.Buttons) > 0 {
		out = append(out, `,"reply_markup":`...)
		out = appendKeyboard(out, m.Buttons)
	}
	return append(out, '}')
}

// upload is the arguments as a form, in which nested objects are JSON (bots/api, "Making requests"). A document stays
// one, whatever the server would detect, so that every recipient gets the same.
func (b *bot) upload(m *outbound.Outgoing, endpoint *url.URL, field string) (encoded, *outbound.SendError) {
	if len(m.Media.Content) == 0 || len(m.Media.Content) > uploadLimit(m.Media.Kind) {
		return encoded{}, unsent(outbound.ClassMessage, outbound.ReasonMedia)
	}
	fields := []httpsend.Field{{Name: "chat_id", Value: m.Address}}
	set := func(name, value string) { fields = append(fields, httpsend.Field{Name: name, Value: value}) }
	if m.Text != "" {
		set("caption", strings.ToValidUTF8(m.Text, "\uFFFD"))
		if mode := parseMode(m); mode != "" {
			set("parse_mode", mode)
		}
	}
	if option(m, outbound.OptionSilent) {
		set("disable_notification", "true")
	}
	if option(m, outbound.OptionProtect) {
		set("protect_content", "true")
	}
	if b.config.PaidBroadcast {
		set("allow_paid_broadcast", "true")
	}
	if len(m.Buttons) > 0 {
		set("reply_markup", string(appendKeyboard(nil, m.Buttons)))
	}
	if m.Media.Kind == outbound.MediaDocument {
		set("disable_content_type_detection", "true")
	}
	form, err := httpsend.NewForm(fields, field, m.Media.Name)
	if err != nil {
		failed := unsent(outbound.ClassMessage, outbound.ReasonMedia)
		failed.Err = err
		return encoded{}, failed
	}
	header := http.Header{
		"Content-Type": {form.ContentType}, "Accept": b.header["Accept"], "User-Agent": b.header["User-Agent"],
	}
	return encoded{upload: true, Request: httpsend.Request{
		URL: endpoint, Header: header, Body: form.Before, Rest: [][]byte{m.Media.Content, form.After}, Limit: b.config.UploadTimeout,
		Private: (*private)(m),
	}}, nil
}

// appendKeyboard appends an InlineKeyboardMarkup of URL buttons.
func appendKeyboard(out []byte, rows [][]outbound.Button) []byte {
	out = append(out, `{"inline_keyboard":[`...)
	for i, row := range rows {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '[')
		for j, button := range row {
			if j > 0 {
				out = append(out, ',')
			}
			out = append(out, `{"text":`...)
			out = httpsend.AppendString(out, button.Text)
			out = append(out, `,"url":`...)
			out = httpsend.AppendString(out, button.URL)
			out = append(out, '}')
		}
		out = append(out, ']')
	}
	return append(out, `]}`...)
}

// parseMode is the server's name of a format.
func parseMode(m *outbound.Outgoing) string {
	if m.Message == nil {
		return ""
	}
	switch m.Message.Format {
	case outbound.FormatHTML:
		return "HTML"
	case outbound.FormatMarkdown:
		return "MarkdownV2"
	default:
		return ""
	}
}

func option(m *outbound.Outgoing, o outbound.Option) bool {
	return m.Message != nil && m.Message.Has(o)
}
