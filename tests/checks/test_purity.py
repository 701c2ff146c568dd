"""The seal around judging holds: what it is there for is tried."""

import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks.catalogue import catalogue
from checks.check import Check, Context
from checks.example import EXAMPLE_ASSET, EXAMPLE_TIME
from checks.finding import Ruling, passed


def _judge(touch: Callable[[], Any]) -> None:
    def rule(_: Context) -> Iterator[Ruling]:
        touch()
        yield passed("touched")

    check: Check = replace(catalogue()[0], needs=(), waived=None, gathers=None, rule=rule)
    check.judge(Context(EXAMPLE_ASSET, {}, EXAMPLE_TIME), {})


@pytest.mark.parametrize(
    "touch",
    [
        lambda: Path(__file__).read_bytes(),
        lambda: list(Path(__file__).parent.iterdir()),
        socket.socket,
        lambda: socket.getaddrinfo("localhost", 80),
        lambda: subprocess.Popen(["true"]),
    ],
    ids=["open", "listdir", "socket", "name", "process"],
)
def test_a_check_cannot_touch_the_world(touch: Callable[[], Any]) -> None:
    with pytest.raises(BaseException, match="a check did"):
        _judge(touch)


def test_outside_of_judging_files_can_be_read() -> None:
    assert Path(__file__).read_bytes()
