package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// bareLoop sends n messages with workers over net/http: it builds and decodes the same JSON as the adapter, and remembers nothing.
func bareLoop(b *testing.B, url string, n, concurrency int) {
	client := &http.Client{Transport: transport(concurrency)}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range concurrency {
		wg.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(n) {
					return
				}
				if err := bareSend(client, url, i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

type bareRequest struct {
	ChatID int64  `json:"chat_id"`
	Text   string `json:"text"`
}

type bareAnswer struct {
	OK     bool `json:"ok"`
	Result struct {
		MessageID int64 `json:"message_id"`
	} `json:"result"`
}

func bareSend(client *http.Client, url string, i int64) error {
	body, err := json.Marshal(bareRequest{ChatID: 1_000_000 + i, Text: "Hello, person " + strconv.FormatInt(i, 10) + "."})
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, url+"/bot"+token+"/sendMessage", bytes.NewReader(body)) //nolint:noctx // a bare loop has none
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var a bareAnswer
	return json.Unmarshal(answer, &a)
}
