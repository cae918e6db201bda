# What CI runs is what a person runs: .ci/run calls these targets and nothing else.

GO       ?= go
LINT     := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 10s
FUZZES   := ./engine/expr:FuzzCompile ./engine/journal:FuzzRead ./engine/plan:FuzzLoad ./engine/plan:FuzzDecode ./engine/plan:FuzzFormat \
	./steps/cloud:FuzzRequests ./steps/cloud:FuzzAnswers ./steps/cloud:FuzzRedact ./cmd/writ/view:FuzzRender ./steps/signin:FuzzFiles ./engine:FuzzSaved

.PHONY: torture simulated killed sabotage docs build demo recording test check fuzz bench load clean release

build: ## bin/writ, static
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o bin/writ ./cmd/writ

demo: build ## the bootstrap plan on the embedded cloud: preview, apply, again, and a run that is put back
	@sh plans/demo/run.sh bin/writ

recording: ## dist/apply.cast, a run of twelve steps with slow calls, for asciinema
	@mkdir -p dist
	$(GO) test ./cmd/writ -count=1 -run '^TestRecordingOfTwelveSteps$$' -cast $(CURDIR)/dist/apply.cast

# Rooms whose tests drive other processes, or everything in one goroutine: the race detector has little to see there. Of the
# program's own, it watches what runs many things at once.
ALONE := ./cmd/writ ./engine/sim ./engine/journal ./steps/torture ./cmd/writ/torture ./cmd/writ/browser ./cmd/writ/recipes ./cmd/writ/sabotage

test: ## all tests, those of shared memory with the race detector
	$(GO) test -race $$($(GO) list ./... | grep -vxE 'writ/(engine/sim|steps/torture|cmd/writ|cmd/writ/(torture|browser|recipes|sabotage))')
	$(GO) test -race -run 'TestScripts/(bootstrap|each|interrupt|rollback|doubt)|TestScreens|Rehears' ./cmd/writ
	$(GO) test $(ALONE)

check: ## format, vet, lint, module files
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt"; exit 1; }
	$(GO) vet ./... ./.ci/release ./.ci/bench/...
	$(GO) mod tidy -diff
	$(GO) run $(LINT) run ./... ./.ci/release ./.ci/bench/...

fuzz: ## each fuzz target for FUZZTIME
	@mkdir -p dist
	@for f in $(FUZZES); do \
		$(GO) test $${f%%:*} -run '^$$' -fuzz "^$${f##*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5s >dist/fuzz.log 2>&1; bad=$$?; cat dist/fuzz.log; \
		awk -v name="$${f##*:}" -v bad=$$bad '/execs: /{n = $$5} END {printf "%s\t%d\t%d wrong\n", name, n, bad != 0}' dist/fuzz.log >>$(TABLE); \
		[ $$bad = 0 ] || exit 1; \
	done

# How much is tortured. CI has less of it: what stands in .ci/run.
TABLE := $(CURDIR)/dist/torture.tsv
SEED  ?= 1
SEEDS ?= 5000000
# Of the events that come first in the enumerations, one in so many: single faults, pairs of deaths, and both with writ's own kinds.
EVERY ?= 1
PAIRS ?= 1
KINDS ?= 1
KILLS ?= 1500
# One in so many bugs is built in.
BUGS  ?= 1

torture: ## every crash and every fault, simulated and real, then fuzz and sabotage, and a table; SEED=N for other chances
	@mkdir -p dist && rm -f $(TABLE)
	@$(MAKE) --no-print-directory -j2 -O simulated killed
	@$(MAKE) --no-print-directory fuzz sabotage
	@column -t -s "$$(printf '\t')" $(TABLE)

# What is simulated keeps the cores busy, and what is killed mostly waits: so they go on side by side.
simulated:
	WRIT_TABLE=$(TABLE) $(GO) test -count=1 -timeout 0 ./engine/sim -args -every $(EVERY) -pairs $(PAIRS) -seed $(SEED) -seeds $(SEEDS)
	WRIT_TABLE=$(TABLE) $(GO) test -count=1 -timeout 0 ./steps/torture -args -every $(KINDS)

killed:
	WRIT_TABLE=$(TABLE) $(GO) test -count=1 -timeout 0 ./cmd/writ/torture -run '^TestKilledAtRandom$$' -args -seed $(SEED) -kills $(KILLS)
	WRIT_TABLE=$(TABLE) $(GO) test -count=1 -timeout 0 ./cmd/writ -run '^TestNoSecretGetsOut$$' -args -paths

sabotage: ## bugs built in one at a time: each must make the test fail that is to catch it; BUG=NAME for one
	@mkdir -p dist
	@WRIT_TABLE=$(TABLE) $(GO) test -count=1 -v -timeout 0 ./cmd/writ/sabotage -run '^TestEveryBugIsCaught$$' -args -each $(BUGS) -bug '$(BUG)'

docs: ## man pages and the reference of kinds, in dist/
	$(GO) test ./cmd/writ -count=1 -run '^TestDocs$$' -docs $(CURDIR)/dist

# A row of the budgets, as P6 or P6,P10, leaves out all else; QUICK=1 has smaller sizes and fewer rounds.
ROW   ?=
QUICK ?=

bench: build ## Go benchmarks of every room, then writ side by side with floors and peers; ROW=P6 for one row, QUICK=1
ifeq ($(ROW),)
	$(GO) test -run '^$$' -bench . -benchmem $(if $(QUICK),-benchtime 1x) ./...
endif
	$(GO) run ./.ci/bench -writ bin/writ $(if $(ROW),-row $(ROW)) $(if $(QUICK),-quick)

LOAD ?= 10m

load: ## the sandbox under signed requests from 16, 64 and 200 connections, for LOAD each: rates, p99, and nothing grows
	$(GO) test ./steps/sandbox -count=1 -v -timeout 0 -run '^TestUnderLoadNothingGrows$$' -args -load $(LOAD)

release: ## dist: for each system an archive, its SBOM and their checksums, built twice and compared; sends nothing
	$(GO) run ./.ci/release -out dist -twice

clean:
	rm -rf bin dist
