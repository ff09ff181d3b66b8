package outbound

import "context"

// Page is a page of campaigns, newest first.
type Page struct {
	Campaigns []Progress `json:"campaigns"`
	// Next goes into RunFilter.Before for the page after this one; zero = this is the last.
	Next int64 `json:"next,omitempty"`
}

// List returns campaigns by group, state, touchpoint, label and time of creation, newest first, a page at a time.
func (e *Engine) List(ctx context.Context, filter RunFilter) (Page, error) {
	setDefault(&filter.Limit, 100)
	limit := filter.Limit
	if limit > 0 {
		filter.Limit++
	}
	runs, err := e.store.ListRuns(ctx, filter)
	if err != nil {
		return Page{}, errorf("list", "", err)
	}
	var page Page
	if limit > 0 && len(runs) > limit {
		runs = runs[:limit]
		page.Next = runs[limit-1].Number
	}
	for i := range runs {
		page.Campaigns = append(page.Campaigns, e.progressOf(&runs[i]))
	}
	return page, nil
}

// Acts returns what was done to a campaign, by whom and when, oldest first.
func (e *Engine) Acts(ctx context.Context, id CampaignID) ([]Act, error) {
	var all []Act
	for {
		var after int64
		if len(all) > 0 {
			after = all[len(all)-1].Number
		}
		acts, err := e.store.Acts(ctx, id, after, 500)
		if err != nil {
			return nil, errorf("acts", id, err)
		}
		all = append(all, acts...)
		if len(acts) < 500 {
			return all, nil
		}
	}
}
