package main

import (
	"github.com/spf13/cobra"

	"writ/steps/sandbox"
)

func (a *app) sandboxCommand() *cobra.Command {
	var opts sandbox.Options
	var seed string
	cmd := &cobra.Command{
		Use: "sandbox", Args: noArgs, Short: "Serve the emulated cloud until interrupted",
		Long: "Serve the emulated cloud until interrupted. Its address is the first line on\n" +
			"stdout; point --sandbox=URL at it, or official SDKs at the endpoints that GET\n" +
			"/-/endpoints lists. GET and PUT /-/state show and set the cloud, POST /-/faults\n" +
			"makes calls fail, GET /-/requests lists what was received.",
		Example: "  writ sandbox --listen 127.0.0.1:8555\n  writ apply plan.yaml --sandbox=http://127.0.0.1:8555 --yes",
		RunE: func(*cobra.Command, []string) error {
			if seed != "" {
				raw, err := a.readSeed(seed)
				if err != nil {
					return err
				}
				opts.Seed = raw
			}
			return a.serve(opts)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.Listen, "listen", "127.0.0.1:0", "`ADDRESS` to listen at, local")
	f.StringVar(&opts.StateFile, "state", "", "`FILE` that keeps the cloud between runs")
	f.StringVar(&seed, "seed", "", "state `FILE` to begin with")
	f.StringVar(&opts.Region, "region", "", "`REGION` of the projects for which the seed names none")
	return cmd
}

func (a *app) serve(opts sandbox.Options) error {
	server, err := sandbox.New(opts)
	if err != nil {
		return wrong("%s", err)
	}
	if err := server.Start(); err != nil {
		return wrong("%s", err)
	}
	a.careful.Store(true)
	a.out().Line("%s", server.ControlURL())
	<-a.stop
	return server.Close()
}
