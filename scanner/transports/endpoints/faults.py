"""What can go wrong with one probe. ``state`` says what it means for the service.

ProbeFault
├── NameUnknown     the name does not resolve
├── Refused         something there says no
├── NoAnswer        nothing came in time
├── Broken          the connection ended in the middle
├── Unexpected      it answers, but not as the inventory expects
├── TlsFailed       no TLS, or a certificate that does not hold
├── TooPoor         it answers as expected, and worse than promised (DEGRADED)
└── Blind           we could not look: no route or no right of our own (UNKNOWN)
"""

import errno
import socket

from inventory.facts.availability import State


class ProbeFault(Exception):
    """One plain sentence. Never holds a secret."""

    state = State.DOWN


class NameUnknown(ProbeFault):
    pass


class Refused(ProbeFault):
    pass


class NoAnswer(ProbeFault):
    pass


class Broken(ProbeFault):
    pass


class Unexpected(ProbeFault):
    pass


class TlsFailed(ProbeFault):
    pass


class TooPoor(ProbeFault):
    state = State.DEGRADED


class Blind(ProbeFault):
    state = State.UNKNOWN


# Said by our own machine about itself; EHOSTUNREACH may come from a router on the way and speaks of the service.
_OURS = frozenset(
    {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EPERM, errno.EACCES, errno.EMFILE, errno.ENFILE}
)


def of_system(fault: OSError, doing: str) -> ProbeFault:
    """What an error of the operating system means."""
    if fault.errno in _OURS:
        return Blind(f"{doing}: {fault.strerror} (here, at the prober)")
    if fault.errno == errno.ECONNREFUSED:
        return Refused(f"{doing}: connection refused")
    if fault.errno == errno.EHOSTUNREACH:
        return NoAnswer(f"{doing}: no route to the host")
    if isinstance(fault, TimeoutError) or fault.errno == errno.ETIMEDOUT:
        return NoAnswer(f"{doing}: no answer in time")
    if isinstance(fault, socket.gaierror):
        return NameUnknown(f"{doing}: {fault.strerror}")
    return Broken(f"{doing}: {fault.strerror or type(fault).__name__}")
