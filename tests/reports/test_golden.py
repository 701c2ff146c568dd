"""Every format against the files that are kept: byte for byte, also the second time."""

import pytest

from tests.reports.golden import DIGESTS, FOLDER, KEPT, files

MADE = dict(files())


@pytest.mark.parametrize("name", sorted(MADE))
def test_it_is_what_is_kept(name: str) -> None:
    kept = (FOLDER / name).read_bytes()
    assert kept.decode().splitlines() == MADE[name].decode().splitlines(), "python -m tests.reports.golden"
    assert kept == MADE[name]


def test_nothing_else_is_kept() -> None:
    assert {path.name for path in FOLDER.iterdir()} == MADE.keys()
    assert len(MADE) == len(KEPT) + 2


def test_every_format_is_in_it() -> None:
    from reports.formats import FORMATS

    told = (FOLDER / DIGESTS).read_text()
    assert all(f"report{form.suffix}" in told for form in FORMATS.values())


def test_the_second_time_is_the_same() -> None:
    assert dict(files()) == MADE
