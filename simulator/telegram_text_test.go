package simulator

import (
	"slices"
	"testing"
	"unicode/utf8"
)

func TestEntityParsing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, mode, text string
		want             string // the text, or what is wrong
		entities         []Entity
	}{
		{"every simple tag", "HTML", "<b>a</b><strong>b</strong><i>c</i><em>d</em><u>e</u><ins>f</ins><s>g</s><strike>h</strike><del>i</del>", "abcdefghi", []Entity{
			{Type: "bold", Offset: 0, Length: 1}, {Type: "bold", Offset: 1, Length: 1}, {Type: "italic", Offset: 2, Length: 1}, {Type: "italic", Offset: 3, Length: 1},
			{Type: "underline", Offset: 4, Length: 1}, {Type: "underline", Offset: 5, Length: 1}, {Type: "strikethrough", Offset: 6, Length: 1}, {Type: "strikethrough", Offset: 7, Length: 1}, {Type: "strikethrough", Offset: 8, Length: 1},
		}},
		{"spoilers", "HTML", `<span class="tg-spoiler">a</span><tg-spoiler>b</tg-spoiler>`, "ab", []Entity{{Type: "spoiler", Offset: 0, Length: 1}, {Type: "spoiler", Offset: 1, Length: 1}}},
		{"a link with a reference in it", "HTML", `<a href="https://a.example/?x=1&amp;y=2">z</a>`, "z", []Entity{{Type: "text_link", Length: 1, URL: "https://a.example/?x=1&y=2"}}},
		{"a link of its own text", "HTML", `<a>a.example</a>`, "a.example", []Entity{{Type: "text_link", Length: 9, URL: "a.example"}}},
		{"a bad link is dropped", "HTML", `<a href="javascript:x">z</a>`, "z", nil},
		{"a mention", "HTML", `<a href='tg://user?id=42'>z</a>`, "z", []Entity{{Type: "text_mention", Length: 1, UserID: 42}}},
		{"code with a language", "HTML", `<pre><code class="language-go">x</code></pre>`, "x", []Entity{{Type: "pre", Length: 1, Language: "go"}}},
		{"a code alone has no language", "HTML", `<code class="language-go">x</code>`, "x", []Entity{{Type: "code", Length: 1}}},
		{"quotations", "HTML", `<blockquote>x</blockquote><blockquote expandable>y</blockquote>`, "xy", []Entity{{Type: "blockquote", Length: 1}, {Type: "expandable_blockquote", Offset: 1, Length: 1}}},
		{"a custom emoji", "HTML", `<tg-emoji emoji-id="5">x</tg-emoji>`, "x", []Entity{{Type: "custom_emoji", Length: 1, CustomEmojiID: "5"}}},
		{"a time", "HTML", `<tg-time unix="5">x</tg-time>`, "x", nil},
		{"references", "HTML", "&lt;&gt;&amp;&quot;&#65;&#x1F600;&nbsp;&lt", `<>&"A😀&nbsp;<`, nil},
		{"nested tags, outer first", "HTML", "<b>a<i>b</i></b>", "ab", []Entity{{Type: "bold", Length: 2}, {Type: "italic", Offset: 1, Length: 1}}},
		{"an end tag without name", "HTML", "<B>a</>", "a", []Entity{{Type: "bold", Length: 1}}},
		{"an empty tag", "HTML", "<b></b>a", "a", nil},

		{"an unknown tag", "HTML", "ab <p>x</p>", `Unsupported start tag "p" at byte offset 3`, nil},
		{"a lone less-than", "HTML", "é < 3", `Unsupported start tag "" at byte offset 3`, nil},
		{"a less-than at the end", "HTML", "a<b", `Unclosed start tag at byte offset 1`, nil},
		{"a tag that is not ended", "HTML", "<b><i>x</i>", `Can't find end tag corresponding to start tag "b"`, nil},
		{"tags that cross", "HTML", "<b><i>x</b></i>", `Unmatched end tag at byte offset 7, expected "</i>", found "</b>"`, nil},
		{"an end without a start", "HTML", "x</b>", `Unexpected end tag at byte offset 1`, nil},
		{"an end tag that is not closed", "HTML", "<b>x</b", `Unclosed end tag at byte offset 4`, nil},
		{"a start tag that is not closed", "HTML", `<a href="x">y</a><a href="x`, `Unclosed start tag at byte offset 17`, nil},
		{"a span of another class", "HTML", `<span class="x">y</span>`, `Tag "span" must have class "tg-spoiler" at byte offset 0`, nil},
		{"an attribute without a name", "HTML", `<a ="x">y</a>`, `Empty attribute name in the tag "a" at byte offset 0`, nil},
		{"an attribute of odd characters", "HTML", `<a href=x/y>z</a>`, `Unexpected end of name token at byte offset 8`, nil},
		{"half of a surrogate pair", "HTML", `&#xD83D;`, "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units", nil},
		{"an emoji without id", "HTML", `<tg-emoji>x</tg-emoji>`, "Invalid custom emoji identifier specified", nil},

		{"every simple mark", "MarkdownV2", "*a*_b_ __c__~d~||e||`f`", "ab cdef", []Entity{
			{Type: "bold", Length: 1}, {Type: "italic", Offset: 1, Length: 1}, {Type: "underline", Offset: 3, Length: 1},
			{Type: "strikethrough", Offset: 4, Length: 1}, {Type: "spoiler", Offset: 5, Length: 1}, {Type: "code", Offset: 6, Length: 1},
		}},
		{"nested marks", "MarkdownV2", "*a _b_*", "a b", []Entity{{Type: "bold", Length: 3}, {Type: "italic", Offset: 2, Length: 1}}},
		{"escapes", "MarkdownV2", `1\.5 \- \*x\* \\`, `1.5 - *x* \`, nil},
		{"a link", "MarkdownV2", `[z](https://a.example/\))`, "z", []Entity{{Type: "text_link", Length: 1, URL: "https://a.example/)"}}},
		{"a custom emoji mark", "MarkdownV2", `![x](tg://emoji?id=5)`, "x", []Entity{{Type: "custom_emoji", Length: 1, CustomEmojiID: "5"}}},
		{"pre with a language", "MarkdownV2", "```go\nx := 1.5\n```", "x := 1.5\n", []Entity{{Type: "pre", Length: 9, Language: "go"}}},
		{"pre without one", "MarkdownV2", "```\nx```", "x", []Entity{{Type: "pre", Length: 1}}},
		{"reserved characters in code", "MarkdownV2", "`a.b-c`", "a.b-c", []Entity{{Type: "code", Length: 5}}},
		{"a quotation", "MarkdownV2", ">a\n>b\nc", "a\nb\nc", []Entity{{Type: "blockquote", Length: 4}}},
		{"an expandable quotation", "MarkdownV2", ">a\n>b||", "a\nb", []Entity{{Type: "expandable_blockquote", Length: 3}}},
		{"an expandable quotation and more", "MarkdownV2", ">a||\nb", "a\nb", []Entity{{Type: "expandable_blockquote", Length: 2}}},

		{"a full stop", "MarkdownV2", "a.", `Character '.' is reserved and must be escaped with the preceding '\'`, nil},
		{"a quotation inside a line", "MarkdownV2", "a>", `Character '>' is reserved and must be escaped with the preceding '\'`, nil},
		{"a single bar", "MarkdownV2", "a|", `Character '|' is reserved and must be escaped with the preceding '\'`, nil},
		{"bold without end", "MarkdownV2", "é*a", `Can't find end of Bold entity at byte offset 2`, nil},
		{"pre without end", "MarkdownV2", "```go\nx", `Can't find end of PreCode entity at byte offset 0`, nil},
		{"a link without end", "MarkdownV2", "[a](b", `Can't find end of a URL at byte offset 4`, nil},
		{"bold over the end of a quotation", "MarkdownV2", ">*a\nb*", `Can't find end of Bold entity at byte offset 1`, nil},
		{"an emoji mark without link", "MarkdownV2", "![a]", `The entity must contain a tg://emoji or tg://time URL`, nil},
		{"an emoji mark of another link", "MarkdownV2", "![a](https://a.example)", `Invalid tg://emoji or tg://time URL specified`, nil},

		{"legacy marks", "markdown", "*a* _b_ `c` [d](https://a.example) \\_ 1.5", "a b c d _ 1.5", []Entity{
			{Type: "bold", Length: 1}, {Type: "italic", Offset: 2, Length: 1}, {Type: "code", Offset: 4, Length: 1}, {Type: "text_link", Offset: 6, Length: 1, URL: "https://a.example"},
		}},
		{"legacy pre", "Markdown", "```go\nx```", "x", []Entity{{Type: "pre", Length: 1, Language: "go"}}},
		{"a legacy mark without end", "Markdown", "snake_case", "Can't find end of the entity starting at byte offset 5", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, refused := parseText(test.text, test.mode, "")
			if refused != nil {
				if want := "Bad Request: can't parse entities: " + test.want; refused.description != want {
					t.Fatalf("%s\nwant %s", refused.description, want)
				}
				return
			}
			if got.text != test.want || !slices.Equal(got.entities, test.entities) {
				t.Fatalf("%q %+v", got.text, got.entities)
			}
		})
	}
}

func FuzzEntityParsing(f *testing.F) {
	for _, seed := range []string{
		"<b>a</b>", `<a href="x&amp;">y`, "&#x1F600;", "<tg-emoji emoji-id=1>x</>", "*a _b_*", "```go\n`x```", ">a||\n", "![x](tg://emoji?id=1)",
		"[a](b\\", "\\", "<", "</", "<a x", "<a x=", "<a x='", "&", "&#", "||\n>", ">||", "é*",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, mode := range []string{"HTML", "MarkdownV2", "Markdown"} {
			got, refused := parseText(text, mode, "")
			if refused != nil {
				continue
			}
			if len(got.text) > len(text) || utf8.RuneCountInString(got.text) > utf8.RuneCountInString(text) {
				t.Fatalf("%s: %q is longer than %q", mode, got.text, text)
			}
			if !utf8.ValidString(got.text) {
				t.Fatalf("%s: %q of %q", mode, got.text, text)
			}
			units := utf16Length(got.text)
			for _, e := range got.entities {
				if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > units {
					t.Fatalf("%s: %+v outside of %q", mode, e, got.text)
				}
			}
		}
	})
}
