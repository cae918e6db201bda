package main

import (
	"slices"

	"github.com/spf13/cobra"
)

// completers write the script by which each shell completes.
var completers = map[string]func(*cobra.Command) error{
	"bash":       func(root *cobra.Command) error { return root.GenBashCompletionV2(root.OutOrStdout(), true) },
	"zsh":        func(root *cobra.Command) error { return root.GenZshCompletion(root.OutOrStdout()) },
	"fish":       func(root *cobra.Command) error { return root.GenFishCompletion(root.OutOrStdout(), true) },
	"powershell": func(root *cobra.Command) error { return root.GenPowerShellCompletionWithDesc(root.OutOrStdout()) },
}

var shells = []string{"bash", "zsh", "fish", "powershell"}

func (a *app) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "completion SHELL", Short: "Print what lets a shell complete commands, plans, kinds and runs",
		Long: "Print what lets a shell complete commands, flags, plans, kinds and runs.\n\n" +
			"  bash        source <(writ completion bash), in ~/.bashrc; needs the package\n" +
			"              bash-completion\n" +
			"  zsh         writ completion zsh >\"${fpath[1]}/_writ\"\n" +
			"  fish        writ completion fish >~/.config/fish/completions/writ.fish\n" +
			"  powershell  writ completion powershell | Out-String | Invoke-Expression",
		Example:   "  writ completion bash",
		Args:      takes(1, 1, "shell", "a shell: bash, zsh, fish or powershell"),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			complete, known := completers[args[0]]
			if !known {
				return unknown("shell", args[0], shells, "writ completion --help")
			}
			return complete(cmd.Root())
		},
	}
}

// completes tells the shell what follows: files of plans, nothing after the last argument, and no files elsewhere.
func completes(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		switch {
		case slices.Contains([]string{"validate", "preview", "apply", "graph", "permissions", "rehearse", "fmt"}, cmd.Name()):
			cmd.ValidArgsFunction = completePlans
		case cmd.ValidArgsFunction != nil:
			cmd.ValidArgsFunction = once(cmd.ValidArgsFunction)
		}
	}
}

func completePlans(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml", "json"}, cobra.ShellCompDirectiveFilterFileExt
}

// once offers words for the first argument only.
func once(offer cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offer(cmd, args, begun)
	}
}
