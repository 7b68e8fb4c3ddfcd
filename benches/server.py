"""One server for one measurement: started afresh, loaded, judged by what it stored, ended."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Longer than any measurement takes on a machine that is not broken.
PATIENCE = 300


class Trouble(Exception):
    """A measurement that can't be made; the next ones can."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`with Server(target, place) as server: server.load(...)`. `place` is where data and logs lie. A folder of `data` that
    is given has more than one server, and stays."""

    def __init__(self, target, place, data=None):
        self.target = target
        self.port = free_port()
        # Where the load goes to: a relay may stand between.
        self.reached_at = self.port
        self.data = data or place / "data" / f"{target.name.replace('/', '-')}-{self.port}"
        self.run = place / "run" / f"{target.name.replace('/', '-')}-{self.port}"
        # Many small files are removed after all measurements: see docs/performance.md.
        self.keep = data is not None

    def __enter__(self):
        self.data.mkdir(parents=True, exist_ok=self.keep)
        self.run.mkdir(parents=True)
        environment = dict(os.environ, DATA=str(self.data), RUN=str(self.run), PORT=str(self.port), ARGS=self.target.args)
        environment.update(self.target.environment)
        self.log = open(self.run / "log", "wb")
        self.process = subprocess.Popen(
            [HERE / "servers.sh", "start", self.target.server],
            env=environment, cwd=self.run, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self.wait_until_it_listens()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_until_it_listens(self):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise Trouble(f"it did not start: {(self.run / 'log').read_text(errors='replace')[-300:]}")

    def __exit__(self, *_):
        # Its group: the server and whatever it has started.
        for word, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.process.pid, word)
                self.process.wait(patience)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
        self.log.close()
        if not self.keep:
            shutil.rmtree(self.data, ignore_errors=True)

    def words(self, command, **more):
        facts = dict(self.target.load, pid=self.process.pid, **more)
        facts["url"] = f"http://127.0.0.1:{self.reached_at}{facts.get('url', '/')}"
        return [os.environ["LOADGEN"], command] + [word for key, value in facts.items() for word in (f"--{key.replace('_', '-')}", str(value))]

    def generator(self, command, **more):
        """What the load generator says."""
        done = subprocess.run(self.words(command, **more), capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            raise Trouble(done.stderr.strip()[-300:])
        return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}

    def warm(self, mib):
        """Four small files, so that the server is awake, then memory, which is to be used when the clock starts."""
        self.generator("load", files=4, size=5000, connections=2, prefix="warm")
        subprocess.run([os.environ["LOADGEN"], "warm", "--mib", str(mib), "--dir", self.run], check=True, timeout=PATIENCE)

    def verify(self, files, size):
        words = [os.environ["LOADGEN"], "verify", "--dir", self.data, "--files", str(files), "--size", str(size)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            raise Trouble(done.stderr.strip()[-300:])
