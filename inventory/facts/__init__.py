"""The language between looking and judging: one file, one frozen fact, per subject.

A probe in ``scanner/probes`` makes a fact from what a host answered; a check in ``checks`` reads it.
A fact that could not be had is a :class:`Missing` with a reason; it is never an empty fact. A thing that provably
is not on the host is an :class:`Absent`.
Inside a fact, ``None`` means "the host did not report this", an empty tuple means "looked, and there are none".
"""

from inventory.facts.missing import Absent, Missing, Reason

__all__ = ["Absent", "Missing", "Reason"]
