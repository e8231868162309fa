# SPDX-License-Identifier: MIT
"""collectd with all of its writers at once, and what each of them was given: {identity: number}."""
import glob
import grp
import http.server
import json
import os
import re
import shutil
import socket
import socketserver
import subprocess
import sys
import threading

from lib.collectd import TOP, Daemon, system_plugins, want_collectd
from lib.program import free_port
from lib.scenario import Skip
from lib.wait import PATIENCE, wait_for

TYPES_DB = os.path.join(TOP, "src", "collectd", "types.db")
WRITERS = ("aggregation", "network", "rrdtool", "threshold", "unixsock", "write_graphite", "write_http", "write_log")


def want_writers():
    """Skips the scenario where a writer lacks a library."""
    want_collectd()
    for name in WRITERS:
        linked = subprocess.run(["ldd", os.path.join(system_plugins(), f"{name}.so")],
                                capture_output=True, text=True, check=False).stdout
        lacking = [line.split()[0] for line in linked.splitlines() if line.endswith("not found")]
        if lacking:
            raise Skip(f"{name} lacks {', '.join(lacking)}")
    if shutil.which("rrdtool") is None:
        raise Skip("rrdtool is missing")


def identity(plugin, instance, kind, kind_instance):
    """As collectd writes it, without the host."""
    dashed = [f"{name}-{part}" if part else name for name, part in ((plugin, instance), (kind, kind_instance))]
    return "/".join(dashed)


class Listener:
    """A server on a free port that collects something under a lock; a context."""

    def __init__(self, server_class, handler):
        self.lock = threading.Lock()
        self.values = {}
        server_class.allow_reuse_address = True
        self.server = server_class(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.server.owner = self
        self.port = self.server.server_address[1]
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def put(self, name, value):
        with self.lock:
            self.values[name] = value

    def snapshot(self):
        with self.lock:
            return dict(self.values)


class GraphiteHandler(socketserver.StreamRequestHandler):
    """Carbon's plain text: "path value time"."""

    def handle(self):
        for line in self.rfile:
            path, value, _ = line.decode("utf-8").rsplit(" ", 2)
            assert " " not in path, line
            self.server.owner.put(path, float(value))


def graphite():
    return Listener(socketserver.ThreadingTCPServer, GraphiteHandler)


def values_of_json(lists, put):
    """Takes over what write_http and write_log make of value lists."""
    for one in lists:
        assert one["dsnames"] == ["value"] and len(one["values"]) == 1, one
        name = identity(one["plugin"], one["plugin_instance"], one["type"], one["type_instance"])
        put(name, one["values"][0])


class JsonHandler(http.server.BaseHTTPRequestHandler):
    """write_http's JSON."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        values_of_json(json.loads(body), self.server.owner.put)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def json_listener():
    return Listener(http.server.ThreadingHTTPServer, JsonHandler)


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Sinks(Daemon):
    """
    A daemon with every writer, that sends to graphite, json (Listeners) and to another daemon. receiver: the
    UDP port of that one.
    """

    def __init__(self, options, graphite_port, json_port, receiver, **more):
        super().__init__(options, **more)
        self.graphite_port = graphite_port
        self.json_port = json_port
        self.receiver = receiver

    def configuration(self):
        return super().configuration() + f"""
LoadPlugin rrdtool
<Plugin rrdtool>
  DataDir "{self.folder}/rrd"
  CacheTimeout 1
  CacheFlush 2
  StepSize 1
  HeartBeat 4
</Plugin>
LoadPlugin write_graphite
<Plugin write_graphite>
  <Node "here">
    Host "127.0.0.1"
    Port "{self.graphite_port}"
    StoreRates false
    LogSendErrors true
  </Node>
</Plugin>
LoadPlugin write_http
<Plugin write_http>
  <Node "here">
    URL "http://127.0.0.1:{self.json_port}/"
    Format "JSON"
    StoreRates false
    LogHttpError true
  </Node>
</Plugin>
LoadPlugin write_log
<Plugin write_log>
  Format "JSON"
</Plugin>
LoadPlugin network
<Plugin network>
  Server "127.0.0.1" "{self.receiver}"
</Plugin>
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "{self.folder}/socket"
  SocketGroup "{grp.getgrgid(self.gid()).gr_name}"
</Plugin>
LoadPlugin aggregation
<Plugin aggregation>
  <Aggregation>
    Plugin "tcp_echo"
    Type "tcp_echo_connected"
    GroupBy "Host"
    CalculateNum true
    CalculateSum true
  </Aggregation>
  <Aggregation>
    Plugin "tcp_echo"
    Type "tcp_echo_disconnects"
    GroupBy "Host"
    GroupBy "TypeInstance"
    CalculateSum true
  </Aggregation>
</Plugin>
LoadPlugin threshold
<Plugin threshold>
  <Plugin "tcp_echo">
    <Type "tcp_echo_connected">
      FailureMin 0.5
    </Type>
  </Plugin>
</Plugin>
"""

    def ask(self, command):
        """The answer of unixsock: its first line's number and the lines that follow."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10 * PATIENCE)
            client.connect(f"{self.folder}/socket")
            with client.makefile("rw", encoding="utf-8") as stream:
                stream.write(command + "\n")
                stream.flush()
                count, text = stream.readline().split(" ", 1)
                assert int(count) >= 0, f"{command}: {text}"
                return [stream.readline().rstrip("\n") for _ in range(int(count))]

    def listed(self):
        """Our identities in the daemon's cache."""
        names = [line.split(" ", 1)[1] for line in self.ask("LISTVAL")]
        return {name.split("/", 1)[1] for name in names if "/tcp_echo" in name}

    def get_value(self, name):
        (line,) = self.ask("GETVAL " + quote(f"{self.host}/{name}"))
        return float(line.split("=", 1)[1])

    def flush(self):
        """Has the writers that collect values send them."""
        for plugin in ("rrdtool", "write_http", "network", "write_graphite"):
            self.ask(f"FLUSH timeout=-1 plugin={plugin}")

    def all_csv_values(self):
        return csv_values(self.all_csv().splitlines(), self.host)

    def log_values(self):
        """What write_log wrote, read out of the log."""
        found = {}
        for line in list(self.lines):
            if line.startswith("[{") or "write_log values:" in line and "[{" in line:
                values_of_json(json.loads(line[line.index("[{"):]), found.__setitem__)
        return found

    def rrd_files(self):
        """{identity: path}"""
        top = os.path.join(self.folder, "rrd", self.host)
        paths = glob.glob(glob.escape(top) + "/**/*.rrd", recursive=True)
        return {os.path.relpath(path, top)[:-len(".rrd")]: path for path in paths}

    def rrd_fetch(self, path):
        """The numbers of the last minute, without the unknown ones; none of a file that is being written."""
        done = subprocess.run(["rrdtool", "fetch", path, "AVERAGE", "--start", "-60"],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"rrdtool: {done.stderr.strip()}", file=sys.stderr)
            return []
        numbers = [line.split(": ")[1] for line in done.stdout.splitlines() if ": " in line]
        return [float(number) for number in numbers if "nan" not in number.lower()]


def csv_values(lines, host):
    """The last number of each identity in lines of PUTVAL."""
    found = {}
    for line in lines:
        match = re.fullmatch(r'PUTVAL (?:"((?:[^"\\]|\\.)*)"|(\S+)) interval=\S+ [\d.]+:(\S+)', line)
        assert match, line
        name = re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2]
        assert name.startswith(host + "/"), line
        found[name.split("/", 1)[1]] = float(match[3])
    return found


class Receiver(Daemon):
    """Another daemon, without our plugin, that gets values by network and writes them as csv."""

    def __init__(self, with_types):
        super().__init__(listen=False, metrics=False)
        self.with_types = with_types
        self.host = "receiver"
        self.port = free_port()

    def types(self):
        if not self.with_types:
            return super().types()
        shutil.copy(TYPES_DB, self.folder)
        return f'{super().types()}\nTypesDB "{self.folder}/types.db"'

    def measured_by(self):
        return f"""
LoadPlugin network
<Plugin network>
  Listen "127.0.0.1" "{self.port}"
</Plugin>
"""

    def csv_values(self, host):
        """Only of that host: the receiver's own plugins have values, too."""
        lines = self.all_csv().splitlines()
        return csv_values([line for line in lines if re.match(rf'PUTVAL "?{host}/', line)], host)


def wait_complete(get, expected, what):
    """Waits until a sink has all that is expected; returns what it has."""
    seen = {}

    def is_complete():
        nonlocal seen
        seen = get()
        return expected <= set(seen)

    try:
        wait_for(is_complete, what, 30, 0.3)
    except AssertionError as error:
        raise AssertionError(f"{error}; lacking: {sorted(expected - set(seen))[:8]}; "
                             f"there are {len(seen)}: {sorted(seen)[:3]}") from None
    return seen
