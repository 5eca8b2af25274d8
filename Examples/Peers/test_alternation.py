#!/usr/bin/env python3
"""Tests of the alternation with stubs for both sides: python3 test_alternation.py. Needs no peer."""
import contextlib
import io
import os
import stat
import subprocess
import sys
import tempfile
import time
import unittest

import alternation
import peerlib
from rows.model import Row, Scaling, difference, geometric_mean, memory, time_within, within

HERE = os.path.dirname(os.path.abspath(__file__))
# Stubs need no processor.
alternation.FREE_SECONDS = 0

# Plays either side: the case names how many milliseconds it answers, so no clock is involved.
STUB = '''#!{python}
import json, sys
words = sys.argv[1:]
if "--serve" in words:
    name = words[words.index("--serve") + 1]
    wall, peak = dict(even=10.0, slow=40.0).get(name, 10.0), 50.0
    if name == "absent":
        sys.exit("Error: there is no case named 'absent'")
else:
    name, setting = words[0], words[words.index("--setting") + 1]
    wall, peak = dict(fast=20.0, close=21.0, slow=80.0, broken=0.0)[setting], 200.0
    if setting == "broken":
        sys.exit("stub: no module")
threads = int(words[words.index("--threads") + 1])
wall /= threads
print("ready", flush=True)
count = 0
for line in sys.stdin:
    if line.strip() == "quit":
        print(json.dumps(dict(peak_mib=peak, base_mib=40.0)), flush=True)
        break
    count += 1
    if name == "dies" and count > 3:
        sys.exit("Fatal error: index out of range")
    share = 1.0 if name == "crowded" else 0.99 * threads
    print(json.dumps(dict(wall_ms=wall, cpu_ms=wall * share, quality=0.9)), flush=True)
'''


class Alternation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.stub = os.path.join(cls.folder.name, "stub.py")
        with open(cls.stub, "w") as file:
            file.write(STUB.format(python=sys.executable))
        os.chmod(cls.stub, os.stat(cls.stub).st_mode | stat.S_IXUSR)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_row(self, row, threads=1, rows=()):
        comparison = alternation.Comparison(self.stub, sys.executable, 4)
        names = {r.name: r for r in (*rows, row)}
        with contextlib.redirect_stderr(io.StringIO()):
            if isinstance(row, Scaling):
                return comparison.scaling("work", row, names)
            if isinstance(row, Row):
                return comparison.result("work", row, threads)
            return comparison.derived("work", row, names, threads)

    def row(self, case="even", settings=("slow", "fast", "close", "broken"), **options):
        return Row(case, self.stub, settings, 1.5, **options)

    def test_ratio_is_peer_over_ours_at_the_fastest_setting(self):
        result = self.run_row(self.row())
        self.assertEqual(
            (result["peer"], result["ours_ms"], result["peer_ms"], result["ratio"]), ("fast", 10.0, 20.0, 2.0))
        self.assertEqual(result["peer_all"], dict(slow=80.0, fast=20.0, close=21.0, broken=None))
        self.assertEqual((result["pairs"], result["note"]), (4, ""))
        self.assertEqual((result["ours_peak_mib"], result["peer_peak_mib"]), (50.0, 200.0))

    def test_parallel_settings_are_tried_at_several_threads_alone(self):
        row = self.row(settings=("slow",), parallel=("fast",))
        self.assertEqual(self.run_row(row)["peer_all"], dict(slow=80.0))
        self.assertEqual(self.run_row(row, threads=2)["peer_all"], dict(slow=40.0, fast=10.0))

    def test_workers_count_as_processor_time(self):
        with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as child:
            time.sleep(0.3)
            before = peerlib.children_seconds()
            timing = peerlib.timed(lambda: time.sleep(0.5))
            child.kill()
        self.assertGreater(before, 0)
        # At least one tick of the child; this process sleeps.
        self.assertGreaterEqual(timing["cpu_ms"], 9)

    def test_every_printed_key_is_there(self):
        keys = "work threads ours_ms peer peer_ms peer_all ratio ours_peak_mib peer_peak_mib goal".split()
        for row in (self.row(), self.row("absent"), memory("m", "even", 2.0), Scaling("s", "even")):
            result = self.run_row(row, rows=[self.row()])
            self.assertEqual([key for key in keys if key not in result], [])

    def test_pairs_without_both_cores_do_not_count(self):
        result = self.run_row(self.row("crowded"), threads=2)
        self.assertIn("only 0 of 16 pairs", result["note"])
        self.assertEqual(result["pairs"], 16)

    def test_a_missing_case_of_ours_is_a_row_without_a_ratio(self):
        result = self.run_row(self.row("absent"))
        self.assertIsNone(result["ratio"])
        self.assertIn("no case named 'absent'", result["note"])

    def test_a_process_that_dies_is_reported(self):
        self.assertIn("Fatal error: index out of range", self.run_row(self.row("dies"))["note"])

    def test_derived_rows(self):
        even, slow = self.row(settings=("fast",)), self.row("slow", settings=("fast",))
        for row, ratio in (
            (memory("memory", "even", 2.0), 4.0),
            (geometric_mean("mean", ("even", "slow"), 2.0), 1.0),  # 2 and 1/2
            (difference("quality", "even", "quality", -0.002), 0.0),
            (within("limit", "even", "quality", 1.8), 2.0),
            (time_within("time", "slow", "even", 6), 1.5),
            (within("missing", "even", "nothing", 1), None),
        ):
            self.assertEqual(self.run_row(row, rows=[even, slow])["ratio"], ratio, row.name)

    def test_scaling_goal_falls_to_the_peers(self):
        result = self.run_row(Scaling("s", "even", 2.5), rows=[self.row()])
        self.assertEqual((result["ratio"], result["goal"], result["threads"]), (2.0, 2.0, 2))

    def test_percentile_interpolates(self):
        self.assertEqual([alternation.percentile([3, 1, 2], share) for share in (0, 0.25, 0.5, 1)], [1, 1.5, 2, 3])

    def test_handicaps_are_removed(self):
        os.environ["OPENBLAS_CORETYPE"] = "Haswell"
        self.assertNotIn("OPENBLAS_CORETYPE", alternation.environment(1))
        self.assertEqual(alternation.environment(1, "avx2", ours=True)["SUPERCL_ISA"], "avx2")


if __name__ == "__main__":
    unittest.main()
