"""One visit to a Windows machine as one PowerShell script; what comes back is read by :mod:`windows_document`.

``powershell.exe -Command -`` takes it on stdin ("secret code for read the commands from stdin with no prompts", says
its source), so neither the 8,191 characters of cmd.exe's command line nor the 32,767 of CreateProcess bound it, and no
shell in between has anything to quote. PowerShell then collects lines until an empty one and runs them as one block:
so the script is one block without empty lines, and an empty line ends it. It is ASCII, for the code page of that stdin
is the machine's own.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Sequence
from functools import cache
from importlib import resources

from scanner.query import Query, WindowsSection

COMMAND = "powershell.exe -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command -"
MAX_BODY = 100_000  # characters
NO_SHA256 = "0" * 64
SNAPSHOT_SECONDS = 600  # of a script that the device's own management runs
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Each run of a script that is kept as a file needs a marker of its own.
_OWN_MARKER = "((New-Guid).ToString() -replace '-', '')"
# Started by a 32-bit agent (Intune's is one) it would see another registry: then it starts itself anew as 64 bit.
_AS_64_BIT = r"""if ($env:PROCESSOR_ARCHITEW6432 -and $PSCommandPath) {
    $native = "$env:windir\sysnative\WindowsPowerShell\v1.0\powershell.exe"
    & $native -NoProfile -NonInteractive -ExecutionPolicy Bypass -File $PSCommandPath
    exit $LASTEXITCODE
}
"""
# A section that hangs for good must not keep the session open: its thread would.
_ENDING = "if ($estatecheckHung) { [Environment]::Exit(0) } else { exit 0 }"


@cache
def _part(name: str) -> str:
    """``windows_common.ps1`` is what every section may use, ``windows_frame.ps1`` runs them and prints."""
    return _lines((resources.files("scanner.transports") / f"windows_{name}.ps1").read_text("ascii"))


def new_marker() -> str:
    """128 random bits as hex."""
    return secrets.token_hex(16)


def as_sections(queries: Sequence[Query]) -> list[WindowsSection]:
    """Raises ``TypeError`` for anything that is not for Windows: ``transports.Selective`` keeps it away."""
    sections = [query for query in queries if isinstance(query, WindowsSection)]
    if len(sections) != len(queries):
        raise TypeError("only a WindowsSection can be asked of PowerShell")
    return sections


def compose(queries: Sequence[Query], marker: str, seconds: float) -> bytes:
    """What is sent on stdin. ``seconds`` is the time for all sections together.

    Raises ``ValueError`` for sections that cannot be sent: a bad or doubled name, a body that is not ASCII or too long.
    """
    block = _block(as_sections(queries), f"'{marker}'", seconds)
    return f". {{\n{block}\n}}\n\n{_ENDING}\n\n".encode("ascii")


def compose_file(queries: Sequence[Query]) -> bytes:
    """The script as a file, to be run by the device's own management. CR LF, as Windows has its files."""
    block = _block(as_sections(queries), _OWN_MARKER, SNAPSHOT_SECONDS)
    head = "# estatecheck: reads this machine and prints one JSON document. Changes nothing, needs no module.\n"
    return f"{head}{_AS_64_BIT}& {{\n{block}\n}}\n".replace("\n", "\r\n").encode("ascii")


def sha256_in(script: bytes) -> str:
    """What the document of this script will say of itself as ``script_sha256``."""
    found = re.search(rb"\$sha256 = '([0-9a-f]{64})'", script)
    return found[1].decode() if found else ""


def _block(sections: Sequence[WindowsSection], marker: str, seconds: float) -> str:
    _check(sections)
    parts = [
        f"$sha256 = '{NO_SHA256}'",
        f"$budget = {max(1, int(seconds))}",
        f"$common = {{\n{_part('common')}\n}}",
        ". $common",
        "$sections = @(",
        ",\n".join(map(_entry, sections)),
        ")",
        _part("frame"),
    ]
    block = "\n".join(parts)
    digest = hashlib.sha256(block.encode("ascii")).hexdigest()
    return f"$marker = {marker}\n" + block.replace(NO_SHA256, digest, 1)


def _check(sections: Sequence[WindowsSection]) -> None:
    names = [section.key for section in sections]
    if len(set(names)) != len(names):
        raise ValueError("two sections have the same name")
    for section in sections:
        if not _NAME.fullmatch(section.key):
            raise ValueError(f"{json.dumps(section.name[:60])} is no name for a section")
        if not section.body.isascii() or len(section.body) > MAX_BODY or "\0" in section.body:
            raise ValueError(f"section {section.name}: not ASCII, or over {MAX_BODY} characters")
        if section.timeout_seconds < 1 or section.max_bytes < 1:
            raise ValueError(f"section {section.name}: a limit is not above 0")


def _entry(section: WindowsSection) -> str:
    limits = f"seconds = {section.timeout_seconds}; max = {section.max_bytes}"
    return f"@{{ name = '{section.key}'; {limits}; block = {{\n{_lines(section.body)}\n}} }}"


def _lines(text: str) -> str:
    """Without comments, indentation and empty lines, of which one would end the block. No text spans lines."""
    stripped = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in stripped if line and not line.startswith("#"))
