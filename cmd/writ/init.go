package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"writ/engine/plan"
	examples "writ/plans"
	"writ/steps"
)

// start is one example to begin with, and what of it is asked.
type start struct {
	name, plan, says string
	input, asks      string // the input whose default is asked for
	given            string // what a preview in the sandbox needs besides
}

var starts = []start{
	{"bootstrap", "bootstrap", "let DLI, MPC and ModelArts work with a project's buckets", "bucket_prefix", "names of the buckets begin with", ""},
	{"modelarts", "modelarts-user", "one user's own ModelArts agency", "suffix", "the agency is called ma_agency_ and", " --input user_id=00000000000000000000000000000a01"},
	{"dli", "dli-custom-agency", "an agency of one's own for DLI's jobs", "agency", "name of the agency", ""},
	{"otc", "otc-eu-de", "a project on Open Telekom Cloud", "bucket_prefix", "names of the buckets begin with", ""},
}

// schemaFile is what a new plan's first line names, for the editor; init writes it beside the plan.
const schemaFile = "writ.schema.json"

func (a *app) initCommand() *cobra.Command {
	var from, region string
	var force bool
	cmd := &cobra.Command{
		Use: "init [FILE]", Args: takes(0, 1, "file", ""), Short: "Write a first plan, by three questions or --from an example",
		Long: "Write a first plan, with comments, to FILE (plan.yaml): at a terminal by three\n" +
			"questions, else --from an example. Beside it stands " + schemaFile + ", by\n" +
			"which editors complete and check the plan. - writes the plan to standard output.\n\nExamples to begin with:\n" + listStarts(),
		Example: "  writ init --from bootstrap\n  writ init --from otc otc.yaml\n  writ init --from dli --region cn-north-4 -",
		RunE: func(_ *cobra.Command, args []string) error {
			file := "plan.yaml"
			if len(args) == 1 {
				file = args[0]
			}
			return a.init(file, from, region, force)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "`EXAMPLE`: "+strings.Join(startNames(), ", "))
	cmd.Flags().StringVar(&region, "region", "", "`REGION` of the project, as the plan's target")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite what is there")
	_ = cmd.RegisterFlagCompletionFunc("from", cobra.FixedCompletions(startNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func startNames() (names []string) {
	for _, s := range starts {
		names = append(names, s.name)
	}
	return names
}

func listStarts() string {
	var b strings.Builder
	for _, s := range starts {
		fmt.Fprintf(&b, "  %-10s  %s\n", s.name, s.says)
	}
	return strings.TrimRight(b.String(), "\n")
}

func (a *app) init(file, from, region string, force bool) error {
	if strings.ContainsFunc(file, unicode.IsControl) {
		return wrong("%q: a plan's name is one line; name another file", file)
	}
	if info, err := os.Lstat(file); err == nil && file != stdinName {
		switch {
		case !info.Mode().IsRegular(): // what a link leads to is not looked at, and so not written over
			return wrong("%s is there already, and is no regular file; name another file", file)
		case !force:
			return wrong("%s is there already; name another file, or say --force", file)
		}
	}
	s, text, err := a.begin(from, region)
	if err != nil {
		return err
	}
	raw, err := a.checked(file, text)
	if err != nil {
		return err
	}
	raw = addressed(raw, s, file)
	if file == stdinName {
		a.out().Text(string(raw))
		return nil
	}
	if err := create(file, raw, force); err != nil {
		return wrong("%s", err)
	}
	a.out().Line("wrote %s", file)
	if err := a.writeSchema(filepath.Join(filepath.Dir(file), schemaFile)); err != nil {
		return err
	}
	a.out().Line("next:\n    writ preview %s --sandbox%s", typed(file), s.given)
	return nil
}

// addressed puts the plan's own name where the example's stands. On standard output it has none, and no schema beside it.
func addressed(raw []byte, s start, file string) []byte {
	if file == stdinName {
		_, raw, _ = bytes.Cut(raw, []byte("\n#\n"))
	}
	return bytes.ReplaceAll(raw, []byte("plans/"+s.plan+".yaml"), []byte(typed(file)))
}

// checked is the plan in its canonical form, once it is known to be valid where it goes.
func (a *app) checked(file string, text []byte) ([]byte, error) {
	raw, faults, err := plan.Format(file, text)
	if err := errors.Join(err, a.report(faults)); err != nil {
		return nil, err
	}
	p, faults := plan.Load(file, raw, steps.Kinds(nil))
	if err := a.report(faults); err != nil {
		return nil, err
	}
	r, err := a.requestFor(p)
	if err != nil {
		return nil, err
	}
	return raw, a.checkPlaces(p, r)
}

// begin answers the example and its text, with what was asked put in.
func (a *app) begin(from, region string) (start, []byte, error) {
	var answer string
	if from == "" {
		if !a.terminal {
			return start{}, nil, wrong("nobody can be asked here; say --from %s", strings.Join(startNames(), ", --from "))
		}
		in := bufio.NewReader(a.stdin)
		a.err().Line("%s", listStarts())
		from = a.question(in, "which example", starts[0].name)
		s, err := findStart(from)
		if err != nil {
			return s, nil, err
		}
		text := examples.Example(s.plan)
		region = cmp.Or(region, a.question(in, "region of the project; empty to say it with each command", ""))
		answer = a.question(in, s.asks, defaultOf(text, s.input))
	}
	s, err := findStart(from)
	if err != nil {
		return s, nil, err
	}
	text := examples.Example(s.plan)
	text = bytes.Replace(text, []byte("../schemas/plan.json"), []byte("./"+schemaFile), 1)
	return s, setRegion(setDefault(text, s.input, answer), region), nil
}

func findStart(name string) (start, error) {
	for _, s := range starts {
		if s.name == name {
			return s, nil
		}
	}
	return start{}, unknown("example", name, startNames(), "writ init --help")
}

// question asks for a word; an empty answer is the one that is offered.
func (a *app) question(in *bufio.Reader, asks, offer string) string {
	if offer != "" {
		asks += " [" + offer + "]"
	}
	a.err().Text(asks + ": ")
	a.redactor.flush()
	answer, _ := in.ReadString('\n')
	return cmp.Or(strings.TrimSpace(answer), offer)
}

// defaultLine finds the default of an input in an example: its line's value.
func defaultLine(text []byte, input string) (from, to int) {
	const key = "    default: "
	from = bytes.Index(text, []byte("\n  "+input+":\n"))
	from += bytes.Index(text[from:], []byte(key)) + len(key)
	return from, from + bytes.IndexByte(text[from:], '\n')
}

func defaultOf(text []byte, input string) string {
	from, to := defaultLine(text, input)
	return strings.Trim(string(text[from:to]), `"`)
}

func setDefault(text []byte, input, value string) []byte {
	if value == "" || value == defaultOf(text, input) {
		return text
	}
	from, to := defaultLine(text, input)
	return bytes.Join([][]byte{text[:from], []byte(strconv.Quote(value)), text[to:]}, nil)
}

// setRegion gives the plan a target; its place among the keys is for the canonical form to say.
func setRegion(text []byte, region string) []byte {
	const key = "\n  region: "
	if region == "" {
		return text
	}
	at := bytes.Index(text, []byte(key))
	if strings.Trim(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		region = strconv.Quote(region)
	}
	if at < 0 {
		return fmt.Appendf(text, "target:%s%s\n", key, region)
	}
	end := at + len(key) + bytes.IndexByte(text[at+len(key):], '\n')
	return fmt.Appendf(nil, "%s%s%s%s", text[:at], key, region, text[end:])
}

// create writes a file that is not there yet, or with force one that is.
func create(file string, raw []byte, force bool) error {
	flag := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flag = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(file, flag, 0o644)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no folder %s; make it first", file, filepath.Dir(file))
	case err != nil:
		return err
	}
	_, err = f.Write(raw)
	return errors.Join(err, f.Close())
}

// writeSchema puts the schema where the plan's first line says. One that is there stays.
func (a *app) writeSchema(file string) error {
	raw := plan.Schema(steps.Kinds(nil))
	old, err := os.ReadFile(file)
	switch {
	case err == nil && bytes.Equal(old, raw):
		return nil
	case err == nil:
		a.out().Line("left %s as it is; renew it with: writ schema >%s", file, typed(file))
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return wrong("%s", err)
	}
	if err := create(file, raw, false); err != nil {
		return wrong("%s", err)
	}
	a.out().Line("wrote %s, by which editors complete and check the plan", file)
	return nil
}
