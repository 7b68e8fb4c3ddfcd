#!/usr/bin/env python3
"""table.py RESULTS: the lines of one run of scripts/bench as tables."""

import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

REFERENCE = "nginx-put"
# Workload: its title, the figure, and what else is shown of it.
TABLES = {
    "w1": ("W1: one file of 1 GiB, MiB/s", "mib_s", ["cpu_s_gib", "peak_mib"]),
    "w2": ("W2: 8 files of 128 MiB at once, MiB/s", "mib_s", ["cpu_s_gib", "peak_mib"]),
    "w3": ("W3: 2,000 files of 16 KiB on 16 connections, files/s", "files_s", ["p50_ms", "p99_ms", "cpu_ms_file", "peak_mib"]),
    "beside": ("W3 beside uploads of 1 GiB on two other connections, files/s", "files_s", ["p50_ms", "p99_ms", "max_ms", "peak_mib"]),
    "far": ("Far away: one file of 256 MiB over 50 ms of network, MiB/s", "mib_s", ["cpu_s_gib", "peak_mib"]),
    "d1": ("Download of 1 GiB, MiB/s", "mib_s", ["cpu_s_gib", "peak_mib"]),
    "d1r": ("Download of 1 GiB in 16 ranges, MiB/s", "mib_s", ["cpu_s_gib", "peak_mib"]),
    "d3": ("Downloads of 16 KiB on 16 connections, files/s", "files_s", ["p50_ms", "p99_ms", "cpu_ms_file", "peak_mib"]),
    "idle": ("1,000 idle connections, KiB of memory each", "kib_each", ["kib_further", "cpu_ms_each", "peak_mib"]),
    "idle10k": ("10,000 idle connections, KiB of memory each", "kib_each", ["kib_further", "cpu_ms_each", "peak_mib"]),
    "stalled": ("1,000 uploads that stopped after 64 KiB of 1 MiB, KiB of memory each", "kib_each", ["kib_further", "cpu_ms_each", "peak_mib"]),
}
ROWS = {
    "ready_ms": "from the start to `/readyz`, ms", "started_mib": "memory then, MiB", "start_peak_mib": "at its most, MiB",
    "page_first_ms": "the first 100 of one's files, ms", "page_middle_ms": "100 in the middle, ms", "page_last_ms": "the last 100, ms",
    "page_of_slot_ms": "the first 100 of a slot, ms", "page_of_empty_slot_ms": "of a slot without files, ms",
    "live_page_ms": "the page `/files`, ms", "look_ms": "one file's facts, ms", "download_ms": "one file, ms",
    "put_ms": "16 KiB by PUT, ms", "register_ms": "tus: a creation, ms", "commit_ms": "tus: its 16 KiB, ms",
    "ticket_ms": "a creation with a ticket that counts, ms", "idle_sweep_cpu_ms": "CPU of a sweep that finds nothing, ms",
    "sweep_none_s": "`longshore sweep` that finds nothing, s", "sweep_all_s": "that finds 10,000, s",
    "peak_mib": "memory at its most, MiB", "bytes_a_row": "the database, bytes a row",
}
HEADS = {
    "cpu_s_gib": "CPU s/GiB", "cpu_ms_file": "CPU ms/file", "cpu_ms_each": "CPU ms each", "kib_further": "each further one",
    "peak_mib": "peak MiB",
    "p50_ms": "p50 ms", "p99_ms": "p99 ms", "max_ms": "max ms",
}


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(values):
    """The median, and between which values it lies."""
    if not values:
        return "-"
    return f"{number(median(values))} ({number(min(values))}–{number(max(values))})"


def short(line):
    """One measurement, for whoever watches."""
    head = f"{line['workload']} {line['round'] + 1} {line['target']}"
    if "failed" in line:
        return f"{head}: FAILED: {line['failed']}"
    key, more = TABLES.get(line["workload"], (None, "ready_ms", list(ROWS)[1:]))[1:]
    return f"{head}: " + " ".join(f"{name}={number(line[name])}" for name in [key, *more] if name in line)


def ratios(lines, others, key):
    """Each measurement over the other's of the same round."""
    of_round = {line["round"]: line[key] for line in others}
    return [line[key] / of_round[line["round"]] for line in lines if of_round.get(line["round"])]


def one(workload, by_target):
    title, key, more = TABLES[workload]
    good = {target: [line for line in lines if "failed" not in line] for target, lines in by_target.items()}
    before = any(target.endswith("@before") for target in good)
    heads = ["target", "median (min–max)", "/ nginx (min–max)", *(["/ before"] if before else []), *(HEADS[name] for name in more), "n", "failed"]
    rows = [f"### {title}", "", "| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    order = sorted(good, key=lambda target: -median([line[key] for line in good[target]] or [0]))
    for target in order:
        lines = good[target]
        cells = [target, spread([line[key] for line in lines]), spread(ratios(lines, good.get(REFERENCE, []), key))]
        if before:
            cells.append(spread(ratios(lines, good.get(f"{target}@before", []), key)))
        cells += [spread([line[name] for line in lines if name in line]) for name in more]
        rows.append("| " + " | ".join([*cells, str(len(lines)), str(len(by_target[target]) - len(lines))]) + " |")
    return "\n".join(rows)


def rows(by_size):
    """What each thing costs, by how many rows there are."""
    sizes = list(by_size)
    lines = ["### What a catalogue of many rows costs", "", "| what | " + " | ".join(sizes) + " |", "|---" * (len(sizes) + 1) + "|"]
    for key, title in ROWS.items():
        cells = [spread([line[key] for line in by_size[size] if key in line]) for size in sizes]
        lines.append("| " + " | ".join([title, *cells]) + " |")
    return "\n".join(lines)


def all_of(results):
    lines = defaultdict(lambda: defaultdict(list))
    for text in Path(results).read_text().splitlines():
        line = json.loads(text)
        lines[line["workload"]][line["target"]].append(line)
    tables = [one(workload, lines[workload]) for workload in TABLES if workload in lines]
    if "catalogue" in lines:
        tables.append(rows(lines["catalogue"]))
    return "\n\n".join(tables)


if __name__ == "__main__":
    print(all_of(sys.argv[1]))
