package view

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"charm.land/lipgloss/v2"
)

// Block is the end of a terminal's screen that is drawn anew while something goes on; what is printed meanwhile goes
// above it. The cursor stands on the line below and is never hidden: a process that is killed leaves a terminal that
// works. A nil block is never shown.
type Block struct {
	w    io.Writer
	size func() (width, height int)

	mu    sync.Mutex
	rows  []string
	wide  []int // the widths of the rows that stand on the screen
	width int   // of the terminal when they were drawn
	drawn time.Time
	begun bool // a line was begun above and is not ended
	over  bool
}

// calm is how long a drawing stands at least.
const calm = 125 * time.Millisecond

// NewBlock makes the block of a terminal.
func NewBlock(w io.Writer, size func() (width, height int)) *Block { return &Block{w: w, size: size} }

// Over is a stream to the same terminal, whose text goes above the block.
func (b *Block) Over(w io.Writer) io.Writer { return above{b, w} }

type above struct {
	block *Block
	w     io.Writer
}

func (a above) Write(text []byte) (int, error) {
	b := a.block
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(b.erasure())
	n, err := a.w.Write(text)
	if len(text) > 0 {
		b.begun = text[len(text)-1] != '\n'
	}
	if time.Since(b.drawn) >= calm {
		b.draw()
	}
	return n, err
}

// Draw replaces what the block shows. The caller sees to it that it does not do so all the time.
func (b *Block) Draw(rows []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.over {
		b.put(b.erasure())
		b.rows = rows
		b.draw()
	}
}

// Close takes the block off the screen for good.
func (b *Block) Close() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(b.erasure())
	b.rows, b.over = nil, true
}

// Away takes the block off the screen, and keeps everything off it until pause returns: then it is drawn anew, below what
// others wrote meanwhile.
func (b *Block) Away(pause func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(b.erasure())
	pause()
}

// shows reports whether the block can be drawn.
func (b *Block) shows() bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.over
}

// draw puts the rows on the screen. Those made for another size are left to the next drawing.
func (b *Block) draw() {
	width, height := b.size()
	if len(b.rows) == 0 || len(b.rows) >= height || b.begun || b.over {
		return
	}
	b.width, b.drawn, b.wide = width, time.Now(), nil
	for _, row := range b.rows {
		b.wide = append(b.wide, lipgloss.Width(row))
	}
	b.put(strings.Join(b.rows, "\n") + "\n")
}

// erasure leads back to where the block began. A terminal that became narrower has broken the rows that no longer fit.
func (b *Block) erasure() string {
	if len(b.wide) == 0 {
		return ""
	}
	width, height := b.size()
	up := 0
	for _, wide := range b.wide {
		up += max(1, (wide+width-1)/max(1, width))
	}
	b.wide = nil
	return fmt.Sprintf("\r\x1b[%dA\x1b[J", min(up, max(1, height-1)))
}

// put writes to the terminal. One that went away is no reason to stop.
func (b *Block) put(text string) {
	if text != "" {
		_, _ = io.WriteString(b.w, text)
	}
}
