# SPDX-License-Identifier: MIT
"""The threads of a process, and stopping one of them."""
import ctypes
import os

from lib.program import WRAPPER
from lib.scenario import Skip

# ptrace(2): requests and events of <linux/ptrace.h>.
PTRACE_DETACH = 17
PTRACE_SEIZE = 0x4206
PTRACE_INTERRUPT = 0x4207
WALL = 0x40000000


class StoppedThread:
    """Stops one thread of a process, as a debugger does, while all others run on."""

    def __init__(self, tid):
        if WRAPPER:
            raise Skip("threads of an emulator cannot be stopped one by one")
        self.tid = tid
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        self._libc.ptrace.restype = ctypes.c_long

    def _ptrace(self, asked):
        if self._libc.ptrace(asked, self.tid, None, None) < 0:
            number = ctypes.get_errno()
            raise Skip(f"ptrace is not possible here: {os.strerror(number)}")

    def __enter__(self):
        self._ptrace(PTRACE_SEIZE)
        self._ptrace(PTRACE_INTERRUPT)
        os.waitpid(self.tid, WALL)
        return self

    def __exit__(self, *_):
        self._ptrace(PTRACE_DETACH)


def threads_named(pid, name):
    """The numbers of the threads with that name, in order."""
    found = []
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/comm", encoding="utf-8") as file:
            if file.read().strip() == name:
                found.append(int(tid))
    return sorted(found)
