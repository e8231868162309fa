# SPDX-License-Identifier: MIT
"""
Runs a command under a filter of system calls, as systemd's SystemCallFilter= makes one.

Arguments: what happens at any other call ("kill", or "refuse" as systemd would), the calls that are
allowed, separated by commas, and the command.
"""
import ctypes
import errno
import os
import sys

LIBRARY = "libseccomp.so.2"
_KILL_PROCESS = 0x80000000
_REFUSE = 0x00050000 | errno.EPERM
_ALLOW = 0x7FFF0000


def _install(action, calls):
    library = ctypes.CDLL(LIBRARY)
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(action)))
    for call in calls:
        number = library.seccomp_syscall_resolve_name(call.encode())
        # What does not exist on this processor is no call at all, or one that the library rewrites.
        if number >= 0:
            library.seccomp_rule_add_array(context, ctypes.c_uint32(_ALLOW), number, 0, None)
    status = library.seccomp_load(context)
    if status != 0:
        sys.exit(f"the filter cannot be loaded: {os.strerror(-status)}")


if __name__ == "__main__":
    _install(_KILL_PROCESS if sys.argv[1] == "kill" else _REFUSE, sys.argv[2].split(","))
    os.execv(sys.argv[3], sys.argv[3:])
