"""Both sides of a row in alternation: the processes, the pairs, and the rows computed from measured ones."""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time

from peerlib import environment

PEERS = os.path.dirname(os.path.abspath(__file__))
BOTH_CORES = 1.7  # processor time over wall time that a pair needs at two threads
ONE_CORE = 0.9  # and at one thread
TURN_MS = 40  # a turn repeats a short case until it has taken about this long
LEAST_REPEATS = 3  # of a case shorter than LONG_MS: the first wakes a core that rested while the other side ran
LONG_MS = 2000
CLOSE = 1.1  # a setting this close to the best stays in the race
READY_SECONDS, RUN_SECONDS = 900, 600
FREE_SECONDS = 2  # after a pair without its cores, the longest wait for them


def log(message):
    print(message, file=sys.stderr, flush=True)


def percentile(values, share):
    """Linear interpolation between the sorted values; share in 0...1."""
    values = sorted(values)
    at = share * (len(values) - 1)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def median(values):
    return percentile(values, 0.5)


def busy_seconds():
    """Processor time that all programs together have used since the start, or None where /proc does not say."""
    try:
        with open("/proc/stat") as file:
            numbers = [int(text) for text in file.readline().split()[1:9]]
    except (OSError, ValueError, IndexError):
        return None
    # user, nice, system, (idle, wait), interrupts, soft interrupts, stolen
    return (sum(numbers[:3]) + sum(numbers[5:])) / os.sysconf("SC_CLK_TCK")


def wait_for_cores(threads):
    """Waits until other programs leave `threads` cores free, or until it has taken too long."""
    deadline = time.monotonic() + FREE_SECONDS
    while time.monotonic() < deadline:
        before, busy = time.monotonic(), busy_seconds()
        time.sleep(0.1)
        if busy is None:
            return
        used = (busy_seconds() - busy) / (time.monotonic() - before)
        if used < (os.cpu_count() or 1) - threads + 0.2:
            return


def rested_turn(side, threads):
    """A turn that, at several threads, begins when the threads of the side before have stopped watching for work."""
    if threads > 1:
        wait_for_cores(threads)
    return side.turn()


class SideFailed(Exception):
    """A process that did not start, stopped, or answered nonsense."""


class Side:
    """One process that speaks the line protocol: ready, run, quit."""

    def __init__(self, command, env):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.repeats = None
        self.reply = {}
        try:
            self.process = subprocess.Popen(
                command,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                text=True,
                bufsize=1,
            )
        except OSError as error:
            raise SideFailed(f"{command[0]}: {error.strerror}") from None
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        try:
            while self._line(READY_SECONDS) != "ready":
                pass
        except SideFailed:
            self.kill()
            raise

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put(None)

    def _line(self, seconds):
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            raise SideFailed(f"no answer within {seconds} s") from None
        if line is None:
            self.lines.put(None)  # the end stays the end for whoever asks next
            raise SideFailed(self._reason())
        return line

    def _reason(self):
        self.process.wait()
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors.read().splitlines() if line.strip()]
        lines = [line for line in lines if not line.startswith(("Usage:", "See '"))]
        traps = [line for line in lines if "Fatal error" in line or "Precondition failed" in line]
        lines = traps or lines
        code = self.process.returncode
        ended = f"ended by signal {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        return f"{lines[-1][:300]} ({ended})" if lines else ended

    def _ask(self, request, seconds):
        try:
            self.process.stdin.write(request + "\n")
            self.process.stdin.flush()
        except OSError:
            raise SideFailed(self._reason()) from None
        line = self._line(seconds)
        try:
            answer = json.loads(line)
        except ValueError:
            raise SideFailed(f"answered '{line[:100]}' to {request}") from None
        if "error" in answer:
            raise SideFailed(answer["error"])
        return answer

    def turn(self):
        """One turn: the median wall time of its repetitions, and processor over wall time of all of them."""
        answers = [self._ask("run", RUN_SECONDS)]
        if self.repeats is None:
            wall = max(answers[0]["wall_ms"], 0.01)
            self.repeats = max(LEAST_REPEATS if wall < LONG_MS else 1, min(50, round(TURN_MS / wall)))
        while len(answers) < self.repeats:
            answers.append(self._ask("run", RUN_SECONDS))
        self.reply.update({k: v for k, v in answers[-1].items() if k not in ("wall_ms", "cpu_ms")})
        walls = [answer["wall_ms"] for answer in answers]
        return median(walls), sum(answer["cpu_ms"] for answer in answers) / max(sum(walls), 1e-9)

    def quit(self):
        """Ends the process and keeps what it says of its memory."""
        try:
            self.reply.update(self._ask("quit", 60))
            self.process.stdin.close()
            self.process.wait(60)
        except (SideFailed, OSError, subprocess.TimeoutExpired):
            pass
        self.kill()
        return self.reply

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()


class Comparison:
    """Measures rows, each case once per thread count, and remembers the results for the rows computed from them."""

    def __init__(self, benchmark, python, pairs, settings=()):
        """settings: the only ones of the peers to try, where a row has some of them; none means all."""
        self.benchmark, self.python, self.pairs, self.settings = benchmark, python, pairs, settings
        self.results = {}

    def ours(self, work, row, threads):
        command = [self.benchmark, work, "--serve", row.case, "--threads", str(threads)]
        if row.launcher:
            program, *arguments = row.launcher
            command = [os.path.join(os.path.dirname(PEERS), program), *arguments]
        return Side(command, environment(threads, row.isa, ours=True))

    def peer(self, row, setting, threads):
        command = [
            self.python,
            os.path.join(PEERS, row.script),
            row.peer_case or row.case,
            "--setting",
            setting,
            "--threads",
            str(threads),
        ]
        return Side(command, environment(threads, row.isa))

    def choose(self, row, threads):
        """Tries every setting; keeps running the fastest and what comes close. Returns them and all times."""
        racing, times = {}, {}
        settings = row.settings + (row.parallel if threads > 1 else ())
        for setting in [setting for setting in settings if setting in self.settings] or settings:
            try:
                side = self.peer(row, setting, threads)
                times[setting] = median([side.turn()[0] for _ in range(3)])
                racing[setting] = side
            except SideFailed as error:
                times[setting] = None
                log(f"  {row.name}, {setting}: {error}")
                continue
            best = min(times[name] for name in racing)
            for name in [name for name in racing if times[name] > CLOSE * best]:
                racing.pop(name).quit()
        return racing, times

    def measure(self, work, row, threads):
        """The result of a row: at least `pairs` pairs in which both sides had their cores, if the machine allows."""
        result = dict(
            work=f"{work}: {row.name}",
            threads=threads,
            ours_ms=None,
            peer=None,
            peer_ms=None,
            peer_all={},
            ratio=None,
            ours_peak_mib=None,
            peer_peak_mib=None,
            goal=row.goal,
            group=work,
            case=row.name,
            isa=row.isa,
            ours={},
            peer_reply={},
            note="",
        )
        racing, times = self.choose(row, threads)
        result["peer_all"] = {name: None if ms is None else round(ms, 3) for name, ms in times.items()}
        notes = [] if racing else ["no peer ran"]
        try:
            ours = self.ours(work, row, threads)
            ours.turn()
        except SideFailed as error:
            for side in racing.values():
                side.quit()
            best = min(racing, key=times.get) if racing else None
            result.update(note=f"ours: {error}", peer=best, peer_ms=times.get(best))
            return result
        need = BOTH_CORES if threads > 1 else ONE_CORE
        turns = {name: [] for name in racing}
        alone = []
        try:
            for index in range(4 * self.pairs):
                # Ours first, then last: neither side always meets the caches that the other left.
                mine = rested_turn(ours, threads) if index % 2 == 0 else None
                theirs = {name: rested_turn(side, threads) for name, side in racing.items()}
                mine = mine or rested_turn(ours, threads)
                alone.append(mine)
                for name, their in theirs.items():
                    turns[name].append((mine, their))
                counted = [sum(fair(pair, need) for pair in pairs) for pairs in turns.values()]
                if index + 1 >= self.pairs and (not counted or min(counted) >= self.pairs):
                    break
                if any(not fair(pairs[-1], need) for pairs in turns.values()):
                    wait_for_cores(threads)
        except SideFailed as error:
            notes.append(str(error))
        ours.quit()
        for side in racing.values():
            side.quit()
        result["ours"] = ours.reply
        result["ours_peak_mib"] = ours.reply.get("peak_mib")
        best = None
        for name, pairs in turns.items():
            good = [pair for pair in pairs if fair(pair, need)]
            enough = len(good) >= self.pairs
            summary = summarize(good if enough else (good if len(good) >= 3 else pairs))
            if summary and (best is None or summary["peer_ms"] < best[1]["peer_ms"]):
                note = (
                    ""
                    if enough
                    else (
                        f"only {len(good)} of {len(pairs)} pairs had {threads} free cores"
                        + ("" if len(good) >= 3 else ": all pairs counted")
                    )
                )
                best = name, summary, note
            if summary:
                result["peer_all"][name] = summary["peer_ms"]
        if best:
            name, summary, note = best
            reply = racing[name].reply
            result.update(summary, peer=name, peer_peak_mib=reply.get("peak_mib"), peer_reply=reply)
            notes += [note] if note else []
        elif alone:
            result["ours_ms"] = round(median([wall for wall, _ in alone]), 4)
        result["note"] = "; ".join(notes)
        return result

    def result(self, work, row, threads):
        key = work, row.name, threads
        if key not in self.results:
            log(f"{work}: {row.name}, {threads} thread{'s' if threads > 1 else ''}")
            self.results[key] = self.measure(work, row, threads)
        return self.results[key]

    def derived(self, work, row, rows, threads):
        parts = [self.result(work, rows[name], threads) for name in row.of]
        ratio = row.compute(*parts)
        first = parts[0]
        result = dict(
            work=f"{work}: {row.name}",
            threads=threads,
            ours_ms=None,
            peer=first["peer"],
            peer_ms=None,
            peer_all={},
            ratio=None if ratio is None else round(ratio, 4),
            ours_peak_mib=None,
            peer_peak_mib=None,
            goal=row.goal,
            group=work,
            case=row.name,
            note="",
        )
        if len(parts) == 1:
            result.update({key: first[key] for key in ("ours_peak_mib", "peer_peak_mib", "note")})
        if ratio is None and not result["note"]:
            result["note"] = "a number it needs is missing"
        return result

    def scaling(self, work, row, rows):
        one, two = (self.result(work, rows[row.of], threads) for threads in (1, 2))
        quotient = lambda key: one[key] / two[key] if one[key] and two[key] else None
        ratio, peer = quotient("ours_ms"), quotient("peer_ms")
        goal = min(row.goal, peer) if row.peer_may_lower and peer else row.goal
        note = "" if peer is None else f"the peer scales by {peer:.2f}"
        return dict(
            work=f"{work}: {row.name}",
            threads=2,
            ours_ms=two["ours_ms"],
            peer=two["peer"],
            peer_ms=two["peer_ms"],
            peer_all={},
            ratio=None if ratio is None else round(ratio, 4),
            ours_peak_mib=two["ours_peak_mib"],
            peer_peak_mib=two["peer_peak_mib"],
            goal=round(goal, 3),
            group=work,
            case=row.name,
            note=note or one["note"] or two["note"],
        )


def fair(pair, need):
    """Whether both sides of a pair had the processor time that the threads could take."""
    return all(share >= need for _, share in pair)


def summarize(pairs):
    if not pairs:
        return None
    ours, peer = ([pair[side][0] for pair in pairs] for side in (0, 1))
    ratios = [b / a for a, b in zip(ours, peer)]
    spread = lambda values: round((percentile(values, 0.9) - percentile(values, 0.1)) / median(values), 3)
    return dict(
        ours_ms=round(median(ours), 4),
        peer_ms=round(median(peer), 4),
        ratio=round(median(peer) / median(ours), 4),
        ours_spread=spread(ours),
        peer_spread=spread(peer),
        ratio_low=round(percentile(ratios, 0.1), 3),
        ratio_high=round(percentile(ratios, 0.9), 3),
        pairs=len(pairs),
    )
