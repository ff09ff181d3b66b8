package telegram

import (
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

// Limits of a message. The documentation counts "characters after entities parsing" (bots/api, sendMessage and
// sendPhoto); the server counts code points of the text without its markup (td:td/telegram/MessageContent.cpp), and
// refuses more than 32768 bytes with it (telegram-bot-api:Client.cpp, get_formatted_text).
const (
	maxText      = 4096
	maxCaption   = 1024
	maxTextBytes = 32768
)

// Limits of buttons. td keeps 12 buttons of a row and 300 of a keyboard and drops the others without a word
// (td:td/telegram/ReplyMarkup.cpp, get_reply_markup). That servers refuse more than 100 is known from use alone.
const (
	maxButtons   = 100
	maxRowLength = 12
)

// Limits of files, in bytes (bots/api, "Sending files"): MB is read as 10^6, the smaller reading.
const (
	maxPhotoUpload    = 10_000_000
	maxDocumentUpload = 50_000_000
)

// Rates. 30 messages a second to all chats and one a second to each (core.telegram.org/bots/faq, "My bot is hitting
// limits"); 1000 with paid broadcasts (bots/api, sendMessage). The real ones are unpublished and vary.
const (
	freeRate     = 30
	paidRate     = 1000
	recipientGap = time.Second
)

// Capabilities are those of every bot; only the rate depends on Config.PaidBroadcast. Texts are counted without their
// markup, see CheckRendered. There are no receipts, and no repeated request is ever safe.
func (c *Channel) Capabilities() outbound.Capabilities {
	rate := outbound.PerSecond(freeRate)
	if c.bot.config.PaidBroadcast {
		rate = outbound.PerSecond(paidRate)
	}
	kinds := []outbound.MediaKind{outbound.MediaPhoto, outbound.MediaDocument}
	return outbound.Capabilities{
		Channel:          "telegram",
		Formats:          []outbound.Format{outbound.FormatHTML, outbound.FormatMarkdown},
		MediaURL:         kinds,
		MediaFile:        slices.Clone(kinds),
		MaxText:          maxText,
		MaxCaption:       maxCaption,
		TextUnit:         outbound.UnitCodePoints,
		MaxButtons:       maxButtons,
		MaxButtonRows:    maxButtons,
		Options:          []outbound.Option{outbound.OptionSilent, outbound.OptionNoLinkPreview, outbound.OptionProtect},
		Freeform:         true,
		Rate:             rate,
		RecipientGap:     recipientGap,
		MediaWithMessage: true,
	}
}
