#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Races echo servers: race.py DIRECTORY [bars] [OPTION...]; bench/versus/run builds and starts it.

One core serves, another one loads. Servers take turns, so that what disturbs one disturbs all; a
figure is the median of the turns. Which servers, cases and bars there are is in cases.py.
"""
import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

import cases

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
DISTURBED = 0.25  # of a core, taken by others: the turn does not count if another one does


# --- one turn -------------------------------------------------------------------------------------

def on_core(core):
    def pin():
        os.sched_setaffinity(0, {core})
    return pin


class Server:
    """A server process and its children, in a group of their own."""

    def __init__(self, directory, name, buffer):
        program, *args = cases.SERVERS[name]
        self.log = directory / f"{program}.log"
        command = [directory / program, *args, str(buffer)]
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL,
                                            start_new_session=True, preexec_fn=on_core(SERVER_CORE))
        self.port = None

    def __enter__(self):
        for _ in range(300):
            lines = self.log.read_text().split("\n")
            if len(lines) > 1 and lines[0].startswith("listening on "):
                self.port = lines[0].rsplit(":", 1)[1]
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        self.__exit__()
        raise RuntimeError("the server did not start: " + self.log.read_text().strip()[-200:])

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def busy():
    """Seconds that all cores have worked."""
    fields = [int(x) for x in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, _steal = fields
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def own(pid):
    """Seconds that this process' ended children and the process pid have worked."""
    t = os.times()
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (t.user + t.system + t.children_user + t.children_system
            + sum(int(x) for x in stat[11:15]) / os.sysconf("SC_CLK_TCK"))


def turn(directory, case, name, seconds):
    with Server(directory, name, case["buffer"]) as server:
        load, *args = case["load"]
        command = [directory / load, "--port", server.port, "--pid", str(server.process.pid),
                   "--seconds", str(seconds), *args]
        begin, others = time.monotonic(), own(server.process.pid) - busy()
        done = subprocess.run(command, capture_output=True, text=True, timeout=60 + 4 * seconds,
                              preexec_fn=on_core(LOAD_CORE))
        others += busy() - own(server.process.pid)
        if done.returncode or not done.stdout:
            raise RuntimeError(done.stderr.strip()[-200:] or f"{load}: {done.returncode}")
        row = json.loads(done.stdout)
        row["others"] = others / (time.monotonic() - begin)
        return row


# --- all turns ------------------------------------------------------------------------------------

def race(directory, case, names, options):
    """Rows of every server: {name: [row...]}; what failed is told and left out."""
    rows, failed = {name: [] for name in names}, {}
    for i in range(options.turns):
        for name in names:
            if name in failed:
                continue
            try:
                rows[name].append(turn(directory, case, name, options.seconds))
            except (RuntimeError, subprocess.TimeoutExpired, OSError) as e:
                failed[name] = str(e)
            if sys.stderr.isatty():
                print(f"\r\033[K{case['name']}: turn {i + 1} of {options.turns}, {name}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return rows, failed


def middle(rows):
    """Medians over the turns that nobody disturbed, or over all when there is none."""
    calm = [r for r in rows if r["others"] <= DISTURBED]
    kept = calm or rows
    key = "us_per_op" if "us_per_op" in kept[0] else "rss_per_conn"
    values = [r[key] for r in kept]
    row = {k: statistics.median(r[k] for r in kept) for k in kept[0]}
    row["turns"] = len(kept)
    row["calm"] = bool(calm)
    row["spread"] = (max(values) - min(values)) / max(statistics.median(values), 1e-9)
    if "ops" in row:
        row["rate"] = statistics.median(r["ops"] / r["seconds"] for r in kept)
        row["core"] = statistics.median(r["server_us"] / 1e6 / r["seconds"] for r in kept)
    return row


ECHO = [("per second", "rate", "{:.0f}"), ("ratio", "ratio", "{:.2f}"), ("p50 µs", "p50_us", "{:.0f}"),
        ("p99 µs", "p99_us", "{:.0f}"), ("p99.9 µs", "p999_us", "{:.0f}"), ("core", "core", "{:.2f}"),
        ("**µs of core per op**", "us_per_op", "**{:.2f}**"), ("lost", "lost", "{:.0f}")]
IDLE = [("bytes per connection", "rss_per_conn", "**{:.0f}**"), ("shared counted in parts", "pss_per_conn", "{:.0f}"),
        ("KiB before", "base_kib", "{:.0f}")]


def print_table(case, result, failed):
    columns = IDLE if case["load"][0] == "load_idle" else ECHO
    print(f"\n**{case['name']}**: {case['what']}\n")
    print("| server | " + " | ".join(c[0] for c in columns) + " | turns | spread |")
    print("|" + "---|" * (len(columns) + 3))
    for name, row in sorted(result.items(), key=lambda x: x[1].get("us_per_op", x[1].get("rss_per_conn"))):
        cells = [form.format(row[key]) if key in row else "" for _, key, form in columns]
        turns = f"{row['turns']}{'' if row['calm'] else ' disturbed'}"
        print(f"| {name} | " + " | ".join(cells) + f" | {turns} | {row['spread']:.0%} |")
    for name, why in failed.items():
        print(f"| {name} | {why.splitlines()[-1] if why else 'failed'} |")
    sys.stdout.flush()


def measure(directory, case, names, options):
    rows, failed = race(directory, case, names, options)
    result = {name: middle(r) for name, r in rows.items() if r}
    reference = result.get(case["reference"])
    for row in result.values():
        if reference and "us_per_op" in row and row["us_per_op"]:
            row["ratio"] = reference["us_per_op"] / row["us_per_op"]
    print_table(case, result, failed)
    return result


# --- bars -----------------------------------------------------------------------------------------

def judge(bar, results):
    """(met, what was measured) or None when something of it was not measured."""
    case, name, key, reference, least, most = bar
    row, other = results.get(case, {}).get(name), results.get(case, {}).get(reference)
    if not row or (reference and not other):
        return None
    if not reference:
        value = row[key]
    elif least is not None:
        value = other[key] / row[key]  # times as good
    else:
        value = row[key] / other[key]  # of the other's
    return (value >= least if least is not None else value <= most), value


def print_bars(results):
    missed = 0
    print("\n| bar | measured | wanted | |\n|---|---|---|---|")
    for bar in cases.BARS:
        case, name, key, reference, least, most = bar
        verdict = judge(bar, results)
        if not verdict:
            continue
        met, value = verdict
        missed += not met
        wanted = f"at least {least}" if least is not None else f"at most {most}"
        limit = least if least is not None else most
        said = "met" if met else f"**missed by {abs(value - limit) / limit:.1%}**"
        print(f"| {case}: {name}, {key}{' to ' + reference if reference else ''} | {value:.3f} | {wanted} | {said} |")
    return missed


# --- the command ----------------------------------------------------------------------------------

def options_of(argv):
    p = argparse.ArgumentParser(prog="bench/versus/run", description="Echo servers beside each other.")
    p.add_argument("directory", help=argparse.SUPPRESS, type=pathlib.Path)
    p.add_argument("mode", nargs="?", choices=["tables", "bars"], default="tables",
                   help="bars: only what the bars are about, and whether they hold (exit 1: not all)")
    p.add_argument("--quick", action="store_true", help="one turn of half a second: does everything work?")
    p.add_argument("--turns", type=int, default=3)
    p.add_argument("--seconds", type=float, default=3.0, help="of each turn")
    p.add_argument("--cases", help="some of: " + " ".join(c["name"] for c in cases.CASES))
    p.add_argument("--servers", help="some, by name: " + "; ".join(cases.SERVERS))
    options = p.parse_args(argv)
    if options.quick:
        options.turns, options.seconds = 1, 0.5
    return options


def wanted_servers(options, case):
    names = [n for n in case["servers"]
             if (options.directory / cases.SERVERS[n][0]).exists()]
    if options.servers:
        asked = [s.strip() for s in options.servers.split(";")]
        return [n for n in names if n in asked]
    if options.mode == "bars":
        about = {x for b in cases.BARS if b[0] == case["name"] for x in (b[1], b[3])}
        return [n for n in names if n in about]
    return names


def main(argv):
    options = options_of(argv)
    unknown = (set((options.cases or "").split(",")) - {c["name"] for c in cases.CASES}
               | set(s.strip() for s in (options.servers or "").split(";")) - set(cases.SERVERS)) - {""}
    if unknown:
        sys.exit(f"bench/versus/run: unknown: {', '.join(sorted(unknown))}")
    results = {}
    for case in cases.CASES:
        names = wanted_servers(options, case)
        if names and case["name"] in (options.cases or case["name"]).split(","):
            results[case["name"]] = measure(options.directory, case, names, options)
    (options.directory / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    return 1 if print_bars(results) and options.mode == "bars" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
