package cloud_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/steps/cloud"
	"writ/steps/steptest"
)

func TestSecretsAreFoundInEveryFormAnEchoTakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[A-Za-z0-9+/"%&<:\\é-][A-Za-z0-9+/ "%&<:\\é-]{8,40}[A-Za-z0-9+/"%&<:\\é-]`).Filter(func(text string) bool {
			return len(strings.Join(strings.Fields(text), "")) >= 8 // blanks hide nothing
		}).Draw(t, "secret")
		before, after := rapid.StringMatching(`[a-z{:]{0,5} `).Draw(t, "before"), rapid.StringMatching(` [a-z}]{0,5}`).Draw(t, "after")
		var r cloud.Redactor
		r.Learn(cloud.Hide(secret))
		for name, echo := range steptest.Echoes(secret) {
			masked := r.Text(before + echo.Text + after)
			require.NotContains(t, masked, echo.Core, name)
			require.Contains(t, masked, "(secret)", name)
			require.True(t, strings.HasPrefix(masked, before) && strings.HasSuffix(masked, after), "%s: %s", name, masked)
		}
	})
}

func TestWrappedSecretsAreFound(t *testing.T) {
	var r cloud.Redactor
	r.Learn(cloud.Hide("correct horse\nbattery staple"))
	for _, text := range []string{"correct horse battery staple", "correct\n      horse battery\n   staple", "correct horse\r\nbattery\tstaple"} {
		require.Equal(t, "it is (secret) indeed", r.Text("it is "+text+" indeed"))
	}
	require.Equal(t, "correct\nhorse", r.Text("correct\nhorse"))
}

func TestOverlappingSecretsAreOneMask(t *testing.T) {
	var r cloud.Redactor
	r.Learn(cloud.Hide("abcdefghij"), cloud.Hide("ghijklmnop"), cloud.Hide("mnopqr"), cloud.Hide("cdefgh"))
	require.Equal(t, "x(secret)y", r.Text("xabcdefghijklmnopqry"))
	require.Equal(t, "(secret)(secret)", r.Text("abcdefghijmnopqr"))
	require.Equal(t, "(secret)", r.Text("cdefghijklmnop"))
}

func TestShortValuesAreNoSecrets(t *testing.T) {
	var r cloud.Redactor
	require.Equal(t, "a text", r.Text("a text"))
	r.Learn(cloud.Hide("a"), cloud.Secret{}, cloud.Hide("text"), cloud.Hide("secret"), cloud.Hide("      \n"))
	require.Equal(t, "a text      \n(secret)", r.Text("a text      \n(secret)"))
}

func TestAMessageThatIsCutShowsNoPartOfASecret(t *testing.T) {
	const secret = "0123456789abcdefghijklmnopqrstuvwxyz"
	for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret))} {
		for _, length := range []int{120, 490} {
			e := cloud.Failure("iam X", clock(), 400, nil, fmt.Appendf(nil, `{"error_code":"X.%[1]s%[2]s","error_msg":"%[1]s%[2]s"}`, strings.Repeat("x", length), form), cloud.Hide(secret))
			require.NotContains(t, e.Error(), form[:6])
		}
	}
}

func TestASecretInPiecesIsNotWritten(t *testing.T) {
	var r cloud.Redactor
	var out bytes.Buffer
	w := r.Writer(&out)
	r.Learn(cloud.Hide("hunter2-hunter2"), cloud.Hide("hunter2-x"))
	for _, c := range "a hunter2-hunter2-hunter2-xhunter2-hunter2 b hunt" {
		fmt.Fprint(w, string(c))
	}
	require.Equal(t, "a (secret)(secret) b ", out.String())
	w.Flush()
	require.Equal(t, "a (secret)(secret) b hunt", out.String())
}

func TestWhatCannotBeASecretIsWrittenAtOnce(t *testing.T) {
	var r cloud.Redactor
	var out bytes.Buffer
	w := r.Writer(&out)
	r.Learn(cloud.Hide("a secret"))
	fmt.Fprint(w, "one line\n")
	require.Equal(t, "one line\n", out.String())
}

// FuzzRedact: whatever the secrets, the text around them and the pieces in which it comes, no form gets through, and
// text without one comes through as it is.
func FuzzRedact(f *testing.F) {
	f.Add("hunter2-hunter2", "battery staple", "before ", " after", uint8(3), uint8(9))
	f.Add("a+b/c=d&e<f>g\"h\\i", "b/c=d&e<f>g\"h\\ijk", "{\"x\":\"", "\"}\n", uint8(1), uint8(3))
	f.Add("ééé\n  zzz", "zzzzzz", "::", "%0A", uint8(7), uint8(21))
	f.Add("aaaaaaa", "aaaaaaaaaa", "aaa", "aaaaaa", uint8(2), uint8(6))
	f.Add("\xff\xfe\xfd\xfc\xfb\xfa", "\x00\x01\x02\x03\x04\x05", "\x80", "\u202e", uint8(5), uint8(15))
	f.Fuzz(func(t *testing.T, one, two, before, after string, size, which uint8) {
		if len(one)+len(two) > 200 || len(before)+len(after) > 1000 || strings.ContainsAny(one+two, "()") {
			return // what a mask itself adds to a text tells nothing
		}
		var r cloud.Redactor
		r.Learn(cloud.Hide(one), cloud.Hide(two))
		echoes := steptest.Echoes(one)
		names := slices.Sorted(maps.Keys(echoes))
		passes(t, &r, []string{one, two}, before+echoes[names[int(which)%len(names)]].Text+after, int(size)+1)
		passes(t, &r, []string{one, two}, before+one+two+one+after, int(size)+1)
		passes(t, &r, []string{one, two}, before+one+one[len(one)/2:]+two+after, int(size)+1)
	})
}

// passes holds what comes through a stream in pieces to what is masked at once, and that to what must not be in it.
func passes(t *testing.T, r *cloud.Redactor, secrets []string, text string, size int) {
	t.Helper()
	masked := r.Text(text)
	var out bytes.Buffer
	w := r.Writer(&out)
	for piece := range slices.Chunk([]byte(text), size) {
		_, _ = w.Write(piece)
	}
	w.Flush()
	require.Equal(t, masked, out.String(), "in pieces of %d", size)
	hides := false
	for _, s := range secrets {
		if len(s) < cloud.MinSecret {
			continue
		}
		hides = true
		for _, echo := range steptest.Echoes(s) {
			form := strings.TrimFunc(echo.Core, isBlank)
			flat := strings.Join(strings.FieldsFunc(form, isBlank), " ")
			if len(flat) >= cloud.MinSecret && !strings.Contains("(secret)", flat) {
				require.False(t, strings.Contains(masked, form), "%q of %q in %q: %q", form, s, text, masked)
			}
		}
	}
	if !hides {
		require.Equal(t, text, masked)
	}
}

func isBlank(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }

func TestTextWithoutSecretsIsNotTouched(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r cloud.Redactor
		r.Learn(cloud.Hide(rapid.StringMatching(`[A-Z]{6,20}`).Draw(t, "secret")))
		text := rapid.StringMatching(`([g-z.,:;\n\t ]|é){0,200}`).Draw(t, "text")
		require.Equal(t, text, r.Text(text))
	})
}

func BenchmarkRedact(b *testing.B) {
	for _, secrets := range []int{1, 10, 100} {
		var r cloud.Redactor
		for i := range secrets {
			r.Learn(cloud.Hide(fmt.Sprintf("%d-%s", i, strings.Repeat("secret/", 30))))
		}
		text := strings.Repeat("{\"step\":\"mpc\",\"uses\":\"mpc.agency\",\"why\":\"it was so already\"}\n", 1<<14)
		b.Run(fmt.Sprint(secrets, " secrets"), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for range b.N {
				_ = r.Text(text)
			}
		})
	}
}
