"""A machine that looks like another: a real sshd in a mount namespace, in which a few files are others.

dpkg, apt and the shell are this machine's own; the list of packages, os-release and machine-id are what a test wrote.
The mounts are the namespace's, and end with the server.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest

OS_RELEASE = """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
"""
PACKAGE = """Package: {name}
Status: install ok installed
Priority: optional
Section: misc
Maintainer: The lab <lab@example.org>
Architecture: all
Version: {version}
Description: made up by a test

"""
MOUNT = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 1; shift 2; done; shift; exec "$@"'


def need_namespaces() -> None:
    """Skip, with the reason; in CI the lab must be there, for root."""
    if os.geteuid() != 0:
        pytest.skip("needs root: a mount namespace; run the tests as root to see it")
    if not shutil.which("dpkg-query") or not Path("/etc/ssh").is_dir():
        _missing("the lab needs a Debian with dpkg and OpenSSH around it")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, timeout=10, check=False).returncode != 0:
        _missing("the lab needs to make mount namespaces (unshare --mount), which this machine does not permit")


def _missing(told: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(told, pytrace=False)
    pytest.skip(told)


def dressed(folder: Path, machine_id: str, packages: Mapping[str, str]) -> tuple[str, ...]:
    """The command in front of sshd. ``packages``: name -> installed version."""
    (folder / "ssh").mkdir(parents=True)
    (folder / "lists" / "partial").mkdir(parents=True)  # what this machine's apt knows is no business of the test
    files = {
        "status": "".join(PACKAGE.format(name=name, version=version) for name, version in sorted(packages.items())),
        "os-release": OS_RELEASE,
        "machine-id": f"{machine_id}\n",
        "sources": "",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    over = {
        "status": "/var/lib/dpkg/status",
        "os-release": "/etc/os-release",
        "machine-id": "/etc/machine-id",
        "ssh": "/etc/ssh",
        "lists": "/var/lib/apt/lists",
    }
    pairs = [word for name, place in over.items() if Path(place).exists() for word in (str(folder / name), place)]
    return "unshare", "--mount", "--propagation", "private", "sh", "-c", MOUNT, "sh", *pairs, "--"
