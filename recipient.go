package outbound

// Recipient is one person of an audience.
type Recipient struct {
	// Address in the touchpoint: a Telegram chat id, a VK or Viber user id, a phone number.
	Address string `json:"address"`
	// Reference is the host's own id of the person or case, returned in every report and event.
	Reference string `json:"reference,omitempty"`
	// Key makes two messages to one address in one campaign legal: two bookings of one person. Empty for most.
	Key string `json:"key,omitempty"`
	// Variables personalise the message.
	Variables map[string]string `json:"variables,omitempty"`

	// Line and Column say where in its source the recipient stands, counting from 1; 0 = unknown.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Problem says that this piece could not be read as a recipient. It is counted as rejected; the stream goes on.
	Problem *Problem `json:"problem,omitempty"`
}

// ErasedPrefix begins the address that Ledger.Erase leaves: a salted hash follows. Nobody is written to there.
const ErasedPrefix = "erased:"

// Rejection is a piece of a source that is no recipient.
type Rejection struct {
	Piece   string  `json:"piece"` // as it stood, cut to 64 bytes
	Line    int     `json:"line,omitempty"`
	Column  int     `json:"column,omitempty"`
	Problem Problem `json:"problem"`
}

// Purpose is what a message is for. Consent, caps and opt-outs name the purposes that they concern.
type Purpose string

const (
	Marketing  Purpose = "marketing" // the default
	Service    Purpose = "service"
	AnyPurpose Purpose = "any" // in a Suppression: everything
)
