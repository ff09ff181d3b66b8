package telegram_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outbound-go/outbound/telegram"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		address   string
		people    string // the code where only people are allowed; empty = taken
		everybody string // the code where groups and channels are
	}{
		"the smallest id":                     {"1", "", ""},
		"the largest id":                      {"1099511627775", "", ""},
		"one more than the largest id":        {"1099511627776", telegram.CodeAddressRange, telegram.CodeAddressRange},
		"an id of Instagram":                  {"17841400000000001", telegram.CodeAddressRange, telegram.CodeAddressRange},
		"more digits than a number has":       {strings.Repeat("1", 40), telegram.CodeAddressRange, telegram.CodeAddressRange},
		"zero":                                {"0", telegram.CodeAddressZero, telegram.CodeAddressZero},
		"minus zero":                          {"-0", telegram.CodeAddressZero, telegram.CodeAddressZero},
		"leading zeros":                       {"0042", telegram.CodeAddressZeros, telegram.CodeAddressZeros},
		"empty":                               {"", telegram.CodeAddressEmpty, telegram.CodeAddressEmpty},
		"a space before":                      {" 42", telegram.CodeAddressSpaces, telegram.CodeAddressSpaces},
		"a space within":                      {"42 000", telegram.CodeAddressSpaces, telegram.CodeAddressSpaces},
		"a no-break space":                    {"42\u00a0000", telegram.CodeAddressSpaces, telegram.CodeAddressSpaces},
		"a byte order mark":                   {"\ufeff42", telegram.CodeAddressSpaces, telegram.CodeAddressSpaces},
		"a zero-width space":                  {"42\u200b", telegram.CodeAddressSpaces, telegram.CodeAddressSpaces},
		"a phone number":                      {"+79991234567", telegram.CodeAddressPhone, telegram.CodeAddressPhone},
		"a phone number with separators":      {"+7 (999) 123-45-67", telegram.CodeAddressPhone, telegram.CodeAddressPhone},
		"a plus":                              {"+42", telegram.CodeAddressSyntax, telegram.CodeAddressSyntax},
		"a link":                              {"https://t.me/ann", telegram.CodeAddressLink, telegram.CodeAddressLink},
		"a link without a scheme":             {"t.me/ann", telegram.CodeAddressLink, telegram.CodeAddressLink},
		"a tg link":                           {"tg:resolve", telegram.CodeAddressLink, telegram.CodeAddressLink},
		"a page of VK":                        {"vk.com/id1", telegram.CodeAddressLink, telegram.CodeAddressLink},
		"an e-mail address":                   {"ann@example.com", telegram.CodeAddressMail, telegram.CodeAddressMail},
		"an @name":                            {"@Shop_News", telegram.CodeAddressUsername, ""},
		"an @name of three characters":        {"@abc", telegram.CodeAddressUsername, telegram.CodeAddressUsername},
		"an @name of 32 characters":           {"@" + strings.Repeat("a", 32), telegram.CodeAddressUsername, ""},
		"an @name of 33 characters":           {"@" + strings.Repeat("a", 33), telegram.CodeAddressUsername, telegram.CodeAddressUsername},
		"an @name that begins with a digit":   {"@1abcd", telegram.CodeAddressUsername, telegram.CodeAddressUsername},
		"a name":                              {"shop_news", telegram.CodeAddressName, telegram.CodeAddressName},
		"an id of Viber":                      {"01234567890A0123456789==", telegram.CodeAddressViber, telegram.CodeAddressViber},
		"a UUID":                              {"123e4567-e89b-12d3-a456-426614174000", telegram.CodeAddressUUID, telegram.CodeAddressUUID},
		"a UUID without dashes":               {"e23e4567e89b12d3a456426614174000", telegram.CodeAddressUUID, telegram.CodeAddressUUID},
		"a rounded number":                    {"1.09951E+12", telegram.CodeAddressSpreadsheet, telegram.CodeAddressSpreadsheet},
		"a rounded number with a comma":       {"1,09951E+12", telegram.CodeAddressSpreadsheet, telegram.CodeAddressSpreadsheet},
		"a rounded number without a fraction": {"1e12", telegram.CodeAddressSpreadsheet, telegram.CodeAddressSpreadsheet},
		"a number with a fraction":            {"42.0", telegram.CodeAddressSpreadsheet, telegram.CodeAddressSpreadsheet},
		"the largest group":                   {"-1", telegram.CodeAddressGroup, ""},
		"the smallest group":                  {"-999999999999", telegram.CodeAddressGroup, ""},
		"between groups and channels":         {"-1000000000000", telegram.CodeAddressRange, telegram.CodeAddressRange},
		"the largest channel":                 {"-1000000000001", telegram.CodeAddressGroup, ""},
		"the smallest channel":                {"-1997852516352", telegram.CodeAddressGroup, ""},
		"a secret chat":                       {"-1999999999999", telegram.CodeAddressRange, telegram.CodeAddressRange},
		"direct messages of a channel":        {"-2002147483649", telegram.CodeAddressRange, telegram.CodeAddressRange},
		"a dash of typography":                {"\u22121001234567890", telegram.CodeAddressMinus, telegram.CodeAddressMinus},
		"two minuses":                         {"--5", telegram.CodeAddressSyntax, telegram.CodeAddressSyntax},
		"digits of another script":            {"٤٢", telegram.CodeAddressSyntax, telegram.CodeAddressSyntax},
		"a semicolon":                         {"42;43", telegram.CodeAddressSyntax, telegram.CodeAddressSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, groups := range []bool{false, true} {
				want := tt.people
				if groups {
					want = tt.everybody
				}
				bot := telegram.New(token, &telegram.Config{AllowGroups: groups})
				canonical, problem := bot.CheckAddress(tt.address)
				if want == "" {
					require.Nil(t, problem)
					require.Equal(t, strings.ToLower(tt.address), canonical)
					continue
				}
				require.NotNil(t, problem, "taken as %q", canonical)
				require.Equal(t, want, problem.Code)
				require.NotEmpty(t, problem.Message)
				require.NotEmpty(t, problem.Translated)
			}
		})
	}
}

func TestChannelsAreAllowedApartFromGroups(t *testing.T) {
	t.Parallel()
	bot := telegram.New(token, &telegram.Config{AllowChannels: true})
	_, problem := bot.CheckAddress("-5")
	require.NotNil(t, problem)
	for _, address := range []string{"-1001234567890", "@shop_news"} {
		_, problem = bot.CheckAddress(address)
		require.Nil(t, problem)
	}
}

func FuzzCheckAddress(f *testing.F) {
	for _, seed := range []string{"1", "-1001234567890", "@shop", "+7 999", "t.me/x", "1E+9", "\u22125", "00", "@", "-", "=="} {
		f.Add(seed)
	}
	people := telegram.New(token, nil)
	everybody := telegram.New(token, &telegram.Config{AllowGroups: true, AllowChannels: true})
	f.Fuzz(func(t *testing.T, address string) {
		for _, bot := range []*telegram.Channel{people, everybody} {
			canonical, problem := bot.CheckAddress(address)
			if problem != nil {
				require.NotEmpty(t, problem.Translated)
				require.Empty(t, canonical)
				continue
			}
			again, problem := bot.CheckAddress(canonical)
			require.Nil(t, problem)
			require.Equal(t, canonical, again)
			if canonical[0] != '@' {
				id, err := strconv.ParseInt(canonical, 10, 64)
				require.NoError(t, err)
				require.Equal(t, canonical, strconv.FormatInt(id, 10))
			}
		}
	})
}

func BenchmarkCheckAddress(b *testing.B) {
	bot := telegram.New(token, nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, problem := bot.CheckAddress("5123456789"); problem != nil {
			b.Fatal(problem)
		}
	}
}
