"""The lines of a table that compares our server with others, in turns.

Every line is measured in rounds, so that a noisy machine is noisy for all; a
ratio is the median of the rounds' ratios, other figures are medians.
"""

import statistics
import sys

from side_by_side import print_table


class Target:
    """What a line must reach: text to print, and whether it is met."""

    def __init__(self, text, met):
        self.text, self.met = text, met


class Line:
    """One line of the table; by server, what each round measured.

    names: of the servers, ours first.
    """

    def __init__(self, names, what, show, targets=()):
        self.names = names
        self.what, self.show, self.targets = what, show, targets
        self.runs = {}
        self.failed = 0

    def add(self, server, value, run=None):
        self.runs.setdefault(server.name, []).append((value, run or {}))
        self.failed += (run or {}).get("failed", 0)
        print(f"  {self.what}: {server.name} {self.show(value)}",
              file=sys.stderr, flush=True)

    def median(self, name):
        return statistics.median(value for value, _ in self.runs[name])

    def _ratio(self, name, figure):
        pairs = zip(self.runs[self.names[0]], self.runs[name])
        return statistics.median(
            figure(ours) / max(figure(other), 1e-9) for ours, other in pairs)

    def ratio(self, name):
        """Our figure by the other's, in the same round."""
        return self._ratio(name, lambda run: run[0])

    def ratio_of(self, key, name):
        """The same of another figure that each round had."""
        return self._ratio(name, lambda run: run[1][key])

    def figure(self, name):
        return self.show(self.median(name)) if name in self.runs else ""

    def beside(self, name):
        return f"{self.ratio(name):.3g}" if name in self.runs else ""

    def times(self, name):
        """Medians of p50, p99, p99.9, in ms."""
        runs = [run for _, run in self.runs.get(name, ()) if "p50_us" in run]
        if not runs:
            return ""
        return " / ".join(
            f"{statistics.median(run[key] for run in runs) / 1000:.2f}"
            for key in ("p50_us", "p99_us", "p999_us"))

    def row(self):
        verdict = ", ".join(
            "yes" if target.met(self) else "no" for target in self.targets)
        return [self.what, *map(self.figure, self.names),
                *map(self.beside, self.names[1:]),
                ", ".join(target.text for target in self.targets),
                verdict if self.failed == 0 else f"{self.failed} failed",
                *map(self.times, self.names[:2])]


def short(name):
    """A server's name as heads and targets have it."""
    return name.split("-")[0].split()[0]


def heads(names):
    ours, first = short(names[0]), short(names[1])
    return ["what", *names, *(f"{ours} / {short(name)}" for name in names[1:]),
            "target", "met", f"{ours} p50 / p99 / p99.9 ms",
            f"{first} p50 / p99 / p99.9 ms"]


def at_least(factor, name):
    return Target(f"≥ {factor} × {short(name)}",
                  lambda line: line.ratio(name) >= factor)


def at_most(factor, name):
    return Target(f"≤ {factor} × {short(name)}",
                  lambda line: line.ratio(name) <= factor)


def microseconds(value):
    return f"{value:.0f} µs"


def milliseconds(seconds):
    return f"{seconds * 1000:.1f} ms"


def print_all(lines):
    """The table; ends the program with an error if a request failed."""
    lines = list(lines)
    print_table([heads(lines[0].names), *(line.row() for line in lines)])
    if any(line.failed for line in lines):
        sys.exit("some requests failed")
