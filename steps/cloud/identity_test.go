package cloud_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
)

// iam answers by path, and notes what was asked.
type iam struct {
	mu     sync.Mutex
	asked  []string
	answer map[string]string // path → body; a path that is missing is denied
}

func (i *iam) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked = append(i.asked, r.URL.RequestURI())
	body, ok := i.answer[r.URL.Path]
	if !ok {
		w.WriteHeader(403)
		body = `{"error":{"message":"You are not authorized","code":403,"title":"Forbidden"}}`
	}
	w.Header().Set("Date", clock().Format(http.TimeFormat))
	fmt.Fprint(w, body)
}

func (i *iam) client(t *testing.T, change ...func(*cloud.Config)) *cloud.Client {
	t.Helper()
	change = append([]func(*cloud.Config){func(cfg *cloud.Config) { cfg.ProjectID, cfg.DomainID = "", "" }}, change...)
	return serveAll(t, i.ServeHTTP, change...)
}

const (
	oneProject  = `{"projects":[{"id":"p7","name":"cn-north-7","domain_id":"d7"},{"id":"p8","name":"cn-north-7_sub","domain_id":"d7"}]}`
	oneDomain   = `{"domains":[{"id":"d7","name":"ACCOUNT","enabled":true}],"links":{"self":"x","next":null}}`
	usable      = `{"projects":[{"id":"p0","name":"cn-north-7","domain_id":"d6"},{"id":"p1","name":"cn-north-7_team","domain_id":"d7"}]}`
	projectsOwn = `{"token":{"methods":["password"],"expires_at":"2026-01-03T03:04:05.527363Z","issued_at":"2026-01-02T03:04:05.527363Z",
		"user":{"id":"u7","name":"somebody","domain":{"id":"d7","name":"ACCOUNT"},"password_expires_at":""},
		"project":{"id":"p7","name":"cn-north-7","domain":{"id":"d7","name":"ACCOUNT"}},"roles":[]}}`
)

func TestTheProjectIsThatWithTheRegionsName(t *testing.T) {
	i := &iam{answer: map[string]string{"/v3/projects": oneProject, "/v1/p7/agencies": `{}`}}
	c := i.client(t)
	for range 2 {
		id, err := c.Project(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "p7", id)
		require.NoError(t, c.Call(t.Context(), get(&struct{}{})))
	}
	assert.Equal(t, []string{"/v3/projects?name=cn-north-7", "/v1/p7/agencies", "/v1/p7/agencies"}, i.asked)
}

func TestAConfiguredProjectIsNotAskedFor(t *testing.T) {
	i := &iam{}
	id, err := i.client(t, func(cfg *cloud.Config) { cfg.ProjectID = "p1" }).Project(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "p1", id)
	assert.Empty(t, i.asked)
}

func TestAProjectThatIsNotClearIsAnError(t *testing.T) {
	for projects, want := range map[string]string{
		`{"projects":[]}`: "iam KeystoneListProjects: no project is called cn-north-7 like the region: set HUAWEICLOUD_SDK_PROJECT_ID, or say --project-id",
		`{"projects":[{"id":"a","name":"cn-north-7"},{"id":"b","name":"cn-north-7"},{"id":"c","name":"cn-north-70"}]}`: "iam KeystoneListProjects: 2 projects are called cn-north-7 like the region, a, b: set HUAWEICLOUD_SDK_PROJECT_ID, or say --project-id",
		`{"projects":[` + strings.Repeat(`{"id":"a","name":"cn-north-7"},`, 6) + `{"id":"b","name":"cn-north-7"}]}`:    "iam KeystoneListProjects: 7 projects are called cn-north-7 like the region, a, a, a, a, a and 2 more: set HUAWEICLOUD_SDK_PROJECT_ID, or say --project-id",
		`{"projects":[{"id":"../x","name":"cn-north-7"}]}`:                                                             "iam: the project cannot be told from the credentials: set HUAWEICLOUD_SDK_PROJECT_ID, or say --project-id",
	} {
		i := &iam{answer: map[string]string{"/v3/projects": projects}}
		c := i.client(t)
		_, err := c.Project(t.Context())
		assert.EqualError(t, err, want)
		assert.Equal(t, step.Invalid, step.ErrorOf(err).Class)
		assert.EqualError(t, c.Call(t.Context(), get(nil)), want, "nor is a call sent that needs it")
	}
	i := &iam{}
	_, err := i.client(t, func(cfg *cloud.Config) { cfg.Region = "" }).Project(t.Context())
	assert.ErrorContains(t, err, "--project-id")
	assert.Empty(t, i.asked)
}

func TestAnIdThatWasNotFoundIsLookedForAgain(t *testing.T) {
	i := &iam{answer: map[string]string{}}
	c := i.client(t)
	_, err := c.Domain(t.Context())
	assert.True(t, step.IsClass(err, step.Denied), "%v", err)
	i.answer["/v3/auth/domains"] = oneDomain
	id, err := c.Domain(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "d7", id)
}

func TestATokenTellsItsProjectAndAccount(t *testing.T) {
	i := &iam{answer: map[string]string{"/v3/auth/tokens": projectsOwn}}
	c := i.client(t, byToken(t, &issuer{clock: clock, life: time.Hour}))
	project, err := c.Project(t.Context())
	require.NoError(t, err)
	domain, err := c.Domain(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"p7", "d7"}, []string{project, domain})
}

func TestTheIdentityOfAToken(t *testing.T) {
	const agency = `{"token":{"expires_at":"soon","user":{"id":"u","name":"other/agency","domain":{"id":"d1","name":"OTHER"}},
		"domain":{"id":"d7","name":"ACCOUNT"}}}`
	for body, want := range map[string]cloud.Identity{
		projectsOwn: {
			DomainID: "d7", DomainName: "ACCOUNT", ProjectID: "p7", ProjectName: "cn-north-7", UserID: "u7", UserName: "somebody",
			ProjectKnown: true, Expires: time.Date(2026, 1, 3, 3, 4, 5, 527363000, time.UTC),
		},
		agency: {DomainID: "d7", DomainName: "ACCOUNT", UserID: "u", UserName: "other/agency"},
	} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, "/v3/auth/tokens?nocatalog=true", r.URL.RequestURI())
			assert.Equal(t, "token1", r.Header.Get("X-Auth-Token"))
			assert.Equal(t, "token1", r.Header.Get("X-Subject-Token"))
			fmt.Fprint(w, body)
		}, byToken(t, &issuer{clock: clock, life: time.Hour}), func(cfg *cloud.Config) { cfg.ProjectID = "" })
		who, err := c.Identity(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, who)
	}
}

func TestTheIdentityOfAKey(t *testing.T) {
	const two = `{"domains":[{"id":"d6","name":"OTHER"},{"id":"d7","name":"ACCOUNT"}]}`
	later := clock().Add(time.Hour)
	configured := func(cfg *cloud.Config) { cfg.ProjectID, cfg.Credentials.Expires = "p1", later }
	for _, tc := range []struct {
		name   string
		answer map[string]string
		change func(*cloud.Config)
		want   cloud.Identity
	}{
		{"all", map[string]string{"/v3/auth/domains": oneDomain, "/v3/projects": oneProject}, func(*cloud.Config) {},
			cloud.Identity{DomainID: "d7", DomainName: "ACCOUNT", ProjectID: "p7", ProjectName: "cn-north-7", ProjectKnown: true}},
		{"the project tells the account", map[string]string{"/v3/auth/domains": two, "/v3/projects": oneProject}, func(*cloud.Config) {},
			cloud.Identity{DomainID: "d7", DomainName: "ACCOUNT", ProjectID: "p7", ProjectName: "cn-north-7", ProjectKnown: true}},
		{"another project", map[string]string{"/v3/auth/domains": two, "/v3/projects": oneProject}, configured,
			cloud.Identity{ProjectID: "p1", Expires: later}},
		{"a project of another name than the region", map[string]string{"/v3/auth/domains": two, "/v3/projects": oneProject, "/v3/auth/projects": usable}, configured,
			cloud.Identity{DomainID: "d7", DomainName: "ACCOUNT", ProjectID: "p1", ProjectName: "cn-north-7_team", ProjectKnown: true, Expires: later}},
		{"a project that is not the key's", map[string]string{"/v3/auth/domains": oneDomain, "/v3/projects": oneProject, "/v3/auth/projects": oneProject}, configured,
			cloud.Identity{DomainID: "d7", DomainName: "ACCOUNT", ProjectID: "p1", Expires: later}},
		{"the project with the region's name, where no others may be listed", map[string]string{"/v3/auth/domains": two, "/v3/projects": oneProject},
			func(cfg *cloud.Config) { cfg.ProjectID = "p7" },
			cloud.Identity{DomainID: "d7", DomainName: "ACCOUNT", ProjectID: "p7", ProjectName: "cn-north-7", ProjectKnown: true}},
		{"nothing may be asked", nil, configured, cloud.Identity{ProjectID: "p1", Expires: later}},
	} {
		who, err := (&iam{answer: tc.answer}).client(t, tc.change).Identity(t.Context())
		require.NoError(t, err, tc.name)
		assert.Equal(t, tc.want, who, tc.name)
	}
}

func TestWhetherATokenIsForTheConfiguredProject(t *testing.T) {
	const account = `{"token":{"expires_at":"2026-01-03T03:04:05.527363Z","user":{"id":"u7","name":"somebody","domain":{"id":"d7","name":"ACCOUNT"}},
		"domain":{"id":"d7","name":"ACCOUNT"}}}`
	for _, tc := range []struct {
		what, token, project, usable string
		id, name                     string
		known                        bool
	}{
		{"it is", projectsOwn, "p7", "", "p7", "cn-north-7", true},
		{"it is for another", projectsOwn, "p1", "", "p7", "cn-north-7", false},
		{"it is for the account, and nobody said a project", account, "", "", "", "", false},
		{"it is for the account, whose project it is", account, "p1", usable, "p1", "cn-north-7_team", true},
		{"it is for the account, whose project it is not", account, "p1", oneProject, "p1", "", false},
		{"it is for the account, and may not ask", account, "p1", "", "p1", "", false},
	} {
		i := &iam{answer: map[string]string{"/v3/auth/tokens": tc.token}}
		if tc.usable != "" {
			i.answer["/v3/auth/projects"] = tc.usable
		}
		who, err := i.client(t, byToken(t, &issuer{clock: clock, life: time.Hour}), func(cfg *cloud.Config) { cfg.ProjectID = tc.project }).Identity(t.Context())
		require.NoError(t, err, tc.what)
		assert.Equal(t, cloud.Identity{
			DomainID: "d7", DomainName: "ACCOUNT", ProjectID: tc.id, ProjectName: tc.name, ProjectKnown: tc.known,
			UserID: "u7", UserName: "somebody", Expires: time.Date(2026, 1, 3, 3, 4, 5, 527363000, time.UTC),
		}, who, tc.what)
	}
}

func TestAnIdentityThatCannotBeAskedForIsAnError(t *testing.T) {
	c := serveAll(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(401)
		fmt.Fprint(w, flat("APIGW.0301"))
	})
	_, err := c.Identity(t.Context())
	assert.True(t, step.IsClass(err, step.Unauthenticated), "%v", err)
}
