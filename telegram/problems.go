package telegram

import (
	"strings"

	"github.com/outbound-go/outbound"
)

// Codes of problems. They are stable; the words are in problemWords.
const (
	// Of CheckConfig.
	CodeToken    = "telegram_token"    // no token of a bot
	CodeBaseURL  = "telegram_base_url" // no http or https URL of a server
	CodeNegative = "telegram_negative" // a number below zero

	// Of CheckAddress: what the address looks like.
	CodeAddressEmpty       = "address_empty"
	CodeAddressSpaces      = "address_spaces"
	CodeAddressPhone       = "address_phone"
	CodeAddressLink        = "address_link"
	CodeAddressMail        = "address_mail"
	CodeAddressUsername    = "address_username"
	CodeAddressName        = "address_name"
	CodeAddressGroup       = "address_group"
	CodeAddressMinus       = "address_minus"
	CodeAddressViber       = "address_viber"
	CodeAddressUUID        = "address_uuid"
	CodeAddressSpreadsheet = "address_spreadsheet"
	CodeAddressZero        = "address_zero"
	CodeAddressZeros       = "address_leading_zeros"
	CodeAddressRange       = "address_range"
	CodeAddressSyntax      = "address_syntax"

	// Of CheckMessage and CheckRendered.
	CodeTextEmpty   = "text_empty"
	CodeTextTooLong = "text_too_long" // params max, length
	CodeTextBytes   = "text_bytes"    // params max, length
	CodeMarkup      = "text_markup"   // params offset, in bytes from 0, and near
	CodeButtonText  = "button_text"
	CodeButtonURL   = "button_url"
	CodeButtonRow   = "button_row" // params max
	CodeMediaKind   = "media_kind"
	CodeMediaURL    = "media_url"
	CodeMediaEmpty  = "media_empty"
	CodeMediaSize   = "media_size" // params max, length
	CodeTemplate    = "template_unsupported"
)

// newProblem makes a problem of one of the codes; params are names and values in turn.
func newProblem(field, code string, params ...string) outbound.Problem {
	p := outbound.Problem{Field: field, Code: code}
	p.Message, p.Translated = problemWords(code)
	if len(params) == 0 {
		return p
	}
	p.Params = make(map[string]string, len(params)/2)
	pairs := make([]string, len(params))
	for i := 0; i+1 < len(params); i += 2 {
		p.Params[params[i]] = params[i+1]
		pairs[i], pairs[i+1] = "{"+params[i]+"}", params[i+1]
	}
	words := strings.NewReplacer(pairs...)
	p.Message, p.Translated = words.Replace(p.Message), words.Replace(p.Translated)
	return p
}

// problemWords are the words of a code, in English and Russian.
func problemWords(code string) (en, ru string) {
	switch code {
	case CodeToken:
		return "this is no bot token; copy it from @BotFather as it is: 123456789:AAE…",
			"это не токен бота; скопируйте его у @BotFather целиком: 123456789:AAE…"
	case CodeBaseURL:
		return "must be an http or https URL of a Bot API server, without user, query and fragment",
			"нужен http- или https-адрес сервера Bot API, без имени пользователя, параметров и якоря"
	case CodeNegative:
		return "must not be negative", "не может быть отрицательным"

	case CodeAddressEmpty:
		return "the address is empty; give the person's numeric Telegram id", "адрес пуст; нужен числовой Telegram ID человека"
	case CodeAddressSpaces:
		return "the address has spaces or invisible characters; remove them", "в адресе пробелы или невидимые символы; уберите их"
	case CodeAddressPhone:
		return "this looks like a phone number; a bot cannot write to phone numbers, give the person's numeric Telegram id",
			"похоже на номер телефона; бот не может писать по номеру, нужен числовой Telegram ID человека"
	case CodeAddressLink:
		return "this looks like a link; give the person's numeric Telegram id", "похоже на ссылку; нужен числовой Telegram ID человека"
	case CodeAddressMail:
		return "this looks like an e-mail address; give the person's numeric Telegram id", "похоже на адрес почты; нужен числовой Telegram ID человека"
	case CodeAddressUsername:
		return "a bot cannot write to a person by @name, and names of channels are not allowed here; give the person's numeric Telegram id",
			"бот не может писать человеку по @имени, а имена каналов здесь не разрешены; нужен числовой Telegram ID человека"
	case CodeAddressName:
		return "this looks like a user name; give the person's numeric Telegram id, or the @name of a channel",
			"похоже на имя пользователя; нужен числовой Telegram ID человека или @имя канала"
	case CodeAddressGroup:
		return "a negative id is a group or channel, usually the staff's own chat; groups and channels are not allowed here",
			"отрицательный ID — это группа или канал, обычно чат сотрудников; группы и каналы здесь не разрешены"
	case CodeAddressMinus:
		return "this begins with a dash of typography; a negative id begins with the minus of the keyboard",
			"в начале стоит типографское тире; отрицательный ID начинается с обычного минуса"
	case CodeAddressViber:
		return "this looks like a Viber id; give the person's numeric Telegram id", "похоже на ID Viber; нужен числовой Telegram ID человека"
	case CodeAddressUUID:
		return "this looks like an id of another system (a UUID); give the person's numeric Telegram id",
			"похоже на ID другой системы (UUID); нужен числовой Telegram ID человека"
	case CodeAddressSpreadsheet:
		return "this looks like a number that a spreadsheet rounded; export the column as text",
			"похоже на число, округлённое таблицей; выгрузите столбец как текст"
	case CodeAddressZero:
		return "zero is nobody's id", "ноль — ничей ID"
	case CodeAddressZeros:
		return "an id has no leading zeros", "у ID нет нулей в начале"
	case CodeAddressRange:
		return "no chat of Telegram has this number; it may be an id of another channel", "такого номера у чатов Telegram не бывает; возможно, это ID другого канала"
	case CodeAddressSyntax:
		return "this is no Telegram id; give the person's numeric id", "это не Telegram ID; нужен числовой ID человека"

	case CodeTextEmpty:
		return "the text is empty", "текст пуст"
	case CodeTextTooLong:
		return "the text has {length} characters, Telegram takes {max}", "в тексте {length} знаков, Telegram принимает {max}"
	case CodeTextBytes:
		return "the text with its markup has {length} bytes, Telegram takes {max}", "текст с разметкой занимает {length} байт, Telegram принимает {max}"
	case CodeMarkup:
		return "the markup is wrong at byte {offset}, near {near}", "ошибка в разметке на байте {offset}, возле {near}"
	case CodeButtonText:
		return "a button needs a text", "у кнопки должен быть текст"
	case CodeButtonURL:
		return "must be an http, https or tg link", "нужна ссылка http, https или tg"
	case CodeButtonRow:
		return "a row has at most {max} buttons; Telegram drops the others", "в ряду не больше {max} кнопок; остальные Telegram отбросит"
	case CodeMediaKind:
		return "Telegram messages here carry photos and documents only", "сообщение Telegram здесь может содержать только фото или документ"
	case CodeMediaURL:
		return "must be an http or https URL", "нужен адрес http или https"
	case CodeMediaEmpty:
		return "the file is empty", "файл пуст"
	case CodeMediaSize:
		return "the file has {length} bytes, Telegram takes {max}", "размер файла {length} байт, Telegram принимает {max}"
	case CodeTemplate:
		return "Telegram has no message templates; write a text", "в Telegram нет шаблонов сообщений; напишите текст"
	}
	return code, ""
}
