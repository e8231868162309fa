# SPDX-License-Identifier: MIT
"""
The RPM packages, as far as another kind of system can inspect them: what they contain, require and
run, and what they are once installed into a folder, without their scripts.

TCP_ECHO_METRICS_PACKAGES names the folder of the packages (make check-rpm builds them first).
"""
import atexit
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "system"))

FOLDER = os.path.abspath(os.environ.get("TCP_ECHO_METRICS_PACKAGES", "rpm"))
TOOL = "rpm"
NAMES = ("tcp-echo-metrics", "collectd-plugin-tcp-echo")
PROGRAM, PLUGIN = NAMES
LIBDIR = "/usr/lib64" if sys.maxsize > 2**32 else "/usr/lib"
CONFIGURATION = {
    PROGRAM: {"/etc/sysconfig/tcp-echo-metrics", "/etc/tcp-echo-metrics/targets.json"},
    PLUGIN: {"/etc/collectd.d/tcp_echo.conf"},
}
# Folders that more than one package may own.
SHARED = re.compile(r"/usr/(share/tcp-echo-metrics$|lib/\.build-id)")


def skip(why):
    print(f"skip: {why}", flush=True)
    sys.exit(77)


def rpm(*arguments):
    """The output of rpm, which must succeed."""
    done = subprocess.run(
        [TOOL, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"rpm {arguments}: status {done.returncode}: {done.stdout}"
    return done.stdout


def package(name):
    """The path of the one package of that name."""
    found = glob.glob(os.path.join(FOLDER, f"{name}-[0-9]*.rpm"))
    assert len(found) == 1, f"{name}: {found}"
    return found[0]


def query(name, what):
    return set(rpm("-qp", what, package(name)).splitlines())


def install():
    """Installs both into a folder that is deleted at the end. Returns it."""
    folder = tempfile.mkdtemp(prefix="tcp-echo-rpm-", dir="/var/tmp")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # Other programs of the tests, run as other users, must be able to reach what is in it.
    os.chmod(folder, 0o755)
    rpm(f"--root={folder}", "--initdb")
    rpm(f"--root={folder}", "-i", "--nodeps", "--noscripts", *(package(name) for name in NAMES))
    return folder


if not shutil.which(TOOL):
    skip("rpm was not found")
if not glob.glob(os.path.join(FOLDER, "*.rpm")):
    skip(f"no packages in {FOLDER}: make rpm builds them")
ROOT = install()
# The test library runs what is installed there.
os.environ["TCP_ECHO_METRICS"] = ROOT + "/usr/bin/tcp-echo-metrics"
os.environ["TCP_ECHO_METRICS_PLUGIN"] = f"{ROOT}{LIBDIR}/collectd/tcp_echo.so"

# pylint: disable=wrong-import-position
from lib.collectd import Daemon, want_collectd
from lib.links import dead_links
from lib.program import Program, run
from lib.scenario import main, scenario


def read(path):
    with open(ROOT + path, encoding="utf-8") as file:
        return file.read()


@scenario
def the_version_is_that_of_configure():
    with open(os.path.join(TOP, "configure.ac"), encoding="utf-8") as file:
        version = re.search(r"AC_INIT\(\[[^]]*\], \[([^]]*)\]", file.read()).group(1)
    for name in NAMES:
        assert rpm("-qp", "--qf", "%{NAME} %{VERSION} %{LICENSE}", package(name)) == f"{name} {version} MIT"
    status, out, _ = run("-version")
    assert status == 0 and version in out, out


@scenario
def each_package_has_its_files():
    program, plugin = (query(name, "--list") for name in NAMES)
    manual = {path for path in program | plugin if "/man/" in path}
    assert manual == {
        "/usr/share/man/man1/tcp-echo-metrics.1.gz",
        "/usr/share/man/man5/collectd-tcp_echo.5.gz",
    }
    doc = "/usr/share/doc/tcp-echo-metrics"
    wanted = CONFIGURATION[PROGRAM] | {
        "/usr/bin/tcp-echo-metrics",
        "/usr/lib/systemd/system/tcp-echo-metrics.service",
        "/usr/share/bash-completion/completions/tcp-echo-metrics",
        "/usr/share/fish/vendor_completions.d/tcp-echo-metrics.fish",
        "/usr/share/man/man1/tcp-echo-metrics.1.gz",
        "/usr/share/tcp-echo-metrics/dashboards/tcp-echo-mesh.json",
        "/usr/share/tcp-echo-metrics/dashboards/tcp-echo-metrics.json",
        "/usr/share/zsh/site-functions/_tcp-echo-metrics",
        f"{doc}/README.md",
        f"{doc}/docs/metrics.md",
        f"{doc}/examples/alerts.yml",
    }
    assert wanted <= program, wanted - program
    wanted = CONFIGURATION[PLUGIN] | {
        f"{LIBDIR}/collectd/tcp_echo.so",
        "/usr/share/man/man5/collectd-tcp_echo.5.gz",
        "/usr/share/tcp-echo-metrics/types.db",
    }
    assert wanted <= plugin, wanted - plugin
    both = {path for path in program & plugin if not SHARED.match(path)}
    assert not both, f"in both packages: {both}"
    for path in program | plugin:
        assert not re.search(r"\.la$|/etc/default|-linux-gnu|^/lib/|/doc/.*LICENSE$", path), path
    for files in (program, plugin):
        assert any(re.search(r"/licenses/.*LICENSE$", path) for path in files), files
    for name in ("collectd.conf.example", "prometheus-collectd.yml", "alerts.yml"):
        assert any(path.endswith("/" + name) for path in plugin), f"{name}: {plugin}"


@scenario
def what_an_administrator_changes_is_kept():
    for name in NAMES:
        flags = rpm("-qp", "--qf", r"[%{FILENAMES} %{FILEFLAGS:fflags}\n]", package(name))
        kept = {line.split()[0] for line in flags.splitlines() if line.endswith(" cn")}
        assert kept == CONFIGURATION[name] == query(name, "--configfiles"), flags


@scenario
def they_require_libraries_systemd_and_collectd():
    wants = {}
    for name in NAMES:
        plain = {line for line in query(name, "--requires") if "()(64bit)" not in line and ".so" not in line}
        wants[name] = {re.sub(r"\(x86-64\)|\(aarch-64\)", "", line) for line in plain
                       if not re.match(r"rpmlib\(|config\(|rtld\(", line)}
    assert wants[PROGRAM] == {"/bin/sh", "systemd"}, wants
    assert wants[PLUGIN] == {"collectd >= 5.12"}, wants
    libraries = {line.split(".so")[0] for line in query(PROGRAM, "--requires") if line.startswith("lib")}
    assert libraries == {"libc", "libcares", "libcjson", "libevent_core-2.1", "libm", "libsystemd", "libcurl-gnutls", "libdeflate", "libgnutls", "libyaml-0", "libcrypt"}, libraries


@scenario
def the_scripts_notify_systemd():
    scripts = rpm("-qp", "--scripts", package(PROGRAM))
    for kind in ("postinstall", "preuninstall", "postuninstall"):
        assert f"{kind} scriptlet" in scripts, scripts
    for text in ("preset", "disable --now", "try-restart"):
        assert f"{text} tcp-echo-metrics.service" in scripts, scripts
    # What rpm did not expand is left unchanged.
    assert "%" not in scripts, scripts
    assert rpm("-qp", "--scripts", package(PLUGIN)) == ""


@scenario
def the_service_starts_what_is_installed():
    unit = read("/usr/lib/systemd/system/tcp-echo-metrics.service")
    assert "\nExecStart=/usr/bin/tcp-echo-metrics $ARGS\n" in unit, unit
    assert "\nEnvironmentFile=-/etc/sysconfig/tcp-echo-metrics\n" in unit, unit
    assert "@" not in re.sub(r"=.*@system-service|~@.*", "", unit), unit
    arguments = re.search(r'^ARGS="(.*)"$', read("/etc/sysconfig/tcp-echo-metrics"), re.MULTILINE).group(1)
    arguments = arguments.replace("=/etc/", f"={ROOT}/etc/").split()
    status, out, err = run("-check", *arguments)
    assert status == 0, out + err


@scenario
def the_installed_program_measures():
    targets = {entry["name"]: "127.0.0.1:{listen}" for entry in json.loads(read("/etc/tcp-echo-metrics/targets.json"))}
    with Program("both", "-interval=20ms", targets=targets) as program:
        for name in targets:
            program.wait_target(name, lambda t: t.received > 10, "replies")


@scenario
def the_installed_plugin_measures_in_collectd():
    want_collectd()
    with Daemon("Interval 0.02\n", targets={"one": "127.0.0.1:{listen}"}) as daemon:
        daemon.wait_target("one", lambda t: t.received > 10, "replies")


@scenario
def the_links_of_the_documents_lead_somewhere():
    for name, least in ((PROGRAM, 80), (PLUGIN, 3)):
        count, dead = dead_links(f"{ROOT}/usr/share/doc/{name}")
        assert count >= least and not dead, (count, dead)


@scenario
def the_example_and_the_types_are_as_in_the_sources():
    found = glob.glob(f"{ROOT}/usr/share/doc/{PLUGIN}/examples/collectd.conf.example")
    found.append(ROOT + "/usr/share/tcp-echo-metrics/types.db")
    assert len(found) == 2, found
    for path, source in zip(found, ("collectd.conf.example", "src/collectd/types.db")):
        with open(path, "rb") as one, open(os.path.join(TOP, source), "rb") as other:
            assert one.read() == other.read(), path


@scenario
def removal_leaves_only_what_was_changed():
    folder = install()
    changed = "/etc/tcp-echo-metrics/targets.json"
    with open(folder + changed, "w", encoding="utf-8") as file:
        file.write("[]\n")
    rpm(f"--root={folder}", "-e", "--nodeps", "--noscripts", *NAMES)
    left = set()
    for place, _, names in os.walk(folder):
        left |= {os.path.join(place, name)[len(folder):] for name in names}
    left = {path for path in left if "/lib/rpm/" not in path and "/.rpmdb/" not in path}
    assert left == {changed + ".rpmsave"}, left


if __name__ == "__main__":
    main(workers=2)
