"""Marks inside a section's answer, so that "it ran and printed nothing" is never "it did not run".

A command is enclosed as ``echo =deb=; COMMAND; echo "=deb:$?="``: an opening mark, its output, and a closing mark
with its exit code. An answer whose closing mark is missing is not an answer.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inventory.facts.missing import Reason
from scanner.query import Unreadable

MAX_LINE = 4096  # characters; no line that we ask for is longer
MAX_MARKS = 1_000
MARK = re.compile(r"^=([a-z][a-z0-9-]*)(?::([0-9]{1,3}))?=$", re.MULTILINE)
CONTROL = dict.fromkeys([*range(9), *range(11, 32), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F)], "")

# Which package manager owns this host's files. Shared by the sections that ask it something.
# A Debian may have rpm installed, and the other way round: the data base with content decides.
MANAGER = r"""
if [ -s /var/lib/dpkg/status ]; then manager=deb
elif [ -s /lib/apk/db/installed ] || [ -s /usr/lib/apk/db/installed ]; then manager=apk
elif command -v rpm >/dev/null; then manager=rpm
else exit 69
fi
"""

# apt writes its package cache when it is root and the cache no longer fits: then $options has it work without one.
# It fits while nothing that it is made from is newer.
APT_CACHE = r"""
apt_cache_options() {
  options= cache=/var/cache/apt/pkgcache.bin
  [ -w /var/cache/apt ] || return 0
  for made_from in /var/lib/dpkg/status /var/lib/dpkg/arch /var/lib/apt/lists /etc/apt /etc/apt/* /etc/apt/*/*; do
    [ ! -e "$made_from" ] || [ $cache -nt "$made_from" ] ||
      options='-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache='
  done
}
"""

# Sections that need root say so themselves, whatever ran them.
ROOT_ONLY = r"""[ "$(id -u)" = 0 ] || exit 77
"""


@dataclass(frozen=True, slots=True)
class Part:
    """What one command printed. ``exit_code`` is None while its closing mark has not come."""

    text: str
    exit_code: int | None = None

    @property
    def lines(self) -> list[str]:
        return [line for line in self.text.split("\n") if line]


class Parts:
    """An answer cut at its marks."""

    def __init__(self, found: Mapping[str, Part]) -> None:
        self.found = found

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def text(self, name: str) -> str:
        """What stood under the mark, "" when there is no such mark."""
        part = self.found.get(name)
        return part.text if part else ""

    def lines(self, name: str) -> list[str]:
        part = self.found.get(name)
        return part.lines if part else []

    def closed(self, name: str, *allowed: int) -> Part:
        """The part, if its command ended with one of the ``allowed`` exit codes (0 unless told).

        Raises :class:`Unreadable`.
        """
        part = self.found.get(name)
        if part is None or part.exit_code is None:
            raise Unreadable(f"the answer has no complete {name} part")
        if part.exit_code not in (allowed or (0,)):
            raise Unreadable(f"{name} ended with exit code {part.exit_code}")
        return part


def parts(text: str) -> Parts:
    """Cut an answer at its marks; what stands before the first is the part "". Control characters are dropped.

    A local user may name a process or a file so that it looks like a mark, to hide what follows. Such a mark comes
    twice, or closes what is not open.

    Raises :class:`Unreadable` for that, and for a line longer than ``MAX_LINE``.
    """
    clean = text.translate(CONTROL)
    if max(map(len, clean.split("\n"))) > MAX_LINE:
        raise Unreadable(f"the answer has a line of more than {MAX_LINE} characters")
    bounded(clean.count("\n="), MAX_MARKS, "marked parts")
    marks = list(_marks(clean))
    ends = [*(mark.start() for mark in marks), len(clean)]
    found = {"": Part(clean[: ends[0]])}
    opened = ""
    for mark, end in zip(marks, ends[1:], strict=True):
        name, code, body = mark[1], mark[2], clean[mark.end() : end]
        if code is None:
            if name in found and (found[name].text or body.strip()):
                raise Unreadable(f"the mark {name} stands in the answer twice")
            found[name] = Part(body.removeprefix("\n"))
            opened = name
        elif name != opened or body.strip():
            raise Unreadable(f"the closing mark of {name} is not where it belongs")
        else:
            found[name] = Part(found[name].text, int(code))
            opened = ""
    return Parts(found)


def _marks(text: str) -> Iterator[re.Match[str]]:
    """All of them; looked for where a line begins with the sign only, which is four times as fast."""
    start = 0 if text.startswith("=") else text.find("\n=") + 1
    while start or text.startswith("="):
        if mark := MARK.match(text, start):
            yield mark
        start = text.find("\n=", start) + 1
        if not start:
            return


def ended(text: str, *needed: str) -> Parts:
    """The parts of a section that ends with ``echo =end=``: all of it ran, and every ``needed`` part is there.

    Raises :class:`Unreadable`.
    """
    found = parts(text)
    if "end" not in found:
        raise Unreadable("the section did not run to its end")
    if found.text("end").strip():
        raise Unreadable("the answer goes on after its end")
    for name in needed:
        if name not in found:
            raise Unreadable(f"the answer has no {name} part")
    return found


def bounded(count: int, most: int, what: str) -> None:
    """Raises :class:`Unreadable` when a host reports more than anything real has."""
    if count > most:
        raise Unreadable(f"the host reports more than {most} {what}", Reason.OUTPUT_UNREADABLE)
