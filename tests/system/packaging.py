# SPDX-License-Identifier: MIT
"""What packages ship matches the binary: the version, the systemd unit."""
import os
import re
import shutil
import subprocess
import tempfile

from lib.program import BINARY, run
from lib.scenario import Skip, main, scenario

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGING = os.path.join(TOP, "packaging")
# By systemd-analyze security: 0 is best, 10 is worst.
EXPOSURE_MAX = 1.8


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


@scenario
def the_packages_have_the_version_of_the_program():
    version = run("-version")[1].split()[1]
    packaged = re.match(r"tcp-echo-metrics \((\S+)\)", read("debian", "changelog")).group(1)
    assert packaged == version, f"debian/changelog: {packaged}, configure.ac: {version}"


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
        file.write(text.replace("@bindir@", folder).replace("@defaultsdir@", "/etc/default"))
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
