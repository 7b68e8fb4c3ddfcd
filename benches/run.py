#!/usr/bin/env python3
"""Measures servers beside each other, round by round, and notes one line of JSON for each measurement.

scripts/bench builds what is needed and calls this. docs/performance.md says what is measured, and why so.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import catalogue
import table
from server import HERE, Server, Trouble

MIB = 1 << 20
UPLOADS = {
    "w1": {"files": 1, "size": 1024 * MIB, "connections": 1},
    "w2": {"files": 8, "size": 128 * MIB, "connections": 8},
    "w3": {"files": 2000, "size": 16 << 10, "connections": 16},
    "beside": {"files": 2000, "size": 16 << 10, "connections": 16},
    "far": {"files": 1, "size": 256 * MIB, "connections": 1},
}
DOWNLOADS = {
    "d1": {"files": 1, "size": 1024 * MIB, "connections": 1, "times": 3},
    "d1r": {"files": 1, "size": 1024 * MIB, "connections": 1, "times": 3, "ranges": 16},
    "d3": {"files": 800, "size": 16 << 10, "connections": 16, "times": 10},
}
IDLE = {
    "idle": {"count": 1000, "marks": "250,500"},
    "idle10k": {"count": 10_000, "marks": "1000,5000"},
    "stalled": {"count": 1000, "marks": "250,500", "stall": 64 << 10, "size": MIB},
}
# Milliseconds each way.
FAR = 25
# Doors whose files are fetched: they answer with an address.
FETCHED = ("form-cookie", "nginx-put")


@dataclass
class Target:
    name: str
    server: str
    load: dict
    args: str = ""
    only: list = field(default_factory=list)
    environment: dict = field(default_factory=dict)

    def takes(self, workload):
        """Whether this workload makes sense here."""
        if workload in DOWNLOADS:
            return self.name.split("/")[0] in FETCHED
        if workload in IDLE:
            # A server ends idle HTTP connections after seconds, sooner than 10,000 are open.
            fleeting = workload == "idle10k" and self.server == "longshore" and self.load["mode"] != "live"
            return "/os" not in self.name and self.load["mode"] != "raw" and not fleeting
        return not self.only or workload in self.only


def targets(wish):
    known = json.loads((HERE / "targets.json").read_text())
    binaries = {"": wish.binary}
    if wish.before:
        binaries["@before"] = wish.before
    chosen = [Target(name, **known["peers"][name]) for name in wish.peers]
    for door in wish.doors:
        for setting in wish.settings:
            for suffix, binary in binaries.items():
                name = f"{door}/{setting}{suffix}"
                chosen.append(Target(name, "longshore", known["doors"][door], known["settings"][setting], environment={"LONGSHORE": binary}))
    return chosen


def beside(server, work):
    """Small files while large ones come in on two other connections."""
    large = subprocess.Popen(
        server.words("load", files=16, size=1024 * MIB, connections=2, prefix="large"),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    try:
        if large.stdout.readline().strip() != "go":
            raise Trouble("the large files did not begin")
        return server.generator("load", **work)
    finally:
        large.kill()
        large.wait()


def far(server, work):
    """The same through a relay that makes the way long."""
    words = [os.environ["LOADGEN"], "delay", "--ms", str(FAR), "--to", f"127.0.0.1:{server.port}"]
    relay = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        server.reached_at = int(relay.stdout.readline())
        return server.generator("load", **work)
    finally:
        relay.kill()
        relay.wait()


# What goes on besides, while files are sent.
AROUND = {"beside": beside, "far": far}


def measure(target, workload, place):
    os.sync()
    with Server(target, place) as server:
        server.keep = workload in ("w3", "beside", "d3")
        if workload in IDLE:
            server.generator("load", files=4, size=5000, connections=2, prefix="warm")
            return server.generator("idle", **IDLE[workload])
        server.warm(768 if server.keep else 2560)
        if workload in DOWNLOADS:
            return server.generator("download", **DOWNLOADS[workload])
        work = UPLOADS[workload]
        found = AROUND[workload](server, work) if workload in AROUND else server.generator("load", **work)
        if found["connections"] < work["connections"]:
            raise Trouble(f"only {found['connections']} of {work['connections']} connections have sent anything")
        server.verify(work["files"], work["size"])
        return found


def place_for_data(place):
    """A folder below which each folder gets a region of the disk of its own.

    ext4 does not use an inode again for minutes after its file is gone, and walks past all of those at every create.
    """
    if not (place / "data").exists():
        (place / "data").mkdir(parents=True)
        subprocess.run(["chattr", "+T", place / "data"], check=False)


def main():
    words = argparse.ArgumentParser()
    for name in ("binary", "before", "results", "place"):
        words.add_argument(f"--{name}", default="")
    for name in ("doors", "settings", "peers", "workloads"):
        words.add_argument(f"--{name}", type=lambda text: [word for word in text.split(",") if word], required=True)
    words.add_argument("--rows", type=lambda text: [int(word) for word in text.split(",")], default=catalogue.SIZES)
    words.add_argument("--rounds", type=int, required=True)
    wish = words.parse_args()
    # Whoever is told to end, ends its servers first.
    signal.signal(signal.SIGTERM, lambda *_: exit(143))
    place, results = Path(wish.place), Path(wish.results)
    place_for_data(place)
    chosen = targets(wish)
    for server in {target.server for target in chosen}:
        subprocess.run([HERE / "servers.sh", "install", server], check=True)
    try:
        failed = measure_all(chosen, wish, place, results)
    finally:
        for left in ("data", "run"):
            shutil.rmtree(place / left, ignore_errors=True)
    print(table.all_of(results))
    raise SystemExit(failed)


def measure_all(chosen, wish, place, results):
    """Whether one of them failed."""
    failed = False

    def note(line):
        with results.open("a") as file:
            file.write(json.dumps({"at": round(time.time()), **line}) + "\n")
        print(table.short(line), flush=True)

    for workload in wish.workloads:
        if workload == "catalogue":
            failed |= catalogue.measure_all(wish, place, note)
            continue
        mine = [target for target in chosen if target.takes(workload)]
        for turn in range(wish.rounds):
            # Nobody is always behind the same one: what one has left on the disk costs the next.
            for target in random.Random(turn).sample(mine, len(mine)):
                line = {"workload": workload, "round": turn, "target": target.name}
                try:
                    line.update(measure(target, workload, place))
                except (Trouble, subprocess.TimeoutExpired) as trouble:
                    line["failed"] = str(trouble)
                    failed = True
                note(line)
    return failed


if __name__ == "__main__":
    main()
