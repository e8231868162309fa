# SPDX-License-Identifier: MIT
"""Shared by scripts that install services: what is printed and refused, and a place to run in."""
import json
import os
import shutil
import tempfile

from lib import program
from lib.exposition import parse
from lib.http_client import request
from lib.law import Target, law
from lib.program import free_port
from lib.wait import wait_for


def does(*flags, run=program.run, **options):
    """Runs a command that succeeds with one line, which is returned. run: as program.run()."""
    status, out, err = run(*flags, **options)
    assert status == 0, f"{flags}: status {status}: {err}"
    assert out.count("\n") == 1 and out.startswith('service "'), out
    assert err == "", err
    return out


def refuses(*flags, run=program.run, status=1, **options):
    """Runs a command that is refused with one line, which is returned."""
    ended, out, err = run(*flags, **options)
    assert ended == status, f"{flags}: status {ended}: {err}"
    assert out == "", out
    assert err.startswith("tcp-echo-metrics: ") and err.count("\n") == 1 and len(err) < 1000, err
    return err


class Folder:
    """A folder to run in, with a targets file, and ports. name: the targets file's."""

    def __init__(self, name="targets.json"):
        self.name = name
        self.metrics, self.listen = free_port(), free_port()

    def __enter__(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="tcp-echo-"))
        self.path = os.path.join(self.folder, self.name)
        self.write([{"name": "own", "address": f"127.0.0.1:{self.listen}"}])
        self.flags = (
            "-mode=both",
            f"-metrics=127.0.0.1:{self.metrics}",
            f"-listen=127.0.0.1:{self.listen}",
            "-interval=20ms",
        )
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def write(self, targets):
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump(targets, file)

    def prefix(self):
        """The prefix that runs a command there."""
        return ["env", "-C", self.folder]

    def answers(self):
        """Whether scrapes are answered."""
        try:
            return request(self.metrics).status == 200
        except OSError:
            return False

    def scrape(self, target="own"):
        """The view of the target once its probes are answered; the law holds."""

        def answered():
            try:
                metrics = parse(request(self.metrics).body)
            except OSError:
                return None
            law(metrics)
            view = Target(metrics, target)
            return view if view.received >= 10 else None

        return wait_for(answered, "probes are answered", 20)
