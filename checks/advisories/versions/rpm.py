"""Order of RPM versions: ``[epoch:]version[-release]``, split as rpm's parseEVR does and compared as rpmvercmp does.

Runs of letters and runs of digits are compared one by one, a number above letters, what is longer above what ends;
``~`` sorts before the end, ``^`` after the end and before everything else. All other characters only separate.

**A missing release** sorts before every release, as in rpm's own order of packages (rpmverCmp). Where rpm matches
dependencies it leaves releases out unless both sides have one: ``1.0`` meets ``1.0-1`` and ``1.0-2``, which differ, and
that is no order. So an advisory without release is met by every release of its version, either way; a package list
without releases does not meet an advisory with one.
"""

import re

from checks.advisories.versions.parts import MAX_LENGTH, InvalidVersion, number

EVR = re.compile(r"(?:([0-9]*|\(none\)):)?(.*?)(?:-([^-]*))?", re.DOTALL)
TOKENS = re.compile(r"[0-9]+|[A-Za-z]+|~|\^")
TILDE, END, CARET, LETTERS, NUMBER = "\x01", "\x02", "\x03", "\x04", "\x05"
SIGNS = {"~": TILDE, "^": CARET}


def key(version: str) -> str:
    """No epoch is epoch 0, and so is ``(none)``, as ``rpm --qf`` writes it.

    rpm compares whatever it is given. Raises :class:`InvalidVersion` only where nothing is given to compare.
    """
    found = EVR.fullmatch(version)
    if found is None or not found[2].strip() or len(version) > MAX_LENGTH:
        raise InvalidVersion("rpm", version, "it has no version")
    epoch = "" if found[1] is None or found[1] == "(none)" else found[1]
    release = found[3]
    return number(epoch) + _part(found[2]) + (END if release is None else NUMBER + _part(release))


def _part(text: str) -> str:
    return "".join([_token(token) for token in TOKENS.findall(text)]) + END


def _token(token: str) -> str:
    if token in SIGNS:
        return SIGNS[token]
    return NUMBER + number(token) if token[0] <= "9" else LETTERS + token
