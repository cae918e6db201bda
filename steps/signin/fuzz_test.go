package signin_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"writ/steps/signin"
)

// FuzzFiles holds the readers of files to it that whatever stands there is taken or refused, and that what is taken is
// something to sign in with.
func FuzzFiles(f *testing.F) {
	places := []string{"work/clouds.yaml", ".huaweicloud/credentials", ".hcloud/config.json"}
	for i, content := range []string{clouds, profile, koo} {
		f.Add(uint8(i), content, "")
	}
	f.Add(uint8(0), "clouds: {a: &a {auth: {<<: {ak: K}}}, b: *a}", "clouds: {a: {auth: {sk: ~}}}")
	f.Add(uint8(0), "clouds: {a: &a {auth: *a}}", "")
	f.Fuzz(func(t *testing.T, place uint8, content, secure string) {
		d := desk{files: map[string]string{places[int(place)%len(places)]: content, "work/secure.yaml": secure}}
		s, _, err := signin.Discover(d.options(t))
		if err != nil {
			assert.Nil(t, s)
			return
		}
		if s.Method != signin.Password {
			assert.NotEmpty(t, signIn(t, s))
		}
	})
}
