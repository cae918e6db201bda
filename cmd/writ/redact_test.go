package main

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is printed has passed through Clean before.
func TestWhatCleanMakesOfASecretIsMasked(t *testing.T) {
	const secret = "tab\there ##[group]\x1b[1m"
	var a app
	a.redactor.add(secret, "::debug::abc")
	var out bytes.Buffer
	a.stdout, a.stderr = &out, &out
	a.out().Paragraph("it is " + secret + " indeed")
	a.out().Line("%s", "::debug::abc")
	a.redactor.flush()
	require.Equal(t, "it is (secret) indeed\n(secret)\n", out.String())
}

// Two screens on one stream share what is kept back.
func TestASecretInPiecesOfTwoScreensIsMasked(t *testing.T) {
	var a app
	var out bytes.Buffer
	a.stdout = &out
	a.redactor.add("hunter2-hunter2")
	a.out().Text("a hunter2-")
	a.out().Line("hunter2")
	require.Equal(t, "a (secret)\n", out.String())
}

func TestNothingOfARedactorIsPrinted(t *testing.T) {
	var a app
	a.redactor.add("hunter2-hunter2")
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", &a.redactor, &a.redactor, &a.redactor), "hunter2")
}
