#!/usr/bin/env python3
"""Checks that a quickstart's report.json has the rows and ranges that its documentation promises."""
import json
import sys

report = json.load(open(sys.argv[1]))
rows = report["results"]
keys = {"method", "fraction", "seed", "class", "dice", "jaccard", "hd95_mm", "assd_mm", "missed"}
assert rows and all(set(row) == keys for row in rows), "a row lacks a key"
assert {row["method"] for row in rows} == {"scratch", "supercl"}, "a method is missing"
assert {.1, .25, 1} == {row["fraction"] for row in rows}, "a fraction is missing"
assert any(row["class"] == "mean" for row in rows), "there is no mean"
for row in rows:
    assert 0 <= row["dice"] <= 1 and 0 <= row["jaccard"] <= 1, row
    assert row["hd95_mm"] is None or row["hd95_mm"] >= 0, row
assert report["kind"] == "quick" and report["notes"] == [], "a quick run of the kept CT says so, and has no notes"
seeds = sorted({row["seed"] for row in rows})
assert sorted(item["fraction"] for item in report["differences"]) == [.1, .25], "a difference for each fraction"
assert all(item["seeds"] == seeds and len(item["differences"]) == len(seeds) for item in report["differences"])
assert all("low" not in item for item in report["differences"]), "a quick run has no intervals"
assert [item["seed"] for item in report["pretraining"]] == seeds, "a pre-training for each seed"
assert [item["seed"] for item in report["spread"]] == seeds, "the spread of each pre-training"
assert report["settings"] and report["split"] and report["stages"], "settings, split or stages are missing"
print(f"report.json: {len(rows)} rows are in order")
