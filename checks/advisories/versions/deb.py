"""Order of Debian versions: ``[epoch:]upstream[-revision]``, deb-version(7).

Parts without digits and numbers take turns. In the former ``~`` sorts before the end, the end before letters, letters
before everything else. An absent epoch or revision equals 0.
"""

import re

from checks.advisories.versions.parts import MAX_LENGTH, InvalidVersion, number

MAX_EPOCH = 2**31 - 1  # dpkg keeps it in an int
BLANKS = " \t\n\v\f\r"
EPOCH = re.compile(r"\+?[0-9]+")
PRINTABLE = re.compile(r"[!-~]+")
PIECES = re.compile(r"([^0-9]*)([0-9]*)")  # the last match is always empty: the end of the version
END = "\x02"  # of a part without digits, and of a version
OTHERS = (chr(code) for code in range(ord("!"), ord("~")) if not chr(code).isalnum())
ORDER = {ord("~"): "\x01"} | {ord(sign): chr(ord(sign) + 128) for sign in OTHERS}


def key(version: str) -> str:
    """Raises :class:`InvalidVersion` for what dpkg refuses: nothing, inner blanks, a bad epoch, an empty revision.

    What dpkg only warns of (an underscore, a letter in front) is ordered as dpkg does. Characters beyond ASCII are
    refused as well: dpkg warns of them, and where it puts them depends on the processor.
    """
    text = version.strip(BLANKS)
    if len(text) > MAX_LENGTH or not PRINTABLE.fullmatch(text):
        raise InvalidVersion("deb", version, "it must be printable ASCII characters without blanks")
    before, colon, after = text.partition(":")
    epoch, rest = (_epoch(before, version), after) if colon else ("", text)
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "0")
    if not upstream or not revision:
        raise InvalidVersion("deb", version, "a part of it is empty")
    return number(epoch) + _part(upstream) + _part(revision)


def _epoch(epoch: str, version: str) -> str:
    if not EPOCH.fullmatch(epoch):
        raise InvalidVersion("deb", version, "what stands before the colon is no number")
    digits = epoch.lstrip("+0")
    if len(digits) > 10 or int(digits or "0") > MAX_EPOCH:
        raise InvalidVersion("deb", version, f"its epoch is above {MAX_EPOCH}")
    return digits


def _part(text: str) -> str:
    return "".join([signs.translate(ORDER) + END + number(digits) for signs, digits in PIECES.findall(text)])
