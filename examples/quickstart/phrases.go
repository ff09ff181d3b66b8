package main

// phrase is something that this program says; what the library says comes from the library.
type phrase struct{ en, ru string }

func phrases() map[string]phrase {
	return map[string]phrase{
		"text": {
			"<b>{{.name}}</b>, brunch is on this Sunday at 11. Shall we keep your table?",
			"<b>{{.name}}</b>, бранч в это воскресенье в 11. Оставить для вас столик?",
		},
		"button": {"Keep my table", "Оставить столик"},
		"guest":  {"Dear guest", "Дорогой гость"},

		"simulated": {
			"A simulated Telegram in this process: its real limits and errors, no token, no network.",
			"Телеграм имитируется в этом процессе: настоящие лимиты и ошибки, без токена и сети.",
		},
		"real": {
			"THIS SENDS FOR REAL: through api.telegram.org, to %d chats of TELEGRAM_CHATS, in three seconds. Ctrl-C stops it.",
			"ОТПРАВКА НАСТОЯЩАЯ: через api.telegram.org, чатов в TELEGRAM_CHATS: %d, через три секунды. Ctrl-C отменит.",
		},
		"found": {"The file has this campaign already: %s.", "В файле эта рассылка уже есть: %s."},

		"audience": {"The audience", "Аудитория"},
		"import": {
			"%s: %d pieces = %d recipients + %d duplicates + %d rejected",
			"%s: фрагментов %d = получателей %d + повторов %d + отклонено %d",
		},
		"place": {"line %d, column %d", "строка %d, позиция %d"},

		"plan":         {"The plan", "План"},
		"plan-send":    {"%d to be sent, %d skipped, %d held", "отправить: %d, пропустить: %d, отложить: %d"},
		"plan-rate":    {"at %.0f a second: %s", "по %.0f в секунду: %s"},
		"plan-text":    {"the longest text has %d of %d characters", "в самом длинном тексте %d знаков из %d"},
		"plan-example": {"for example: %s", "например: %s"},

		"sending": {"Sending", "Отправка"},
		"left":    {"%s left", "осталось %s"},
		"speed":   {"%.1f/s", "%.1f/с"},
		"took":    {"%d people in %s: %.1f a second", "%d человек за %s: %.1f в секунду"},

		"result":   {"The result", "Итог"},
		"campaign": {"The campaign is %s.", "Рассылка %s."},

		"proof": {"The proof", "Доказательство"},
		"sums":  {"%d recipients = %s", "получателей %d = %s"},
		"proof-provider": {
			"at the provider: %d people got exactly one message, %d got more than one",
			"у провайдера: ровно одно сообщение получили %d человек, больше одного — %d",
		},
		"proof-again": {
			"completed on %s; in this run the provider saw %d messages: nobody is written to twice",
			"завершена %s; в этот раз провайдер увидел сообщений: %d; никому не написано дважды",
		},
		"proof-real": {"Telegram accepted %d messages, each once", "Телеграм принял сообщений: %d, каждое один раз"},
	}
}
