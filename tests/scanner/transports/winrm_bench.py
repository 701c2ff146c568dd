"""What the tests of WinRM share: a service with a certificate of its own, an asset that leads there, a visit."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inventory.asset import Asset, Connection, Limits, Tls
from scanner.probes.windows import WINDOWS
from scanner.query import Deadline, Login, Query, Surroundings, Visit
from scanner.transports import WAYS
from tests.lab.known import MemoryHostKeys
from tests.lab.redfish import Certificate, certificate
from tests.lab.windows import recorded
from tests.lab.winrm import PASSWORD, USER, Play, Service, playing, running

SECTIONS: tuple[Query, ...] = tuple(probe.section for probe in WINDOWS)
SMALL: tuple[Query, ...] = SECTIONS[:2]
SECONDS = 3.0
LAPTOP = recorded("laptop-11-23h2")


class OneLogin:
    """The same log-in for every asset."""

    def __init__(self, login: Login) -> None:
        self._login = login

    def login(self, asset: Asset) -> Login:  # noqa: ARG002 (the protocol's)
        return self._login


def users(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom the NTLM of pyspnego's server knows."""
    file = folder / "ntlm-users"
    file.write_text(f":{USER}:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(file))


@contextlib.contextmanager
def service(folder: Path, play: Play | None = None, **more: Any) -> Iterator[Service]:  # noqa: ANN401 (fields of it)
    made = Service(certificate(folder, "winrm"), play or playing(LAPTOP), **more)
    with running(made):
        yield made


def asset(port: int, trusted: Certificate | None, **more: Any) -> Asset:  # noqa: ANN401 (fields of the limits)
    limits = replace(Limits(host_seconds=SECONDS, connect_seconds=1.5, login_seconds=2.0), **more)
    tls = Tls(fingerprint=trusted.fingerprint) if trusted else None
    return Asset("pc-7", Connection("winrm", "127.0.0.1", port, tls=tls), limits=limits)


def visit(
    one: Asset, login: Login | None = None, queries: tuple[Query, ...] = SMALL, seconds: float = SECONDS
) -> tuple[Visit, float]:
    """The visit, and the seconds it took."""
    around = Surroundings(OneLogin(login or Login(user=USER, password=PASSWORD)), MemoryHostKeys({}))
    began = time.monotonic()
    came = asyncio.run(WAYS["winrm"](one, around).answer(queries, Deadline(seconds)))
    return came, time.monotonic() - began
