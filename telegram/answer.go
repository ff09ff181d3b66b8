package telegram

import (
	"encoding/json"
	"errors"
)

// answer is the envelope of every answer (bots/api, "Making requests").
type answer[T any] struct {
	OK          bool   `json:"ok"`
	Result      T      `json:"result"`
	ErrorCode   int    `json:"error_code"`
	Description string `json:"description"`
	Parameters  struct {
		RetryAfter float64 `json:"retry_after"`        // seconds
		MigrateTo  int64   `json:"migrate_to_chat_id"` // 52 significant bits
	} `json:"parameters"`
}

// nothing is a result that is not read.
type nothing struct{}

// sent is a message without a file, read for its id alone. The id may be 0: then the server will send the message
// later (bots/api, Message.message_id). A pointer tells that from an answer without one.
type sent struct {
	ID *int64 `json:"message_id"`
}

// message is a message with a file.
type message struct {
	ID        *int64 `json:"message_id"`
	Photo     []file `json:"photo"`
	Document  *file  `json:"document"`
	Animation *file  `json:"animation"`
	Video     *file  `json:"video"`
	Audio     *file  `json:"audio"`
	Voice     *file  `json:"voice"`
	Sticker   *file  `json:"sticker"`
}

// user is what getMe says (bots/api, User).
type user struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	Username  string `json:"username"`
}

// decode reads a whole answer. ok is false for what is no JSON object of this envelope, truncated ones included; a member of
// another type than expected counts as missing.
func decode[T any](body []byte) (a answer[T], ok bool) {
	err := json.Unmarshal(body, &a)
	if _, other := errors.AsType[*json.UnmarshalTypeError](err); other {
		err = nil
	}
	return a, err == nil
}

// refuses says whether an answer is one of the provider's refusals: only these say that nothing was accepted.
func (a *answer[T]) refuses() bool { return !a.OK && a.ErrorCode != 0 }
