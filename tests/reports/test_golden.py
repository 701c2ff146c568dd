"""Every format against the files that are kept: byte for byte, also the second time."""

from functools import cache

from reports.formats import FORMATS
from tests.reports.golden import DIGESTS, FOLDER, KEPT, files


@cache
def made() -> dict[str, bytes]:
    return dict(files())


def test_each_is_what_is_kept() -> None:
    for name, content in made().items():
        kept = (FOLDER / name).read_bytes()
        assert (name, kept.decode().splitlines()) == (name, content.decode().splitlines()), (
            "python -m tests.reports.golden"
        )
        assert kept == content


def test_nothing_else_is_kept() -> None:
    assert {path.name for path in FOLDER.iterdir()} == made().keys()
    assert len(made()) == len(KEPT) + 2


def test_every_format_is_in_it() -> None:
    told = (FOLDER / DIGESTS).read_text()
    assert all(f"report{form.suffix}" in told for form in FORMATS.values())


def test_the_second_time_is_the_same() -> None:
    assert dict(files()) == made()
