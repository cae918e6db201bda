#!/bin/sh
# Carries out plans/bootstrap.yaml on the embedded cloud, shows what that does, and then what happens when a late
# step is refused. Usage: run.sh WRIT, from the root of the repository. No account, no network.
set -eu
writ=$1
plan=plans/bootstrap.yaml
work=bin/demo # stays, so that what writ proposes at the end of a run can be typed
rm -rf "$work" && mkdir -p "$work"

say() {
	if [ -t 1 ]; then printf '\n\033[1m## %s\033[0m\n' "$*"; else printf '\n## %s\n' "$*"; fi
}
run() { printf '$ writ %s\n' "$*"; "$writ" "$@"; }
expect() { # expect EXIT ARGUMENTS…
	want=$1; shift; got=0
	run "$@" || got=$?
	[ "$got" = "$want" ] || { echo "demo: exit $got, expected $want" >&2; exit 1; }
	echo "(exit $got)"
}
# The cloud, as the embedded sandbox keeps it, without the faults that it was told to make.
cloud() { sed '/^  "faults"/,$d' "$work/$1/sandbox.json" >"$work/$2.json"; }
# Only lines that differ are shown.
changed() {
	git --no-pager diff --no-index --no-color --unified=2 "$1" "$2" | tail -n +5 || true
}

say "1. The plan is checked: offline, all faults at once"
run validate $plan

say "2. The preview: live reads, nothing is changed"
run preview $plan --sandbox --runs "$work/good"
cloud good before

say "3. Apply: preview, ask (--yes answers), do"
expect 0 apply $plan --sandbox --runs "$work/good" --yes 2>&1
say "   The cloud before (-) and after (+)"
cloud good after
changed "$work/before.json" "$work/after.json"

say "4. Apply again: nothing to do. No call reads the DLI grant; the first run's journal is the evidence"
expect 0 apply $plan --sandbox --runs "$work/good" --yes 2>&1

say "5. Another cloud, where ModelArts refuses: MPC was switched on by then, and is put back. Exit 1: nothing is left over"
run preview $plan --sandbox --sandbox-seed plans/demo/refused.json --runs "$work/bad" >"$work/preview.txt"
cloud bad before
expect 1 apply $plan --sandbox --runs "$work/bad" --yes 2>&1
say "   The cloud after that run"
cloud bad after
if cmp -s "$work/before.json" "$work/after.json"; then
	echo "exactly as before: not one byte differs"
else
	changed "$work/before.json" "$work/after.json"
	echo "demo: the rollback left something over" >&2
	exit 1
fi

say "6. Every run can be looked at later"
run show last --runs "$work/bad"

say "7. Now you: after export PATH=\"\$PWD/bin:\$PATH\" all of these can be typed"
