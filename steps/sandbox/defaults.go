package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
)

// The identity of every sandbox. Keys and password open nothing but sandboxes; they are constants, so that a client
// which reconnects after a crash needs no secret, and plain to see, so that nobody takes them for real ones. The user is
// the account's own: it stands outside the state document, and IAM's list of users leaves it out.
const (
	accessKey = "SANDBOXACCESSKEY0001"
	secretKey = "SandboxSecretKeyThatOpensNothingReal0000"

	userID       = "5a9db0c5000000000000000000000a0a"
	userName     = "sandbox-admin"
	userPassword = "SandboxPasswordThatOpensNothingReal0"

	domainID         = "5a9db0c5000000000000000000000d0d"
	domainName       = "sandbox"
	defaultProjectID = "5a9db0c5000000000000000000000001"
	defaultRegion    = "cn-north-7"
)

// When something in a seed was created if the seed does not say, as the examples of the API documents have it.
const (
	exampleCreateTime   = 1622804433221
	exampleCreationDate = "20221026152511"
	exampleBucketDate   = "2022-10-26T15:25:11.000Z"
)

// defaultProject is the example of the documents: two buckets, nothing granted.
func defaultProject(region string) *projectDocument {
	agency := agencyCanceled
	p := &projectDocument{Region: region}
	p.MPC.Agency = &agency
	for _, name := range []string{"1202", "aosblueprints-example"} {
		p.DBSS.Buckets = append(p.DBSS.Buckets, obsBucket{Name: name, Location: region})
		p.MPC.Buckets = append(p.MPC.Buckets, mpcBucket{Name: name})
	}
	return p
}

// derivedID makes a 32-digit id out of words: the same words, the same id. It keeps equal histories equal, which a
// random id would not.
func derivedID(words ...string) string {
	h := sha256.New()
	for _, word := range words {
		h.Write([]byte(word))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}
