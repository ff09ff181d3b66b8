package simulator

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// Serve serves h, a simulator, over HTTP on a loopback address until ctx ends. An empty addr is a free port of
// 127.0.0.1; a host that is not a loopback address is refused. It returns once the address is listened on, with the
// base URL ("http://127.0.0.1:8081") and wait, which must be called: it blocks until ctx has ended, connections are
// closed and nothing is left running, and returns what ended it earlier than that.
func Serve(ctx context.Context, addr string, h http.Handler) (baseURL string, wait func() error, err error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "", nil, err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", nil, errors.New("simulator: " + addr + " is not a loopback address")
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", nil, err
	}
	var open sync.WaitGroup // connections, each with its handler
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				open.Add(1)
			case http.StateClosed, http.StateHijacked:
				open.Done()
			default: // it stays counted
			}
		},
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	wait = sync.OnceValue(func() error {
		err := <-served
		if stop(); errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		err = errors.Join(err, ignoreClosed(server.Close()))
		open.Wait()
		return err
	})
	return "http://" + listener.Addr().String(), wait, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
