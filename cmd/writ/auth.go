package main

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/steps/cloud"
	"writ/steps/signin"
)

func (a *app) authCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "auth", Args: noArgs, Short: "Show which credentials are used, for whom, and until when",
		Long: `Show which credentials are used, for whom, and until when. Never a secret.

The first source that has all it needs is used; values of two are never mixed.
Two sources with different keys are refused until --auth, or WRIT_AUTH, names
one:

  sdk-env      HUAWEICLOUD_SDK_AK, _SK, _SECURITY_TOKEN, _PROJECT_ID, …
  hw-env       HW_ACCESS_KEY, HW_SECRET_KEY, HW_AUTH_TOKEN, HW_USER_NAME, …
  os-env       OS_AUTH_TOKEN, OS_ACCESS_KEY, OS_SECRET_KEY, OS_USERNAME, …
  clouds-yaml  clouds.yaml and secure.yaml; OS_CLOUD, OS_CLIENT_CONFIG_FILE
  sdk-profile  ~/.huaweicloud/credentials
  koocli       ~/.hcloud/config.json
  ecs          the server's own agency; only with --auth ecs

--profile, or WRIT_PROFILE, names an entry of clouds-yaml, sdk-profile or
koocli, and passes all variables over.`,
		Example: "  writ auth --region eu-de\n  writ auth --auth koocli --profile work --region cn-north-4\n  writ auth --sandbox",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.auth(cmd.Context()) },
	}
	a.targetFlags(cmd)
	a.formatFlag(cmd, authStream, "text", "json")
	return cmd
}

// auth shows what can be told, and ends as what could not be told asks for.
func (a *app) auth(ctx context.Context) error {
	var shown view.Account
	a.careful.Store(true)
	ctx, meant := a.interrupted(ctx)
	failed := meant(a.account(ctx, a.asked(), &shown))
	if a.json() {
		a.stream(authStream).Line(shown)
	} else {
		a.out().Account(shown)
	}
	return failed
}

// account fills in what there is to show. Where it ends with an error, the rest stays unknown.
func (a *app) account(ctx context.Context, r request, shown *view.Account) error {
	if r.sandbox != "" {
		to, err := a.reachSandbox(ctx, r)
		if err != nil {
			return err
		}
		shown.Source, shown.Method = to.source, signin.AccessKey
		return a.whose(ctx, to, shown)
	}
	source, looked, err := a.discover(&r)
	shown.Looked = lookedAt(looked)
	shown.Cloud, shown.Region, shown.Endpoints = r.cloud, r.region, r.endpoints
	if err != nil {
		return unfound(err)
	}
	shown.Source, shown.Where, shown.Method, shown.AccessKey = source.Name, source.Where, source.Method, source.AccessKey
	shown.Project = named(source.ProjectName, cmp.Or(r.project, source.ProjectID))
	shown.Domain, shown.User = named(source.DomainName, source.DomainID), named(source.UserName, source.UserID)
	if r.region == "" {
		return wrong("no region is known, so nobody can be asked for whom these credentials are: say --region")
	}
	shown.Proxy = proxyFor(r)
	to, err := a.signIn(ctx, r, source)
	if err != nil {
		return err
	}
	return a.whose(ctx, to, shown)
}

// whose asks the cloud itself for whom the credentials are.
func (a *app) whose(ctx context.Context, to reached, shown *view.Account) error {
	defer to.close()
	client, err := a.newClient(&to)
	if err != nil {
		return err
	}
	who, err := patiently(ctx, client.Identity)
	if err != nil {
		return err
	}
	shown.Cloud, shown.Region, shown.AccessKey = to.target.Cloud, to.target.Region, to.config.Credentials.AccessKey
	shown.Domain = cmp.Or(named(who.DomainName, who.DomainID), shown.Domain)
	shown.Project = cmp.Or(named(who.ProjectName, cmp.Or(who.ProjectID, to.target.ProjectID)), shown.Project)
	shown.User = cmp.Or(named(who.UserName, who.UserID), shown.User)
	shown.Until = who.Expires
	if shown.Until.IsZero() {
		shown.Until = to.config.Credentials.Expires
	}
	return nil
}

// proxyFor is the proxy that calls go through, without its password.
func proxyFor(r request) string {
	at := r.endpoints["iam"]
	if at == "" {
		at, _ = cloud.Endpoint(r.cloud, r.region, "iam")
	}
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Redacted()
}

func lookedAt(looked []signin.Looked) []view.Looked {
	var shown []view.Looked
	for _, l := range looked {
		shown = append(shown, view.Looked{Source: l.Source, Where: l.Where, Outcome: strings.TrimSpace(l.Outcome)})
	}
	return shown
}
