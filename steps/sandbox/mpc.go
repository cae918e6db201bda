package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// The two values of MPC's operate_type.
const (
	agencyCreated  = "CREATED"
	agencyCanceled = "CANCELED"
)

func showAgenciesTask(c *call) answer {
	now := c.project.mpcAgency.value
	if now == nil && c.cloud.variants.MPCFresh == "empty" {
		return reply(http.StatusOK, struct{}{})
	}
	if now == nil {
		canceled := agencyCanceled
		now = &canceled
	}
	return reply(http.StatusOK, map[string]any{"operate_type": *now})
}

// createAgenciesTask switches MPC's access to all buckets on or off. Asking for what already holds is an error: the
// endpoint's page gives it status 403, the table of error codes 400.
func createAgenciesTask(c *call) answer {
	body, ok := readObject(c.body)
	wanted, isText := body.text("operate_type")
	switch {
	case !ok || !isText || wanted != agencyCreated && wanted != agencyCanceled:
		return mpcRefusal(http.StatusBadRequest, "MPC.10202")
	case wanted == agencyCreated && c.project.isGranted():
		return mpcRefusal(c.cloud.variants.mpcConflict(), "MPC.10223")
	case wanted == agencyCanceled && !c.project.isGranted():
		return mpcRefusal(http.StatusBadRequest, "MPC.10224")
	}
	c.project.mpcAgency.set(&wanted)
	return noContent()
}

func (p *project) isGranted() bool {
	now := p.mpcAgency.value
	return now != nil && *now == agencyCreated
}

func (v variants) mpcConflict() int {
	if v.MPCConflictStatus == 0 {
		return http.StatusForbidden
	}
	return v.MPCConflictStatus
}

type mpcBucketAnswer struct {
	Bucket       string `json:"bucket"`
	CreationDate any    `json:"creation_date"`
	IsAuthorized int    `json:"is_authorized"`
}

// listAllBuckets shows each bucket's own switch; the account-wide one does not show in it.
func listAllBuckets(c *call) answer {
	list := []mpcBucketAnswer{}
	for _, b := range c.project.mpcBuckets.list() {
		row := mpcBucketAnswer{Bucket: b.Name, CreationDate: b.CreationDate, IsAuthorized: b.IsAuthorized}
		if c.cloud.variants.MPCCreationDate == "integer" {
			row.CreationDate = json.Number(b.CreationDate)
		}
		list = append(list, row)
	}
	return reply(http.StatusOK, map[string]any{"buckets": list})
}

// updateBucketAuthorized switches one bucket; the second time is no error. A bucket that is encrypted with KMS cannot
// be authorised.
func updateBucketAuthorized(c *call) answer {
	body, ok := readObject(c.body)
	name, isText := body.text("bucket")
	on, isSwitch := readSwitch(body["operation"])
	if !ok || !isText || name == "" || !isSwitch {
		return mpcRefusal(http.StatusBadRequest, "MPC.10202")
	}
	b, ok := c.project.mpcBuckets.get(name)
	if !ok || b.KMS && on == 1 {
		return mpcRefusal(http.StatusForbidden, "MPC.10209")
	}
	b.IsAuthorized = on
	c.project.mpcBuckets.put(b)
	return noContent()
}

// readSwitch takes 1 and 0 as text, which the table of the page says, and as integers, which its example sends.
func readSwitch(raw json.RawMessage) (int, bool) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && text == strconv.Itoa(n) && (n == 0 || n == 1)
}

func mpcRefusal(status int, code string) answer {
	return refusal(status, code, texts[code])
}
