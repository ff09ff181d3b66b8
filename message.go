package outbound

import "slices"

// Message is what a campaign says. Text, captions, button labels and URLs may contain variables: {{.name}}.
type Message struct {
	Text   string `json:"text,omitempty"`
	Format Format `json:"format,omitempty"`
	// Media is one picture or file; the text is then its caption.
	Media *Media `json:"media,omitempty"`
	// Buttons are rows of URL buttons below the message.
	Buttons [][]Button `json:"buttons,omitempty"`
	// Template names a provider's approved template, instead of a text.
	Template *Template `json:"template,omitempty"`
	// Options ask for what only some channels can do.
	Options []Option `json:"options,omitempty"`
}

// Format is how a text is marked up. Values of variables are escaped for it.
type Format string

const (
	FormatPlain    Format = ""         // no markup
	FormatHTML     Format = "html"     // the tags that the channel allows
	FormatMarkdown Format = "markdown" // the channel's own Markdown: Telegram's MarkdownV2
)

// TextUnit is what a channel counts a text in.
type TextUnit string

const (
	UnitCodePoints TextUnit = ""      // Unicode code points
	UnitUTF16      TextUnit = "utf16" // UTF-16 code units
	UnitBytes      TextUnit = "bytes" // bytes of UTF-8
)

// MediaKind is how a file is shown.
type MediaKind string

const (
	MediaPhoto    MediaKind = "photo"
	MediaDocument MediaKind = "document"
	MediaVideo    MediaKind = "video"
	MediaAudio    MediaKind = "audio"
)

// Media is a picture or file: by URL, which the provider fetches, or by a local file, which is copied into the store when the draft is saved.
type Media struct {
	Kind MediaKind `json:"kind"`
	URL  string    `json:"url,omitempty"`
	// File is the path of a local file. Saving the draft reads it once and replaces it by Hash.
	File string `json:"file,omitempty"`
	// Content is the file itself, instead of File. It is not part of the saved draft either.
	Content []byte `json:"-"`
	// Name is what the recipient sees the file called; empty = the base name of File.
	Name string `json:"name,omitempty"`
	// Hash is the SHA-256 of the stored file, in hexadecimal. The engine sets it.
	Hash string `json:"hash,omitempty"`
}

// Button opens a URL.
type Button struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// Template is a provider's approved template with its parameters.
type Template struct {
	Name     string `json:"name"`
	Language string `json:"language"`
	// Parameters by component: "header", "body", "button:0"; positional ones are named "1", "2" and so on. Values may contain variables.
	Parameters map[string]map[string]string `json:"parameters,omitempty"`
	// Category, when known, sets the campaign's purpose.
	Category string `json:"category,omitempty"`
}

// Option is something that only some channels can do with a message.
type Option string

const (
	OptionSilent        Option = "silent"          // without a sound
	OptionNoLinkPreview Option = "no_link_preview" // links show no preview
	OptionProtect       Option = "protect"         // it cannot be forwarded or saved
)

// Has says whether the message asks for an option.
func (m *Message) Has(o Option) bool { return slices.Contains(m.Options, o) }
