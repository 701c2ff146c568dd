"""Fixtures for every test: the lab's servers and threads. What thousands of tests cost by themselves is kept low."""

import gc

import pytest
from _pytest.runner import runtestprotocol

pytest_plugins = (
    "tests.lab.ahead",
    "tests.lab.sshd",
    "tests.lab.hostile_fixture",
    "tests.lab.nginx",
    "tests.lab.pool",
    "tests.lab.publishers",
    "tests.lab.rootfs",
    "tests.lab.snmpd",
    "tests.lab.snmpsim",
    "tests.lab.daemons",
)

gc.disable()  # thirteen thousand collected tests stay until the end: looking for cycles among them is lost


def pytest_collection_finish() -> None:
    gc.enable()
    gc.freeze()
    gc.set_threshold(20_000)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A worker of pytest-xdist tells of each test once, and of what failed or was skipped, instead of five times.

    Each telling costs both sides: 13,000 empty tests took four workers 45 CPU seconds with them all, 29 without.
    Whoever asks for the time of every phase (``--durations``, ``--junitxml``) gets them all.
    """
    asked = item.config.option
    if not hasattr(item.config, "workerinput") or asked.durations is not None or asked.xmlpath:
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True
