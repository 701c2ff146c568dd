"""What an ntc-templates template reads out of an output. The extra ``network-cli`` brings them; loaded when needed."""

from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any

from inventory.facts.missing import Reason
from scanner.query import Unreadable

Row = dict[str, str | list[str]]


def columns(template: str, output: str) -> Row:
    """Of the first row, by lower-case name; {} when the template meets a line it does not know.

    Raises :class:`Unreadable` when ntc-templates is not installed: an answer read without it could be another one.
    """
    try:
        import textfsm
    except ImportError:
        raise _not_installed() from None
    machine = textfsm.TextFSM(StringIO(_text(template)))
    try:
        found = machine.ParseText(output)
    except textfsm.TextFSMError:
        return {}
    header = [name.lower() for name in machine.header]
    return _row(dict(zip(header, found[0], strict=True))) if found else {}


def _row(values: dict[str, Any]) -> Row:
    return {name: [*map(str, v)] if isinstance(v, list) else str(v) for name, v in values.items()}


@cache
def _text(template: str) -> str:
    try:
        return files("ntc_templates").joinpath("templates", f"{template}.textfsm").read_text("utf-8")
    except ModuleNotFoundError:
        raise _not_installed() from None


def _not_installed() -> Unreadable:
    return Unreadable(
        "ntc-templates is not installed on the scanner: pip install 'estatecheck[network-cli]'", Reason.NOT_ATTEMPTED
    )
