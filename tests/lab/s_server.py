"""OpenSSL's own test server, for versions and suites that a web server no longer speaks."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.certificates import NAME, Authority
from tests.lab.nginx import free_ports
from tests.lab.sshd import stop

LENIENT = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lenient
[lenient]
CipherString = DEFAULT:@SECLEVEL=0
"""  # Debian's own file sets level 2, below which s_server takes no group of 1024 bits


@contextlib.contextmanager
def s_server(folder: Path, *options: str) -> Iterator[int]:
    """Its port. ``options`` are those of openssl-s_server(1)."""
    program = shutil.which("openssl")
    if not program:
        pytest.skip("the lab needs openssl: apt-get install openssl")
    made = Authority(folder).issue("s", NAME)
    config = folder / "openssl.cnf"
    config.write_text(LENIENT)
    (port,) = free_ports(1)
    command = [program, "s_server", "-accept", str(port), "-cert", str(made.certificate), "-key", str(made.key)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "OPENSSL_CONF": str(config)}
    process = subprocess.Popen([*command, "-quiet", "-naccept", "1000", *options], **quiet, env=environment)
    try:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield port
    finally:
        stop(process)
