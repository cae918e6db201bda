package main

import (
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"
)

// document is SPDX 2.3, as far as a Go binary knows what it is made of.
type document struct {
	Version   string     `json:"spdxVersion"`
	License   string     `json:"dataLicense"`
	ID        string     `json:"SPDXID"`
	Name      string     `json:"name"`
	Namespace string     `json:"documentNamespace"`
	Creation  creation   `json:"creationInfo"`
	Packages  []part     `json:"packages"`
	Relations []relation `json:"relationships"`
}

type creation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type part struct {
	ID        string     `json:"SPDXID"`
	Name      string     `json:"name"`
	Version   string     `json:"versionInfo"`
	Download  string     `json:"downloadLocation"`
	Analyzed  bool       `json:"filesAnalyzed"`
	Concluded string     `json:"licenseConcluded"`
	Declared  string     `json:"licenseDeclared"`
	Copyright string     `json:"copyrightText"`
	Sums      []checksum `json:"checksums,omitempty"`
	Refs      []purl     `json:"externalRefs,omitempty"`
	Comment   string     `json:"comment,omitempty"`
}

type checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type purl struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type relation struct {
	From string `json:"spdxElementId"`
	Kind string `json:"relationshipType"`
	To   string `json:"relatedSpdxElement"`
}

const unsaid = "NOASSERTION"

// spdx lists the modules that the linker put into a binary, which are fewer than go.mod names.
func spdx(binary, name string, at time.Time) ([]byte, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(raw))
	writ := module(0, debug.Module{Path: "writ", Version: info.Main.Version})
	writ.Declared, writ.Refs, writ.Sums = "Apache-2.0", nil, []checksum{{"SHA256", sum}}
	doc := document{
		Version: "SPDX-2.3", License: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: name, Namespace: "urn:writ:sbom:" + sum,
		Creation:  creation{at.Format(time.RFC3339), []string{"Tool: writ-release"}},
		Packages:  []part{writ},
		Relations: []relation{{"SPDXRef-DOCUMENT", "DESCRIBES", writ.ID}},
	}
	deps := []debug.Module{{Path: "stdlib", Version: strings.TrimPrefix(info.GoVersion, "go")}}
	for _, dep := range info.Deps {
		deps = append(deps, *cmp.Or(dep.Replace, dep))
	}
	for i, dep := range deps {
		p := module(i+1, dep)
		doc.Packages = append(doc.Packages, p)
		doc.Relations = append(doc.Relations, relation{writ.ID, "DEPENDS_ON", p.ID})
	}
	return json.MarshalIndent(doc, "", "  ")
}

func module(i int, m debug.Module) part {
	p := part{
		ID: fmt.Sprintf("SPDXRef-%d", i), Name: m.Path, Version: m.Version, Download: unsaid,
		Concluded: unsaid, Declared: unsaid, Copyright: unsaid,
		Refs: []purl{{"PACKAGE-MANAGER", "purl", "pkg:golang/" + m.Path + "@" + m.Version}},
	}
	if m.Sum != "" {
		p.Comment = "go.sum: " + m.Sum
	}
	return p
}
