"""Is the clock kept in time (chronyc(1), ntpctl(8), timedatectl(1), ntpq(8)), and how far is it from the scanner's?

The host's time was read somewhere between the moments of asking and answering, on the scanner's clock. The skew is the
distance to that interval: the least that the host can be wrong by, whatever the network took.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from inventory.asset import Asset, Privilege
from inventory.facts.clock import Clock
from scanner.probes.linux.sections import Parts, parts
from scanner.probes.script import fields, number, refuse_spoken_exit
from scanner.query import Answer, Query, Script, Unreadable

BODY = r"""
echo "now=$(date +%s)"
if command -v chronyc >/dev/null; then
  echo =chrony=; chronyc -n tracking 2>/dev/null; code=$?; echo "=chrony:$code="
  [ $code = 0 ] && exit 0
fi
if command -v ntpctl >/dev/null; then
  echo =ntpctl=; ntpctl -s status 2>/dev/null; echo "=ntpctl:$?="
fi
if [ -d /run/systemd/system ] && command -v timedatectl >/dev/null; then
  echo =timedatectl=; timedatectl status 2>/dev/null; code=$?; echo "=timedatectl:$code="
fi
if command -v ntpq >/dev/null; then
  echo =ntpq=; ntpq -c 'rv 0' 2>/dev/null; echo "=ntpq:$?="
fi
exit 0
"""

SCRIPT = Script("clock", BODY)
RESOLUTION = 1.0  # date +%s cuts the second's fraction off


@dataclass(frozen=True, slots=True)
class ClockProbe:
    """A section like the others, but its parser needs the moments of asking and answering too."""

    name: str = "clock"
    privilege: Privilege = Privilege.USER

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:  # noqa: ARG002 - the protocol's shape
        return None if so_far else SCRIPT

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> Clock:  # noqa: ARG002 - the protocol's shape
        answer = answers[0]
        refuse_spoken_exit(answer, "date")
        said = parts(answer.text)
        now = number(fields(said.text("")).get("now", ""))
        if now is None:
            raise Unreadable("the host did not say what time it is")
        synchronised, source = _synchronised(said)
        return Clock(synchronised, source, skew(now, answer.asked_at, answer.answered_at))


def skew(now: int, asked_at: float, answered_at: float) -> float:
    """Seconds from the host's second to the interval of the question, 0.0 when they overlap.

    Raises :class:`Unreadable` when the interval is not known.
    """
    if not 0 < asked_at <= answered_at:
        raise Unreadable("it is not known when the clock was read")
    return round(max(0.0, asked_at - (now + RESOLUTION), now - answered_at), 3)


def _synchronised(said: Parts) -> tuple[bool | None, str]:
    for name, read in READERS.items():
        part = said.found.get(name)
        verdict = read(part.text) if part and part.exit_code == 0 else None
        if verdict is not None:
            return verdict, name
    return None, ""


def _chrony(text: str) -> bool | None:
    """``Leap status : Normal``; "Not synchronised" is the only value that says no."""
    status = fields(text, ":").get("Leap status")
    return None if not status else status != "Not synchronised"


def _ntpctl(text: str) -> bool | None:
    """OpenNTPD: ``4/4 peers valid, clock synced, stratum 3``. It does not tell the kernel, and so not timedatectl."""
    found = re.search(r"\bclock (synced|unsynced)\b", text)
    return found[1] == "synced" if found else None


def _timedatectl(text: str) -> bool | None:
    """``System clock synchronized: yes``, before systemd 239 ``NTP synchronized: yes``."""
    said = fields(text, ":")
    word = said.get("System clock synchronized") or said.get("NTP synchronized")
    return {"yes": True, "no": False}.get(word or "")


def _ntpq(text: str) -> bool | None:
    """``... leap_none, sync_ntp, ...`` of RFC 5905's system status word."""
    words = text.replace(",", " ").split()
    sources = [word for word in words if word.startswith("sync_")]
    return None if not sources else sources[0] != "sync_unspec" and "leap_alarm" not in words


READERS = {"chrony": _chrony, "ntpctl": _ntpctl, "timedatectl": _timedatectl, "ntpq": _ntpq}

CLOCK = ClockProbe()
