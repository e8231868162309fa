# SPDX-License-Identifier: MIT
"""
A service manager like systemd, for scripts that must not touch the machine's own.

The script moves into a private mount namespace. There, systemctl is this file, /etc/systemd/system and
/run are empty, and the fake's state is in a folder. It starts what ExecStart= says, parsed by the rules
of systemd.service(5), waits for it as Type= says, and learns of units only by daemon-reload.
"""
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

UNITS = "/etc/systemd/system"
PACKAGED = "/usr/lib/systemd/system"
BOOTED = "/run/systemd/system"
SYSTEMCTL = "/usr/bin/systemctl"
_INSIDE = "TCP_ECHO_METRICS_INSIDE_MOUNTS"
_ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "s": 32}


def words_of(line):
    """The words of a command line in a unit: strings without NUL, as the program gets them."""
    words, word, quote, at = [], None, None, 0
    data = line.encode()
    while at < len(data):
        byte = data[at : at + 1]
        if byte == b"\\":
            code, at = _unescape(data, at + 1)
            word = (word or b"") + code
            continue
        at += 1
        if quote:
            if byte == quote:
                quote = None
            else:
                word += byte
        elif byte in b"\"'":
            quote, word = byte, word or b""
        elif byte in b" \t":
            if word is not None:
                words.append(word)
            word = None
        else:
            word = (word or b"") + byte
    assert quote is None, f"a quotation mark is open: {line}"
    if word is not None:
        words.append(word)
    texts = [_expand_specifiers(one.decode()) for one in words]
    return texts[:1] + [_expand_variables(one) for one in texts[1:]]


def _unescape(data, at):
    letter = chr(data[at])
    if letter == "x":
        return bytes([int(data[at + 1 : at + 3], 16)]), at + 3
    if letter in "\\\"'":
        return letter.encode(), at + 1
    return bytes([_ESCAPES[letter]]), at + 1


def _expand_specifiers(word):
    assert "%" not in word.replace("%%", ""), f"a specifier: {word}"
    return word.replace("%%", "%")


def _expand_variables(word):
    assert "$" not in word.replace("$$", ""), f"a variable: {word}"
    return word.replace("$$", "$")


def section_of(text, section):
    """The settings of a section; the last value of each counts."""
    settings, inside = {}, False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line == f"[{section}]"
        elif inside and not line.startswith("#") and "=" in line:
            name, value = line.split("=", 1)
            settings[name] = value
    return settings


def _is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Systemctl:
    """What the fake does. Its folder: loaded units, enabled ones, pids, orders, calls."""

    def __init__(self, folder):
        self.folder = folder

    def _path(self, *names):
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def _fail(self, text):
        print(text, file=sys.stderr)
        sys.exit(1)

    def obey(self, verb, arguments):
        with open(self._path("calls"), "a", encoding="utf-8") as file:
            file.write(" ".join([verb, *arguments]) + "\n")
        try:
            with open(self._path("orders"), encoding="utf-8") as file:
                order = json.load(file).get(verb)
        except FileNotFoundError:
            order = None
        if order == "hang":
            with open(self._path("hangs"), "w", encoding="ascii"):
                pass
            time.sleep(600)
        if order:
            self._fail(order)
        getattr(self, "do_" + verb.replace("-", "_"))(*arguments)

    def do_daemon_reload(self):
        shutil.rmtree(os.path.join(self.folder, "loaded"), ignore_errors=True)
        for path in glob.glob(UNITS + "/*.service"):
            if os.path.isfile(path):
                shutil.copy(path, self._path("loaded", os.path.basename(path)))

    def _unit(self, unit):
        try:
            with open(self._path("loaded", unit), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return self._fail(f"Unit {unit} not found.")

    def do_enable(self, unit):
        wanted = section_of(self._unit(unit), "Install")["WantedBy"]
        with open(self._path("enabled", unit), "w", encoding="ascii") as file:
            file.write(wanted)
        print(f"Created symlink for {wanted}", file=sys.stderr)

    def do_disable(self, unit):
        if os.path.exists(self._path("enabled", unit)):
            os.unlink(self._path("enabled", unit))

    def do_reset_failed(self, unit):
        self._fail(f"Failed to reset failed state of unit {unit}: Unit {unit} not loaded.")

    def do_show(self, properties, unit):
        assert properties == "--property=LoadState,FragmentPath,ActiveState", properties
        own, packaged = os.path.join(UNITS, unit), os.path.join(PACKAGED, unit)
        load, fragment = "not-found", ""
        if os.path.islink(own) and os.readlink(own) == "/dev/null":
            load, fragment = "masked", own
        elif os.path.exists(self._path("loaded", unit)) or os.path.exists(own):
            load, fragment = "loaded", own
        elif os.path.exists(packaged):
            load, fragment = "loaded", packaged
        active = "active" if self.pid(unit) else "inactive"
        print(f"LoadState={load}\nActiveState={active}\nFragmentPath={fragment}")

    def pid(self, unit):
        """The pid of the running service, or None."""
        try:
            with open(self._path("pids", unit), encoding="ascii") as file:
                pid = int(file.read())
        except FileNotFoundError:
            return None
        return pid if _is_running(pid) else None

    def do_start(self, unit):
        if self.pid(unit):
            return
        service = section_of(self._unit(unit), "Service")
        environment = {"PATH": os.environ["PATH"]}
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind("")
        manager.settimeout(0.05)
        is_notifying = service["Type"] == "notify"
        if is_notifying:
            environment["NOTIFY_SOCKET"] = "@" + manager.getsockname()[1:].decode()
        with open(self._path("log"), "ab") as log:
            process = subprocess.Popen(
                words_of(service["ExecStart"]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        with open(self._path("pids", unit), "w", encoding="ascii") as file:
            file.write(str(process.pid))
        # A service that notifies is waited for; for any other kind it is enough that it starts.
        while is_notifying:
            if process.poll() is not None:
                self._fail(f"Job for {unit} failed.\nSee the journal.")
            try:
                if b"READY=1" in manager.recv(4096):
                    return
            except socket.timeout:
                pass

    def do_stop(self, unit):
        pid = self.pid(unit)
        if pid:
            os.kill(pid, signal.SIGTERM)
        while self.pid(unit):
            time.sleep(0.02)


def main():
    """systemctl itself: FOLDER, then its arguments."""
    # As with other programs, a signal ends it silently.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Systemctl(sys.argv[1]).obey(sys.argv[2], sys.argv[3:])


def enter_or_skip():
    """Starts the script again inside a mount namespace, or ends it and says why it cannot."""
    from lib.scenario import STATUS_SKIP  # The fake itself does not need one.

    if os.environ.get(_INSIDE):
        return
    why = None
    if not os.path.isdir(UNITS) or not os.access(SYSTEMCTL, os.X_OK):
        why = "there is no systemd here to stand in for"
    unshare = ["unshare", "--mount", "--kill-child"]
    if os.geteuid() != 0:
        unshare += ["--user", "--map-root-user"]
    probe = [*unshare, "mount", "-t", "tmpfs", "none", UNITS]
    if not why and (
        shutil.which("unshare") is None
        or subprocess.run(probe, capture_output=True, check=False).returncode
    ):
        why = "mount namespaces need more rights than there are here"
    if why:
        print(f"skip: {why}")
        sys.exit(STATUS_SKIP)
    os.environ[_INSIDE] = "1"
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


class Systemd:
    """The fake manager, as a context; at exit nothing of it is left running."""

    def __init__(self, is_booted=True):
        self.is_booted = is_booted
        self.mounted = []

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="tcp-echo-systemd-")
        self.systemctl = Systemctl(self.folder)
        self._mount("-t", "tmpfs", "-o", "size=64k", "none", UNITS)
        self._mount("-t", "tmpfs", "none", "/run")
        if self.is_booted:
            os.makedirs(BOOTED)
        fake = os.path.join(self.folder, "systemctl")
        with open(fake, "w", encoding="utf-8") as file:
            library = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
            file.write(
                f'#!/bin/sh\nPYTHONPATH="{library}" exec {sys.executable} -B -m lib.systemd '
                f'"{self.folder}" "$@"\n'
            )
        os.chmod(fake, 0o755)
        self._mount("--bind", fake, SYSTEMCTL)
        return self

    def _mount(self, *arguments):
        subprocess.run(["mount", *arguments], check=True)
        self.mounted.append(arguments[-1])

    def __exit__(self, kind, *_):
        for path in glob.glob(self.folder + "/pids/*"):
            pid = self.systemctl.pid(os.path.basename(path))
            if pid:
                os.kill(pid, signal.SIGKILL)
        if kind is not None:
            print(f"--- log of the services:\n{self.log()}---", file=sys.stderr, flush=True)
        for path in reversed(self.mounted):
            subprocess.run(["umount", "--lazy", path], check=True)
        shutil.rmtree(self.folder)

    def _read(self, name):
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def log(self):
        """The output of the services."""
        return self._read("log")

    def calls(self):
        """What systemctl was told, queries left out."""
        return [line for line in self._read("calls").splitlines() if not line.startswith("show ")]

    def forget_calls(self):
        with open(os.path.join(self.folder, "calls"), "w", encoding="utf-8"):
            pass

    def order(self, **verbs):
        """From now on these verbs fail with that text, or hang where it is "hang"."""
        with open(os.path.join(self.folder, "orders"), "w", encoding="utf-8") as file:
            json.dump({verb.replace("_", "-"): text for verb, text in verbs.items()}, file)

    def hangs(self):
        return os.path.exists(os.path.join(self.folder, "hangs"))

    def unit(self, name):
        with open(f"{UNITS}/{name}.service", encoding="utf-8") as file:
            return file.read()

    def pid(self, name):
        return self.systemctl.pid(f"{name}.service")

    def state(self):
        """All that could be left behind: files, what is loaded and enabled, and what is running."""
        running = [
            os.path.basename(path)
            for path in glob.glob(self.folder + "/pids/*")
            if self.systemctl.pid(os.path.basename(path))
        ]
        files = {}
        for name in os.listdir(UNITS):
            with open(os.path.join(UNITS, name), "rb") as file:
                files[name] = re.sub(rb"\0+", b"", file.read())
        return {
            "files": files,
            "loaded": sorted(os.listdir(self._folder("loaded"))),
            "enabled": sorted(os.listdir(self._folder("enabled"))),
            "running": sorted(running),
        }

    def _folder(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path, exist_ok=True)
        return path


if __name__ == "__main__":
    main()
