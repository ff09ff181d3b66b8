package outbound

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// maxPiece bounds one piece of a pasted list, in bytes; longer ones are rejected, not kept.
const maxPiece = 256

type pastedText string

func (p pastedText) Replayable() bool { return true }

func (p pastedText) Recipients(ctx context.Context) iter.Seq2[Recipient, error] {
	return scanPieces(ctx, strings.NewReader(string(p)))
}

type pastedReader struct {
	r      io.Reader
	seeker io.Seeker
	start  int64
	used   bool
}

func (p *pastedReader) Replayable() bool { return p.seeker != nil }

func (p *pastedReader) Recipients(ctx context.Context) iter.Seq2[Recipient, error] {
	return func(yield func(Recipient, error) bool) {
		if p.used {
			if p.seeker == nil {
				yield(Recipient{}, errors.New("outbound: this audience was read already and its reader cannot seek back; give a new one"))
				return
			}
			if _, err := p.seeker.Seek(p.start, io.SeekStart); err != nil {
				yield(Recipient{}, fmt.Errorf("outbound: going back to the start of the audience: %w", err))
				return
			}
		}
		p.used = true
		scanPieces(ctx, p.r)(yield)
	}
}

// separator says whether a rune stands between pieces. Byte-order marks, non-breaking and zero-width spaces count as white space: spreadsheets leave them behind.
func separator(r rune) bool {
	switch r {
	case '\n', '\r', '\t', ' ', ',', ';', '\v', '\f', '"', '\'',
		'\u0085', '\u00a0', '\u1680', '\u2000', '\u2001', '\u2002', '\u2003', '\u2004', '\u2005', '\u2006', '\u2007', '\u2008',
		'\u2009', '\u200a', '\u200b', '\u200c', '\u200d', '\u2028', '\u2029', '\u202f', '\u205f', '\u2060', '\u3000', '\ufeff':
		return true
	}
	return false
}

// scanPieces streams the pieces of a pasted list with their positions: line and column count from 1, columns in code points.
func scanPieces(ctx context.Context, r io.Reader) iter.Seq2[Recipient, error] {
	return func(yield func(Recipient, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		line, column := 1, 0
		piece := make([]byte, 0, maxPiece+utf8.UTFMax)
		var startLine, startColumn int
		var tooLong, broken bool
		flush := func() bool {
			if len(piece) == 0 {
				return true
			}
			out := Recipient{Address: string(piece), Line: startLine, Column: startColumn}
			switch {
			case tooLong:
				problem := NewProblem("", "piece_too_long", "max", fmt.Sprint(maxPiece))
				out.Problem = &problem
			case broken:
				problem := NewProblem("", "piece_not_utf8")
				out.Problem = &problem
			}
			piece, tooLong, broken = piece[:0], false, false
			return yield(out, nil)
		}
		for n := 0; ; n++ {
			if n%65536 == 0 && ctx.Err() != nil {
				yield(Recipient{}, context.Cause(ctx))
				return
			}
			c, size, err := in.ReadRune()
			if err != nil {
				if !flush() {
					return
				}
				if !errors.Is(err, io.EOF) {
					yield(Recipient{}, fmt.Errorf("outbound: reading the audience after line %d: %w", line, err))
				}
				return
			}
			column++
			if separator(c) {
				if !flush() {
					return
				}
				if c == '\n' {
					line, column = line+1, 0
				}
				continue
			}
			if len(piece) == 0 {
				startLine, startColumn = line, column
			}
			if c == utf8.RuneError && size == 1 {
				broken = true
				c = '?'
			}
			if len(piece) >= maxPiece {
				tooLong = true
				continue
			}
			piece = utf8.AppendRune(piece, c)
		}
	}
}
