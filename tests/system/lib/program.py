# SPDX-License-Identifier: MIT
"""Runs the real binary: flags in, scrapes and log lines out, and a clean end."""
import atexit
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time

from lib.exposition import parse
from lib.http_client import request
from lib.law import Target, law, law_never_falls
from lib.ports import free_port
from lib.wait import PATIENCE, wait_for

BINARY = os.path.abspath(os.environ.get("TCP_ECHO_METRICS", "./tcp-echo-metrics"))
WRAPPER = shlex.split(os.environ.get("TCP_ECHO_METRICS_WRAPPER", ""))
# A clean end takes less than the first; the second is for busy machines, whose kernel may need seconds to close inotify.
STOP_WANTED = 1.0
STOP_LIMIT = 30.0
# What instrumented builds print when they find something.
FINDINGS = ("Sanitizer", "runtime error:", "== ERROR SUMMARY")

if not os.access(BINARY, os.X_OK):
    sys.exit(f"no binary at {BINARY}: set TCP_ECHO_METRICS to its path")



def is_instrumented():
    """Whether a sanitizer or a wrapper, such as valgrind, adds memory and calls of its own."""
    with open(BINARY, "rb") as file:
        code = file.read()
    return bool(WRAPPER) or b"__asan_init" in code or b"__tsan_init" in code


_running = set()


def _end_all():
    for process in list(_running):
        process.kill()


def _on_sigterm(_number, _frame):
    _end_all()
    os._exit(1)


def end_with_script(process):
    """Makes sure that this process does not outlive the script, however that ends."""
    _running.add(process)


atexit.register(_end_all)
signal.signal(signal.SIGTERM, _on_sigterm)


def run(*flags, seconds=30.0, prefix=(), launcher=(*WRAPPER, BINARY), env=None):
    """Runs the binary until it ends. Returns (status, stdout, stderr)."""
    process = subprocess.Popen(
        [*prefix, *launcher, *flags],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    _running.add(process)
    try:
        out, err = process.communicate(timeout=seconds * PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{flags} does not end; stderr: {err.decode()}") from None
    finally:
        _running.discard(process)
    return process.returncode, out.decode(), err.decode()


def write_targets(path, targets):
    """
    targets: a dictionary from names to addresses; in place of an address there may be a dictionary of
    all that the target has besides its name.
    """
    entries = [{"name": name, **as_settings(target)} for name, target in targets.items()]
    temporary = path + ".new"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(entries, file)
    os.replace(temporary, path)


def as_settings(target):
    """The settings of a target that may be given as just an address."""
    return target if isinstance(target, dict) else {"address": target}


class Program:
    """
    The running binary, as a context: ready at entry; at exit the law is checked and SIGTERM must end
    it with status 0. In flags, {metrics} and {listen} are replaced by free ports.
    targets: as for write_targets(); addresses may contain {metrics} and {listen} too.
    descriptors: how many it may have open.
    """

    # The program, and the signal that asks it to end.
    launcher = (*WRAPPER, BINARY)
    stop_signal = signal.SIGTERM

    def __init__(
        self,
        mode,
        *flags,
        targets=None,
        descriptors=None,
        prefix=(),
        metrics_host="127.0.0.1",
        listen_host="127.0.0.1",
        env=None,
        tls=None,
        headers=None,
    ):
        self.mode = mode
        self.flags = flags
        self.targets = targets
        self.prefix = list(prefix)
        if descriptors is not None:
            self.prefix += ["sh", "-c", f'ulimit -n {descriptors} && exec "$@"', "sh"]
        self.metrics_host = metrics_host
        self.listen_host = listen_host
        self.env = env
        # How its HTTP server is asked: an ssl.SSLContext, and headers.
        self.tls = tls
        self.headers = headers or {}
        self.process = None
        self.lines = []
        self.metrics_port = 0
        self.listen_port = 0
        self._reader = None
        self._folder = None
        self._last = None

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="tcp-echo-")
        try:
            # Another process may take a port after it was chosen and before it is used.
            for _ in range(3):
                self._start()
                if self._becomes_ready():
                    return self
            raise AssertionError(f"does not start: {self.lines}")
        except BaseException:
            self._kill()
            self._folder.cleanup()
            raise

    def __exit__(self, kind, _value, _trace):
        try:
            if kind is None:
                if self.is_running():
                    self.stop()
            else:
                tail = "\n".join(self.lines[-30:])
                print(f"--- stderr of the program:\n{tail}\n---", file=sys.stderr, flush=True)
        finally:
            self._kill()
            self._folder.cleanup()

    @property
    def targets_path(self):
        return os.path.join(self._folder.name, "targets.json")

    @property
    def pid(self):
        return self.process.pid

    def _ports(self):
        return {"metrics": self.metrics_port, "listen": self.listen_port}

    def command(self):
        """The command line, with the ports filled in."""
        command = [
            *self.prefix,
            *self.launcher,
            f"-mode={self.mode}",
            f"-metrics={self.metrics_host}:{self.metrics_port}",
        ]
        if self.mode != "client":
            command.append(f"-listen={self.listen_host}:{self.listen_port}")
        if self.targets is not None:
            self.write_targets(self.targets)
            command.append(f"-targets={self.targets_path}")
        return command + [flag.format(**self._ports()) for flag in self.flags]

    def write_targets(self, targets):
        write_targets(
            self.targets_path,
            {name: self._fill_in(as_settings(target)) for name, target in targets.items()},
        )

    def _fill_in(self, settings):
        return {**settings, "address": settings["address"].format(**self._ports())}

    def _start(self):
        self.metrics_port = free_port()
        self.listen_port = free_port()
        self.lines = []
        self.process = subprocess.Popen(
            self.command(),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=self.env,
        )
        _running.add(self.process)
        self._reader = threading.Thread(target=self._read_stderr, args=(self.process.stderr,))
        self._reader.start()

    def _read_stderr(self, pipe):
        for line in pipe:
            self.lines.append(line.decode("utf-8", "backslashreplace").rstrip("\n"))

    def _answers_ready(self):
        try:
            return self.http("/-/ready", seconds=2).status == 200
        except OSError:
            return False

    def http_host(self):
        return self.metrics_host.strip("[]") or "127.0.0.1"

    def _becomes_ready(self):
        wait_for(lambda: self._answers_ready() or self.process.poll() is not None, "ready", 20)
        if self.process.poll() is None:
            return True
        self._reader.join()
        if not any("in use" in line for line in self.lines):
            raise AssertionError(f"ended with {self.process.returncode}: {self.lines}")
        return False

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def http(self, path="/metrics", **options):
        options = {"tls": self.tls, **options, "headers": {**self.headers, **(options.get("headers") or {})}}
        return request(self.metrics_port, path, host=self.http_host(), **options)

    def metrics(self):
        """One scrape, read strictly; the law must hold, and no counter may fall."""
        response = self.http()
        assert response.status == 200, f"/metrics answers {response.status}"
        metrics = parse(response.body)
        law(metrics)
        if self._last is not None:
            law_never_falls(self._last, metrics)
        self._last = metrics
        return metrics

    def check_law(self):
        """Checks the law for all that was counted so far."""
        self.metrics()

    def target(self, name="default"):
        """One scrape's view of one target."""
        return Target(self.metrics(), name)

    def wait_target(self, name, condition, what, seconds=30.0):
        """Scrapes until condition holds for the view of the target, and returns that view."""
        seen = [None]

        def holds():
            seen[0] = self.target(name)
            return condition(seen[0])

        try:
            wait_for(holds, what, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; last seen: {seen[0]}") from None
        return seen[0]

    def wait_line(self, text, seconds=30.0):
        """Waits for a line of stderr that contains text."""
        return wait_for(
            lambda: next((line for line in self.lines if text in line), None),
            f"a line with {text!r}",
            seconds,
        )

    def reload(self, targets):
        """Writes the targets and sends SIGHUP. Targets may vanish, and their counters with them."""
        self.write_targets(targets)
        self._last = None
        self.send_signal(signal.SIGHUP)

    def send_signal(self, number):
        os.kill(self.pid, number)

    def rss(self):
        """Resident memory in bytes."""
        return self._status("VmRSS") * 1024

    def _status(self, field):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith(field + ":"):
                    return int(line.split()[1])
        raise AssertionError(f"no {field}")

    def descriptors(self):
        """How many descriptors are open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def stop(self, number=None):
        """
        Ends it with a signal after a last check of the law: status 0, in time, and no findings of an
        instrumented build.
        """
        self.check_law()
        begin = time.monotonic()
        self.send_signal(number or self.stop_signal)
        wait_for(lambda: self.process.poll() is not None, "a clean end", STOP_LIMIT)
        took = time.monotonic() - begin
        self._reader.join()
        _running.discard(self.process)
        if took > STOP_WANTED:
            print(f"note: a clean end took {took:.1f} s", flush=True)
        status = self.process.returncode
        assert status == 0, f"status {status} after a signal; stderr: {self.lines[-20:]}"
        self.check_findings()

    def check_findings(self):
        found = [line for line in self.lines if any(word in line for word in FINDINGS)]
        assert not found, f"instrumentation found: {self.lines[-60:]}"

    def _kill(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        _running.discard(self.process)
        self._reader.join()
        if self.process.stderr:
            self.process.stderr.close()
