package sandbox

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The words of ModelArts' authorizations.
const (
	everybody      = "all-users" // "all" in later editions; rows always carry this one
	typeAgency     = "agency"
	typeCredential = "credential"
	contentMax     = 64
)

var secretPattern = regexp.MustCompile(`^[0-9A-Za-z]{40}$`)

func isEverybody(userID string) bool { return userID == everybody || userID == "all" }

// createAuthorization sets the row of one user, or of everybody: a new row, or new content in the old one.
func createAuthorization(c *call) answer {
	row, code := readAuthorization(c)
	if code != "" {
		return modelartsRefusal(http.StatusBadRequest, code)
	}
	rows, v := c.project.authorizations, c.cloud.variants
	if v.ModelArtsRepost == "refuse" && rows.has(row.UserID) {
		return modelartsRefusal(http.StatusBadRequest, "ModelArts.0424")
	}
	c.authorize(row)
	if row.UserID == everybody && v.ModelArtsEverybody == "overwrite" {
		for _, other := range rows.list() {
			other.Type, other.Content = row.Type, row.Content
			c.authorize(other)
		}
	}
	return reply(http.StatusOK, map[string]any{"result": typedTrue(v.ModelArtsResult)})
}

// readAuthorization answers the row that a body asks for, or the code of what is wrong with it.
func readAuthorization(c *call) (authorization, string) {
	body, ok := readObject(c.body)
	if !ok {
		return authorization{}, "ModelArts.4105"
	}
	userID, ok1 := body.text("user_id")
	kind, ok2 := body.text("type")
	content, ok3 := body.text("content")
	secret, ok4 := body.text("secret_key")
	userType, ok5 := body.text("user_type")
	_, ok6 := body.text("user_name")
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) {
		return authorization{}, "ModelArts.4105"
	}
	row := authorization{UserID: userID, Type: strings.ToLower(cmp.Or(kind, typeAgency)), Content: content}
	return row.normalized(), cmp.Or(row.fault(secret, userType), c.cloud.variants.nameFault(userID), c.agencyFault(row))
}

// agencyFault is for the variant that asks IAM for the agency at once: usually only a job finds out that there is none.
func (c *call) agencyFault(row authorization) string {
	if row.Type != typeAgency || c.cloud.variants.ModelArtsAgencyCheck != "strict" {
		return ""
	}
	if a, ok := c.cloud.agencies.get(row.Content); ok && c.sees(a) {
		return ""
	}
	return "ModelArts.6376"
}

func (a authorization) fault(secret, userType string) string {
	switch {
	case a.UserID == "":
		return "ModelArts.6377"
	case a.Content == "" && a.Type == typeAgency:
		return "ModelArts.6378"
	case a.check() != nil:
		return "ModelArts.0104"
	case a.Type == typeCredential && !secretPattern.MatchString(secret):
		return "ModelArts.0104"
	case userType == "all-users" && !isEverybody(a.UserID):
		return "ModelArts.0104"
	case !slices.Contains([]string{"", "iam", "federation-group", "grant", "all-users"}, userType):
		return "ModelArts.0104" // federated users, who have no user_id, are not emulated
	}
	return ""
}

func (a authorization) normalized() authorization {
	if isEverybody(a.UserID) {
		a.UserID = everybody
	}
	return a
}

// nameFault refuses the word for everybody that a strict variant does not know.
func (v variants) nameFault(userID string) string {
	only := v.ModelArtsEverybodyName
	if !isEverybody(userID) || only == "" || only == "both" || only == userID {
		return ""
	}
	return "ModelArts.0107"
}

// authorize keeps the time of a row that is only updated.
func (c *call) authorize(row authorization) {
	row.CreateTime = c.now.UnixMilli()
	if old, ok := c.project.authorizations.get(row.UserID); ok {
		row.CreateTime = old.CreateTime
	}
	row.fillIn(c.cloud.userNames)
	c.project.authorizations.put(row)
}

// deleteAuthorizations removes one user's row. For everybody it removes every row, not only the one of that name: that
// is the trap. Without a user_id it is refused, where the documents say nothing.
func deleteAuthorizations(c *call) answer {
	userID, rows := c.query.Get("user_id"), c.project.authorizations
	if userID == "" {
		return modelartsRefusal(http.StatusBadRequest, "ModelArts.0104")
	}
	if code := c.cloud.variants.nameFault(userID); code != "" {
		return modelartsRefusal(http.StatusBadRequest, code)
	}
	done := map[string]any{"result": typedTrue(c.cloud.variants.ModelArtsResult)}
	if isEverybody(userID) {
		for _, row := range rows.list() {
			rows.drop(row.UserID)
		}
		done["success_message"] = "Delete all-users auth info successfully!"
		return reply(http.StatusOK, done)
	}
	if !rows.has(userID) {
		return modelartsRefusal(http.StatusBadRequest, "ModelArts.0429")
	}
	rows.drop(userID)
	return reply(http.StatusOK, done)
}

type authorizationAnswer struct {
	CreateTime int64   `json:"create_time"`
	UserID     string  `json:"user_id"`
	UserName   *string `json:"user_name"`
	Type       string  `json:"type"`
	Content    string  `json:"content"`
}

// getAuthorizations lists a page of rows; offset counts pages. A row of type credential does not show its secret key.
func getAuthorizations(c *call) answer {
	p, ok := readPage(c.query)
	if !ok {
		return modelartsRefusal(http.StatusBadRequest, "ModelArts.0107")
	}
	rows := slices.Clone(c.project.authorizations.list())
	slices.SortStableFunc(rows, p.compare)
	list := []authorizationAnswer{}
	for _, a := range p.cut(rows) {
		list = append(list, authorizationAnswer{a.CreateTime, a.UserID, a.UserName, a.Type, a.Content})
	}
	return reply(http.StatusOK, map[string]any{"total_count": len(rows), "auth": list})
}

type page struct {
	byTime, descending bool
	limit, offset      int
}

func readPage(query url.Values) (page, bool) {
	sortBy := cmp.Or(query.Get("sort_by"), "user_name")
	order := strings.ToLower(cmp.Or(query.Get("order"), "asc"))
	limit, err1 := strconv.Atoi(cmp.Or(query.Get("limit"), "1000"))
	offset, err2 := strconv.Atoi(cmp.Or(query.Get("offset"), "0"))
	ok := err1 == nil && err2 == nil && limit >= 1 && limit <= 1000 && offset >= 0 &&
		(sortBy == "user_name" || sortBy == "create_time") && (order == "asc" || order == "desc")
	return page{sortBy == "create_time", order == "desc", limit, offset}, ok
}

func (p page) compare(a, b authorization) int {
	order := cmp.Or(cmp.Compare(orEmpty(a.UserName), orEmpty(b.UserName)), cmp.Compare(a.UserID, b.UserID))
	if p.byTime {
		order = cmp.Or(cmp.Compare(a.CreateTime, b.CreateTime), order)
	}
	if p.descending {
		return -order
	}
	return order
}

func (p page) cut(rows []authorization) []authorization {
	if p.offset > len(rows)/p.limit {
		return nil
	}
	from := p.offset * p.limit
	return rows[from:min(from+p.limit, len(rows))]
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func modelartsRefusal(status int, code string) answer {
	return refusal(status, code, textOf(status, code))
}
