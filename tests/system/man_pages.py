# SPDX-License-Identifier: MIT
"""Every example of the manual pages works when it is copied out of the rendered page."""
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import textwrap

from lib.collectd import TOP, Daemon, target_block, want_collectd
from lib.program import BINARY, WRAPPER, free_port, run
from lib.scenario import Skip, main, scenario, scenarios_of
from lib.wait import wait_for

PAGES = ("tcp-echo-metrics.1", "collectd-tcp_echo.5")
TYPES_DB = os.path.join(TOP, "src", "collectd", "types.db")
INSTALLED_TYPES_DB = "/usr/share/tcp-echo-metrics/types.db"

# How each renderer is called.
RENDERERS = {
    "mandoc": ["mandoc", "-T", "utf8", "-O", "width=78"],
    "groff": ["groff", "-m", "mandoc", "-T", "utf8", "-P", "-c"],
}
# By how much displays are indented further than text.
DISPLAY = 6


def render(renderer, page):
    """The page as text, without overstrikes."""
    command = RENDERERS[renderer]
    if shutil.which(command[0]) is None:
        raise Skip(f"{command[0]} is missing")
    text = subprocess.run([*command, os.path.join(TOP, "man", page)], capture_output=True, check=True,
                          encoding="utf-8").stdout
    return re.sub(r".\x08", "", text)


def section(text, name):
    """The text of a section."""
    return re.search(rf"^{name}\n(.*?)(?=^\S)", text, re.MULTILINE | re.DOTALL)[1]


def examples_of(text):
    """The displays of a rendered page, each as its lines; and the synopsis, if it is a configuration."""
    indentation = len(re.match(" *", section(text, "DESCRIPTION"))[0]) + DISPLAY
    # A display comes after an empty line; lists are indented by still more.
    displays = re.findall(rf"(?<=\n\n)((?: {{{indentation}}}.*\n)+)(?=\n)", text)
    found = [block for block in displays if block[indentation] != " "]
    if "LoadPlugin" in section(text, "SYNOPSIS"):
        found.append(section(text, "SYNOPSIS").strip("\n"))
    return [textwrap.dedent(block).strip("\n").split("\n") for block in found]


def run_command(line, folder):
    """A command line of the program: whatever it would start, it says so."""
    words = shlex.split(line)
    assert words[0] == "tcp-echo-metrics", f"another program: {line}"
    # Services are installed elsewhere, in tests of their own.
    if "-svc" in words:
        at = words.index("-svc")
        assert words[at + 1] in ("install", "start"), line
        words = words[:at] + words[at + 2:]
    flags = [word for word in words[1:] if word != "-check"]
    status, _, err = run(*flags, "-check", prefix=["env", "-C", folder], launcher=(*WRAPPER, BINARY))
    assert status == 0, f"{line}: {err}"


def run_commands(lines, folder):
    """Lines behind a prompt; a backslash at the end continues one."""
    commands = "\n".join(lines).replace("\\\n", " ").split("\n")
    for command in commands:
        assert command[:2] in ("$ ", "# "), f"neither a command nor its continuation: {command}"
        run_command(command[2:], folder)
    return len(commands)


def run_json(text, folder):
    """A targets file."""
    json.loads(text)
    path = os.path.join(folder, "example.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    status, _, err = run("-mode=client", f"-targets={path}", "-check")
    assert status == 0, f"{text}: {err}"


class Copied(Daemon):
    """A daemon whose configuration has a block from a page: its addresses and files are replaced by ours."""

    def __init__(self, block):
        super().__init__(metrics=False, file={"filed": "127.0.0.1:1"})
        self.block = block

    def plugin_block(self):
        self.write_targets(self.targets)
        text = self.block.replace('"/etc/tcp-echo-metrics/targets.json"', f'"{self.targets_path}"')
        text = text.replace("LoadPlugin tcp_echo\n", "")
        assert text.startswith("<Plugin tcp_echo>"), text
        return text.replace('Listen ":4000"', f'Listen "127.0.0.1:{self.listen_port}"') + "\n"


def run_block(text):
    """What stands between LoadPlugin and </Plugin>."""
    names = re.findall(r'<Target "(.*)">', text)
    with Copied(text) as daemon:
        for name in names + (["filed"] if "TargetsFile" in text else []):
            wait_for(lambda name=name: f'tcp_echo_sent_total{{tcp_echo="{name}"' in daemon.prometheus(), name, 20, 0.2)


class WithTypes(Daemon):
    """A daemon with these lines for its types."""

    def __init__(self, lines):
        super().__init__(targets={"one": "127.0.0.1:{listen}"})
        self.lines_of_types = lines

    def types(self):
        ours = os.path.join(self.folder, "types.db")
        shutil.copy(TYPES_DB, ours)
        return self.lines_of_types.replace(INSTALLED_TYPES_DB, ours)


def run_types(text):
    assert INSTALLED_TYPES_DB in text
    with WithTypes(text) as daemon:
        daemon.wait_sample("received_total", "one", lambda v: v > 0, "replies")
        assert not any("[error]" in line and "types" in line.lower() for line in daemon.lines), daemon.lines


def check_identities(lines):
    """What value lists are called: the types exist."""
    with open(TYPES_DB, encoding="utf-8") as file:
        types = {line.split("\t")[0] for line in file if not line.startswith("#")}
    for line in lines:
        match = re.fullmatch(r"HOST/tcp_echo(?:-TARGET)?/(\w+)(?:-\w+)?", line)
        assert match and match[1] in types, line


@scenarios_of([[renderer, page] for renderer in RENDERERS for page in PAGES], "examples_of_pages_rendered_by_")
def examples_work(row):
    renderer, page = row
    if page.endswith(".5"):
        want_collectd()
    examples = examples_of(render(renderer, page))
    commands = files = blocks = 0
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "targets.json"), "w", encoding="utf-8") as file:
            json.dump([{"name": "one", "address": "localhost:4000"}], file)
        for lines in examples:
            text = "\n".join(lines)
            if lines[0][:2] in ("$ ", "# "):
                commands += run_commands(lines, folder)
            elif lines[0].startswith("["):
                run_json(text, folder)
                files += 1
            elif lines[0].startswith("LoadPlugin"):
                run_block(text)
                blocks += 1
            elif lines[0].startswith("TypesDB"):
                run_types(text)
                blocks += 1
            elif lines[0].startswith("HOST/"):
                check_identities(lines)
            else:
                raise AssertionError(f"an example that this test cannot run:\n{text}")
    expected = (7, 1, 0) if page.endswith(".1") else (0, 1, 2)
    assert (commands, files, blocks) == expected, f"{page}: {(commands, files, blocks)}: {examples}"


def fences_of(path):
    """The fenced blocks of a document: [(language, text)]."""
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return re.findall(r"^```(\w*)\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)


@scenario
def examples_of_the_document_work():
    """Those that are commands are run by other tests."""
    kinds = []
    for language, text in fences_of("docs/collectd.md"):
        if text.startswith("TypesDB"):
            run_types(text)
        elif text.startswith("HOST/"):
            check_identities(text.splitlines())
        else:
            assert language == "sh", text
        kinds.append(text.split()[0].split("/")[0])
    assert "TypesDB" in kinds and "HOST" in kinds, kinds


def commented_options():
    """Each option of the example that is commented out, and whether it is of a target."""
    with open(os.path.join(TOP, "collectd.conf.example"), encoding="utf-8") as file:
        lines = file.read().split("<Plugin tcp_echo>")[1].split("</Plugin>")[0].splitlines()
    for line in lines:
        match = re.fullmatch(r"( +)#([A-Z]\w+ .*)", line)
        if match:
            yield match[2], len(match[1]) > 2


@scenario
def options_that_the_example_has_commented_out_work():
    """Each for itself, as some exclude others; the daemon gets as far as the plugin's init."""
    want_collectd()
    seen = []
    for option, is_of_target in commented_options():
        if option.startswith("TargetsFile"):
            continue
        text = option.replace('":2112"', f'"127.0.0.1:{free_port()}"').replace('"192.0.2.1"', '"127.0.0.1"')
        own, of_target = ("", text) if is_of_target else (text, "")
        block = target_block("one", "127.0.0.1:{listen}").replace("</Target>", f"{of_target}\n</Target>")
        with Daemon(f"{own}\n{block}", metrics=False) as daemon:
            assert any("tcp_echo plugin: 1." in line and " started" in line for line in daemon.lines), \
                f"{option}: {daemon.lines_about_us()}"
        seen.append(option.split()[0])
    assert len(seen) >= 15, seen


if __name__ == "__main__":
    main(workers=2)
