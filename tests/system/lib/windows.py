# SPDX-License-Identifier: MIT
"""The Windows program under wine, in a private wine prefix that is deleted with the script."""
import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from lib import program
from lib.scenario import STATUS_SKIP

BINARY = os.path.abspath(
    os.environ.get("TCP_ECHO_METRICS_WINDOWS", "./windows/tcp-echo-metrics.exe")
)
# Debian keeps wine's own programs outside PATH.
_PATH = os.environ.get("PATH", "") + ":/usr/lib/wine"
_WINE = shutil.which("wine64", path=_PATH)
_WINESERVER = shutil.which("wineserver64", path=_PATH) or shutil.which("wineserver", path=_PATH)

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "DISPLAY"},
    # File names are bytes here; wine decodes them by the locale.
    "LC_ALL": "C.UTF-8",
    "WINEDEBUG": "-all",
    # A new prefix would ask whether to download these.
    "WINEDLLOVERRIDES": "mscoree,mshtml=",
}


def _quietly(*command, seconds=60):
    """Whatever it leaves running must not keep the script's output open. Returns its status."""
    return subprocess.run(
        command,
        env=ENVIRONMENT,
        check=False,
        timeout=seconds,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ).returncode


def _make_windows():
    """
    The prefix's server is started first, and stays: if that were left to the first program, several that
    start at once would each set up the same prefix. The first program then waits until it is set up,
    which takes some seconds, and leaves its services running.
    """
    if not os.access(BINARY, os.R_OK):
        print(f"skip: no Windows program at {BINARY}: make windows")
        sys.exit(STATUS_SKIP)
    if not _WINE or not _WINESERVER:
        print("skip: wine64 is missing")
        sys.exit(STATUS_SKIP)
    folder = tempfile.mkdtemp(prefix="tcp-echo-wine-")
    ENVIRONMENT["WINEPREFIX"] = folder
    atexit.register(_end_windows, folder)
    _quietly(_WINESERVER, "-p")
    status = _quietly(_WINE, BINARY, "-version", seconds=120)
    assert status == 0, f"the Windows program does not run under wine: status {status}"


def _end_windows(folder):
    """Ends the programs of this prefix only."""
    _quietly(_WINESERVER, "-k")
    _quietly(_WINESERVER, "-w")
    shutil.rmtree(folder, ignore_errors=True)


def run(*flags, seconds=20.0):
    """Runs the Windows program until it ends. Returns (status, stdout, stderr)."""
    return program.run(*flags, seconds=seconds, launcher=(_WINE, BINARY), env=ENVIRONMENT)


class WindowsProgram(program.Program):
    """The running Windows program. wine turns SIGINT into Ctrl-C, as from a console."""

    launcher = (_WINE, BINARY)
    stop_signal = signal.SIGINT

    def __init__(self, mode, *flags, **options):
        super().__init__(mode, *flags, env=ENVIRONMENT, **options)


_make_windows()
