# SPDX-License-Identifier: MIT
"""collectd with the plugin in it, measured like the standalone prober."""

import glob
import os
import shutil
import subprocess
import tempfile

from processes import Program

FOLDERS = ("/usr/lib/collectd", "/usr/lib/*/collectd", "/usr/lib64/collectd")

CONFIGURATION = """
BaseDir "{folder}"
PIDFile "{folder}/pid"
Hostname "bench"
FQDNLookup false
Interval 10
TypesDB "/usr/share/collectd/types.db"
PluginDir "{plugin_folder}"
LoadPlugin tcp_echo
<Plugin tcp_echo>
  TargetsFile "{targets}"
  Interval {interval}
  Timeout "{timeout}"
  Metrics "127.0.0.1:{port}"
  LogLevel "warning"
</Plugin>
PluginDir "{system}"
LoadPlugin csv
<Plugin csv>
  DataDir "stdout"
</Plugin>
LoadPlugin write_prometheus
<Plugin write_prometheus>
  Host "127.0.0.1"
  Port "{daemon_port}"
</Plugin>
"""


def system_folder():
    """Where the daemon's own plugins are."""
    for pattern in FOLDERS:
        for folder in glob.glob(pattern):
            if os.path.exists(os.path.join(folder, "write_prometheus.so")):
                return folder
    raise RuntimeError("collectd's write_prometheus was not found")


class Daemon(Program):
    """The running daemon: it reads every 10 s, and writes to csv and write_prometheus."""

    END_S = 30

    def __init__(self, plugin, targets, setting, port, daemon_port):
        daemon = shutil.which("collectd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if daemon is None:
            raise RuntimeError("collectd was not found")
        self._folder = tempfile.TemporaryDirectory(prefix="bench-collectd-")
        self._name = "collectd"
        configuration = os.path.join(self._folder.name, "collectd.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(
                folder=self._folder.name, plugin_folder=os.path.dirname(os.path.abspath(plugin)),
                targets=targets, interval=setting.interval_ms / 1000, timeout=setting.timeout,
                port=port, system=system_folder(), daemon_port=daemon_port))
        self._stderr = tempfile.TemporaryFile()
        self._process = subprocess.Popen([daemon, "-f", "-C", configuration],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=self._stderr)

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        self._folder.cleanup()
