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
from lib.scenario import Skip, main, scenario, scenarios_of

try:
    import yaml
except ImportError:
    yaml = None

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# What a job of a release may do besides reading the sources.
RIGHTS = {
    "image": {"packages": "write", "id-token": "write", "attestations": "write", "contents": "read"},
    "publish": {"contents": "write", "id-token": "write", "attestations": "write"},
}


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


def parse(text):
    if yaml is None:
        raise Skip("python3-yaml was not found")
    return yaml.safe_load(text)


def load(name):
    return parse(read(".github", "workflows", name))


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
            wanted = RIGHTS.get(name) if file == "release.yml" else None
            assert job.get("permissions") == wanted, f"{file}: {name}"


def images_in(tree):
    """The images that a workflow or compose.yaml names, except those that it builds."""
    if isinstance(tree, list):
        for one in tree:
            yield from images_in(one)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key in ("container", "image") and "build" not in tree:
                yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))
            yield from images_in(value)


def not_pinned(text):
    """What is not pinned in a workflow or compose.yaml: actions by commit, images by digest or version."""
    for reference, comment in re.findall(r"(?m)^\s*(?:- )?uses:\s*(\S+)(.*)$", text):
        if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", reference):
            yield f"{reference} is not pinned by the hash of a commit"
        elif not re.fullmatch(r" # v\d+\.\d+\.\d+", comment):
            yield f"{reference} has no comment with its version"
    for image in images_in(parse(text)):
        # Of an expression, each value that it may have is seen where it is listed.
        image = re.sub(r"\$\{\{.*?\}\}", "0", image)
        if not re.fullmatch(r"0|[\w./-]+(:v?\d[\w.-]*(@sha256:[0-9a-f]{64})?|(:[\w.-]+)?@sha256:[0-9a-f]{64})", image):
            yield f"{image} is pinned neither by digest nor by version"


def files_that_pin():
    return {name: read(*name.split("/")) for name in
            (".github/workflows/ci.yml", ".github/workflows/release.yml", "compose.yaml")}


@scenario
def actions_and_images_are_pinned():
    found = {}
    for name, text in files_that_pin().items():
        faults = list(not_pinned(text))
        assert not faults, f"{name}: {faults}"
        for action, commit in re.findall(r"uses: (\S+)@(\S+ # \S+)", text):
            found.setdefault(action, set()).add(commit)
    assert len(found) >= 4 and all(len(commits) == 1 for commits in found.values()), found


HASH = "0123456789" * 4


# Each in a workflow, and what is said of it, if anything is wrong.
@scenarios_of([
    ("a hash and a version", f"uses: some/action@{HASH} # v1.2.3", ""),
    ("a hash and a version at a path", f"uses: some/action/part@{HASH} # v1.2.3", ""),
    ("a tag", "uses: some/action@v4", "some/action@v4 is not"),
    ("a branch", "uses: some/action@main # v1.2.3", "some/action@main is not"),
    ("nothing", "uses: some/action", "some/action is not"),
    ("part of a hash", f"uses: some/action@{HASH[:12]} # v1.2.3", f"some/action@{HASH[:12]} is not"),
    ("a hash alone", f"uses: some/action@{HASH}", f"some/action@{HASH} has no"),
    ("a hash and half a version", f"uses: some/action@{HASH} # v1", f"some/action@{HASH} has no"),
    ("an image and its version", "image: some/image:1.2", ""),
    ("an image and its version with a v", "image: some/image:v1.2.3", ""),
    ("an image and its digest", f"image: some/image@sha256:{'ab' * 32}", ""),
    ("an image, its name and its digest", f"image: some/image:name-slim@sha256:{'ab' * 32}", ""),
    ("an image and a name", "image: some/image:name-slim", "some/image:name-slim is"),
    ("an image", "container: some/image", "some/image is"),
    ("the latest image", "container: {image: 'some/image:latest'}", "some/image:latest is"),
    ("images", "image: ['debian:12', 'debian:sid']", "debian:sid is"),
    ("an image by expression", "container: 'debian:${{ matrix.debian }}'", ""),
    ("an unknown tag by expression", "container: 'debian:latest-${{ matrix.debian }}'", "debian:latest-0 is"),
    ("an image that is built", "{build: ., image: own}", ""),
], "pinned_by_")
def pinned(row):
    _, line, wanted = row
    faults = list(not_pinned(f"steps:\n  - {line}\n"))
    assert len(faults) == (wanted != "") and all(fault.startswith(wanted) for fault in faults), faults


@scenario
def what_is_pinned_is_kept_current():
    config = parse(read(".github", "dependabot.yml"))
    assert config["version"] == 2
    assert {one["package-ecosystem"] for one in config["updates"]} == {"github-actions", "docker", "docker-compose"}
    assert all(one["directory"] == "/" and one["schedule"] == {"interval": "weekly"} for one in config["updates"])


@scenario
def the_commands_of_the_workflows_are_shell():
    checks = [("bash", "-n", "/dev/stdin")]
    if shutil.which("shellcheck"):
        # Make and inner shells expand what is in single quotes.
        checks.append(("shellcheck", "--exclude=SC1091,SC2016", "-"))
    for file, workflow in workflows().items():
        for name, step in steps(workflow):
            # Within containers it is the plain shell.
            shell = "sh" if "container" in workflow["jobs"][name] else "bash"
            script = f"#!/bin/{shell} -e\n" + re.sub(r"\$\{\{.*?\}\}", "x", step.get("run", ""))
            for check in checks:
                status, out, err = call(*check, input=script)
                assert status == 0, f"{file}: {name}: {out}{err}"


@scenario
def the_scripts_that_the_workflows_run_exist():
    count = 0
    for file, workflow in workflows().items():
        for _, step in steps(workflow):
            for path in re.findall(r"(?<![\w/.-])(?:source/)?((?:\.ci|scripts|tests)/[\w./-]+)", step.get("run", "")):
                count += 1
                assert os.path.exists(os.path.join(TOP, path)), f"{file}: {path}"
            for sections in re.findall(r"install[_-]packages ([\w ]+)", step.get("run", "")):
                with open(os.path.join(TOP, "scripts", "packages"), encoding="utf-8") as packages:
                    text = packages.read()
                for section in sections.split():
                    assert f"\n[{section}]\n" in text, f"{file}: no section {section}"
    assert count >= 8, count


@scenario
def a_release_publishes_what_its_jobs_make():
    release = load("release.yml")
    uploaded = {name for name, step in steps(release) if step.get("uses", "").startswith("actions/upload-artifact")}
    makers = set(release["jobs"]) - {"files", "image", "publish"}
    assert uploaded == makers | {"files"}, uploaded
    # A pushed image cannot be taken back: nothing but the publication comes after it.
    order = {"files": makers, "image": {"files"}, "publish": {"files", "image"}}
    for name, wanted in order.items():
        needs = release["jobs"][name]["needs"]
        assert set([needs] if isinstance(needs, str) else needs) == wanted, name
    published = "\n".join(step.get("run", "") for name, step in steps(release) if name == "publish")
    assert "sum" not in published and "scripts/" not in published and "--verify-tag" in published, published
    attested = [step["with"] for _, step in steps(release) if step.get("uses", "").startswith("actions/attest@")]
    assert [one.get("subject-checksums") or one["subject-digest"] for one in attested] == [
        "${{ steps.push.outputs.digest }}", "release/SHA256SUMS"]


@scenario
def a_checkout_in_a_container_has_its_history():
    """Without git, actions/checkout fetches an archive."""
    count = 0
    for file, workflow in workflows().items():
        for name, job in workflow["jobs"].items():
            before = []
            for step in job["steps"] if "container" in job else []:
                if step.get("uses", "").startswith("actions/checkout@"):
                    count += 1
                    assert any(re.search(r"apt-get install .*\bgit\b", run) for run in before), f"{file}: {name}"
                before.append(step.get("run", ""))
    assert count >= 8, count


@scenario
def a_release_is_refused_before_it_is_made():
    step = ("source", "The image has a place to go")
    assert run_step(*step, TOP, REGISTRY="registry.example")[0] == 0
    status, out, _ = run_step(*step, TOP, REGISTRY="")
    assert status == 1 and "IMAGE_REGISTRY" in out, out
    for revision, wanted in (("0123456789ab", 0), ("0123456789ab-modified", 1), ("unknown", 1), ("", 1)):
        with tempfile.TemporaryDirectory() as folder:
            touch(folder, "build/one/scripts/revision")
            with open(os.path.join(folder, "build", "one", "revision"), "w", encoding="utf-8") as file:
                file.write(revision + "\n")
            assert call("tar", "-cJf", "tcp-echo-metrics-1.2.3.tar.xz", "one", cwd=f"{folder}/build")[0] == 0
            status, out, _ = run_step("source", "The archive knows its commit", folder)
            assert status == wanted and (revision in out if wanted else out == ""), (revision, status, out)


@scenario
def a_registry_gets_a_password_of_its_own():
    (push,) = [step for _, step in steps(load("release.yml")) if step.get("id") == "push"]
    assert push["env"]["REGISTRY_PASSWORD"] == "${{ secrets.REGISTRY_PASSWORD || github.token }}", push
    assert push["run"].count("docker login ") == 1 and '<<<"$REGISTRY_PASSWORD"' in push["run"], push


def run_step(job, name, folder, **environment):
    """Runs a step of the release, as for Debian 12, in a folder; returns (status, stdout, stderr)."""
    (script,) = [step["run"] for of, step in steps(load("release.yml")) if (of, step.get("name")) == (job, name)]
    return call("sh", "-e", "-c", script.replace("${{ matrix.debian }}", "12"), cwd=folder,
                env={**os.environ, **environment})


@scenario
def the_rpm_packages_find_what_they_need():
    (script,) = [step["run"] for name, step in steps(load("release.yml")) if name == "rpm" and "run" in step]
    (installed,) = re.findall(r"dnf install -y (.*?)\n *rpmbuild", script, re.DOTALL)
    spec = read("packaging", "rpm", "tcp-echo-metrics.spec.in")
    # The plugin is left out.
    needed = set(re.findall(r"(?m)^BuildRequires: +([^%\s]\S*)", spec))
    assert set(re.findall(r"[^\s'\\]+", installed)) == needed | {"rpm-build"}, needed


def touch(folder, *paths):
    for path in paths:
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
            file.write(path)


@scenario
def a_release_has_each_file_once_and_its_checksum():
    with tempfile.TemporaryDirectory() as folder:
        touch(folder, "artifacts/source/a.tar.xz", "artifacts/deb/b.deb")
        status, _, err = run_step("files", "Add checksums", folder)
        assert status == 0, err
        sums = call("sha256sum", "--check", "SHA256SUMS", cwd=os.path.join(folder, "release"))
        assert sums[0] == 0 and sums[1].split() == ["a.tar.xz:", "OK", "b.deb:", "OK"], sums
    with tempfile.TemporaryDirectory() as folder:
        touch(folder, "artifacts/deb-12/a.deb", "artifacts/deb-13/a.deb", "artifacts/deb-13/b.deb")
        status, out, _ = run_step("files", "Add checksums", folder)
        assert status == 1 and out == "several files have the same name: a.deb\n", (status, out)


def changed_changelog(folder, text):
    """Copies what scripts/release/notes reads, with another CHANGELOG.md; returns the script."""
    for path in ("scripts/release/notes", "scripts/common.sh"):
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        shutil.copy(os.path.join(TOP, path), os.path.join(folder, path))
    with open(os.path.join(folder, "CHANGELOG.md"), "w", encoding="utf-8") as file:
        file.write(text)
    return os.path.join(folder, "scripts", "release", "notes")


@scenario
def the_notes_of_a_release_are_its_changes():
    with tempfile.TemporaryDirectory() as folder:
        notes = changed_changelog(folder, "# Changelog\n\nAbout.\n\n## [1.10.0] - 2026-12-24\n\n### Added\n\n- Ten.\n"
                                          "\n## [1.1.0] - 2026-12-01\n\n- One.\n\n## [1.0.0] - 2026-11-01\n")
        assert call(notes, "1.10.0") == (0, "### Added\n\n- Ten.\n", "")
        assert call(notes, "1.1.0") == (0, "- One.\n", "")
        for version in ("1.0.0", "1.1", "1x1.0", "2.0.0"):
            assert call(notes, version) == (1, "", f"notes: CHANGELOG.md says nothing of {version}\n"), version
        assert call(notes)[0] == 1


DOCKER = """#!/bin/sh
echo "$@" >>"$CALLS"
case $2 in
create) echo some-builder ;;
build)
    echo progress
    [ ! -e "$CALLS.fail" ] || exit 1
    while [ "$1" != --metadata-file ]; do shift; done
    echo '{"containerimage.digest": "sha256:0123"}' >"$2" ;;
esac
"""


@scenario
def the_image_is_pushed_for_both_processors_with_its_provenance():
    with tempfile.TemporaryDirectory() as folder:
        docker, calls = os.path.join(folder, "docker"), os.path.join(folder, "calls")
        with open(docker, "w", encoding="utf-8") as file:
            file.write(DOCKER)
        os.chmod(docker, 0o755)
        environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "CALLS": calls}
        checkout = os.path.join(folder, "checkout")
        copy_files(("scripts/common.sh", "scripts/release/image", "scripts/revision", "packaging/project"), checkout)
        push = (os.path.join(checkout, "scripts", "release", "image"), "registry.example/some/program", "1.2.3", "a=b c")
        status, out, err = call(*push, env=environment)
        assert (status, out) == (1, "") and "not known which commit" in err, (status, out, err)
        with open(os.path.join(checkout, "revision"), "w", encoding="utf-8") as file:
            file.write("0123456789ab\n")
        write_project(checkout, "host.test")
        status, out, err = call(*push, env=environment)
        assert (status, out) == (0, "sha256:0123\n"), (status, out, err)
        with open(calls, encoding="utf-8") as file:
            create, build, remove = file.read().splitlines()
        for image in re.findall(r"image=(\S+)", create) + re.findall(r"generator=(\S+)", build):
            assert not list(not_pinned(f"image: {image}")) and "@sha256:" in image, image
        for wanted in ("--platform linux/amd64,linux/arm64", "--provenance mode=max", "--sbom generator=", "--push",
                       "--tag registry.example/some/program:1.2.3", "--label a=b c", "--build-arg REVISION=0123456789ab",
                       "--label org.opencontainers.image.url=https://host.test/",
                       "--label org.opencontainers.image.authors=Jane & John Doe <doe@host.test>"):
            assert wanted in build, (wanted, build)
        assert remove == "buildx rm some-builder", remove
        touch(folder, "calls.fail")
        status, out, _ = call(*push, env=environment)
        assert status == 1 and out == "", (status, out)
        with open(calls, encoding="utf-8") as file:
            assert file.read().splitlines()[-1] == remove
        assert call(push[0], "name")[0] == 1


# The files that say whose project this is, and the scripts that see to it.
OF_THE_PROJECT = ("packaging/project", "debian/changelog", "debian/control", "debian/copyright", "debian/watch",
                  "scripts/common.sh", "scripts/release/project")


def copy_files(paths, folder):
    for path in paths:
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        copy = shutil.copy(os.path.join(TOP, path), os.path.join(folder, path))
        # An archive may be read-only.
        os.chmod(copy, os.stat(copy).st_mode | stat.S_IWUSR)


def write_project(folder, domain):
    """Values in this domain."""
    with open(os.path.join(folder, "packaging", "project"), "w", encoding="utf-8") as file:
        file.write(f"maintainer=Jane & John Doe\nemail=doe@{domain}\nhomepage=https://{domain}/\n"
                   f"repository=https://{domain}/x.git\nbrowse=https://{domain}/x\n")


def set_project(folder, domain):
    """The same in all files that have them."""
    write_project(folder, domain)
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
        copy_files(("debian/control", "debian/watch"), folder)
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
        copy_files(("debian/control",), folder)
        assert check("v" + version) == 1
        assert set_project(folder, "host.test")[0] == 0
        with open(os.path.join(folder, "debian", "changelog"), "w", encoding="utf-8") as file:
            file.write("tcp-echo-metrics (0.0.1) unstable; urgency=medium\n")
        assert check("v" + version) == 1


@scenario
def anybodys_checkout_can_be_cloned_and_copied():
    if not shutil.which("git"):
        raise Skip("git was not found")
    if os.getuid() != 0:
        raise Skip("needs root, who has checkouts that belong to others")
    with tempfile.TemporaryDirectory() as folder:
        checkout = os.path.join(folder, "a checkout")
        copy_files(("scripts/common.sh",), checkout)
        touch(checkout, "kept", "gone", "new", "left/out")
        for command in (("init", "-q"), ("add", "kept", "gone", "left", "scripts"),
                        ("-c", "user.name=x", "-c", "user.email=x@host.test", "commit", "-q", "-m", "all")):
            assert call("git", *command, cwd=checkout)[0] == 0
        os.unlink(os.path.join(checkout, "gone"))
        assert call("chown", "-R", "nobody:", folder)[0] == 0
        for command, wanted in (("clone_checkout", {"kept", "gone", "left", "scripts", ".git"}),
                                ("copy_checkout --exclude=./left", {"kept", "new", "scripts"})):
            name, *options = command.split()
            made = os.path.join(folder, name)
            done = call("bash", "-euo", "pipefail", "-c", '. "$1/scripts/common.sh"; "${@:2}"', "bash", checkout, name,
                        made, *options, env={**os.environ, "HOME": folder})
            assert done == (0, "", "") and set(os.listdir(made)) == wanted, (done, os.listdir(folder))


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
