"""Fixtures for every test: the lab's servers."""

pytest_plugins = ("tests.lab.sshd", "tests.lab.hostile_fixture")
