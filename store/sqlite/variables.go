package sqlite

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
)

// Variables are kept as a byte of version, then names and values in turn, each behind its length as an unsigned varint, in order of the names. Reading
// them costs a third of JSON.
const variablesVersion = 1

func packVariables(v map[string]string) any {
	if len(v) == 0 {
		return nil
	}
	b := []byte{variablesVersion}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		b = append(binary.AppendUvarint(b, uint64(len(name))), name...)
		b = append(binary.AppendUvarint(b, uint64(len(v[name]))), v[name]...)
	}
	return b
}

var errVariables = errors.New("its variables are not in a known form")

func unpackVariables(b []byte) (map[string]string, error) {
	if len(b) == 0 {
		return nil, nil
	}
	if b[0] != variablesVersion {
		return nil, corrupt("delivery", errVariables)
	}
	text := string(b[1:]) // names and values are parts of it
	v := make(map[string]string, 4)
	next := func() (part string, ok bool) {
		n, size := binary.Uvarint(b[len(b)-len(text):])
		if size <= 0 || n > uint64(len(text)-size) {
			return "", false
		}
		part, text = text[size:size+int(n)], text[size+int(n):]
		return part, true
	}
	for len(text) > 0 {
		name, ok1 := next()
		value, ok2 := next()
		if !ok1 || !ok2 {
			return nil, corrupt("delivery", errVariables)
		}
		v[name] = value
	}
	return v, nil
}
