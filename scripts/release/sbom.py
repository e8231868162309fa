# SPDX-License-Identifier: MIT
"""
Writes the software bill of materials of a build in CycloneDX 1.5 (JSON).

    python3 scripts/release/sbom.py BUILD-FOLDER [PROGRAM]

It asks the finished build: its Makefile for what configure found, pkg-config for the versions, the program for what it
links, dpkg for the packages that own it. Linking a library that this script does not know is an error, and so is not
linking one that configure found. The same build always gives the same text.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import uuid

# By Makefile variable: pkg-config's name, the soname, the licence, the name.
LIBRARIES = {
    "EVENT": ("libevent_core", "libevent_core", "BSD-3-Clause", "libevent"),
    "CJSON": ("libcjson", "libcjson", "MIT", "cJSON"),
    "ZLIB": ("zlib", "libz", "Zlib", "zlib"),
    "DEFLATE": ("libdeflate", "libdeflate", "MIT", "libdeflate"),
    "GNUTLS": ("gnutls", "libgnutls", "LGPL-2.1-or-later", "GnuTLS"),
    "CURL": ("libcurl", "libcurl", "curl", "libcurl"),
    "YAML": ("yaml-0.1", "libyaml", "MIT", "libyaml"),
    "CRYPT": ("libcrypt", "libcrypt", "LGPL-2.1-or-later", "libxcrypt"),
    "CARES": ("libcares", "libcares", "MIT", "c-ares"),
    "SYSTEMD": ("libsystemd", "libsystemd", "LGPL-2.1-or-later", "systemd"),
}
# The C library, its loader, and what compilers add.
OF_THE_SYSTEM = re.compile(r"(libc|libm|librt|libpthread|ld-linux[\w-]*|libasan|libubsan|libtsan|libgcc_s|libgcov)$")


def fail(text):
    sys.exit(f"sbom.py: {text}")


def output_of(*command, env=None):
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode != 0:
        fail(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()


def makefile_variables(folder):
    """The Makefile's plain assignments."""
    path = os.path.join(folder, "Makefile")
    try:
        with open(path, encoding="utf-8") as file:
            return dict(re.findall(r"^(\w+) = (.*)$", file.read(), re.MULTILINE))
    except OSError as error:
        return fail(f"{path}: {error.strerror}: is this a configured build?")


def version_of(module, variables):
    """The version by pkg-config, under configure's own settings."""
    env = dict(os.environ)
    for name in ("PKG_CONFIG_LIBDIR", "PKG_CONFIG_PATH"):
        if variables.get(name):
            env[name] = variables[name]
    command = variables.get("PKG_CONFIG", "pkg-config").split()
    return output_of(*command, "--modversion", module, env=env)


def linked_libraries(program):
    """The files of the shared libraries that the program itself needs, by soname without the version."""
    with open(program, "rb") as file:
        if file.read(4) != b"\x7fELF":
            return None
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", output_of("readelf", "-d", program))
    if not needed:
        return None
    paths = dict(re.findall(r"^\s*(\S+) => (/\S+)", output_of("ldd", program), re.MULTILINE))
    # Debian has a libcurl for each TLS library.
    return {re.sub(r"(-[\d.]+|-gnutls)?\.so.*", "", name): paths.get(name) for name in needed}


def package_of(path):
    """The Debian package that owns a file, as a package URL; None elsewhere."""
    if not path or not shutil.which("dpkg-query"):
        return None
    for name in (path, os.path.realpath(path), "/usr" + path, os.path.realpath(path).removeprefix("/usr")):
        found = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            package = found.stdout.split(": ")[0].split(",")[0]
            answer = output_of("dpkg-query", "-W", "-f=${Package} ${Version} ${Architecture}", package)
            package, version, architecture = answer.split()
            return f"pkg:deb/debian/{package}@{version}?arch={architecture}"
    return None


def components_of(variables, linked):
    """One component per library that configure found."""
    sonames = {soname for _, soname, _, _ in LIBRARIES.values()}
    unknown = [name for name in linked or () if name not in sonames and not OF_THE_SYSTEM.match(name)]
    if unknown:
        fail(f"the program links unknown libraries: {' '.join(unknown)}")
    components = []
    for variable, (module, soname, licence, name) in LIBRARIES.items():
        if not variables.get(variable + "_LIBS"):
            continue
        version = version_of(module, variables)
        component = {"type": "library", "bom-ref": f"{name}@{version}", "name": name, "version": version,
                     "licenses": [{"license": {"id": licence}}]}
        if linked is None:
            component["properties"] = [{"name": "linkage", "value": "static"}]
        elif soname not in linked:
            fail(f"the program does not link {name}, which configure found")
        else:
            package = package_of(linked[soname])
            if package:
                component["purl"] = package
        components.append(component)
    return components


def main():
    if len(sys.argv) not in (2, 3):
        fail("usage: python3 scripts/release/sbom.py BUILD-FOLDER [PROGRAM]")
    folder = sys.argv[1]
    variables = makefile_variables(folder)
    name, version = variables["PACKAGE"], variables["VERSION"]
    program = sys.argv[2] if len(sys.argv) == 3 else os.path.join(folder, name + variables.get("EXEEXT", ""))
    if not os.path.exists(program):
        fail(f"{program}: build it first")
    components = components_of(variables, linked_libraries(program))
    own = {"type": "application", "bom-ref": f"{name}@{version}", "name": name, "version": version,
           "licenses": [{"license": {"id": "MIT"}}],
           "properties": [{"name": "host", "value": variables["host"]}]}
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": [one["bom-ref"] for one in components]}],
    }
    bom["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(bom, sort_keys=True)).urn
    json.dump(bom, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
