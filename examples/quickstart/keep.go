package main

import (
	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/memory"
)

func openStore(path string) (store outbound.Store, keep func() error, err error) {
	s := memory.New()
	return s, s.Close, nil
}
