// Command disk measures how fast records become durable: on a bare file, and in writ's journal under the same load.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"writ/.ci/bench/durable"
	"writ/engine/journal"
)

func main() {
	what := flag.String("what", "append", "append N records one by one, group, journal, replay a journal, or answer its span")
	n := flag.Int("n", 1000, "how many `RECORDS`")
	waiters := flag.Int("waiters", 1, "how `MANY` wait at the same time")
	span := flag.Duration("for", time.Second, "how `LONG`")
	at := flag.String("at", "", "`FILE`, or folder of runs")
	flag.Parse()
	found, err := measure(*what, *at, *n, *waiters, *span)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "disk:", err)
		os.Exit(1)
	}
}

func measure(what, at string, n, waiters int, long time.Duration) (map[string]float64, error) {
	switch what {
	case "append":
		return appendEach(at, n)
	case "group":
		return group(at, waiters, long)
	case "journal":
		return journaled(at, waiters, long)
	case "replay":
		return replay(at)
	case "span":
		return span(at)
	}
	return nil, fmt.Errorf("%s is nothing to measure", what)
}

func appendEach(file string, n int) (map[string]float64, error) {
	f, err := durable.Create(file)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	for range n {
		if err := f.Append(1); err != nil {
			return nil, err
		}
	}
	return map[string]float64{"exec": time.Since(began).Seconds()}, nil
}

func group(file string, waiters int, span time.Duration) (map[string]float64, error) {
	f, err := durable.Create(file)
	if err != nil {
		return nil, err
	}
	rate, err := durable.Rate(waiters, span, f.Append)
	return each(rate, err)
}

// reserve is more than is written in the time, since a run sets room aside, too.
const reserve = 64 << 20

func journaled(folder string, waiters int, span time.Duration) (map[string]float64, error) {
	f, err := journal.OpenFolder(folder)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	j, err := f.Create("00000000000000000000000001", reserve)
	if err != nil {
		return nil, err
	}
	defer j.Close()
	var batch []journal.Record
	rate, err := durable.Rate(waiters, span, func(n int) error {
		batch = batch[:0]
		for range n {
			batch = append(batch, ordinary())
		}
		if err := j.Append(batch...); err != nil {
			return err
		}
		return j.Sync()
	})
	return each(rate, err)
}

// ordinary is a record that is about as long as a floor's.
func ordinary() journal.Record {
	state := json.RawMessage(`{"obs_buckets":["bucket-193"]}`)
	return journal.Record{K: journal.StepDone, At: time.Now().UTC(), Step: "s193", After: state, Outputs: state, How: journal.Applied}
}

// each is the time of one record, so that less is better, as everywhere else.
func each(rate float64, err error) (map[string]float64, error) {
	return map[string]float64{"exec": 1 / rate}, err
}

// replay reads the only run of a folder, and folds it.
func replay(folder string) (map[string]float64, error) {
	began := time.Now()
	recs, err := read(folder)
	if err != nil {
		return nil, err
	}
	if _, err := journal.Fold(recs); err != nil {
		return nil, err
	}
	return map[string]float64{"exec": time.Since(began).Seconds(), "records": float64(len(recs))}, nil
}

// span is the time between the first and the last record of the only run of a folder.
func span(folder string) (map[string]float64, error) {
	recs, err := read(folder)
	if err != nil {
		return nil, err
	}
	return map[string]float64{"exec": recs[len(recs)-1].At.Sub(recs[0].At).Seconds()}, nil
}

func read(folder string) ([]journal.Record, error) {
	f, err := journal.OpenFolder(folder)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ids, err := f.Runs()
	if err != nil {
		return nil, err
	}
	if len(ids) != 1 {
		return nil, fmt.Errorf("%d runs in %s", len(ids), folder)
	}
	recs, _, err := f.Read(ids[0])
	if err == nil && len(recs) == 0 {
		err = fmt.Errorf("run %s has no record", ids[0])
	}
	return recs, err
}
