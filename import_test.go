package outbound_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/stretchr/testify/require"
)

func sums(t *testing.T, r outbound.ImportReport) {
	t.Helper()
	require.Equal(t, r.Pieces, r.Accepted+r.Duplicate+r.Rejected, "an import's sums do not add up")
}

func TestImportIsIdempotentPerSource(t *testing.T) {
	t.Parallel()
	h := outboundtest.New(t, nil)
	c := h.Campaign(t, nil)
	first, err := c.Import(t.Context(), "pasted", outbound.ParseAudience("1, 2;3\n\n2 x\x01y"))
	require.NoError(t, err)
	sums(t, first)
	require.Equal(t, []int64{5, 3, 1, 1}, []int64{first.Pieces, first.Accepted, first.Duplicate, first.Rejected})
	require.Equal(t, "address_unprintable", first.Rejections[0].Problem.Code)
	require.Equal(t, []int{3, 3}, []int{first.Rejections[0].Line, first.Rejections[0].Column})
	again, err := c.Import(t.Context(), "pasted", outbound.ParseAudience("1, 2;3\n\n2 x\x01y"))
	require.NoError(t, err)
	require.True(t, again.Unchanged)
	require.EqualValues(t, 3, counted(t, h, c).Total)
	changed, err := c.Import(t.Context(), "pasted", outbound.ParseAudience("1 2 7 8"))
	require.NoError(t, err)
	require.False(t, changed.Unchanged)
	require.EqualValues(t, 4, counted(t, h, c).Total, "a source that changed replaces what came from it")
	shorter, err := c.Import(t.Context(), "pasted", outbound.ParseAudience("1 2"))
	require.NoError(t, err)
	require.EqualValues(t, 2, shorter.Accepted)
	require.EqualValues(t, 2, counted(t, h, c).Total)
}

func TestImportOfAStreamThatCannotBeReadTwiceLosesNothing(t *testing.T) {
	t.Parallel()
	once := func(addresses ...string) outbound.Audience {
		return outbound.FromFunc(false, func(ctx context.Context) iter.Seq2[outbound.Recipient, error] {
			return outbound.FromAddresses(addresses...).Recipients(ctx)
		})
	}
	h := outboundtest.New(t, nil)
	c := h.Campaign(t, nil)
	_, err := c.Import(t.Context(), "query", once("1", "2"))
	require.NoError(t, err)
	r, err := c.Import(t.Context(), "query", once("1", "2"))
	require.NoError(t, err)
	require.True(t, r.Unchanged)
	_, err = c.Import(t.Context(), "query", once("1", "3"))
	require.ErrorIs(t, err, outbound.ErrSourceChanged)
	require.EqualValues(t, 2, counted(t, h, c).Total)
}

// An import that is cut off is not startable, and goes on where it stopped.
func TestAnImportCutOffInTheMiddleIsFinishedByImportingAgain(t *testing.T) {
	t.Parallel()
	h := outboundtest.New(t, nil)
	c := h.Campaign(t, nil)
	gone := errors.New("the connection is gone")
	list := make([]outbound.Recipient, 10_000)
	for i := range list {
		list[i].Address = fmt.Sprint(i % 9000)
	}
	breaks := outbound.FromFunc(true, func(ctx context.Context) iter.Seq2[outbound.Recipient, error] {
		return func(yield func(outbound.Recipient, error) bool) {
			for i, r := range list {
				if i == 9500 {
					yield(outbound.Recipient{}, gone)
					return
				}
				if !yield(r, nil) {
					return
				}
			}
		}
	})
	report, err := c.Import(t.Context(), "list", breaks)
	require.ErrorIs(t, err, gone)
	require.False(t, report.Finished)
	sums(t, report)
	require.Greater(t, report.Pieces, int64(8000))
	require.ErrorIs(t, c.Start(t.Context()), outbound.ErrUnfinishedImport)
	plan, err := c.Plan(t.Context())
	require.NoError(t, err)
	require.Equal(t, "import_unfinished", plan.Problems[0].Code)
	report, err = c.Import(t.Context(), "list", outbound.FromSlice(list))
	require.NoError(t, err)
	sums(t, report)
	require.True(t, report.Finished)
	require.Equal(t, []int64{10_000, 9000, 1000}, []int64{report.Pieces, report.Accepted, report.Duplicate})
	require.EqualValues(t, 9000, counted(t, h, c).Total)
	require.NoError(t, c.Start(t.Context()))
}

func TestRemovingASourceThatOthersSharedPeopleWithAsksForThoseAgain(t *testing.T) {
	t.Parallel()
	h := outboundtest.New(t, nil)
	c := h.Campaign(t, nil)
	for source, list := range map[string]string{"a": "1 2 3", "b": "9"} {
		_, err := c.Import(t.Context(), source, outbound.ParseAudience(list))
		require.NoError(t, err)
	}
	_, err := c.Import(t.Context(), "c", outbound.ParseAudience("3 4 9"))
	require.NoError(t, err)
	require.EqualValues(t, 5, counted(t, h, c).Total)
	require.NoError(t, h.RemoveImport(t.Context(), c.ID(), "a"))
	require.EqualValues(t, 2, counted(t, h, c).Total)
	require.ErrorIs(t, c.Start(t.Context()), outbound.ErrUnfinishedImport)
	_, err = c.Import(t.Context(), "c", outbound.ParseAudience("3 4 9"))
	require.NoError(t, err)
	require.EqualValues(t, 3, counted(t, h, c).Total)
	require.NoError(t, c.Start(t.Context()))
	require.NoError(t, h.RunUntilIdle(t.Context()))
	require.Len(t, h.Channel.Everybody(), 3)
}

func TestAKeyMakesTwoMessagesToOnePersonLegal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		c := h.Campaign(t, nil)
		_, err := c.Import(t.Context(), "bookings", outbound.FromSlice([]outbound.Recipient{
			{Address: "1", Key: "room 5"}, {Address: "1", Key: "room 6"}, {Address: "1", Key: "room 5"},
		}))
		require.NoError(t, err)
		require.NoError(t, c.Start(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.Equal(t, 2, h.Channel.Got("1"))
	})
}

func TestPastedListsAreReadAsPeoplePasteThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want string
	}{
		"newlines, commas, semicolons, tabs":       {"1\n2,3;4\t5", "1@1:1 2@2:1 3@2:3 4@2:5 5@2:7"},
		"carriage returns":                         {"1\r\n2\r3", "1@1:1 2@2:1 3@2:3"},
		"a byte-order mark and odd spaces":         {"\ufeff1\u00a02\u200b3", "1@1:2 2@1:4 3@1:6"},
		"quotes and empty pieces":                  {`"1",,"2";;` + "\n\n", "1@1:2 2@1:7"},
		"nothing":                                  {" \n\t,;", ""},
		"columns count characters, not their size": {"дом 7", "дом@1:1 7@1:5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for r, err := range outbound.ReadAudience(strings.NewReader(c.in)).Recipients(t.Context()) {
				require.NoError(t, err)
				require.Nil(t, r.Problem)
				got = append(got, fmt.Sprintf("%s@%d:%d", r.Address, r.Line, r.Column))
			}
			require.Equal(t, c.want, strings.Join(got, " "))
		})
	}
}

func FuzzParseAudience(f *testing.F) {
	for _, seed := range []string{"1,2", "\xff\xfe1", strings.Repeat("9", 300), "a\x00b", "\u2028x\ufeff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		h := outboundtest.New(t, nil)
		c := h.Campaign(t, nil)
		report, err := c.Import(t.Context(), "fuzz", outbound.ParseAudience(in))
		require.NoError(t, err)
		sums(t, report)
		require.Equal(t, report.Accepted, counted(t, h, c).Total)
		var pieces, again int64
		line, column := 1, 0
		for r, err := range outbound.ParseAudience(in).Recipients(t.Context()) {
			require.NoError(t, err)
			pieces++
			require.True(t, r.Line > line || r.Line == line && r.Column > column, "positions grow")
			line, column = r.Line, r.Column
		}
		require.Equal(t, pieces, report.Pieces)
		for _, err := range outbound.ReadAudience(strings.NewReader(in)).Recipients(t.Context()) {
			require.NoError(t, err)
			again++
		}
		require.Equal(t, pieces, again)
	})
}
