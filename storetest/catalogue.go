package storetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"github.com/outbound-go/outbound"
)

func catalogueRules() []rule {
	return []rule{
		{says: "SaveDraft inserts or replaces the document of a draft, LoadDraft returns it, or ErrNotFound.", check: drafts},
		{says: "SaveFile keeps a file under its hash, LoadFile returns its content, or ErrNotFound.", check: files},
		{says: "Saving a file again changes nothing.", check: filesAgain},
		{says: "Removing a draft or file that does not exist is no error.", check: catalogueNothing},
		{says: "Drafts and files belong to the caller once they are given or returned.", check: catalogueCopies},
	}
}

// hashOf is a content with the name that a file is kept under.
func hashOf(content string) (string, []byte) {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:]), []byte(content)
}

func drafts(c *check) {
	s := c.open()
	_, err := s.LoadDraft(c.ctx(), sale)
	c.mustBe(err, outbound.ErrNotFound)
	for _, document := range []string{`{"name":"x"}`, `{"name":"Весна"}` + "\x00\xff", ""} {
		c.must(s.SaveDraft(c.ctx(), sale, []byte(document)))
		c.must(s.SaveDraft(c.ctx(), "other", []byte("other")))
		got, err := s.LoadDraft(c.ctx(), sale)
		c.must(err)
		same(c, "the document", string(got), document)
	}
	c.must(s.DeleteDraft(c.ctx(), sale))
	_, err = s.LoadDraft(c.ctx(), sale)
	c.mustBe(err, outbound.ErrNotFound)
	got, err := s.LoadDraft(c.ctx(), "other")
	c.must(err)
	same(c, "the other document", string(got), "other")
}

func files(c *check) {
	s := c.open()
	for _, text := range []string{"", "small", "\x00\xff\x00", string(bytes.Repeat([]byte("0123456789abcdef"), 1<<16))} {
		hash, content := hashOf(text)
		_, err := s.LoadFile(c.ctx(), hash)
		c.mustBe(err, outbound.ErrNotFound)
		c.must(s.SaveFile(c.ctx(), hash, content))
		got, err := s.LoadFile(c.ctx(), hash)
		c.must(err)
		if !bytes.Equal(got, content) {
			c.Fatalf("a file of %d bytes came back with %d, and differs", len(content), len(got))
		}
	}
	hash, _ := hashOf("small")
	_, err := s.LoadDraft(c.ctx(), outbound.CampaignID(hash)) // they are no drafts
	c.mustBe(err, outbound.ErrNotFound)
	c.must(s.DeleteFile(c.ctx(), hash))
	_, err = s.LoadFile(c.ctx(), hash)
	c.mustBe(err, outbound.ErrNotFound)
	hash, _ = hashOf("\x00\xff\x00")
	_, err = s.LoadFile(c.ctx(), hash)
	c.must(err)
}

func filesAgain(c *check) {
	s := c.open()
	hash, content := hashOf("a file")
	for range 3 {
		c.must(s.SaveFile(c.ctx(), hash, content))
		got, err := s.LoadFile(c.ctx(), hash)
		c.must(err)
		same(c, "the file", string(got), "a file")
	}
	c.must(s.DeleteFile(c.ctx(), hash))
	_, err := s.LoadFile(c.ctx(), hash)
	c.mustBe(err, outbound.ErrNotFound)
}

func catalogueNothing(c *check) {
	s := c.open()
	for range 2 {
		c.must(s.DeleteDraft(c.ctx(), sale))
		hash, _ := hashOf("nothing")
		c.must(s.DeleteFile(c.ctx(), hash))
	}
}

func catalogueCopies(c *check) {
	s := c.open()
	hash, content := hashOf("content")
	document := []byte("document")
	c.must(s.SaveFile(c.ctx(), hash, content))
	c.must(s.SaveDraft(c.ctx(), sale, document))
	content[0], document[0] = 'X', 'X'
	for range 2 {
		file, err := s.LoadFile(c.ctx(), hash)
		c.must(err)
		same(c, "the file", string(file), "content")
		draft, err := s.LoadDraft(c.ctx(), sale)
		c.must(err)
		same(c, "the draft", string(draft), "document")
		file[0], draft[0] = 'X', 'X'
	}
}
