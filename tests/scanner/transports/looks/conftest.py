"""Loopback needs no politeness between two connections."""

import pytest

from scanner.transports.looks import wire


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PAUSE_SECONDS", 0.0)
