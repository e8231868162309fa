# SPDX-License-Identifier: MIT
"""What really happened, from the packets that tests/bench/capture.c saw at the prober's device."""

import array
import signal
import subprocess
import tempfile

from truth_network import DEVICE, NETWORK

UNKNOWN = -1
_TOTALS = ("packets", "drops", "strays", "oversized", "mismatches", "overflows", "flows")
_FACTS = ("target", "port", "first_number", "is_established", "syns_again", "segments_again",
          "resets_sent", "resets_received", "frames")
_TIMES = 4  # Words per frame: stamped, departed, arrived, delivered.


class Flow:
    """One connection; frames: (stamped, departed, arrived, delivered), in ns of real time."""

    def __init__(self, facts, words):
        self.__dict__.update(zip(_FACTS, facts))
        self.frames = list(zip(*(words[i::_TIMES] for i in range(_TIMES))))


class Truth:
    """All connections of each target, in order."""

    def __init__(self, words):
        self.totals = dict(zip(_TOTALS, words))
        self.flows = {}
        at = len(_TOTALS)
        for _ in range(self.totals["flows"]):
            facts = words[at:at + len(_FACTS)]
            at += len(_FACTS)
            end = at + facts[-1] * _TIMES
            flow = Flow(facts, words[at:end])
            self.flows.setdefault(flow.target, []).append(flow)
            at = end

    def why_void(self):
        """Why this capture proves nothing, or None."""
        for name in ("drops", "oversized", "mismatches", "overflows"):
            if self.totals[name]:
                return f"{self.totals[name]} {name} in the capture"
        return None


class Capture:
    """As a context: captures from entry, before any packet, until truth() is called."""

    def __init__(self, binary):
        self._binary = binary

    def __enter__(self):
        self._file = tempfile.NamedTemporaryFile(suffix=".truth")
        self._process = subprocess.Popen([self._binary, DEVICE, NETWORK, self._file.name],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if self._process.stdout.readline() != b"ready\n":
            self.__exit__()
            raise RuntimeError(f"{self._binary}: does not capture")
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._file.close()

    def truth(self):
        self._process.send_signal(signal.SIGTERM)
        if self._process.wait(60) != 0:
            raise RuntimeError(f"{self._binary}: status {self._process.returncode}")
        words = array.array("q")
        words.frombytes(self._file.read())
        return Truth(words)
