# SPDX-License-Identifier: MIT
"""A real Prometheus, to see what it makes of our metrics."""
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from lib.program import free_port
from lib.scenario import Skip
from lib.wait import wait_for

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
ALERTS = os.path.join(TOP, "examples", "alerts.yml")

# The job has the name of the example configuration, because an alert refers to it.
JOB = "tcp-echo"


def need(program):
    """The path of a program; skips the script without it."""
    path = shutil.which(program)
    if path is None:
        raise Skip(f"{program} was not found")
    return path


def scraping(*ports):
    """A configuration that scrapes ports of this machine and loads the alerts."""
    return json.dumps({  # JSON is valid YAML.
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [ALERTS],
        "scrape_configs": [{
            "job_name": JOB,
            "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}],
        }],
    })


class Prometheus:
    """
    A Prometheus with its own storage that scrapes every second, as a context.
    configuration: its text, as scraping() makes one. flags: more of its command line.
    """

    def __init__(self, configuration, *flags):
        self.configuration = configuration
        self.flags = flags
        self.port = free_port()
        self.folder = None
        self.process = None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="prometheus-")
        config = os.path.join(self.folder.name, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(self.configuration)
        with open(self._log_path(), "wb") as log:
            self.process = subprocess.Popen(
                [need("prometheus"), f"--config.file={config}", "--log.level=warn",
                 f"--storage.tsdb.path={self.folder.name}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}", *self.flags],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        try:
            wait_for(self._is_ready, "Prometheus is ready", 60)
        except BaseException:
            self._end(True)
            raise
        return self

    def __exit__(self, kind, _value, _trace):
        self._end(kind is not None)

    def _log_path(self):
        return os.path.join(self.folder.name, "log")

    def _end(self, show_log):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if show_log:
            with open(self._log_path(), encoding="utf-8", errors="replace") as log:
                print(f"--- Prometheus:\n{log.read()[-4000:]}\n---", flush=True)
        self.folder.cleanup()

    def _url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def _is_ready(self):
        assert self.process.poll() is None, "Prometheus ended"
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(self._url("/-/ready"), timeout=5) as response:
                return response.status == 200
        return False

    def api(self, path, **parameters):
        """The API's answer; when it refuses a query, its error message is the failure."""
        url = self._url(f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        try:
            with urllib.request.urlopen(url, timeout=30) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters or path}: {error.read().decode()}") from None
        assert answer["status"] == "success" and not answer.get("warnings"), f"{parameters}: {answer}"
        return answer["data"]

    def query(self, expression):
        """The current values: [(labels, value)]."""
        found = self.api("query", query=expression)["result"]
        return [(series["metric"], float(series["value"][1])) for series in found]

    def query_range(self, expression, begin, end):
        """The values, second by second: [(labels, [value])]."""
        found = self.api("query_range", query=expression, start=begin, end=end, step=1)["result"]
        return [(one["metric"], [float(value) for _, value in one["values"]]) for one in found]

    def scrapes(self, job=JOB):
        """How many scrapes succeeded."""
        counted = self.query(f'sum_over_time(up{{job="{job}"}}[5m])')
        return counted[0][1] if counted else 0
