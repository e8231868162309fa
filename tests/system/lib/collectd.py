# SPDX-License-Identifier: MIT
"""Runs the real daemon with the plugin in it, as an ordinary user, on free ports."""
import contextlib
import glob
import os
import pwd
import re
import shutil
import subprocess

from lib.dashboard import HOST
from lib.exposition import ESCAPE, LABEL
from lib.http_client import request
from lib.program import FINDINGS, Program, free_port
from lib.scenario import Skip
from lib.wait import PATIENCE, wait_for

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
# Where the build has put tcp_echo.so; empty where it was not built.
BUILT = os.environ.get("TCP_ECHO_METRICS_PLUGIN", "")
DAEMON = shutil.which("collectd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
FOLDERS = ("/usr/lib/collectd", "/usr/lib/*/collectd", "/usr/lib64/collectd", "/usr/local/lib/collectd")
# The daemon's own threads wake up once a second.
STOP_LIMIT = 30.0 * PATIENCE


def system_plugins():
    """The folder of the daemon's own plugins."""
    for pattern in FOLDERS:
        for folder in glob.glob(pattern):
            if os.path.exists(os.path.join(folder, "write_prometheus.so")):
                return folder
    return None


def want_collectd():
    """Skips the script without the daemon or the plugin."""
    if not BUILT or not os.path.exists(BUILT):
        raise Skip("the plugin was not built")
    if DAEMON is None or system_plugins() is None:
        raise Skip("collectd, or its write_prometheus, was not found")
    linked = subprocess.run(["ldd", os.path.join(system_plugins(), "write_prometheus.so")],
                            capture_output=True, text=True, check=False).stdout
    lacking = [line.split()[0] for line in linked.splitlines() if line.endswith("not found")]
    if lacking:
        raise Skip(f"write_prometheus lacks {', '.join(lacking)}")


def sanitizer_runtimes():
    """What must be preloaded for an instrumented plugin."""
    linked = subprocess.run(["ldd", BUILT], capture_output=True, text=True, check=False).stdout
    return re.findall(r"=> (/\S*lib[at]san\S*)", linked)


# Stacks of a finding that only say where something was made, which is not what is wrong with it.
ORIGIN = re.compile(r" *(Thread T\d+ |Mutex M\d+ ).*created")


def frames_of(lines):
    """The frames of findings in a program's lines, but for those that only tell where a thread came from."""
    found, counts = [], True
    for line in lines:
        if re.match(r" *#\d+ ", line):
            found += [line] if counts else []
        else:
            found += [line] if "runtime error:" in line else []
            counts = not ORIGIN.match(line)
    return found


def names_us(report):
    """Whether a tool's finding concerns the plugin, and not the daemon alone."""
    return re.search(r"tcp_echo\.so|src/\w+/\w+\.[ch]\b", report)


def quoted(text):
    """A value for collectd.conf."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def target_block(name, target):
    """target: its address, or a dictionary of its options."""
    options = target if isinstance(target, dict) else {"Address": target}
    lines = [f"<Target {quoted(name)}>"]
    for option, value in options.items():
        lines.append(f"  {option} {quoted(value) if isinstance(value, str) else value}")
    return "\n".join([*lines, "</Target>", ""])


class Daemon(Program):
    """
    collectd -f with the plugins tcp_echo, csv (to a file) and write_prometheus, as a context like
    Program; its /metrics is the plugin's own HTTP front. options: the text of the plugin's block;
    {listen} and {folder} are filled in, {metrics} is there already. targets: those of the blocks;
    file: those of a targets file, which is watched. listen: run an echo server. wrapper: a command
    that runs the daemon.
    """

    def __init__(self, options="", targets=None, file=None, listen=True, metrics=True, interval=1,
                 wrapper=(), descriptors=None):
        super().__init__("both", targets=file, descriptors=descriptors)
        self.wrapper = wrapper
        self.options = options
        self.blocks = targets or {}
        self.listen = listen
        self.serves_metrics = metrics
        self.interval = interval
        self.daemon_port = 0
        self.host = HOST

    def __enter__(self):
        want_collectd()
        return super().__enter__()

    @property
    def folder(self):
        return self._folder.name

    @property
    def csv_path(self):
        return os.path.join(self.folder, "values.csv")

    def fill_in(self, text):
        ports = {"{listen}": str(self.listen_port), "{folder}": self.folder}
        for name, value in ports.items():
            text = text.replace(name, value)
        return text

    def plugin_block(self):
        lines = ["<Plugin tcp_echo>", self.fill_in(self.options)]
        if self.listen:
            lines.append(f'Listen "127.0.0.1:{self.listen_port}"')
        if self.serves_metrics:
            lines.append(f'Metrics "127.0.0.1:{self.metrics_port}"')
        if self.targets is not None:
            self.write_targets(self.targets)
            lines.append(f'TargetsFile "{self.targets_path}"')
        lines += [self.fill_in(target_block(name, target)) for name, target in self.blocks.items()]
        return "\n".join([*lines, "</Plugin>", ""])

    def types(self):
        """The daemon's types: lines of its configuration."""
        return 'TypesDB "/usr/share/collectd/types.db"'

    def measured_by(self):
        """The part of the configuration that makes values."""
        return f"""
PluginDir "{self.folder}"
LoadPlugin tcp_echo
{self.plugin_block()}
PluginDir "{system_plugins()}"
"""

    def configuration(self):
        return f"""
BaseDir "{self.folder}"
PIDFile "{self.folder}/pid"
Hostname "{self.host}"
FQDNLookup false
Interval {self.interval}
{self.types()}
PluginDir "{system_plugins()}"
LoadPlugin logfile
<Plugin logfile>
  File STDERR
  Timestamp false
  PrintSeverity true
</Plugin>
{self.measured_by()}
LoadPlugin csv
<Plugin csv>
  DataDir "stdout"
</Plugin>
LoadPlugin write_prometheus
<Plugin write_prometheus>
  Host "127.0.0.1"
  Port "{self.daemon_port}"
</Plugin>
"""

    def command(self):
        """Puts everything into the folder, and makes an ordinary user its owner."""
        self.daemon_port = free_port()
        path = os.path.join(self.folder, "collectd.conf")
        # The daemon refuses symbolic links, and that user may not have access to the build folder.
        shutil.copy(BUILT, os.path.join(self.folder, "tcp_echo.so"))
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.configuration())
        # For the daemon only: not every shell runs with such a runtime. What it leaks and its races are its own:
        # check_findings tells them from ours.
        runtimes = " ".join(sanitizer_runtimes())
        preload = ["env", "LSAN_OPTIONS=exitcode=0", "TSAN_OPTIONS=exitcode=0", f"LD_PRELOAD={runtimes}"] \
            if runtimes else []
        return [*self.prefix, *self.as_ordinary_user(), "sh", "-c", 'exec "$@" >"$0"', self.csv_path,
                *preload, *map(self.fill_in, self.wrapper), DAEMON, "-f", "-C", path]

    @staticmethod
    def gid():
        """The group that the daemon runs as."""
        return os.getegid() or pwd.getpwnam("nobody").pw_gid

    def as_ordinary_user(self):
        if os.geteuid() != 0:
            return []
        nobody = pwd.getpwnam("nobody")
        os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]

    def _answers_ready(self):
        if self.serves_metrics and not super()._answers_ready():
            return False
        with contextlib.suppress(OSError):
            return request(self.daemon_port, seconds=2).status == 200
        return False

    def prometheus(self):
        """The text that write_prometheus serves."""
        return request(self.daemon_port).body.decode("utf-8")

    def samples(self):
        """Our values as write_prometheus serves them, by its names: {(name, labels): value}."""
        found = {}
        for line in self.prometheus().splitlines():
            if not line.startswith("collectd_tcp_echo_"):
                continue
            name, labels, value = re.fullmatch(r"(\w+)\{(.*)\} (\S+) \d+", line).groups()
            read = {one[1]: ESCAPE.sub(r"\1", one[2]) for one in LABEL.finditer(labels)}
            assert read.pop("instance") == self.host, line
            found[name, frozenset(read.items())] = float(value)
        return found

    def sample(self, name, target):
        """
        One value of a target, named as Prometheus knows it but for "tcp_echo_"; NaN if it is not there. With a
        reason: "disconnects_total/reset".
        """
        name, _, reason = name.partition("/")
        labels = {("tcp_echo", target)} | ({("type", reason)} if reason else set())
        return self.samples().get(("collectd_tcp_echo_tcp_echo_" + name, frozenset(labels)), float("nan"))

    def wait_sample(self, name, target, condition, what, seconds=20.0):
        wait_for(lambda: condition(self.sample(name, target)), what, seconds, 0.2)

    def all_csv(self):
        """The csv output, whole lines only."""
        with open(self.csv_path, "rb") as file:
            text = file.read()
        return text[:text.rfind(b"\n") + 1].decode("utf-8")

    def csv_lines(self):
        """Our lines of it."""
        return [line for line in self.all_csv().splitlines() if "/tcp_echo" in line]

    def readings(self):
        """How many there were."""
        return sum("/tcp_echo_up " in line for line in self.csv_lines())

    def check_law(self):
        if self.serves_metrics:
            super().check_law()

    def lines_about_us(self):
        return [line for line in self.lines if "tcp_echo" in line]

    def check_findings(self):
        """Only findings that name the plugin: the daemon itself is not instrumented, and leaks."""
        if any(word in line for line in self.lines for word in FINDINGS):
            assert not names_us("\n".join(frames_of(self.lines))), "instrumentation found:\n" + "\n".join(self.lines[-100:])


class Trial(Daemon):
    """A daemon that may end on its own, or carry on without the plugin."""

    def __init__(self, options="", **more):
        super().__init__(options, metrics=False, **more)

    def _becomes_ready(self):
        wait_for(lambda: self.has_ended() or self.carries_on(), "the daemon runs or has ended", 20)
        return True

    def has_ended(self):
        return self.process.poll() is not None and not self._reader.is_alive()

    def carries_on(self):
        """Whether the init of every plugin has run, successful or not."""
        return any("entering read-loop" in line for line in self.lines)

    def end(self):
        """Ends it in time, whatever its status."""
        self.process.terminate()
        self.process.wait(STOP_LIMIT)
        self._reader.join()
        self.check_findings()

    def __exit__(self, kind, value, trace):
        if kind is None and self.is_running():
            self.end()
        super().__exit__(kind, value, trace)


# What every daemon may say: of libmicrohttpd, threads that have ended, missing privileges, targets, and of two readings
# in a second, which a busy machine can bring about.
USUAL = re.compile(r"MHD_OPTION_EXTERNAL_LOGGER|set_thread_name|CAP_SETUID|\[warning\] tcp_echo plugin: [^:]+: down: |"
                   r"rrd_update_r .* failed: .*: illegal attempt to update using time")


def errors_of(daemon):
    """What else the log has of errors and warnings."""
    return [line for line in daemon.lines
            if ("[error]" in line or "[warning]" in line) and not USUAL.search(line)]
