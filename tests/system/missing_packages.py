# SPDX-License-Identifier: MIT
"""What quick-start and test do when packages are missing: apt's troubles, with programs that only pretend."""
import os
import pty
import shutil
import subprocess
import tempfile

from lib.scenario import main, scenario, scenarios_of

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMON = os.path.join(TOP, "scripts", "common.sh")
# What the functions may run besides; nothing else is in PATH.
TOOLS = ("awk", "bash", "env", "head", "paste", "readlink", "sed", "sh", "sort", "tr")

FAKES = {
    # Each call of update takes the next line of "updates": its status, and what it says.
    "apt-get": r"""
[ ! -t 0 ] || exit 3
while [ $# -gt 0 ]; do
    case $1 in
    update)
        echo update >>"$FAKE/calls"
        IFS='|' read -r status text <"$FAKE/updates"
        sed -i 1d "$FAKE/updates"
        [ -z "$text" ] || printf '%b\n' "$text" >&2
        exit "$status" ;;
    install)
        echo "install $* as $(cat "$FAKE/user")" >>"$FAKE/calls"
        exit "$(cat "$FAKE/install")" ;;
    esac
    shift
done
exit 2
""",
    "dpkg-query": r"""
for package; do :; done
[ "$package" != gcc ] || { echo installed; exit; }
exit 1
""",
    "find": '[ ! -e "$FAKE/fresh" ] || echo /var/lib/apt/lists/some_Packages',
    "id": 'cat "$FAKE/user"',
    "sleep": 'echo sleep >>"$FAKE/calls"',
    "cat": 'while IFS= read -r line; do printf "%s\\n" "$line"; done <"$1"',
    "sudo": r"""
if [ "$1" = -n ] && [ -e "$FAKE/asks" ]; then
    echo "sudo: a password is required" >&2
    exit 1
fi
while [ "${1#-}" != "$1" ]; do shift; done
echo 0 >"$FAKE/user"
"$@"
status=$?
echo 1000 >"$FAKE/user"
exit "$status"
""",
}

UNREACHABLE = (
    "W: Failed to fetch http://elsewhere.example/dists/x/InRelease  Could not connect to elsewhere.example:80\\n"
    "W: Some index files failed to download. They have been ignored, or old ones used instead."
)
NO_RELEASE = "E: The repository 'http://elsewhere.example x Release' does not have a Release file."
EXPIRED = (
    "W: GPG error: https://other.example y InRelease: The following signatures were invalid: EXPKEYSIG 0123\\n"
    "E: The repository 'https://other.example y InRelease' is not signed."
)
LOCKED = (
    "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)\\n"
    "E: Unable to lock directory /var/lib/apt/lists/"
)
FAILED_INDEX = "E: Some index files failed to download. They have been ignored, or old ones used instead."
REFUSED = "sudo: a password is required"
WARNING = "going on with the package lists at hand, as apt-get update failed: "


class Machine:
    """A machine on which every package but gcc is missing."""

    def __init__(self, updates=((0, ""),), install=0, fresh=False, user=0, sudo=True, asks=False):
        self._folder = tempfile.TemporaryDirectory(prefix="tcp-echo-")
        self.path = self._folder.name
        programs = os.path.join(self.path, "bin")
        os.mkdir(programs)
        for tool in TOOLS:
            os.symlink(shutil.which(tool), os.path.join(programs, tool))
        for name, text in FAKES.items():
            if name == "sudo" and not sudo:
                continue
            with open(os.path.join(programs, name), "w", encoding="utf-8") as file:
                file.write(f"#!{shutil.which('bash')}\n{text}\n")
            os.chmod(file.name, 0o755)
        self._write("updates", "".join(f"{status}|{text}\n" for status, text in updates))
        self._write("install", f"{install}\n")
        self._write("user", f"{user}\n")
        for name, exists in (("fresh", fresh), ("asks", asks)):
            if exists:
                self._write(name, "")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def _write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
            file.write(text)

    def install(self, stdin=subprocess.DEVNULL):
        """Returns (status, what is said, complaints, calls)."""
        done = subprocess.run(
            ["bash", "-euc", '. "$1"; install_packages build; echo DONE', "quick-start", COMMON],
            env={"PATH": os.path.join(self.path, "bin"), "FAKE": self.path},
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        calls = os.path.join(self.path, "calls")
        with open(calls if os.path.exists(calls) else os.devnull, encoding="utf-8") as file:
            return done.returncode, done.stdout, done.stderr, file.read().splitlines()


# What happens; how the machine is; the status; the complaints; what apt-get and sleep were asked, in short.
ROWS = [
    ("all is well", {}, 0, [], "update install"),
    ("lists are fresh", {"fresh": True}, 0, [], "install"),
    ("lists are fresh and install fails", {"fresh": True, "install": 100}, 1, ["as root, try: "], "install"),
    ("a source has no release", {"updates": [(100, NO_RELEASE)]}, 0,
     [WARNING + "The repository 'http://elsewhere.example x Release' does not have a Release file."],
     "update install"),
    ("a key has expired", {"updates": [(100, EXPIRED)]}, 0,
     [WARNING + "The repository 'https://other.example y InRelease' is not signed."], "update install"),
    ("two sources fail", {"updates": [(100, f"{NO_RELEASE}\\n{EXPIRED}\\n{FAILED_INDEX}")]}, 0,
     [WARNING + "The repository 'http://elsewhere.example x Release' does not have a Release file. "
      "The repository 'https://other.example y InRelease' is not signed."], "update install"),
    ("a source has no release and install fails", {"updates": [(100, NO_RELEASE)], "install": 100}, 1,
     [WARNING, "as root, try: "], "update install"),
    # apt-get calls this a success.
    ("a source is out of reach", {"updates": [(0, UNREACHABLE)]}, 0,
     ["W: Failed to fetch http://elsewhere.example", "W: Some index files"], "update install"),
    ("a source is out of reach and install fails", {"updates": [(0, UNREACHABLE)], "install": 100}, 1,
     ["W: Failed to fetch", "W: Some index files", "as root, try: "], "update install"),
    ("another program holds the lock for a while", {"updates": [(100, LOCKED), (100, LOCKED), (0, "")]}, 0, [],
     "update sleep update sleep update install"),
    ("another program holds the lock for ever", {"updates": [(100, LOCKED)] * 60}, 0,
     [WARNING + "Could not get lock /var/lib/apt/lists/lock."], "update sleep " * 59 + "update install"),
    ("a user with sudo", {"user": 1000}, 0, [], "update install"),
    ("a user whom sudo refuses", {"user": 1000, "updates": [(1, REFUSED)], "install": 1}, 1,
     [WARNING + REFUSED, "as root, try: "], "update install"),
    ("a user whose password sudo wants, without a terminal", {"user": 1000, "asks": True}, 1,
     [WARNING + REFUSED, REFUSED, "as root, try: "], ""),
    ("a user without sudo", {"user": 1000, "sudo": False}, 1, ["sudo is not installed; as root, run: "], ""),
]


@scenarios_of(ROWS, "when_")
def missing_packages(row):
    _, machine, wanted_status, wanted_complaints, wanted_calls = row
    with Machine(**machine) as one:
        status, out, err, calls = one.install()
    told = (status, out, err, calls)
    assert status == wanted_status and ("DONE" in out) == (status == 0), told
    assert [call.split()[0] for call in calls] == wanted_calls.split(), told
    complaints = err.splitlines()
    assert len(complaints) == len(wanted_complaints), told
    for complaint, wanted in zip(complaints, wanted_complaints):
        assert wanted in complaint, (wanted, told)


@scenario
def sudo_may_ask_for_a_password_at_a_terminal():
    terminal = pty.openpty()
    try:
        with Machine(user=1000, asks=True) as one:
            status, _, err, calls = one.install(terminal[1])
    finally:
        for end in terminal:
            os.close(end)
    assert status == 0 and [call.split()[0] for call in calls] == ["update", "install"], (status, err, calls)


@scenario
def only_what_is_missing_is_installed_and_as_root():
    with Machine(user=1000) as one:
        _, out, _, calls = one.install()
    install = calls[-1].split()
    assert install[-2:] == ["as", "0"] and "--no-install-recommends" in install, install
    assert "make" in install and "gcc" not in install, install
    assert "==> Installing libc6-dev make " in out, out


if __name__ == "__main__":
    main(workers=2)
