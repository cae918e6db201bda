package main

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"writ/engine/diag"
	"writ/steps/cloud"
)

// services are those that have an address of their own.
var services = cloud.Services()

// endpoints are addresses in place of the services' own. As a flag it takes SERVICE=URL, several apart by commas.
type endpoints map[string]string

func (e *endpoints) Set(text string) error {
	for _, pair := range strings.Split(text, ",") {
		service, url, ok := strings.Cut(pair, "=")
		if !ok {
			return errors.New("say SERVICE=URL")
		}
		if !slices.Contains(services, service) {
			return errors.New(unknownService(service))
		}
		if *e == nil {
			*e = endpoints{}
		}
		(*e)[service] = url
	}
	return nil
}

func unknownService(name string) string {
	if near := diag.Nearest(name, services); near != "" {
		return "no service " + name + " (did you mean " + near + "?)"
	}
	return "no service " + name + ": say " + strings.Join(services, ", ")
}

func (e *endpoints) String() string {
	var pairs []string
	for _, service := range slices.Sorted(maps.Keys(*e)) {
		pairs = append(pairs, service+"="+(*e)[service])
	}
	return strings.Join(pairs, ",")
}

func (e *endpoints) Type() string { return "SERVICE=URL" }

func (a *app) endpointFlag(cmd *cobra.Command) {
	cmd.Flags().Var(&a.flags.endpoints, "endpoint", "`SERVICE=URL`, not the service's own")
}
