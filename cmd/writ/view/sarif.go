package view

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"
)

// The parts of SARIF 2.1.0 that code scanners read.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		ColumnKind  string            `json:"columnKind"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Help  sarifText `json:"help"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful bool   `json:"executionSuccessful"`
		Exit       int    `json:"exitCode"`
		Ended      string `json:"endTimeUtc"`
	}
	sarifResult struct {
		Rule        string            `json:"ruleId"`
		RuleIndex   int               `json:"ruleIndex"`
		Level       string            `json:"level"`
		Message     sarifText         `json:"message"`
		Locations   []sarifLocation   `json:"locations,omitempty"`
		Related     []sarifLocation   `json:"relatedLocations,omitempty"`
		Fingerprint map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		ID       int            `json:"id,omitempty"`
		Message  *sarifText     `json:"message,omitempty"`
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line   int `json:"startLine"`
		Col    int `json:"startColumn,omitempty"`
		EndCol int `json:"endColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

const sarifSchema = "https://json.schemastore.org/sarif-2.1.0.json"

// SARIF prints what a person should know as results of an analysis, each at its line of the plan.
func SARIF(w io.Writer, r *Report) error {
	run := sarifRun{
		Tool: sarifTool{sarifDriver{Name: "writ", Version: Clean(r.Version), Rules: []sarifRule{}}}, ColumnKind: "unicodeCodePoints",
		Invocations: []sarifInvocation{{Successful: r.Exit == 0 || r.Exit == 2, Exit: r.Exit, Ended: r.Now.UTC().Format("2006-01-02T15:04:05.000Z")}},
		Results:     []sarifResult{},
	}
	places := map[string]int{}
	for _, f := range r.findings(r.entries()) {
		if _, ok := places[f.rule]; !ok {
			places[f.rule] = len(places)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, r.sarifRule(f.rule))
		}
		run.Results = append(run.Results, r.sarifResult(f, places[f.rule]))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

func (r *Report) sarifRule(id string) sarifRule {
	says := sarifText{sentence(r.ruleSays(id))}
	return sarifRule{ID: Clean(id), Short: says, Help: says}
}

func (r *Report) sarifResult(f finding, rule int) sarifResult {
	out := sarifResult{Rule: Clean(f.rule), RuleIndex: rule, Level: f.level, Message: sarifText{f.lines(sarifEscape, "\n")}}
	at := sarifLocation{Physical: sarifPlace(r.fromRoot(f.file), f.line, f.col, f.endCol)}
	if f.step != "" {
		at.Logical = []sarifLogical{{Name: Clean(f.step), Kind: "resource"}}
	}
	if at.Physical != nil || at.Logical != nil {
		out.Locations = []sarifLocation{at}
	}
	for i, rel := range f.related {
		file := rel.File
		if file == "" {
			file = f.file
		}
		if place := sarifPlace(r.fromRoot(file), rel.Line, rel.Col, 0); place != nil {
			out.Related = append(out.Related, sarifLocation{ID: i + 1, Message: &sarifText{sarifEscape(rel.Message)}, Physical: place})
		}
	}
	// What tells a finding from others of its file, wherever in it: a line above does not make it a new one.
	sum := sha256.Sum256([]byte(strings.Join([]string{f.rule, r.fromRoot(f.file), f.step, f.message}, "\x00")))
	out.Fingerprint = map[string]string{"finding/v1": hex.EncodeToString(sum[:16])}
	return out
}

// fromRoot is a file's name from the checkout's folder, where it stands below that: scanners and annotations go by it.
func (r *Report) fromRoot(file string) string {
	if file == "" || file == stdinName || r.Root == "" {
		return file
	}
	whole := file
	if !filepath.IsAbs(whole) {
		whole = filepath.Join(r.Here, whole)
	}
	if short, err := filepath.Rel(r.Root, whole); err == nil && filepath.IsLocal(short) {
		return short
	}
	return file
}

// sarifPlace is a place in a file; nil where there is no file.
func sarifPlace(file string, line, col, endCol int) *sarifPhysical {
	if file == "" || file == "-" {
		return nil
	}
	place := &sarifPhysical{Artifact: sarifArtifact{uriOf(file)}}
	if line > 0 {
		place.Region = &sarifRegion{Line: line, Col: col}
		if endCol > col {
			place.Region.EndCol = endCol
		}
	}
	return place
}

// uriOf is a file's name as a reference, relative as the name itself is.
func uriOf(file string) string {
	u := url.URL{Path: filepath.ToSlash(filepath.Clean(file))}
	if filepath.IsAbs(file) {
		u.Scheme = "file"
	}
	return u.String()
}

// sarifEscape keeps foreign text from becoming a link, which is what brackets before a parenthesis make of it.
func sarifEscape(text string) string {
	return strings.ReplaceAll(Clean(text), "](", "] (")
}
