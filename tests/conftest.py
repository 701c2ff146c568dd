"""Fixtures for every test: the lab's servers and threads."""

import gc

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
