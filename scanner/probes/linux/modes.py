"""Owner and permission bits of files, from GNU and busybox stat(1), or from ls(1) where stat cannot print formats."""

import re
from dataclasses import dataclass

# Follows symbolic links: what counts is the file that is opened. Prints nothing for files that went away.
SHELL = r"""
modes() {
  out=$(stat -L -c '%a %U %G %n' -- "$@" 2>/dev/null)
  [ -n "$out" ] || out=$(ls -Lld -- "$@" 2>/dev/null)
  printf '%s\n' "$out"
}
"""

_STAT = re.compile(r"([0-7]{1,4}) (\S+) (\S+) (/.*)")
_LS = re.compile(r"[-dlspcb]([r-][w-][xsS-][r-][w-][xsS-][r-][w-][xtT-])[.+@]? +[0-9]+ +(\S+) +(\S+) [^/]*(/.*)")


@dataclass(frozen=True, slots=True)
class Mode:
    bits: int
    owner: str
    group: str
    path: str

    @property
    def octal(self) -> str:
        return f"{self.bits:04o}"

    def allows(self, bits: int) -> bool:
        return bool(self.bits & bits)


def read_mode(line: str) -> Mode | None:
    """One line of ``modes``; None for a line that is neither stat's nor ls's."""
    if stat := _STAT.fullmatch(line):
        return Mode(int(stat.group(1), 8), stat.group(2), stat.group(3), stat.group(4))
    if ls := _LS.fullmatch(line):
        return Mode(_bits(ls.group(1)), ls.group(2), ls.group(3), ls.group(4))
    return None


def _bits(letters: str) -> int:
    """``rwxr-sr-t`` as a number (ls(1), "What information is listed")."""
    plain = sum(1 << (8 - place) for place, letter in enumerate(letters) if letter not in "-ST")
    special = sum(bit for place, bit in ((2, 0o4000), (5, 0o2000), (8, 0o1000)) if letters[place] in "sStT")
    return plain | special
