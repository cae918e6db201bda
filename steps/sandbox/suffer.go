package sandbox

import (
	"net"
	"time"
)

// suffer does what a fault says, before or after the operation acts.
func (x *exchange) suffer(f *fault, v variants) {
	var out answer
	after := f.When == whenAfter
	if after {
		out = x.act(true)
	}
	switch f.Do {
	case doReset:
		x.cut()
	case doStall:
		x.stall(f.Seconds)
	case doDelay:
		x.delay(f.Seconds, out, after)
	case doStatus, doBody:
		x.send(f.answer(x.speaker(v)))
	case doTruncate:
		x.truncate(f, v, out, after)
	}
}

// stall holds the answer back until the client gives up, the server closes or the seconds, if any, are over.
func (x *exchange) stall(seconds float64) {
	var over <-chan time.Time
	if seconds > 0 {
		over = time.After(toDuration(seconds))
	}
	select {
	case <-x.r.Context().Done():
	case <-x.s.closed:
	case <-over:
	}
	x.cut()
}

// delay acts even for a client that has gone away meanwhile, as a real service would; not for a server that closes.
func (x *exchange) delay(seconds float64, out answer, acted bool) {
	select {
	case <-x.s.closed:
		x.cut()
		return
	case <-time.After(toDuration(seconds)):
	}
	if !acted {
		out = x.act(true)
	}
	x.send(out)
}

func toDuration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}

// truncate announces a whole body and sends half of it: the fault's own, or the operation's. Before means that the
// operation's effect is dropped. An answer without a body is cut in its first line.
func (x *exchange) truncate(f *fault, v variants, out answer, acted bool) {
	switch {
	case f.Body != nil:
		out = f.answer(x.speaker(v))
	case !acted:
		out = x.act(false)
	}
	head, body := x.wire(out)
	if len(body) > 0 {
		x.s.log.noteStatus(x.entry, out.status)
	} else {
		head = head[:len("HTTP/1.1 2")]
	}
	conn, err := x.hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	conn.Write(append(head, body[:len(body)/2]...))
}

// cut resets the connection instead of answering.
func (x *exchange) cut() {
	conn, err := x.hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}
