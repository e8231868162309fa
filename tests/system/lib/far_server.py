# SPDX-License-Identifier: MIT
"""The echo server at the far end of a path."""
import socket
import subprocess

from lib.program import BINARY, end_with_script, free_port
from lib.wait import PATIENCE, wait_for


class FarServer:
    """An echo server in the other namespace, as a context; its own metrics stay in there."""

    def __init__(self, path):
        self.path = path
        self.host = path.far
        # free_port() looks for a free port on this side, not on the far one.
        for _ in range(3):
            self._start()
            if wait_for(lambda: self._listens() or self._has_ended(), "the far server listens") == "listens":
                return
        raise AssertionError("the far server does not start")

    def _start(self):
        self.port = free_port()
        self.address = f"{self.host}:{self.port}"
        self.process = subprocess.Popen(
            [
                *self.path.there(),
                BINARY,
                "-mode=server",
                f"-listen={self.address}",
                f"-metrics=127.0.0.1:{free_port()}",
                "-log-level=error",
            ]
        )
        end_with_script(self.process)

    def _listens(self):
        with socket.socket() as probe:
            return "listens" if probe.connect_ex((self.host, self.port)) == 0 else None

    def _has_ended(self):
        return "ended" if self.process.poll() is not None else None

    def send_signal(self, number):
        self.process.send_signal(number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(5 * PATIENCE) == 0
