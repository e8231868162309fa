# SPDX-License-Identifier: MIT
"""What packages ship matches the binary: the version, the systemd unit."""
import os
import re
import shutil
import subprocess
import tempfile
import time

from lib.links import dead_links
from lib.program import BINARY, run
from lib.scenario import Skip, main, scenario

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGING = os.path.join(TOP, "packaging")
# By systemd-analyze security: 0 is best, 10 is worst.
EXPOSURE_MAX = 1.8


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


def install_packages(*sections):
    done = subprocess.run([os.path.join(TOP, "scripts", "install-packages"), *sections], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, check=False, encoding="utf-8")
    return done.returncode, done.stderr


@scenario
def an_unknown_section_of_packages_is_named_with_those_there_are():
    status, err = install_packages("build", "tset", "nonsense")
    assert status == 1 and re.fullmatch(
        r"install-packages: scripts/packages has no section tset nonsense; it has: (\w+ )+build test .*\n", err), err
    status, err = install_packages()
    assert status == 1 and re.fullmatch(r"install-packages: usage: .* SECTION\.\.\., out of: .* build test .*\n", err), err


def home_page(text):
    return re.search(r"(?m)^PACKAGE_URL='(.*)'$", text).group(1)


@scenario
def configure_says_whose_project_this_is():
    said = re.search("(?m)^homepage=(.*)$", read("packaging", "project")).group(1)
    assert home_page(read("configure")) == said
    if not shutil.which("autoconf"):
        raise Skip("autoconf was not found")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("configure.ac", "aclocal.m4", "packaging/project"):
            os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
            shutil.copyfile(os.path.join(TOP, name), os.path.join(folder, name))
        shutil.copytree(os.path.join(TOP, "m4"), os.path.join(folder, "m4"))
        project = os.path.join(folder, "packaging", "project")
        # autoconf looks at seconds to tell what is new.
        for later, said in ((-100, "https://one.test/"), (100, "https://two.test/")):
            with open(project, "w", encoding="utf-8") as file:
                file.write(f"# It's ours.\nemail=doe@one.test\nhomepage={said}\nmaintainer=Jane & John Doe\n")
            moment = time.time() + later
            os.utime(project, (moment, moment))
            subprocess.run(["autoconf"], cwd=folder, check=True, timeout=120)
            configure = os.path.join(folder, "configure")
            with open(configure, encoding="utf-8") as file:
                found = home_page(file.read())
            os.unlink(configure)
            assert found == said, (found, said)


def listed_packages(*sections):
    """What is in these sections, comments and all others dropped."""
    text = "".join(re.search(rf"(?ms)^\[{section}\]$(.*?)(?=^\[|\Z)", read("scripts", "packages")).group(1)
                   for section in sections)
    return set(re.sub("#.*", "", text).split())


@scenario
def what_builds_the_packages_is_listed():
    wanted = re.search(r"(?m)^Build-Depends:\n((?: .*\n)+)", read("debian", "control")).group(1)
    wanted = {re.match(r" *([\w.+-]+)", line).group(1) for line in wanted.splitlines()} - {"debhelper-compat"}
    lacking = (wanted | {"build-essential", "debhelper"}) - listed_packages("build", "packages")
    assert not lacking, f"scripts/packages lacks in [build] and [packages]: {lacking}"
    # By pkg-config the spec names what [build] has anyway; these are not in it.
    assert {"check", "collectd-dev"} <= listed_packages("rpm")


@scenario
def packages_that_could_not_be_installed_are_told_of():
    folder = os.path.dirname(BINARY)
    if not os.path.exists(os.path.join(folder, "Makefile")):
        raise Skip("the binary is in no build folder")
    # contents.py passes, and debian.py says that it cannot be tried here.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    python = "sh -c 'case $$0 in *debian.py) exit 77 ;; esac'"
    for no_skips, wanted in (("", 0), ("1", 2)):
        done = subprocess.run(["make", "-s", "-o", "deb", "check-deb", f"PYTHON3={python}", f"NO_SKIPS={no_skips}"],
                              cwd=folder, env=environment, capture_output=True, timeout=60, check=False,
                              encoding="utf-8")
        told = "built, but not installed" in done.stdout
        assert done.returncode == wanted and told == (wanted == 0), done


@scenario
def a_system_without_a_compiler_is_skipped():
    with tempfile.TemporaryDirectory() as folder:
        programs = os.path.join(folder, "bin")
        os.mkdir(programs)
        for tool in ("bash", "dirname", "env", "mkdir", "readlink"):
            os.symlink(shutil.which(tool), os.path.join(programs, tool))
        done = subprocess.run([os.path.join(TOP, "scripts", "check", "other-systems"), folder, "i386", "s390x"],
                              env={"PATH": programs}, capture_output=True, timeout=60, check=False, encoding="utf-8")
        assert done.returncode == 77 and not done.stderr, done
        assert done.stdout.count("Skipped: ") == 2 and "gcc-s390x-linux-gnu" in done.stdout, done


@scenario
def the_documents_name_sections_that_there_are():
    texts = [read("README.md")] + [read("docs", name) for name in os.listdir(os.path.join(TOP, "docs"))
                                   if name.endswith(".md")]
    lines = re.findall(r"scripts/install-packages ([a-z ]+)", "\n".join(texts))
    for row in re.findall(r"(?m)^\| .* \| (`build.*) \|$", read("docs", "development.md")):
        lines += re.findall(r"`([a-z ]+)`", row)
    assert len(lines) > 12, lines
    unknown = {word for line in lines for word in line.split()} - set(
        re.findall(r"(?m)^\[(\w+)\]$", read("scripts", "packages")))
    assert not unknown, f"no such sections: {unknown}"


@scenario
def the_packages_have_the_version_of_the_program():
    version = run("-version")[1].split()[1]
    packaged = re.match(r"tcp-echo-metrics \((\S+)\)", read("debian", "changelog")).group(1)
    assert packaged.rpartition("-")[0] == version, f"debian/changelog: {packaged}, configure.ac: {version}"


@scenario
def the_service_starts_with_the_flags_of_its_file():
    flags = re.search(r'(?m)^ARGS="(.*)"$', read("packaging/systemd/tcp-echo-metrics.default"))
    targets = os.path.join(PACKAGING, "systemd", "targets.json")
    installed = "/etc/tcp-echo-metrics/targets.json"
    assert installed in flags.group(1), flags.group(0)
    flags = [flag.replace(installed, targets) for flag in flags.group(1).split()]
    status, out, err = run("-check", *flags)
    assert status == 0 and "this machine" in out and not err, (status, out, err)


def analyze(command, folder):
    """Runs systemd-analyze on the unit, with the binary where the unit expects it."""
    if not shutil.which("systemd-analyze"):
        raise Skip("needs systemd-analyze")
    unit = os.path.join(folder, "tcp-echo-metrics.service")
    os.symlink(BINARY, os.path.join(folder, "tcp-echo-metrics"))
    text = read("packaging", "systemd", "tcp-echo-metrics.service.in")
    with open(unit, "w", encoding="utf-8") as file:
        file.write(text.replace("@bindir@", folder).replace("@defaultsdir@", "/etc/default")
                   .replace("@PACKAGE_URL@", "https://host.example/"))
    done = subprocess.run(
        ["systemd-analyze", *command, unit],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
        encoding="utf-8",
    )
    return done.returncode, done.stdout


@scenario
def the_links_of_the_documents_lead_somewhere():
    count, dead = dead_links(*(os.path.join(TOP, name) for name in ("README.md", "CONTRIBUTING.md", "docs")))
    assert count >= 80 and not dead, (count, dead)


@scenario
def so_they_do_where_they_are_installed():
    folder = os.path.dirname(os.path.abspath(BINARY))
    if not os.path.exists(os.path.join(folder, "Makefile")):
        raise Skip("the binary is in no build folder")
    # Wherever documents and data lie.
    for places in ((), ("docdir=/opt/doc",), ("docdir=/usr/local/share/tcp-echo-metrics", "mandir=/opt/man")):
        with tempfile.TemporaryDirectory(prefix="tcp-echo-") as root:
            done = subprocess.run(
                ["make", "-s", "-C", folder, f"DESTDIR={root}", "prefix=/usr/local", *places, "install-data"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False,
                encoding="utf-8")
            assert done.returncode == 0, done.stdout
            count, dead = dead_links(root)
            assert count >= 80 and not dead, (places, count, dead)


@scenario
def systemd_finds_nothing_wrong_with_the_unit():
    with tempfile.TemporaryDirectory(prefix="tcp-echo-") as folder:
        status, out = analyze(["verify", "--man=no"], folder)
    assert status == 0 and out == "", (status, out)


@scenario
def the_unit_exposes_little():
    with tempfile.TemporaryDirectory(prefix="tcp-echo-") as folder:
        status, out = analyze(["security", "--offline=true", "--no-pager"], folder)
    exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", out)
    assert status == 0 and exposure, (status, out)
    assert float(exposure.group(1)) <= EXPOSURE_MAX, out


@scenario
def the_built_unit_has_its_paths():
    unit = os.path.join(os.path.dirname(BINARY), "packaging", "systemd", "tcp-echo-metrics.service")
    if not os.path.exists(unit):
        raise Skip("this build has no unit")
    with open(unit, encoding="utf-8") as file:
        text = file.read()
    assert not re.search(r"@\w+@", text), text
    assert re.search(r"(?m)^ExecStart=/\S+/tcp-echo-metrics \$ARGS$", text), text
    assert re.search(r"(?m)^EnvironmentFile=-/\S+/tcp-echo-metrics$", text), text


if __name__ == "__main__":
    main(workers=2)
