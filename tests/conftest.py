"""Fixtures for every test: the lab's servers and threads."""

pytest_plugins = (
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
