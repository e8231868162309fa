# SPDX-License-Identifier: MIT
"""
Dockerfile and compose.yaml, without a container engine: what they name exists, fits the binary, and is
accepted by Prometheus and the build. (make check-image runs the Dockerfile's commands.)
"""
import fnmatch
import glob
import http.server
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading

from lib.program import BINARY, Program, free_port, run
from lib.scenario import Skip, main, scenario

try:
    import yaml
except ImportError:
    yaml = None

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEALTHY = os.path.join(TOP, "packaging", "container", "is-healthy")
# The image's build is configured without these.
LEFT_OUT = ("libsystemd",)


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


def load(*path):
    if yaml is None:
        raise Skip("python3-yaml was not found")
    return yaml.safe_load(read(*path))


def default_ports():
    """The ports of the echo server and of /metrics, as -help prints them."""
    status, out, _ = run("-help")
    assert status == 0
    ports = dict(re.findall(r"^ +-(listen|metrics) .*?:(\d+)\b", out, re.MULTILINE))
    return int(ports["listen"]), int(ports["metrics"])


def instructions():
    """The Dockerfile's instructions as (word, rest), comments dropped and continued lines joined."""
    lines = [line for line in read("Dockerfile").splitlines() if not line.startswith("#")]
    text = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def stages():
    """Each stage's instructions."""
    found = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def words_of(stage, word):
    return [rest for one, rest in stage if one == word]


def ignored(path):
    """Whether .dockerignore keeps a file out of the build context."""
    patterns = [line for line in read(".dockerignore").splitlines() if line and not line.startswith("#")]
    return any(path == one or path.startswith(one + "/") or fnmatch.fnmatch(path, one) for one in patterns)


def codename():
    """Of the Debian in which the image is built and runs."""
    (base,) = words_of(stages()[0], "FROM")
    return re.fullmatch(r"debian:([a-z]+)-slim@sha256:[0-9a-f]{64} AS base", base).group(1)


@scenario
def the_dockerfile_builds_in_one_stage_and_runs_in_another():
    base, build, image = stages()
    assert codename() and len(base) == 1, base
    assert words_of(build, "FROM") == ["base AS build"], build
    assert words_of(image, "FROM") == ["base"], image
    assert words_of(image, "USER") == ["65534:65534"], image
    assert words_of(image, "EXPOSE") == [" ".join(str(port) for port in default_ports())], image
    assert json.loads(words_of(image, "ENTRYPOINT")[0]) == ["tcp-echo-metrics"]
    assert json.loads(words_of(image, "CMD")[0]) == ["-mode=both"]
    assert json.loads(words_of(image, "HEALTHCHECK")[0].split(" CMD ")[1]) == ["is-healthy"]
    known = {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    assert {word for word, _ in build + image} <= known


@scenario
def what_the_dockerfile_copies_is_there():
    _, build, image = stages()
    for rest in words_of(build, "COPY"):
        for path in rest.split()[:-1]:
            assert os.path.exists(os.path.join(TOP, path)) and not ignored(path), path
    for rest in words_of(image, "COPY"):
        assert rest.startswith("--from=build "), rest
        path = rest.split()[1]
        if path.startswith("/src/packaging/"):
            assert os.access(os.path.join(TOP, path[len("/src/"):]), os.X_OK), path


@scenario
def the_build_context_has_all_sources():
    wanted = ["autogen.sh", "configure.ac", "Makefile.am", "packaging/container/is-healthy"]
    for folder in ("src", "m4", "packaging", "scripts", "tests"):
        wanted += glob.glob(os.path.join(folder, "**", "*"), root_dir=TOP, recursive=True)
    assert len(wanted) > 100, wanted
    assert not [path for path in wanted if ignored(path)]
    for path in (".git", "build", "configure"):
        assert ignored(path), path


@scenario
def the_image_has_the_libraries_that_the_program_links():
    if not shutil.which("dpkg-query") or "static" in str(os.environ.get("TCP_ECHO_METRICS_WRAPPER")):
        raise Skip("this is not Debian")
    with open("/etc/os-release", encoding="utf-8") as file:
        if f"VERSION_CODENAME={codename()}\n" not in file.read():
            raise Skip(f"the image's libraries are those of Debian {codename()}")
    linked = subprocess.run(["readelf", "-d", BINARY], capture_output=True, text=True, check=True).stdout
    needed = re.findall(r"\(NEEDED\).*\[(lib(?!c\.|asan|tsan|ubsan|gcov|m\.)[^]]*)\]", linked)
    packages = set()
    for name in needed:
        if name.startswith(LEFT_OUT):
            continue
        found = subprocess.run(["dpkg-query", "-S", f"*/{name}"], capture_output=True, text=True, check=True)
        packages |= {line.split(":")[0] for line in found.stdout.splitlines()}
    install = next(rest for rest in words_of(stages()[2], "RUN") if "apt-get install" in rest)
    listed = set(re.search(r"--no-install-recommends (.*?) &&", install).group(1).split())
    assert packages == listed, f"links {packages}, the Dockerfile has {listed}"


@scenario
def the_health_check_reports_health():
    def status(port):
        env = dict(os.environ, METRICS_PORT=str(port))
        return subprocess.run([HEALTHY], env=env, capture_output=True, timeout=60, check=False).returncode

    with Program("both", "-interval=20ms") as program:
        program.wait_target("default", lambda t: t.received > 0, "replies")
        assert status(program.metrics_port) == 0
        assert status(program.listen_port) != 0, "an echo server is not /metrics"
    assert status(free_port()) != 0, "there is no listener"
    with http.server.HTTPServer(("127.0.0.1", 0), Unwell) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert status(server.server_port) == 1
        server.shutdown()


class Unwell(http.server.BaseHTTPRequestHandler):
    """Answers, but with an error."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_error(503)

    def log_message(self, *_):
        pass


def services():
    return load("compose.yaml")["services"]


def mounts(service):
    """What is mounted from the checkout: (path there, path in the container)."""
    for text in services()[service].get("volumes", []):
        source, target = text.split(":")[:2]
        if source.startswith("./"):
            yield source[2:], target


@scenario
def compose_mounts_what_is_there():
    compose = load("compose.yaml")
    assert set(compose) == {"services", "volumes"}
    assert set(compose["services"]) == {"tcp-echo-metrics", "prometheus", "grafana"}
    count = 0
    for name, service in compose["services"].items():
        for text in service.get("volumes", []):
            source = text.split(":")[0]
            count += 1
            if source.startswith("./"):
                assert os.path.exists(os.path.join(TOP, source)), f"{name}: {source}"
                assert text.endswith(":ro"), f"{name}: {text} is writable"
            else:
                assert source in compose["volumes"], f"{name}: {source}"
        assert service["cap_drop"] == ["ALL"], name
        for other in service.get("depends_on", []):
            assert other in compose["services"], f"{name} depends on {other}"
        assert "image" in service, name
    assert count >= 7, count


@scenario
def compose_publishes_the_programs_ports():
    listen, metrics = default_ports()
    own = services()["tcp-echo-metrics"]
    assert own["ports"] == [f"{listen}:{listen}", f"127.0.0.1:{metrics}:{metrics}"], own["ports"]
    for name in ("prometheus", "grafana"):
        assert all(text.startswith("127.0.0.1:") for text in services()[name]["ports"]), name
    flags = list(own["command"])
    (target,) = [one for one in mounts("tcp-echo-metrics") if one[1] == "/etc/tcp-echo-metrics"]
    flags = [flag.replace(target[1], os.path.join(TOP, target[0])) for flag in flags]
    status, out, err = run("-check", *flags)
    assert status == 0, out + err


@scenario
def prometheus_scrapes_the_program():
    config = load("packaging", "compose", "prometheus.yml")
    (scrape,) = config["scrape_configs"]
    assert scrape["static_configs"] == [{"targets": [f"tcp-echo-metrics:{default_ports()[1]}"]}]
    promtool = shutil.which("promtool")
    if not promtool:
        raise Skip("promtool was not found")
    # As in the container, where its configuration and the alerts are side by side.
    with tempfile.TemporaryDirectory() as folder:
        for source, target in mounts("prometheus"):
            if target.startswith("/etc/prometheus/"):
                shutil.copy(os.path.join(TOP, source), os.path.join(folder, os.path.basename(target)))
        done = subprocess.run([promtool, "check", "config", os.path.join(folder, "prometheus.yml")],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(r"[1-9]\d* rules found", done.stdout + done.stderr), done.stdout


@scenario
def grafana_finds_prometheus_and_the_dashboard():
    placed = dict((target, source) for source, target in mounts("grafana"))
    (source,) = load("packaging", "compose", "grafana", "datasources", "prometheus.yml")["datasources"]
    port = services()["prometheus"]["ports"][0].split(":")[-1]
    assert source["url"] == f"http://prometheus:{port}" and source["type"] == "prometheus"
    assert source["isDefault"] is True
    (provider,) = load("packaging", "compose", "grafana", "dashboards", "dashboards.yml")["providers"]
    folder = placed[provider["options"]["path"]]
    with open(os.path.join(TOP, folder, "tcp-echo-metrics.json"), encoding="utf-8") as file:
        dashboard = json.load(file)
    assert any(one["type"] == "datasource" and one["query"] == source["type"]
               for one in dashboard["templating"]["list"])
    for kind in ("datasources", "dashboards"):
        mounted = placed[f"/etc/grafana/provisioning/{kind}"]
        assert os.path.isdir(os.path.join(TOP, mounted)), mounted
    home = services()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert os.path.dirname(home) == provider["options"]["path"]
    assert os.path.exists(os.path.join(TOP, folder, os.path.basename(home))), home


if __name__ == "__main__":
    main(workers=2)
