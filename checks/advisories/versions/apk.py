"""Order of Alpine's versions: ``1.2.3a_rc1_p2~hash-r4``, apk-tools' src/version.c and apk-package(5).

Part by part, a number with a leading zero as text; where one version goes on and the other does not, the longer is
newer, unless it goes on with a suffix for a pre-release. This is the order of apk-tools 3; 2 differs where numbers are
padded differently (``1.010`` against ``1.02``), and has no hash.

One thing more than apk-tools 3 takes: digits behind the letter (``6.6.2p1``). apk-tools 2 takes them, and Alpine has
released such packages (opensmtpd, sudo, libretls).
"""

import re

from checks.advisories.versions.parts import MAX_LENGTH, InvalidVersion, number

BEFORE, AFTER = ("alpha", "beta", "pre", "rc"), ("cvs", "svn", "git", "hg", "p")  # oldest first
NAMES = "|".join((*BEFORE, *AFTER))
VALID = re.compile(
    r"([0-9]+)((?:\.[0-9]+)*)(?:([a-z])([0-9]*))?"  # numbers, letter, patch level
    rf"((?:_(?:{NAMES})[0-9]*)*)(?:~([0-9a-f]+))?(?:-r([0-9]+))?"  # suffixes, commit, revision
)
PRE, END, REVISION, HASH, SUFFIX_NUMBER, POST, LETTER, DIGITS = (chr(rank) for rank in range(1, 9))
PADDED, PLAIN = "\x01", "\x02"  # numbers with a leading zero sort before all others, among themselves as text
RANKS = {name: PRE + chr(rank) for rank, name in enumerate(BEFORE)}
RANKS |= {name: POST + chr(rank) for rank, name in enumerate(AFTER)}


def key(version: str) -> str:
    """Raises :class:`InvalidVersion` for what ``apk version --check`` refuses."""
    found = VALID.fullmatch(version) if len(version) <= MAX_LENGTH else None
    if found is None:
        raise InvalidVersion("apk", version, "it is not of the form 1.2.3a_suffix4-r5")
    first, more, letter, patch, suffixes, digest, revision = found.groups(default="")
    pieces = [number(first), *map(_dotted, more.split(".")[1:])]
    pieces += [LETTER + letter] if letter else []
    pieces += [DIGITS + PLAIN + number(patch)] if patch else []
    pieces += map(_suffix, suffixes.split("_")[1:])
    pieces += [HASH + digest] if digest else []
    pieces += [REVISION + number(revision)] if revision else []
    return "".join(pieces) + END


def _dotted(digits: str) -> str:
    return DIGITS + (PADDED + digits if digits.startswith("0") else PLAIN + number(digits))


def _suffix(text: str) -> str:
    name = text.rstrip("0123456789")
    digits = text[len(name) :]
    return RANKS[name] + (SUFFIX_NUMBER + number(digits) if digits else "")
