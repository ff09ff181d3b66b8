package outbound

import "strings"

// Words returns the library's words for a stable code in a language, with {name} replaced by params: problems ("problem.required"), states ("state.pending",
// "campaign.running"), waits ("wait.rate"), causes ("cause.requested"), reasons ("reason.blocked"), classes ("class.recipient"), refusals. An unknown code is returned as it is.
func Words(code string, l Language, params map[string]string) string {
	text := dictionary(code, l)
	if text == "" {
		return code
	}
	if !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, 2*len(params))
	for name, value := range params {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
