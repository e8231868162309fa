# SPDX-License-Identifier: MIT
"""-svc under systemd: install, start, stop and uninstall; or a refusal that changes nothing."""
import errno
import glob
import os
import shutil
import signal
import subprocess
import tempfile

from lib.program import BINARY, WRAPPER, Program, run
from lib.scenario import Skip, main, scenario
from lib.service import Folder, does, refuses
from lib.systemd import BOOTED, PACKAGED, SYSTEMCTL, UNITS, Systemd, enter_or_skip, words_of
from lib.wait import PATIENCE, wait_for

NAME = "tcp-echo-metrics"
NOTHING = {"files": {}, "loaded": [], "enabled": [], "running": []}


def changes_nothing(systemd, *flags, **options):
    before = systemd.state()
    err = refuses(*flags, **options)
    after = systemd.state()
    assert after == before, f"{flags}: {before} became {after}"
    return err


def verify_unit(name):
    """systemd's own opinion of the unit: unknown settings give status 0, but not silence."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        print("note: units are not verified, because systemd-analyze is missing", flush=True)
        return
    done = subprocess.run(
        [tool, "verify", "--man=no", f"{UNITS}/{name}.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if name in line]
    assert done.returncode == 0 and not said, f"{done.returncode}: {said}"


@scenario
def the_whole_life_cycle():
    with Systemd() as systemd, Folder() as here:
        out = does(
            *here.flags, "-targets", "targets.json", "-svc", "install", prefix=here.prefix()
        )
        assert f"{UNITS}/{NAME}.service" in out, out
        assert systemd.calls() == ["daemon-reload", f"enable {NAME}.service"], systemd.calls()
        unit = systemd.unit(NAME)
        [line] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
        assert words_of(line.split("=", 1)[1]) == [
            os.path.realpath(BINARY),
            "-mode=both",
            f"-listen=127.0.0.1:{here.listen}",
            f"-targets={here.path}",
            "-interval=20ms",
            f"-metrics=127.0.0.1:{here.metrics}",
            "-svc=run",
            f"-name={NAME}",
        ], line
        assert os.stat(f"{UNITS}/{NAME}.service").st_mode & 0o777 == 0o644
        verify_unit(NAME)
        state = systemd.state()
        assert list(state["files"]) == state["enabled"] == [f"{NAME}.service"], state
        assert state["running"] == [], state
        err = changes_nothing(systemd, "-mode=server", "-svc=install")
        assert "is already installed" in err, err
        err = changes_nothing(systemd, "-svc=stop")
        assert "is not running" in err, err

        does("-svc", "start")
        assert here.scrape().timeouts == 0
        assert systemd.pid(NAME), "does not run"
        assert "is already running" in changes_nothing(systemd, "-svc=start")
        assert "is already installed" in changes_nothing(systemd, "-svc=install")

        does("-svc=stop")
        assert not systemd.pid(NAME), "still runs"
        assert "SIGTERM: shutting down" in systemd.log(), systemd.log()
        assert "is not running" in changes_nothing(systemd, "-svc=stop")

        does("-svc=uninstall")
        assert systemd.state() == NOTHING, systemd.state()
        for verb in ("start", "stop", "uninstall"):
            assert "is not installed" in changes_nothing(systemd, f"-svc={verb}")


@scenario
def two_services_live_side_by_side():
    with Systemd() as systemd, Folder() as one, Folder() as two:
        names = {"one": one, "Two.2_x": two}
        for name, here in names.items():
            does(*here.flags, f"-targets={here.path}", "-svc=install", f"-name={name}")
            verify_unit(name)
        for name, here in names.items():
            does("-svc=start", f"-name={name}")
            here.scrape()
        assert len({systemd.pid(name) for name in names}) == 2
        assert "is not installed" in changes_nothing(systemd, "-svc=start")
        # A running service is stopped before it is removed.
        does("-svc=uninstall", "-name=one")
        assert systemd.pid("one") is None and systemd.pid("Two.2_x")
        assert list(systemd.state()["files"]) == ["Two.2_x.service"], systemd.state()
        two.scrape()
        does("-svc=uninstall", "-name=Two.2_x")
        assert systemd.state() == NOTHING, systemd.state()


@scenario
def any_file_name_reaches_the_service_unchanged():
    name = "a \"b\" 'c' $HOME ${X} $$ %n %% \\x41 \\ ; # é \t\n\x01\x7f=-.json"
    with Systemd(), Folder(name) as here:
        does(*here.flags, "-targets", name, "-svc=install", prefix=here.prefix())
        verify_unit(NAME)
        does("-svc=start")
        here.scrape()
        does("-svc=uninstall")


@scenario
def a_program_in_a_folder_of_any_name_is_found():
    with Systemd() as systemd, Folder() as here:
        folder = os.path.join(here.folder, "a %n $HOME \"x\" \\ b")
        os.mkdir(folder)
        binary = os.path.join(folder, "program 1")
        shutil.copy(BINARY, binary)
        command = [*WRAPPER, binary, *here.flags, "-svc=install"]
        subprocess.run(command, check=True, capture_output=True)
        assert words_of(systemd.unit(NAME).split("ExecStart=")[1].split("\n")[0])[0] == binary
        does("-svc=start")
        here.scrape("default")
        does("-svc=uninstall")


@scenario
def its_user_can_read_the_targets_file():
    """Its own user if everyone may read the file; else root with no right except to read it."""
    # Neither in /tmp nor below a private folder.
    folder = "/mnt"
    subprocess.run(["mount", "-t", "tmpfs", "none", folder], check=True)
    path = os.path.join(folder, "t.json")
    try:
        with tempfile.NamedTemporaryFile(dir="/tmp") as in_tmp:
            for name in (path, in_tmp.name):
                with open(name, "w", encoding="ascii") as file:
                    file.write('[{"name": "a", "address": ":1"}]')
            os.chmod(in_tmp.name, 0o644)
            binary = os.path.join(folder, "program")
            shutil.copy(BINARY, binary)
            cases = (
                (0o755, 0o644, path, True),
                (0o755, 0o640, path, False),
                (0o750, 0o644, path, False),
                # A service with its own user also has its own /tmp.
                (0o755, 0o644, in_tmp.name, False),
            )
            for folder_mode, file_mode, targets, is_dynamic in cases:
                os.chmod(folder, folder_mode)
                os.chmod(path, file_mode)
                with Systemd() as systemd:
                    command = [*WRAPPER, binary, "-mode=client", f"-targets={targets}"]
                    subprocess.run([*command, "-svc=install"], check=True, capture_output=True)
                    assert ("\nDynamicUser=yes\n" in systemd.unit(NAME)) == is_dynamic, targets
                    verify_unit(NAME)
                    does("-svc=uninstall")
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@scenario
def leaves_alone_what_it_did_not_create():
    with Systemd() as systemd:
        path = f"{UNITS}/mine.service"
        with open(path, "w", encoding="ascii") as file:
            file.write("[Service]\nExecStart=/bin/true\n")
        os.symlink("/dev/null", f"{UNITS}/masked.service")
        packaged = glob.glob(PACKAGED + "/*[a-z].service")
        names = {"mine": path, "masked": f"{UNITS}/masked.service"}
        if packaged:
            names[os.path.basename(packaged[0])[: -len(".service")]] = packaged[0]
        else:
            print("note: there is no packaged unit to try", flush=True)
        for name, taken_by in names.items():
            for verb in ("install", "uninstall", "start", "stop"):
                err = changes_nothing(systemd, f"-svc={verb}", f"-name={name}")
                assert taken_by in err and "was not created by -svc=install" in err, err
        assert systemd.calls() == [], systemd.calls()


@scenario
def installs_nothing_that_would_not_start():
    with Systemd() as systemd, Folder() as here:
        targets = f"-targets={here.path}"
        usage = (
            ("-interval=0",),
            ("-mode=both", "-listen=:0"),
            (targets,),
            ("-check",),
            ("-version",),
            ("-help",),
            ("-name=a/b",),
            ("extra",),
        )
        for flags in usage:
            refuses("-svc=install", *flags, status=2)
        here.write([{"name": "a", "address": "no-port"}])
        assert here.path in refuses("-svc=install", "-mode=client", targets)
        here.write([{"name": "a", "address": ":1", "interval": "1ms", "timeout": "24h"}])
        assert '"a"' in refuses("-svc=install", "-mode=client", targets)
        os.unlink(here.path)
        assert here.path in refuses("-svc=install", "-mode=both", targets)
        assert systemd.state() == NOTHING and systemd.calls() == [], systemd.calls()
        # Its mode has no use for the file, as -check says too.
        _, _, err = run("-svc=install", "-mode=server", targets)
        assert "warning: -targets: no effect with -mode=server" in err, err


@scenario
def reports_machines_without_systemd():
    with Systemd(is_booted=False) as systemd:
        for verb in ("install", "uninstall", "start", "stop"):
            err = refuses(f"-svc={verb}")
            assert "systemd does not manage this machine's services" in err, err
        assert systemd.calls() == [], systemd.calls()
        os.makedirs(BOOTED)
        subprocess.run(["mount", "--bind", "/dev/null", SYSTEMCTL], check=True)
        try:
            err = refuses("-svc=install")
            assert "cannot run systemctl" in err, err
        finally:
            subprocess.run(["umount", SYSTEMCTL], check=True)


@scenario
def points_ordinary_users_to_sudo():
    with Systemd() as systemd, tempfile.TemporaryDirectory(prefix="tcp-echo-") as folder:
        drop = ["setpriv", "--reuid=65534", "--clear-groups"]
        os.chmod(folder, 0o755)
        binary = shutil.copy(BINARY, folder)
        if subprocess.run([*drop, "true"], check=False, capture_output=True).returncode:
            raise Skip("this user cannot become another one")
        for verb in ("install", "uninstall", "start", "stop"):
            command = [*drop, *WRAPPER, binary, f"-svc={verb}"]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            assert done.returncode == 1, done
            assert done.stderr.endswith(": managing services needs root; try sudo\n"), done.stderr
            assert done.stderr.count("\n") == 1, done.stderr
        assert systemd.state() == NOTHING and systemd.calls() == [], systemd.calls()


@scenario
def an_install_that_fails_halfway_is_undone():
    with Systemd() as systemd:
        for verb in ("daemon_reload", "enable"):
            systemd.order(**{verb: "Failed to do\nwhat was asked: \x1b[31mno\n"})
            err = changes_nothing(systemd, "-svc=install")
            assert f"systemctl {verb.replace('_', '-')}" in err, err
            assert "Failed to do what was asked: ?[31mno" in err, err
            systemd.order()
            assert systemd.calls()[-1] == "daemon-reload", systemd.calls()
        systemd.order(show="Failed to connect to bus")
        assert "Failed to connect to bus" in changes_nothing(systemd, "-svc=install")
        systemd.order()
        with open(f"{UNITS}/.full", "wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC, error
        err = changes_nothing(systemd, "-svc=install")
        assert "No space left" in err and f"{UNITS}/{NAME}.service" in err, err
        os.unlink(f"{UNITS}/.full")
        does("-svc=install")
        does("-svc=uninstall")
        assert systemd.state() == NOTHING, systemd.state()


@scenario
def an_install_that_is_interrupted_is_undone():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with Systemd() as systemd:
            systemd.order(enable="hang")
            process = subprocess.Popen(
                [*WRAPPER, BINARY, "-svc=install"],
                stderr=subprocess.PIPE,
                start_new_session=True,
                text=True,
            )
            try:
                wait_for(systemd.hangs, "systemctl hangs", 20)
                systemd.order()
                # As a terminal does: to every process in the foreground.
                os.killpg(process.pid, number)
                _, err = process.communicate(timeout=20 * PATIENCE)
            finally:
                process.kill()
            assert process.returncode == 1, f"status {process.returncode}: {err}"
            assert f"killed by signal {number}" in err and err.count("\n") == 1, err
            assert systemd.state() == NOTHING, systemd.state()


@scenario
def an_uninstall_that_fails_halfway_is_undone():
    with Systemd() as systemd, Folder() as here:
        does(*here.flags, "-svc=install")
        does("-svc=start")
        for verb in ("stop", "disable", "daemon_reload"):
            systemd.order(**{verb: "no"})
            err = changes_nothing(systemd, "-svc=uninstall")
            assert f"systemctl {verb.replace('_', '-')}" in err, err
            here.scrape("default")
        systemd.order()
        does("-svc=stop")
        systemd.forget_calls()
        for verb in ("disable", "daemon_reload"):
            systemd.order(**{verb: "no"})
            changes_nothing(systemd, "-svc=uninstall")
        assert not any(call.startswith("st") for call in systemd.calls()), systemd.calls()
        systemd.order()
        does("-svc=uninstall")
        assert systemd.state() == NOTHING, systemd.state()


@scenario
def a_failed_start_leaves_nothing_running():
    with Systemd() as systemd, Folder() as here, Program("server") as other:
        taken = f"-listen=127.0.0.1:{other.listen_port}"
        does(*here.flags, taken, "-svc=install")
        if "Type=notify" in systemd.unit(NAME):
            # The service manager then knows that it did not start.
            err = changes_nothing(systemd, "-svc=start")
            assert f"Job for {NAME}.service failed. See the journal." in err, err
            assert systemd.calls()[-1] == f"stop {NAME}.service", systemd.calls()
        systemd.order(start="no")
        assert f"systemctl start {NAME}.service: no" in changes_nothing(systemd, "-svc=start")
        systemd.order()
        does("-svc=uninstall")


if __name__ == "__main__":
    enter_or_skip()
    # What a nohup in front of all this ignores, its children would ignore too.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    main()
