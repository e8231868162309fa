# SPDX-License-Identifier: MIT
"""-svc of the Windows program, through wine's service manager."""
import functools
import os
import shutil

from lib import program, windows
from lib.program import free_port
from lib.scenario import main, scenario
from lib.service import Folder, does, refuses
from lib.windows import WindowsProgram, run

NAME = "tcp-echo-metrics"
does = functools.partial(does, run=run)
refuses = functools.partial(refuses, run=run)


@scenario
def the_whole_life_cycle():
    with Folder("t é 1.json") as here:
        out = does(*here.flags, "-targets", here.path, "-svc", "install")
        assert f'service "{NAME}" installed' in out, out
        assert "is already installed" in refuses("-svc=install")
        assert "is not running" in refuses("-svc=stop")
        assert not here.answers(), "install has started it"
        does("-svc=start")
        here.scrape()
        assert "is already running" in refuses("-svc=start")
        assert "is already installed" in refuses("-svc=install")
        here.scrape()
        does("-svc=stop")
        assert not here.answers(), "it still answers"
        assert "is not running" in refuses("-svc=stop")
        # The recorded flags hold for every start, and a running service is stopped before it is removed.
        does("-svc=start")
        here.scrape()
        does("-svc=uninstall")
        assert not here.answers(), "it still answers"
        for verb in ("start", "stop", "uninstall"):
            assert "is not installed" in refuses(f"-svc={verb}")


@scenario
def two_services_live_side_by_side():
    with Folder() as one, Folder() as two:
        names = {"one": one, "Two.2_x": two}
        for name, here in names.items():
            does(*here.flags, f"-targets={here.path}", "-svc=install", f"-name={name}")
        for name, here in names.items():
            does("-svc=start", f"-name={name}")
            here.scrape()
        does("-svc=uninstall", "-name=one")
        assert not one.answers() and "is not installed" in refuses("-svc=stop", "-name=one")
        two.scrape()
        does("-svc=uninstall", "-name=Two.2_x")


@scenario
def a_program_in_a_folder_with_spaces_takes_a_file_beside_it():
    with Folder("t 2.json") as here:
        binary = os.path.join(here.folder, "my program.exe")
        shutil.copy(windows.BINARY, binary)
        launcher = (*here.prefix(), WindowsProgram.launcher[0], binary)
        here_run = functools.partial(program.run, launcher=launcher, env=windows.ENVIRONMENT)
        does(*here.flags, "-targets=t 2.json", "-svc=install", "-name=spaced", run=here_run)
        does("-svc=start", "-name=spaced")
        here.scrape()
        does("-svc=uninstall", "-name=spaced")


@scenario
def a_failed_start_leaves_nothing_running():
    with Folder() as here, Folder() as other:
        does(*other.flags, "-svc=install", "-name=other")
        does("-svc=start", "-name=other")
        flags = (*here.flags, f"-listen=127.0.0.1:{other.listen}")
        does(*flags, f"-targets={here.path}", "-svc=install", "-name=late")
        for _ in range(2):
            err = refuses("-svc=start", "-name=late")
            assert "ended with status 1" in err and "event viewer" in err, err
        assert "is not running" in refuses("-svc=stop", "-name=late")
        does("-svc=uninstall", "-name=other")
        here.listen = other.listen
        here.write([{"name": "own", "address": f"127.0.0.1:{here.listen}"}])
        does("-svc=start", "-name=late")
        here.scrape()
        does("-svc=stop", "-name=late")
        os.unlink(here.path)
        assert "ended with status 1" in refuses("-svc=start", "-name=late")
        does("-svc=uninstall", "-name=late")


@scenario
def installs_nothing_that_would_not_start_and_leaves_others_alone():
    with Folder() as here:
        refuses("-svc=install", "-interval=0", "-name=bad", status=2)
        refuses("-svc=install", "-check", "-name=bad", status=2)
        here.write([{"name": "a", "address": "no-port"}])
        targets = f"-targets={here.path}"
        assert 'target "a"' in refuses("-svc=install", "-mode=client", targets, "-name=bad")
        assert "is not installed" in refuses("-svc=start", "-name=bad")
        for verb in ("install", "uninstall", "start", "stop"):
            err = refuses(f"-svc={verb}", "-name=EventLog")
            assert "was not created by -svc=install" in err, err
        free = (f"-listen=127.0.0.1:{free_port()}", f"-metrics=127.0.0.1:{free_port()}")
        assert "is for the service manager" in refuses("-svc=run", *free)


if __name__ == "__main__":
    # One at a time: under wine, -svc=run by hand takes the place of any service that is being started.
    main(seconds=400)
