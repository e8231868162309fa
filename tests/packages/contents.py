# SPDX-License-Identifier: MIT
"""
What is in the Debian packages: unpacked, not installed.

TCP_ECHO_METRICS_PACKAGES names the folder of the packages (make check-deb builds them first).
"""
import atexit
import glob
import hashlib
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "system"))

FOLDER = os.path.abspath(os.environ.get("TCP_ECHO_METRICS_PACKAGES", "deb"))
PROGRAM, PLUGIN = NAMES = ("tcp-echo-metrics", "collectd-plugin-tcp-echo")
DROP_IN = "/etc/collectd/collectd.conf.d/tcp_echo.conf"


def must(*command, text=None):
    """The output of a command that must succeed."""
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                          check=False, encoding="utf-8", errors="replace")
    assert done.returncode == 0, f"{command}: status {done.returncode}: {done.stdout}"
    return done.stdout


def unpack(name):
    """Unpacks a package into a folder that is deleted at the end, with its control files in DEBIAN."""
    found = glob.glob(os.path.join(FOLDER, name + "_*.deb"))
    assert len(found) == 1, f"{name}: {found}: make deb builds them"
    folder = tempfile.mkdtemp(prefix="tcp-echo-deb-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.chmod(folder, 0o755)
    must("dpkg-deb", "-R", found[0], folder)
    return folder


ROOTS = {name: unpack(name) for name in NAMES}
# The test library runs what is there.
os.environ["TCP_ECHO_METRICS"] = ROOTS[PROGRAM] + "/usr/bin/tcp-echo-metrics"
os.environ["TCP_ECHO_METRICS_PLUGIN"] = ROOTS[PLUGIN] + "/usr/lib/collectd/tcp_echo.so"

# pylint: disable=wrong-import-position
from lib.collectd import Daemon, want_collectd
from lib.links import dead_links
from lib.scenario import Skip, main, scenario

DOC = {name: f"/usr/share/doc/{name}" for name in NAMES}
SHIPPED = {
    PROGRAM: {
        "/etc/default/tcp-echo-metrics",
        "/etc/tcp-echo-metrics/targets.json",
        "/lib/systemd/system/tcp-echo-metrics.service",
        "/usr/bin/tcp-echo-metrics",
        "/usr/share/bash-completion/completions/tcp-echo-metrics",
        "/usr/share/fish/vendor_completions.d/tcp-echo-metrics.fish",
        "/usr/share/man/man1/tcp-echo-metrics.1",
        "/usr/share/tcp-echo-metrics/dashboards/tcp-echo-mesh.json",
        "/usr/share/tcp-echo-metrics/dashboards/tcp-echo-metrics.json",
        "/usr/share/zsh/vendor-completions/_tcp-echo-metrics",
    },
    PLUGIN: {
        DROP_IN,
        "/usr/lib/collectd/tcp_echo.so",
        "/usr/share/man/man5/collectd-tcp_echo.5",
        "/usr/share/tcp-echo-metrics/types.db",
        f"{DOC[PLUGIN]}/collectd.md",
        f"{DOC[PLUGIN]}/examples/alerts.yml",
        f"{DOC[PLUGIN]}/examples/collectd.conf.example",
        f"{DOC[PLUGIN]}/examples/prometheus-collectd.yml",
        f"{DOC[PLUGIN]}/examples/prometheus.yml",
    },
}


def files(name):
    """{path as installed, without ".gz": path as unpacked}"""
    found = {}
    for folder, _, entries in os.walk(ROOTS[name]):
        for entry in entries:
            path = os.path.join(folder, entry)
            shown = path[len(ROOTS[name]):]
            if not shown.startswith("/DEBIAN/"):
                # Where units are depends on the release.
                found[re.sub("^/usr/lib/systemd/", "/lib/systemd/", shown).removesuffix(".gz")] = path
    return found


@scenario
def each_has_its_files_and_no_other():
    for name in NAMES:
        shipped = set(files(name))
        # Debian's own, and the documents and examples of the program, which are whole folders.
        # What lintian is to overlook, where there is such a thing, stands in debian/.
        others = {path for path in shipped - SHIPPED[name] - {f"/usr/share/lintian/overrides/{name}"}
                  if not re.fullmatch(rf"{DOC[name]}/(changelog\.Debian|changelog|copyright)", path)}
        if name == PROGRAM:
            others = {path for path in others
                      if not re.match(rf"{DOC[name]}/(\w+\.md$|collectd\.conf\.example$|docs/|examples/)", path)}
        assert SHIPPED[name] <= shipped and not others, \
            f"{name}: lacks {SHIPPED[name] - shipped}; more than expected: {others}"
    assert not set(files(PROGRAM)) & set(files(PLUGIN))


@scenario
def each_file_is_as_listed_and_safe():
    for name in NAMES:
        with open(ROOTS[name] + "/DEBIAN/md5sums", encoding="utf-8") as file:
            sums = {"/" + path: digest for digest, path in (line.rstrip("\n").split("  ", 1) for line in file)}
        for shown, path in files(name).items():
            mode = os.lstat(path).st_mode
            wanted = 0o755 if "/bin/" in shown else 0o644
            assert stat.S_ISREG(mode) and stat.S_IMODE(mode) == wanted, f"{shown}: {mode:o}"
            if not shown.startswith("/etc/"):
                with open(path, "rb") as file:
                    # Not for safety. nosec
                    assert hashlib.md5(file.read()).hexdigest() == sums[path[len(ROOTS[name]):]], shown


@scenario
def each_names_the_release_that_it_is_for():
    system = platform.freedesktop_os_release()
    release = "+" + system["ID"] + system["VERSION_ID"] if "VERSION_ID" in system else ""
    for name in NAMES:
        with open(ROOTS[name] + "/DEBIAN/control", encoding="utf-8") as file:
            version = re.search(r"(?m)^Version: (.*)$", file.read()).group(1)
        assert re.fullmatch(r"[\d.]+-\d+" + re.escape(release), version), version


@scenario
def what_an_administrator_changes_is_kept():
    for name in NAMES:
        with open(ROOTS[name] + "/DEBIAN/conffiles", encoding="utf-8") as file:
            assert set(file.read().split()) == {path for path in files(name) if path.startswith("/etc/")}


@scenario
def the_examples_are_complete_where_they_lie():
    if shutil.which("promtool") is None:
        raise Skip("promtool is missing")
    checked = 0
    for name in NAMES:
        for path in glob.glob(f"{ROOTS[name]}{DOC[name]}/examples/*.yml"):
            what = "rules" if os.path.basename(path) in ("alerts.yml", "rules.yml") else "config"
            must("promtool", "check", what, path)
            checked += 1
    assert checked >= 4, checked


@scenario
def the_links_of_the_documents_lead_somewhere():
    for name, least in ((PROGRAM, 80), (PLUGIN, 3)):
        count, dead = dead_links(ROOTS[name] + DOC[name])
        assert count >= least and not dead, (count, dead)


@scenario
def the_pages_can_be_read():
    for name, page in ((PROGRAM, "man1/tcp-echo-metrics.1"), (PLUGIN, "man5/collectd-tcp_echo.5")):
        text = must("gzip", "-dc", files(name)[f"/usr/share/man/{page}"])
        shown = re.sub(".\x08", "", must("mandoc", "-T", "ascii", text=text))
        assert "\nDESCRIPTION\n" in shown, page


def drop_in():
    with open(files(PLUGIN)[DROP_IN], encoding="utf-8") as file:
        return file.read()


@scenario
def installing_the_plugin_changes_nothing():
    assert all(line.startswith("#") for line in drop_in().splitlines()), drop_in()


class WithDropIn(Daemon):
    """Includes the drop-in, without the first sign of each line, as Debian's configuration does."""

    def plugin_block(self):
        path = os.path.join(self.folder, "tcp_echo.conf")
        text = re.sub(r"^#", "", drop_in(), flags=re.MULTILINE)
        text = text.replace('":4000"', f'"127.0.0.1:{self.listen_port}"')
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return f'<Include "{self.folder}">\n  Filter "tcp_echo.conf"\n</Include>\n'


@scenario
def the_drop_in_works_once_its_signs_are_gone():
    want_collectd()
    with WithDropIn(metrics=False) as daemon:
        daemon.wait_sample("received_total", "this machine", lambda v: v > 5, "replies")


if __name__ == "__main__":
    main(workers=2)
