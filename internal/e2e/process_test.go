package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// process is a child.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it is gone and err is set
	err   error

	mu   sync.Mutex
	said []string // its lines; guarded by mu
	log  bytes.Buffer
}

// launch starts a child. It is killed at the end of the test at the latest.
func launch(t *testing.T, o order) *process {
	t.Helper()
	text, err := json.Marshal(o)
	require.NoError(t, err)
	executable, err := os.Executable()
	require.NoError(t, err)
	p := &process{ended: make(chan struct{})}
	p.cmd = exec.CommandContext(t.Context(), executable, "-test.run=^$")
	p.cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	p.cmd.Stderr = &p.log
	_, err = p.cmd.StdinPipe() // held open while we live
	require.NoError(t, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.mu.Lock()
			p.said = append(p.said, lines.Text())
			p.mu.Unlock()
		}
		p.err = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("child %s said at the end: %s", o.Owner, tail(p.log.Bytes(), 2000))
		}
	})
	return p
}

// kill kills it with SIGKILL, or what comes nearest, and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.ended
}

// gone says whether it has ended.
func (p *process) gone() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// patience is how long a child may take to finish what was left to it; the longest campaign here takes some seconds.
const patience = 2 * time.Minute

// finish waits until it ends by itself, well.
func (p *process) finish(t *testing.T) {
	t.Helper()
	if !idle(patience, p.ended) {
		p.kill()
		require.FailNow(t, "a child does not finish", "%s", tail(p.log.Bytes(), 4000))
	}
	require.NoError(t, p.err, "%s", tail(p.log.Bytes(), 4000))
}

// lines are what it said so far.
func (p *process) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clip(p.said)
}

func tail(b []byte, n int) string { return string(b[max(len(b)-n, 0):]) }
