"""What a catalogue of many rows costs whoever has it: the workload `catalogue` of scripts/bench.

Each size has a data folder of its own, which `benches/fill.rs` fills. Then the service is started on it, once for each
round, and asked for what people ask for. docs/performance.md says what the figures are.
"""

import http.client
import json
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from statistics import median

from server import Server, Trouble

SIZES = (10_000, 100_000, 1_000_000)
UNFINISHED = 10_000
# As often as something is asked for; the median counts.
TIMES = 41
BODY = bytes(16 << 10)
TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}


@dataclass
class Rows:
    """A service on one data folder."""

    name: str
    environment: dict
    args: str = ""
    server = "longshore"
    load = {}


class Visitor:
    """One caller on one connection that stays open."""

    def __init__(self, port, cookie=None):
        self.host = f"127.0.0.1:{port}"
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self.headers = {}
        if not cookie:
            cookie = self.ask("GET", "/files")[1]["set-cookie"].split(";")[0]
        self.cookie = cookie
        self.headers = {"Cookie": cookie, "Origin": f"http://{self.host}"}

    def ask(self, method, path, body=None, **headers):
        more = {key.replace("_", "-"): value for key, value in headers.items()}
        self.connection.request(method, path, body, {**self.headers, **more})
        answer = self.connection.getresponse()
        found = answer.read()
        if answer.status >= 400:
            raise Trouble(f"{method} {path}: {answer.status} {found[:200]!r}")
        return found, answer.headers

    def milliseconds(self, method, path, body=None, times=TIMES, **headers):
        took = []
        for number in range(times):
            begun = time.perf_counter()
            self.ask(method, path.format(number=number), body, **headers)
            took.append((time.perf_counter() - begun) * 1e3)
        return median(took)


def status(server, key):
    """A figure of /proc/PID/status, in MiB."""
    with open(f"/proc/{server.process.pid}/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(key))


def cpu(server):
    fields = open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fill(data, *more):
    done = subprocess.run([*os.environ["FILL"].split(), "--data", data, *map(str, more)], capture_output=True, text=True)
    if done.returncode:
        raise Trouble(done.stderr[-300:])
    return json.loads(done.stdout.splitlines()[-1])


def longshore(target, data, *words):
    """Seconds of a command, and what it said."""
    begun = time.perf_counter()
    command = [target.environment["LONGSHORE"], *words, "--data", data]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise Trouble(done.stderr[-300:])
    return time.perf_counter() - begun, done.stdout.strip()


def wait_until_ready(server, begun):
    """Milliseconds from the start to the first `/readyz` that says yes."""
    while True:
        try:
            visitor = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            visitor.request("GET", "/readyz")
            if visitor.getresponse().status == 200:
                return (time.perf_counter() - begun) * 1e3
        except OSError:
            pass
        if server.process.poll() is not None:
            raise Trouble("it did not start")
        time.sleep(0.002)


def asked(visitor, ids):
    """What one visitor waits for, in milliseconds."""
    page = "/api/files?limit=100"
    found = {
        "page_first_ms": visitor.milliseconds("GET", page),
        "page_middle_ms": visitor.milliseconds("GET", f"{page}&cursor={ids['middle']}"),
        "page_last_ms": visitor.milliseconds("GET", f"{page}&cursor={ids['near_the_end']}"),
        "page_of_slot_ms": visitor.milliseconds("GET", f"{page}&page=files&slot=files"),
        "page_of_empty_slot_ms": visitor.milliseconds("GET", f"{page}&page=documents&slot=documents", times=5),
        "live_page_ms": visitor.milliseconds("GET", "/files", times=11),
        "look_ms": visitor.milliseconds("GET", f"/api/files/{ids['middle']}"),
    }
    facts = json.loads(visitor.ask("GET", f"/api/files/{ids['middle']}")[0])
    found["download_ms"] = visitor.milliseconds("GET", facts["url"])
    found["put_ms"] = visitor.milliseconds("PUT", "/resumable/files/files/put-{number}.bin", BODY)
    register, commit = [], []
    for _ in range(TIMES):
        begun = time.perf_counter()
        _, headers = visitor.ask("POST", "/tus/files/files", **TUS, Upload_Length=str(len(BODY)))
        between = time.perf_counter()
        place = re.sub("^http://[^/]*", "", headers["location"])
        visitor.ask("PATCH", place, BODY, **PART)
        register.append((between - begun) * 1e3)
        commit.append((time.perf_counter() - between) * 1e3)
    return {**found, "register_ms": median(register), "commit_ms": median(commit)}


def with_ticket(target, server, data):
    """Milliseconds of a registration whose ticket's files are counted."""
    _, ticket = longshore(target, data, "ticket", "files", "files", "--count", "1000")
    visitor = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        visitor.request("POST", "/tus/files/files", headers={**TUS, "Upload-Length": "9", "Authorization": f"Bearer {ticket}"})
        answer = visitor.getresponse()
        answer.read()
        if answer.status != 201:
            raise Trouble(f"with a ticket: {answer.status}")
        took.append((time.perf_counter() - begun) * 1e3)
    return median(took)


def one_round(target, place, data, cookie, ids):
    found = {}
    begun = time.perf_counter()
    with Server(target, place, data) as server:
        found["ready_ms"] = wait_until_ready(server, begun)
        found["started_mib"], found["start_peak_mib"] = status(server, "VmRSS"), status(server, "VmHWM")
        found.update(asked(Visitor(server.port, cookie), ids))
        found["ticket_ms"] = with_ticket(target, server, data)
        found["peak_mib"] = status(server, "VmHWM")
    # A sweep each second, of which nothing has expired.
    often = Rows(f"{target.name}-sweep", target.environment, "--entry-ttl 4s --upload-life 1h")
    with Server(often, place, data) as server:
        wait_until_ready(server, begun)
        time.sleep(6)
        before, begun = cpu(server), time.perf_counter()
        time.sleep(10)
        found["idle_sweep_cpu_ms"] = (cpu(server) - before) * 1e3 / (time.perf_counter() - begun)
    fill(data, "--unfinished", UNFINISHED)
    time.sleep(1.5)
    full, said = longshore(target, data, "sweep", "--entry-ttl", "1s")
    if f"removed {UNFINISHED} " not in said:
        raise Trouble(said)
    found["sweep_all_s"] = full
    found["sweep_none_s"] = longshore(target, data, "sweep", "--entry-ttl", "1h")[0]
    return found


def measure_all(wish, place, note):
    failed = False
    for size in wish.rows:
        name = f"{size:,} rows"
        target = Rows(f"rows-{size}", {"LONGSHORE": wish.binary})
        data = place / "data" / target.name
        try:
            with Server(target, place, data) as server:
                visitor = Visitor(server.port)
                visitor.ask("PUT", "/resumable/files/files/first.bin", b"mine")
            ids = fill(data, "--stored", size)
            weight = (data / "catalogue.sqlite3").stat().st_size / size
            for turn in range(wish.rounds):
                found = one_round(target, place, data, visitor.cookie, ids)
                note({"workload": "catalogue", "round": turn, "target": name, "bytes_a_row": weight, **found})
        except (Trouble, OSError, subprocess.TimeoutExpired) as trouble:
            note({"workload": "catalogue", "round": 0, "target": name, "failed": str(trouble)})
            failed = True
        shutil.rmtree(data, ignore_errors=True)
    return failed
