// Command release builds what is given out: for each system a static binary in an archive, what it is made of as SPDX,
// and the checksums of both. It knows nothing of where they are put. Equal commits give equal bytes; -twice builds
// everything once more, with an empty build cache, and compares.
//
//	go run ./.ci/release -out dist -twice
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// targets are the systems that writ runs on. Windows is none: the journal wants flock, O_NOFOLLOW and owners of files.
const targets = "linux/amd64,linux/arm64,darwin/arm64"

func main() {
	out := flag.String("out", "dist", "`FOLDER` to fill, in place of an earlier release")
	list := flag.String("targets", targets, "`OS/ARCH,…`")
	twice := flag.Bool("twice", false, "build again from nothing, and compare")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := release(ctx, *out, strings.Split(*list, ","), *twice); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		stop()
		os.Exit(1)
	}
}

func release(ctx context.Context, out string, targets []string, twice bool) error {
	sums, err := fill(ctx, out, targets, os.Environ())
	if err != nil || !twice {
		return err
	}
	scratch, err := os.MkdirTemp("", "writ-release-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	again, err := fill(ctx, filepath.Join(scratch, "dist"), targets, append(os.Environ(), "GOCACHE="+filepath.Join(scratch, "cache")))
	switch {
	case err != nil:
		return err
	case !bytes.Equal(sums, again):
		return fmt.Errorf("two builds differ:\n%s\n%s", sums, again)
	}
	fmt.Fprintln(os.Stdout, "built twice, byte for byte the same")
	return nil
}

// fill builds all targets into a folder, and answers its checksums.txt.
func fill(ctx context.Context, out string, targets, environ []string) ([]byte, error) {
	at, err := commitTime(ctx)
	if err == nil {
		err = empty(out)
	}
	if err != nil {
		return nil, err
	}
	var sums bytes.Buffer
	for _, target := range targets {
		files, err := build(ctx, out, target, environ, at)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", target, err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(raw), filepath.Base(file))
		}
	}
	fmt.Fprintf(os.Stdout, "%s:\n%s", out, sums.Bytes())
	return sums.Bytes(), os.WriteFile(filepath.Join(out, "checksums.txt"), sums.Bytes(), 0o644)
}

// empty makes the folder, and takes an earlier release out of it. What else is there stays.
func empty(out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, pattern := range []string{"writ_*_*.tar.gz", "writ_*_*.spdx.json", "checksums.txt"} {
		files, err := filepath.Glob(filepath.Join(out, pattern))
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// build makes the archive and the SPDX document of one target.
func build(ctx context.Context, out, target string, environ []string, at time.Time) ([]string, error) {
	system, arch, ok := strings.Cut(target, "/")
	if !ok {
		return nil, fmt.Errorf("say OS/ARCH")
	}
	stem := filepath.Join(out, "writ_"+system+"_"+arch)
	binary := stem + ".bin"
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "./cmd/writ")
	cmd.Env = append(environ, "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch, "GOFLAGS=-mod=readonly")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(binary) }()
	files := []string{stem + ".tar.gz", stem + ".spdx.json"}
	doc, err := spdx(binary, filepath.Base(files[0]), at)
	if err == nil {
		err = os.WriteFile(files[1], doc, 0o644)
	}
	if err != nil {
		return nil, err
	}
	return files, pack(files[0], at, []entry{
		{"writ", binary, 0o755}, {"LICENSE", "LICENSE", 0o644}, {"README.md", "README.md", 0o644},
		{"CHANGELOG.md", "CHANGELOG.md", 0o644}, {"sbom.spdx.json", files[1], 0o644},
	})
}

// commitTime is what every file of a release is dated, since the clock is another each time.
func commitTime(ctx context.Context) (time.Time, error) {
	said := os.Getenv("SOURCE_DATE_EPOCH")
	if said == "" {
		raw, err := exec.CommandContext(ctx, "git", "log", "-1", "--format=%ct").Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("git log: %w; without a repository, say SOURCE_DATE_EPOCH", err)
		}
		said = strings.TrimSpace(string(raw))
	}
	seconds, err := strconv.ParseInt(said, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}
