"""What every verb shares: exit codes, one line per error, colour only on a terminal."""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from enum import IntEnum
from pathlib import Path

import typer

SHAPES = ("table", "json")


class Exit(IntEnum):
    """Exit codes that scripts can trust (docs/command-line.md)."""

    OK = 0
    THRESHOLD_MET = 1  # --fail-on
    USAGE = 2  # usage, configuration, inventory
    INCOMPLETE = 3  # more unreachable than --max-unreachable, stopped, or cut short
    INTERNAL = 4


def app(help_text: str) -> typer.Typer:
    """A group of verbs in house style. Rich markup is off: it costs 0.1 s at each start."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
    )


def say(text: str = "") -> None:
    typer.echo(text)


def note(text: str) -> None:
    """For people who watch: on stderr, so that stdout stays machine-readable."""
    typer.echo(text, err=True)


def fail(message: str, code: Exit = Exit.USAGE) -> typer.Exit:
    """``raise fail(...)``: prints the message and ends with the code."""
    note(f"estatecheck: {message}")
    return typer.Exit(int(code))


@contextlib.contextmanager
def plain_errors(*errors: type[Exception]) -> Iterator[None]:
    """Turn the named errors into one line and exit code 2."""
    try:
        yield
    except errors as fault:
        raise fail(str(fault)) from fault


def known(option: str, value: str, allowed: Sequence[str]) -> str:
    """The value, when it is one of those allowed; else the message that lists them and exit code 2."""
    if value not in allowed:
        raise fail(f"{option} {value}: allowed is {', '.join(allowed)}")
    return value


def write_whole(path: Path, content: bytes) -> None:
    """The whole file or none of it; an older one stays until then. Ends with exit code 2 when it cannot be written."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as fault:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise fail(f"{path} cannot be written: {fault.strerror}") from fault


def on_terminal() -> bool:
    """May colour be used? Not in a file or a pipe, and not where NO_COLOR asks for none (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned columns, two spaces apart, no line drawing: good for eyes and for awk.

    What targets and inventories call themselves is made harmless here.
    """
    from reports.text import safe_text

    rows = [[safe_text(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (headings, *rows)
    ]
    return "\n".join(lines)
