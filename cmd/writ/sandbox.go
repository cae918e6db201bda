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
		Long: `Serve the emulated cloud until interrupted. Its address is the first line on
stdout; point --sandbox=URL at it, or official SDKs at the endpoints that
GET /-/endpoints lists (OBS's SDK wants http://localhost:PORT).
GET and PUT /-/state show and set the cloud, GET /-/requests lists what was
received, with the operations' names.
POST /-/faults makes a call fail, DELETE /-/faults takes all faults back:

  {"service": "mpc", "operation": "CreateAgenciesTask",
   "when": "after", "do": "reset"}

when: before the call acts, or after; do: reset, stall, delay (seconds),
status (status, error_code), body (body, content_type), truncate; nth: from
which matching call on; times: how often, -1 for always.

PUT /-/state also sets variants, where documents contradict each other or say
nothing: {"variants": {"token_seconds": 600, "throttle_per_second": 5}}.

--state FILE holds the whole cloud when the sandbox has ended. While it runs,
the latest changes of a large one are in FILE.log; together they survive a kill.`,
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
	f.StringSliceVar(&opts.Services, "services", nil, "only these `SERVICES`: iam,obs,dli,modelarts for OTC")
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
