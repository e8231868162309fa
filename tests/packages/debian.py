# SPDX-License-Identifier: MIT
"""
The whole life of the Debian packages in a minimal system booted by systemd-nspawn: installed, run,
reloaded, killed, upgraded, removed, purged. Needs root.

TCP_ECHO_METRICS_PACKAGES names the folder of the packages (make check-deb builds them first), and
TCP_ECHO_METRICS_RELEASE the release that they were built on, where it is not this machine's. The minimal system
is kept there too, for next time; it needs apt's mirror once.
"""
import atexit
import glob
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "system"))

# pylint: disable=wrong-import-position
from lib.exposition import parse
from lib.law import Target, law
from lib.scenario import STATUS_SKIP, main, scenario
from lib.wait import PATIENCE, wait_for

FOLDER = os.path.abspath(os.environ.get("TCP_ECHO_METRICS_PACKAGES", "deb"))
NAMES = ("tcp-echo-metrics", "collectd-plugin-tcp-echo")
CONFFILES = {
    "/etc/collectd/collectd.conf.d/tcp_echo.conf",
    "/etc/default/tcp-echo-metrics",
    "/etc/tcp-echo-metrics/targets.json",
}
PLUGIN = "/usr/lib/collectd/tcp_echo.so"
DROP_IN = "/run/systemd/system/tcp-echo-metrics.service.d/test.conf"
TESTS = os.path.join(TOP, "debian", "tests")
# What the system itself writes meanwhile.
NOISE = re.compile(r"/(var/(log|cache|lib/dpkg|lib/systemd/timers|tmp)|root|etc/ld\.so\.cache~?)(/|$)")


def call(*command, text=None, seconds=60.0):
    """Runs a command to its end. Returns (status, output)."""
    done = subprocess.run(
        command,
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds * PATIENCE,
        check=False,
        encoding="utf-8",
        errors="replace",
    )
    return done.returncode, done.stdout


def must(*command, **options):
    """The same for a command that must succeed. Returns its output."""
    status, out = call(*command, **options)
    assert status == 0, f"{command}: status {status}: {out[-2000:]}"
    return out


def package(name, folder=FOLDER):
    """The path of the one package of that name."""
    found = glob.glob(os.path.join(folder, name + "_*.deb"))
    assert len(found) == 1, f"{name}: {found}"
    return found[0]


def skip(why):
    print(f"skip: {why}", flush=True)
    sys.exit(STATUS_SKIP)


def debian_tests():
    """What debian/tests/control has: (name, the packages it needs)."""
    with open(os.path.join(TESTS, "control"), encoding="utf-8") as file:
        tests = re.findall(r"^Tests: (\S+)\nDepends: (.+)$", file.read(), re.MULTILINE)
    return [(name, needs.split(", ")) for name, needs in tests]


class System:
    """A minimal Debian with what the packages depend on. Changes to it are discarded."""

    def __init__(self):
        self.root = os.path.join(FOLDER, "system")
        self.process = None
        self.leader = None

    def make(self):
        """Makes the folder, unless there is one for these dependencies."""
        wanted = {name for one in NAMES for name in self._dependencies(package(one))}
        wanted = sorted(wanted | {name for _, needs in debian_tests() for name in needs} - set(NAMES))
        stamp = os.path.join(self.root, "made-for")
        if os.path.exists(stamp):
            with open(stamp, encoding="ascii") as file:
                if file.read().split() == wanted:
                    return
        shutil.rmtree(self.root, ignore_errors=True)
        mirror, codename = self._mirror()
        print(f"making a minimal {codename}, which takes a minute", flush=True)
        must(
            "debootstrap",
            "--variant=minbase",
            "--include=systemd,systemd-sysv",
            codename,
            self.root,
            mirror,
            seconds=400,
        )
        for name in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{name}", os.path.join(self.root, "etc"))
        apt = "env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends".split()
        must("chroot", self.root, *apt, "install", *wanted, seconds=200)
        with open(stamp, "w", encoding="ascii") as file:
            file.write(" ".join(wanted))

    @staticmethod
    def _dependencies(path):
        """Their names, without versions; the first of alternatives."""
        for one in must("dpkg-deb", "-f", path, "Depends").split(","):
            yield one.split()[0]

    @staticmethod
    def _mirror():
        """The mirror from which this machine's apt gets Debian, and the release to make."""
        with open("/etc/os-release", encoding="utf-8") as file:
            codename = re.search(r"^VERSION_CODENAME=(\w+)$", file.read(), re.MULTILINE).group(1)
        status, out = call("bash", "-euc", '. "$1"; apt_mirror', "debian.py", os.path.join(TOP, "scripts", "common.sh"))
        if status != 0:
            skip(out.strip())
        return out.strip(), os.environ.get("TCP_ECHO_METRICS_RELEASE", codename)

    def boot(self):
        with open(os.path.join(FOLDER, "system.log"), "wb") as log:
            self.process = subprocess.Popen(
                [
                    *("systemd-nspawn", "--register=no", "--keep-unit", "--private-network"),
                    *("--volatile=overlay", "--quiet", "--machine=tcp-echo-metrics-test"),
                    *(f"--bind-ro={FOLDER}:/packages", f"--bind-ro={TESTS}:/tests", "-D", self.root, "-b"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        atexit.register(self.stop)
        try:
            wait_for(self._is_up, "the system boots", 60, 0.2)
        except AssertionError as error:
            with open(os.path.join(FOLDER, "system.log"), encoding="utf-8") as file:
                skip(f"systemd-nspawn does not boot here: {error}: {file.read()[-500:]}")

    def _is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"systemd-nspawn ended with {self.process.returncode}")
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path, encoding="ascii") as file:
            children = file.read().split()
        if not children:
            return False
        self.leader = children[0]
        return call(*self.inside("systemctl", "is-system-running"))[1].strip() in (
            "running",
            "degraded",
        )

    def inside(self, *command):
        return ("nsenter", "-a", "-t", self.leader, *command)

    def must(self, *command, **options):
        return must(*self.inside(*command), **options)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def write(self, path, text):
        self.must("sh", "-c", 'mkdir -p "${1%/*}" && cat >"$1"', "sh", path, text=text)

    def read(self, path):
        return self.must("cat", path)

    def exists(self, path):
        return call(*self.inside("test", "-e", path))[0] == 0

    def files(self):
        """Every path of the root file system, except those that change anyway."""
        listed = self.must("find", "/", "-xdev", "-mindepth", "1", "-print").splitlines()
        return {path for path in listed if not NOISE.match(path)}

    def unit(self, name):
        """A property of the service."""
        return self.must("systemctl", "show", "-P", name, "tcp-echo-metrics").strip()

    def wait_unit(self, name, condition, what, seconds=20.0):
        wait_for(lambda: condition(self.unit(name)), f"{name} {what}", seconds, 0.1)

    def metrics(self):
        """One scrape; the law must hold. None while there is no answer."""
        ask = "exec 3<>/dev/tcp/127.0.0.1/2112; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
        status, out = call(*self.inside("bash", "-c", ask))
        if status != 0:
            return None
        metrics = parse(out.partition("\n\n")[2] or out.partition("\r\n\r\n")[2])
        law(metrics)
        return metrics

    def wait_replies(self, name="this machine"):
        """Waits until the target replies, and returns the scrape that says so."""

        def answered():
            metrics = self.metrics()
            if metrics and name in metrics.targets() and Target(metrics, name).received > 3:
                return metrics
            return None

        return wait_for(answered, f"{name} answers", 30, 0.2)


system = System()
before = set()


@scenario
def they_install_on_a_clean_system_and_the_service_runs():
    before.update(system.files())
    system.must("dpkg", "-i", *(f"/packages/{os.path.basename(package(one))}" for one in NAMES))
    assert system.unit("ActiveState") == "active"
    assert system.unit("UnitFileState") == "enabled"
    assert system.unit("WatchdogUSec") == "30s", system.unit("WatchdogUSec")
    metrics = system.wait_replies()
    assert set(metrics.targets()) == {"this machine"}, metrics.targets()
    # As many as the unit says, or as many as the user of this test may have.
    allowed = min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    assert metrics.value("process_max_fds") == allowed, metrics.value("process_max_fds")
    system.wait_unit("StatusText", lambda text: text.startswith("probing 1 target, 1 conn"), "reports it")
    listed = system.must("dpkg-query", "-W", "-f", "${Conffiles}", *NAMES).split()
    assert set(listed[::2]) == CONFFILES, listed


@scenario
def the_service_has_no_privileges():
    pid = system.unit("MainPID")
    status = dict(
        line.split(":\t") for line in system.read(f"/proc/{pid}/status").splitlines() if ":\t" in line
    )
    assert min(int(uid) for uid in status["Uid"].split()) > 1000, status["Uid"]
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, f"{name}: {status[name]}"


def write_targets(targets):
    text = json.dumps([{"name": name, "address": address} for name, address in targets.items()])
    system.write("/etc/tcp-echo-metrics/targets.json", text)


@scenario
def a_reload_takes_a_new_file_and_refuses_a_bad_one():
    pid = system.unit("MainPID")
    write_targets({"this machine": "localhost:4000", "by number": "127.0.0.1:4000"})
    system.must("systemctl", "reload", "tcp-echo-metrics")
    system.wait_replies("by number")
    system.write("/etc/tcp-echo-metrics/targets.json", "[")
    system.must("systemctl", "reload", "tcp-echo-metrics")
    system.wait_unit("StatusText", lambda text: "; reload failed: " in text, "reports it")
    write_targets({"this machine": "localhost:4000"})
    system.must("systemctl", "reload", "tcp-echo-metrics")
    system.wait_unit("StatusText", lambda text: text.startswith("probing 1 target, "), "reports it")
    assert "failed" not in system.unit("StatusText")
    assert system.unit("MainPID") == pid, "a reload is not a restart"


@scenario
def the_service_comes_back_after_a_crash():
    system.must("systemctl", "kill", "-s", "KILL", "tcp-echo-metrics")
    system.wait_unit("NRestarts", lambda count: int(count) == 1, "counts")
    system.wait_unit("ActiveState", lambda state: state == "active", "is active")
    system.wait_replies()


@scenario
def the_service_comes_back_after_a_hang():
    system.write(DROP_IN, "[Service]\nWatchdogSec=1\nTimeoutAbortSec=1\nRestartSec=100ms\n")
    system.must("systemctl", "daemon-reload")
    system.must("systemctl", "restart", "tcp-echo-metrics")
    system.wait_replies()
    assert system.unit("NRestarts") == "0"
    system.must("systemctl", "kill", "-s", "STOP", "tcp-echo-metrics")
    system.wait_unit("NRestarts", lambda count: int(count) >= 1, "counts")
    system.wait_unit("ActiveState", lambda state: state == "active", "is active")
    journal = system.must("journalctl", "-u", "tcp-echo-metrics", "--no-pager")
    assert "Watchdog timeout" in journal, journal[-2000:]
    system.wait_replies()
    system.must("rm", "-r", os.path.dirname(DROP_IN))
    system.must("systemctl", "daemon-reload")


@scenario
def a_bad_flag_is_not_retried():
    path = "/etc/default/tcp-echo-metrics"
    kept = system.read(path)
    system.write(path, 'ARGS="-no-such-flag"\n')
    assert call(*system.inside("systemctl", "restart", "tcp-echo-metrics"))[0] != 0
    system.wait_unit("ActiveState", lambda state: state == "failed", "is failed")
    assert system.unit("ExecMainStatus") == "2", system.unit("ExecMainStatus")
    assert system.unit("NRestarts") == "0"
    system.write(path, kept)
    system.must("systemctl", "restart", "tcp-echo-metrics")
    system.wait_replies()


@scenario
def collectd_loads_the_plugin_and_it_probes():
    system.write(
        "/tmp/collectd.conf",
        """
Hostname "here"
BaseDir "/tmp"
PIDFile "/tmp/collectd.pid"
Interval 0.2
LoadPlugin csv
<Plugin csv>
  DataDir "stdout"
</Plugin>
LoadPlugin tcp_echo
<Plugin tcp_echo>
  Interval 0.02
  <Target "service">
    Address "localhost:4000"
  </Target>
</Plugin>
""",
    )
    system.must(
        *("systemd-run", "--unit=collectd-test", "/usr/sbin/collectd", "-f"),
        *("-C", "/tmp/collectd.conf"),
    )
    seen = [""]

    def answered():
        """A line is PUTVAL NAME INTERVAL TIME:VALUE."""
        seen[0] = system.must("journalctl", "-u", "collectd-test", "-o", "cat", "--no-pager")
        values = dict(re.findall(r"/tcp_echo-service/tcp_echo_(\w+) \S+ [\d.]+:(\S+)", seen[0]))
        return float(values.get("received", 0)) > 3 and float(values.get("connected", 0)) == 1

    try:
        wait_for(answered, "collectd writes replies that the plugin got", 30, 0.2)
    except AssertionError as error:
        raise AssertionError(f"{error}: {seen[0][-2000:]}") from None
    system.must("systemctl", "stop", "collectd-test")


@scenario
def the_tests_that_debian_runs_pass():
    names = {name for name, _ in debian_tests()}
    assert names == set(os.listdir(TESTS)) - {"control"} and names, names
    for name in names:
        system.must(f"/tests/{name}", seconds=120)


def newer(path, folder):
    """Builds the same package with a later version."""
    tree = os.path.join(folder, "tree")
    must("dpkg-deb", "-R", path, tree)
    control = os.path.join(tree, "DEBIAN", "control")
    with open(control, encoding="utf-8") as file:
        text = re.sub(r"(?m)^(Version: .*)$", r"\1+later", file.read())
    with open(control, "w", encoding="utf-8") as file:
        file.write(text)
    must("dpkg-deb", "--root-owner-group", "-b", tree, os.path.join(folder, "later.deb"))
    shutil.rmtree(tree)


@scenario
def an_upgrade_restarts_it_and_keeps_what_was_edited():
    folder = os.path.join(FOLDER, "later")
    os.makedirs(folder, exist_ok=True)
    pid = system.unit("MainPID")
    system.write("/etc/default/tcp-echo-metrics", 'ARGS="-mode=both"\n')
    for name in NAMES:
        newer(package(name), folder)
        system.must("dpkg", "-i", "/packages/later/later.deb")
    shutil.rmtree(folder)
    assert system.must("dpkg-query", "-W", "-f", "${Version}", NAMES[0]).endswith("+later")
    assert system.read("/etc/default/tcp-echo-metrics") == 'ARGS="-mode=both"\n'
    assert system.unit("MainPID") not in ("0", pid)
    system.wait_replies("default")


@scenario
def removal_leaves_only_the_configuration():
    out = system.must("dpkg", "--remove", *NAMES)
    assert "warning" not in out, out
    assert system.metrics() is None, "the service still answers"
    assert not system.exists("/usr/bin/tcp-echo-metrics") and not system.exists(PLUGIN)
    assert all(system.exists(path) for path in CONFFILES)


@scenario
def a_purge_leaves_nothing():
    out = system.must("dpkg", "--purge", *NAMES)
    assert "warning" not in out, out
    system.must("systemctl", "daemon-reload")
    assert not any(system.exists(path) for path in CONFFILES)
    left = system.files() ^ before
    assert not left, f"before and after differ: {sorted(left)}"


def prepare():
    if os.getuid() != 0:
        skip("needs root")
    for tool in ("debootstrap", "dpkg-deb", "nsenter", "systemd-nspawn"):
        if not shutil.which(tool):
            skip(f"needs {tool}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    system.make()
    system.boot()


if __name__ == "__main__":
    prepare()
    main(workers=1, seconds=400)
