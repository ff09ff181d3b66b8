package telegram

import (
	"context"
	"net/http"
	"strconv"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/internal/httpsend"
)

// NoteDeleted is a Receipt's note: the message was sent and "immediately deleted", so its id is not known.
const NoteDeleted = "deleted_at_once"

// Send makes one request: sendMessage, sendPhoto or sendDocument. A file with content is uploaded, and the Receipt's
// Media is then its file_id, which the next message may use instead. A file by URL is fetched by the provider: photos
// up to 5 MB, documents up to 20 MB (bots/api, "Sending files").
//
// Receipt.Message is the message_id, which is unique in its chat only, and "0" for a message that the server put off.
// For the classes of errors see errors.go.
func (c *Channel) Send(ctx context.Context, m *outbound.Outgoing) (outbound.Receipt, error) {
	b := c.bot
	if failed := b.unusable(); failed != nil {
		return outbound.Receipt{}, failed
	}
	request, refused := b.encode(m)
	if refused != nil {
		return outbound.Receipt{}, refused
	}
	buf := b.answers.Get().(*[]byte)
	defer b.release(buf)
	got, err := b.http.Do(ctx, &request.Request, *buf)
	if cap(got.Body) > cap(*buf) {
		*buf = got.Body
	}
	if err != nil {
		return outbound.Receipt{}, unanswered(got, err)
	}
	if success(got.Status) {
		if receipt, ok := accepted(got.Body, request.upload); ok {
			return receipt, nil
		}
	}
	return b.refused(got, m)
}

// maxKept is the capacity of the largest buffer that is used again.
const maxKept = 64 << 10

func (b *bot) release(buf *[]byte) {
	if cap(*buf) <= maxKept {
		b.answers.Put(buf)
	}
}

func success(status int) bool { return status >= 200 && status < 300 }

// accepted reads the answer that says that a message was accepted.
func accepted(body []byte, upload bool) (outbound.Receipt, bool) {
	if !upload {
		a, ok := decode[sent](body)
		if !ok || !a.OK || a.Result.ID == nil {
			return outbound.Receipt{}, false
		}
		return outbound.Receipt{Message: strconv.FormatInt(*a.Result.ID, 10)}, true
	}
	a, ok := decode[message](body)
	if !ok || !a.OK || a.Result.ID == nil {
		return outbound.Receipt{}, false
	}
	return outbound.Receipt{
		Message: strconv.FormatInt(*a.Result.ID, 10), Media: outbound.MediaRef{Ref: a.Result.reference()},
	}, true
}

// refused reads any other answer to a message.
func (b *bot) refused(got httpsend.Answer, m *outbound.Outgoing) (outbound.Receipt, error) {
	a, ok := decode[nothing](got.Body)
	if ok && !a.OK && a.ErrorCode == http.StatusInternalServerError && sentAnyway(a.Description) {
		return outbound.Receipt{Note: NoteDeleted}, nil
	}
	return outbound.Receipt{}, b.classified(got, a, ok, m)
}

// unusable is why nothing can be requested at all.
func (b *bot) unusable() *outbound.SendError {
	if len(b.problems) == 0 {
		return nil
	}
	failed := unsent(outbound.ClassAccount, outbound.ReasonConfig)
	if b.problems[0].Code == CodeToken {
		failed.Reason = outbound.ReasonToken
	}
	failed.Err = b.problems
	return failed
}
