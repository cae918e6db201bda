package view

import (
	"html"
	"strings"
)

// In markdown, what comes from elsewhere stands in code: there it is no link, no mention, no picture and no HTML.

// code is foreign text within a line.
func code(text string) string {
	text = Clean(text)
	if strings.TrimSpace(text) == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// plain is a text that may hold foreign parts: as it is where it consists of words, else as code.
func plain(text string) string {
	text = Clean(text)
	for i, r := range text {
		next := strings.HasPrefix(text[i+1:], " ") || i+1 == len(text)
		word := r < 0x80 && isWord(byte(r)) || strings.ContainsRune(" ,;.()'+-µ…", r) // short times and folds are words
		if !word && !(r == ':' && next) {
			return code(text)
		}
	}
	if strings.Contains(strings.ToLower(text), "www.") {
		return code(text)
	}
	return text
}

// tableCell is a text as it may stand in a table: a bar would end its cell, in code too.
func tableCell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// tag is foreign text within HTML.
func tag(text string) string { return "<code>" + html.EscapeString(Clean(text)) + "</code>" }
