package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/outbound-go/outbound/store/memory"
)

// openStore makes a store in memory. With a path it holds what an earlier run kept there, and keep writes it back; a service takes
// store/sqlite or another durable store, which needs no such thing.
func openStore(path string) (store *memory.Store, keep func() error, err error) {
	if path == "" {
		store = memory.New()
		return store, store.Close, nil
	}
	file, err := os.Open(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		store = memory.New()
	case err != nil:
		return nil, nil, err
	default:
		store, err = memory.Load(file)
		if err = errors.Join(err, file.Close()); err != nil {
			return nil, nil, err
		}
	}
	return store, func() error { return errors.Join(save(store, path), store.Close()) }, nil
}

// save replaces the file by what is in the store, whole or not at all.
func save(store *memory.Store, path string) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := errors.Join(store.Save(file), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
