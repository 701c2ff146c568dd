"""A pool of threads for one test, closed after it."""

from collections.abc import Iterator

import pytest

from scanner.transports.ssh import SshPool


@pytest.fixture
def pool() -> Iterator[SshPool]:
    pool = SshPool()
    yield pool
    pool.close()
