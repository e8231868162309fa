# SPDX-License-Identifier: MIT
"""What makes releases, as far as it can be tried here: the workflows, the bill of materials, the tag."""
import glob
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

from lib.program import BINARY
from lib.scenario import Skip, main, scenario

try:
    import yaml
except ImportError:
    yaml = None

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORKFLOWS = os.path.join(TOP, ".github", "workflows")


def load(name):
    if yaml is None:
        raise Skip("python3-yaml was not found")
    with open(os.path.join(WORKFLOWS, name), encoding="utf-8") as file:
        return yaml.safe_load(file)


def call(*command, **options):
    """Returns (status, stdout, stderr)."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
    return done.returncode, done.stdout, done.stderr


def steps(workflow):
    """Each step with its job."""
    for name, job in workflow["jobs"].items():
        for step in job["steps"]:
            yield name, step


def workflows():
    return {name: load(name) for name in ("ci.yml", "release.yml")}


@scenario
def the_workflows_are_complete():
    for file, workflow in workflows().items():
        # YAML 1.1 takes the key "on" for a boolean.
        assert workflow["name"] and (workflow.get("on") or workflow.get(True)), file
        for name, job in workflow["jobs"].items():
            assert job["runs-on"] and job["timeout-minutes"], f"{file}: {name}"
            needs = job.get("needs", [])
            for other in [needs] if isinstance(needs, str) else needs:
                assert other in workflow["jobs"], f"{file}: {name} needs {other}"
        for name, step in steps(workflow):
            assert ("run" in step) != ("uses" in step), f"{file}: {name}: {step}"


@scenario
def the_workflows_have_only_the_rights_they_need():
    for file, workflow in workflows().items():
        assert workflow["permissions"] == {"contents": "read"}, file
        for name, job in workflow["jobs"].items():
            wanted = {"contents": "write"} if name == "publish" else None
            assert job.get("permissions") == wanted, f"{file}: {name}"


@scenario
def the_workflows_pin_what_they_use():
    known = {"actions/checkout@v4", "actions/upload-artifact@v4", "actions/download-artifact@v4"}
    for file, workflow in workflows().items():
        for _, step in steps(workflow):
            assert step.get("uses", "actions/checkout@v4") in known, f"{file}: {step}"
        for name, job in workflow["jobs"].items():
            assert "latest" not in json.dumps([job["runs-on"], job.get("container", "")]), f"{file}: {name}"


@scenario
def the_commands_of_the_workflows_are_shell():
    for file, workflow in workflows().items():
        for name, step in steps(workflow):
            script = re.sub(r"\$\{\{.*?\}\}", "x", step.get("run", ""))
            status, _, err = call("bash", "-n", "-c", script)
            assert status == 0, f"{file}: {name}: {err}"


@scenario
def the_scripts_that_the_workflows_run_exist():
    count = 0
    for file, workflow in workflows().items():
        for _, step in steps(workflow):
            for path in re.findall(r"(?<![\w/.-])(?:source/)?((?:\.ci|scripts|tests)/[\w./-]+)", step.get("run", "")):
                count += 1
                assert os.path.exists(os.path.join(TOP, path)), f"{file}: {path}"
            for sections in re.findall(r"install_packages ([\w ]+)", step.get("run", "")):
                with open(os.path.join(TOP, "scripts", "packages"), encoding="utf-8") as packages:
                    text = packages.read()
                for section in sections.split():
                    assert f"\n[{section}]\n" in text, f"{file}: no section {section}"
    assert count >= 8, count


@scenario
def a_release_publishes_what_its_jobs_make():
    release = load("release.yml")
    jobs = set(release["jobs"]) - {"publish"}
    assert set(release["jobs"]["publish"]["needs"]) == jobs
    uploaded = {name for name, step in steps(release) if step.get("uses", "").startswith("actions/upload-artifact")}
    assert uploaded == jobs, f"{jobs - uploaded} upload nothing"
    published = "\n".join(step.get("run", "") for name, step in steps(release) if name == "publish")
    assert "SHA256SUMS" in published and "--verify-tag" in published


# The files that say whose project this is, and the scripts that see to it.
OF_THE_PROJECT = ("packaging/project", "debian/changelog", "debian/control", "debian/copyright", "debian/watch",
                  "scripts/common.sh", "scripts/release/project")


def copy_files(paths, folder):
    for path in paths:
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        copy = shutil.copy(os.path.join(TOP, path), os.path.join(folder, path))
        # An archive may be read-only.
        os.chmod(copy, os.stat(copy).st_mode | stat.S_IWUSR)


def set_project(folder, domain):
    """Values in this domain, in all files that have them."""
    with open(os.path.join(folder, "packaging", "project"), "w", encoding="utf-8") as file:
        file.write(f"maintainer=Jane & John Doe\nemail=doe@{domain}\nhomepage=https://{domain}/\n"
                   f"repository=https://{domain}/x.git\nbrowse=https://{domain}/x\n")
    return call(os.path.join(folder, "scripts", "release", "project"))


def files_with(folder, text):
    found = set()
    for path in OF_THE_PROJECT:
        with open(os.path.join(folder, path), encoding="utf-8") as file:
            if text in file.read():
                found.add(path)
    return found


@scenario
def whose_project_it_is_stands_in_one_file():
    told = {"packaging/project", "debian/changelog", "debian/control", "debian/copyright"}
    with tempfile.TemporaryDirectory() as folder:
        copy_files(OF_THE_PROJECT, folder)
        script = os.path.join(folder, "scripts", "release", "project")
        assert call(script, "--check") == (0, "", ""), "make project was forgotten"
        older = "tcp-echo-metrics (0.1-1) unstable; urgency=low\n\n -- Old <old@one.test>  Sun, 01 Nov 2026 12:00:00 +0000\n"
        with open(os.path.join(folder, "debian", "changelog"), "a", encoding="utf-8") as file:
            file.write("\n" + older)
        for domain, former in (("one.test", "none.test"), ("two.test", "one.test/")):
            assert set_project(folder, domain) == (0, "", "")
            assert call(script, "--check") == (0, "", "")
            assert files_with(folder, "Jane & John Doe <doe@" + domain) == told - {"packaging/project"}
            assert files_with(folder, domain) == told | {"debian/watch"}
            assert not files_with(folder, former), files_with(folder, former)
        with open(os.path.join(folder, "debian", "changelog"), encoding="utf-8") as file:
            assert file.read().endswith(older)
        for name in ("control", "watch"):
            shutil.copy(os.path.join(TOP, "debian", name), os.path.join(folder, "debian", name))
        status, _, err = call(script, "--check")
        assert status == 1 and "debian/control debian/watch" in err and err.count("\n") == 1, err
        os.truncate(os.path.join(folder, "debian", "watch"), 0)
        status, _, err = call(script)
        assert status == 1 and "debian/watch has no line" in err, err


@scenario
def only_a_tag_that_names_the_version_is_a_release():
    with tempfile.TemporaryDirectory() as folder:
        copy_files((*OF_THE_PROJECT, "scripts/release/check-tag", "configure.ac", "CHANGELOG.md"), folder)
        with open(os.path.join(folder, "configure.ac"), encoding="utf-8") as file:
            version = re.search(r"AC_INIT\(\[[^]]*\], \[([^]]*)\]", file.read()).group(1)
        check_tag = os.path.join(folder, "scripts", "release", "check-tag")
        changes = os.path.join(folder, "CHANGELOG.md")
        with open(changes, encoding="utf-8") as file:
            text = file.read()

        def check(tag, date="2026-12-01"):
            with open(changes, "w", encoding="utf-8") as file:
                file.write(re.sub(r"^(## \[" + re.escape(version) + r"\] - ).*", rf"\g<1>{date}", text, flags=re.M))
            return call(check_tag, tag)[0]

        assert set_project(folder, "host.test")[0] == 0
        assert check("v" + version) == 0
        for tag in (version, "v" + version + ".1", "v9" + version, "v", "version"):
            assert check(tag) == 1, tag
        assert check("v" + version, date="Unreleased") == 1
        # Nor is it one while it is not known whose, or where the files differ.
        assert set_project(folder, "host.example")[0] == 0
        assert check("v" + version) == 1
        status, _, err = call(check_tag, "v" + version)
        assert status == 1 and err.endswith(
            "packaging/project has no real values yet for: email homepage repository browse\n"), err
        shutil.copy(os.path.join(TOP, "debian", "control"), os.path.join(folder, "debian", "control"))
        assert check("v" + version) == 1
        assert set_project(folder, "host.test")[0] == 0
        with open(os.path.join(folder, "debian", "changelog"), "w", encoding="utf-8") as file:
            file.write("tcp-echo-metrics (0.0.1) unstable; urgency=medium\n")
        assert check("v" + version) == 1


def bill(*arguments, **options):
    return call(sys.executable, os.path.join(TOP, "scripts", "release", "sbom.py"), *arguments, **options)


def build_folder():
    folder = os.path.dirname(BINARY)
    if not os.path.exists(os.path.join(folder, "Makefile")):
        raise Skip("the binary is in no build folder")
    return folder


@scenario
def the_bill_of_materials_names_what_is_linked():
    status, out, err = bill(build_folder())
    assert status == 0, err
    bom = json.loads(out)
    assert bom["bomFormat"] == "CycloneDX" and bom["specVersion"] == "1.5" and bom["version"] == 1
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bom["serialNumber"])
    own = bom["metadata"]["component"]
    printed = call(BINARY, "-version")[1]
    assert own["name"] == "tcp-echo-metrics" and own["version"] in printed, printed
    components = {one["name"]: one for one in bom["components"]}
    assert {"libevent", "cJSON", "c-ares"} <= set(components), set(components)
    for name, one in components.items():
        assert one["type"] == "library"
        # For systemd, -version prints the name alone.
        assert one["version"] in printed or name == "systemd", f"{one}: not in {printed}"
        (licence,) = one["licenses"]
        assert re.fullmatch(r"[A-Za-z0-9.-]+", licence["license"]["id"]), one
        if shutil.which("dpkg-query"):
            assert re.fullmatch(r"pkg:deb/debian/[a-z0-9.+-]+@[^?]+\?arch=\w+", one["purl"]), one
    references = {one["bom-ref"] for one in bom["components"]}
    assert len(references) == len(bom["components"])
    assert bom["dependencies"] == [{"ref": own["bom-ref"], "dependsOn": [one["bom-ref"] for one in bom["components"]]}]
    assert bill(build_folder())[1] == out, "the same build, a different text"


@scenario
def the_bill_of_materials_refuses_what_it_does_not_know():
    folder = build_folder()
    # One links less than the program does, the other something else.
    for arguments, text in (((folder, shutil.which("cat")), "does not link"),
                            ((folder, shutil.which("bash")), "links unknown libraries"),
                            ((folder, "/nonexistent"), "build it first"),
                            (("/nonexistent",), "configured build"), ((), "usage")):
        status, out, err = bill(*arguments)
        assert status == 1 and text in err and out == "", (arguments, status, out, err)


@scenario
def the_version_is_written_in_one_place():
    with open(os.path.join(TOP, "configure.ac"), encoding="utf-8") as file:
        version = re.search(r"AC_INIT\(\[[^]]*\], \[([^]]*)\]", file.read()).group(1)
    # The two changelogs have it too; scripts/release/check-tag and scripts/release/deb compare those.
    files = [os.path.join(TOP, name) for name in ("Dockerfile", "compose.yaml", "Makefile.am")]
    for pattern in ("packaging/**/*", ".github/**/*", "scripts/**/*", "m4/*.m4"):
        files += glob.glob(os.path.join(TOP, pattern), recursive=True)
    for path in files:
        if os.path.isfile(path) and not path.endswith(".spec"):
            with open(path, encoding="utf-8") as file:
                assert not re.search(rf"(?<![\d.]){re.escape(version)}(?![\d.])", file.read()), path


if __name__ == "__main__":
    main(workers=2)
