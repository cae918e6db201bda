package iam

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"writ/engine/step"
	"writ/steps/cloud"
)

const (
	pageSize = 300 // the most that IAM puts on one page
	maxPages = 20
)

// refused are the internal names of the roles that agencies must not have, by IAM's pages on agencies.
var refused = []string{"secu_admin", "te_agency"}

// role is a role of IAM's or a custom policy of the account. Name is IAM's own; people know DisplayName.
type role struct {
	ID          string `json:"id"`
	Name        string `json:"name,omitempty"`
	DisplayName string `json:"display_name,omitempty"`
}

// role finds the role that the plan means, and refuses one that agencies must not have.
func (k agencyRole) role(ctx context.Context, in agencyRoleIn) (role, error) {
	if in.RoleID != "" {
		return role{ID: in.RoleID}, k.refuse(ctx, in.RoleID)
	}
	found, err := k.called(ctx, in.DisplayName)
	switch {
	case err != nil:
		return role{}, err
	case len(found) == 0:
		return role{}, wrong("IAM lists no role called %q", in.DisplayName)
	case len(found) > 1:
		return role{}, wrong("IAM lists several roles called %q: say role_id, one of %s", in.DisplayName, ids(found))
	case slices.Contains(refused, found[0].Name):
		return role{}, notForAgencies(in.DisplayName)
	}
	return found[0], nil
}

// refuse fails for the id of a role that agencies must not have.
func (k agencyRole) refuse(ctx context.Context, id string) error {
	for _, name := range refused {
		page, err := k.page(ctx, url.Values{"name": {name}})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(page.Roles, func(r role) bool { return r.ID == id && r.Name == name }) {
			return notForAgencies(name)
		}
	}
	return nil
}

func notForAgencies(name string) error {
	return wrong("IAM gives the role %q to no agency: it would let the agency manage IAM itself", name)
}

func wrong(format string, args ...any) error {
	return &step.Error{Class: step.Invalid, Operation: "iam KeystoneListPermissions", Message: fmt.Sprintf(format, args...)}
}

// called lists the roles of exactly that name: IAM's own and the account's.
func (k agencyRole) called(ctx context.Context, name string) ([]role, error) {
	domain, err := k.c.Domain(ctx)
	if err != nil {
		return nil, err
	}
	var found []role
	for _, query := range []url.Values{{}, {"domain_id": {domain}}} {
		query.Set("display_name", name)
		all, err := k.list(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			if r.DisplayName == name {
				found = append(found, r)
			}
		}
	}
	return found, nil
}

// list reads all pages. Only Huawei Cloud documents display_name, page and per_page, the first as a part of the name:
// a service that knows none of them answers all roles at once, and the same again to the next page.
func (k agencyRole) list(ctx context.Context, query url.Values) ([]role, error) {
	var all []role
	seen := map[string]bool{}
	query.Set("per_page", strconv.Itoa(pageSize))
	for n := 1; n <= maxPages; n++ {
		query.Set("page", strconv.Itoa(n))
		page, err := k.page(ctx, query)
		if err != nil {
			return nil, err
		}
		before := len(all)
		for _, r := range page.Roles {
			if !seen[r.ID] {
				seen[r.ID] = true
				all = append(all, r)
			}
		}
		if len(all) == before || len(page.Roles) < pageSize && len(all) >= page.TotalNumber {
			return all, nil
		}
	}
	return nil, &step.Error{
		Class: step.Unavailable, Operation: "iam KeystoneListPermissions",
		Message: fmt.Sprintf("the list of roles has no end after %d pages", maxPages),
	}
}

type rolePage struct {
	Roles       []role `json:"roles"`
	TotalNumber int    `json:"total_number"`
}

func (k agencyRole) page(ctx context.Context, query url.Values) (rolePage, error) {
	var out rolePage
	err := k.c.Call(ctx, cloud.Call{
		Service: "iam", Operation: "KeystoneListPermissions", Method: http.MethodGet, Path: "/v3/roles",
		Query: query, Out: &out, Domain: true,
	})
	return out, err
}

func ids(roles []role) string {
	var all []string
	for _, r := range roles {
		all = append(all, r.ID)
	}
	return strings.Join(all, ", ")
}
