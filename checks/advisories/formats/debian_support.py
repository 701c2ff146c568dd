"""Packages that Debian does not support, or not fully (debian-security-support, GPL-2+).

``security-support-ended.deb12``: source package, last supported version, day, why; ``security-support-limited``: source
package, why. A package is a name, or the beginning of names with ``.*`` behind it. Table ``debian-support``:
``ended:12`` -> [[package, version, day, why], ...]; ``limited``, ``limited:12`` -> [[package, why], ...].
"""

import json
import re
from collections.abc import Callable

from checks.advisories.formats.decoded import BadRecord, Decoded, Files, Tally, day, newest_day, text
from checks.advisories.table import encode

TABLE = "debian-support"
NO_RELEASE = "list of ended support that names no release"
_FILE = re.compile(r"security-support-(ended|limited)(?:\.deb(\d{1,3}))?")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]{0,99}(?:\.\*)?")
_VERSION = re.compile(r"[A-Za-z0-9.+~:-]{1,100}")


def decode(files: Files, feed: str) -> Decoded:  # noqa: ARG001  # all decoders are called alike
    """Other files are passed over. Raises :class:`FeedContentError`."""
    tally, rows, newest = Tally(), dict[str, str](), ""
    for name, data in files:
        match = _FILE.fullmatch(name.rpartition("/")[2])
        if match is None:
            continue
        if match[1] == "ended" and not match[2]:
            tally.skipped[NO_RELEASE] += 1  # the copy of whatever release it was taken from
            continue
        found = _list(name, data, _ended if match[1] == "ended" else _limited, tally)
        newest = max([newest, *(row[2] for row in found if len(row) == 4)])
        rows[":".join(part for part in match.groups() if part)] = json.dumps(found)
    tally.close("package")
    return Decoded(
        {TABLE: encode(rows.items())},
        newest_day(newest),
        tally.taken,
        tuple(sorted(f"debian:{key.partition(':')[2]}" for key in rows if ":" in key)),
        "GPL-2.0-or-later",
        "Debian (debian-security-support)",
        tally.counts(),
        dated=False,
    )


def recognises(name: str, head: bytes) -> bool:
    return bool(_FILE.fullmatch(name.rpartition("/")[2])) and b"source package name" in head


def _list(name: str, data: bytes, read: Callable[[str], list[str]], tally: Tally) -> list[list[str]]:
    found = []
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            try:
                found.append(read(line[:2000]))
                tally.taken += 1
            except BadRecord as fault:
                tally.bad(f"{name} line {number}", fault)
    return found


def _limited(line: str) -> list[str]:
    package, *why = line.split(maxsplit=1)
    return [_package(package), text("".join(why))]


def _ended(line: str) -> list[str]:
    fields = line.split(maxsplit=3)
    if len(fields) < 3 or not _VERSION.fullmatch(fields[1]) or day(fields[2]) != fields[2]:
        raise BadRecord("is not package, version, day")
    return [_package(fields[0]), fields[1], fields[2], text(fields[3] if len(fields) > 3 else "")]


def _package(name: str) -> str:
    if not _PACKAGE.fullmatch(name):
        raise BadRecord(f"{name[:80]!r} is no package name")
    return name
