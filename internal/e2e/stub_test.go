package e2e_test

import "context"

func childImports(context.Context, *order) error { return nil }
func childCounts(context.Context, *order) error  { return nil }
func limitPages()                                {}
