package cloud

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"writ/engine/step"
)

// AgencyLag is how long IAM may go on showing what stood before a write of an agency or of its roles.
const AgencyLag = 2 * time.Minute

// Agency is an IAM agency of the account as IAM lists it.
type Agency struct {
	ID              string `json:"id"`
	Name            string `json:"name"`
	DomainID        string `json:"domain_id"`
	TrustDomainName string `json:"trust_domain_name"`
	TrustDomainID   string `json:"trust_domain_id"`
	Description     string `json:"description"`
	Duration        any    `json:"duration"` // null, a text or a number
}

// Agencies lists the account's IAM agencies of that name: none or one. A new one turns up within AgencyLag.
func (c *Client) Agencies(ctx context.Context, name string) ([]Agency, error) {
	domain, err := c.Domain(ctx)
	if err != nil {
		return nil, err
	}
	var out struct {
		Agencies []Agency `json:"agencies"`
	}
	err = c.Call(ctx, Call{
		Service: "iam", Operation: "ListAgencies", Method: http.MethodGet, Path: "/v3.0/OS-AGENCY/agencies",
		Query: url.Values{"domain_id": {domain}, "name": {name}}, Out: &out, Domain: true,
	})
	var found []Agency
	for _, a := range out.Agencies {
		if a.Name == name && a.ID != "" {
			found = append(found, a)
		}
	}
	return found, err
}

// DeleteAgency deletes an IAM agency with all its grants. That there is none any more is no error.
func (c *Client) DeleteAgency(ctx context.Context, id string) error {
	err := c.Call(ctx, Call{
		Service: "iam", Operation: "DeleteAgency", Method: http.MethodDelete, Path: "/v3.0/OS-AGENCY/agencies/{agency_id}",
		IDs: map[string]string{"agency_id": id}, OK: []int{http.StatusNoContent}, Domain: true,
	})
	if step.IsClass(err, step.NotFound) {
		return nil
	}
	return err
}
