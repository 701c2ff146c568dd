"""What a management port that is not open says about a question: refused is proof, silence is none."""

from checks.finding import Ruling, not_assessed
from inventory.facts.management import Management, Port, Service, State
from inventory.facts.missing import Reason

_WHY = {
    State.NO_ANSWER: (
        Reason.TIMED_OUT,
        "gave no answer: it is filtered on the way or dropped by the device; whether it is open to others cannot be "
        "told",
    ),
    State.UNREACHABLE: (Reason.UNREACHABLE, "cannot be reached from the scanner"),
    State.NOT_TRIED: (Reason.NOT_ATTEMPTED, "was not tried"),
}


def asked(management: Management, service: Service) -> Port | Ruling:
    """The port of a service when it is open or refused; else why nothing can be said of it."""
    port = management.port(service)
    if port is None:
        return not_assessed(Reason.NOT_ATTEMPTED, f"the port of {service} was not asked")
    if port.state not in _WHY:
        return port
    reason, words = _WHY[port.state]
    return not_assessed(reason, f"{port.place} {words}" + (f" ({port.why})" if port.why else ""))


def refused(port: Port) -> str:
    """The sentence of a pass: the proof is worth as much as the place it was seen from."""
    return f"{port.place} refuses connections, seen from the scanner"


def heard(port: Port) -> str:
    """What an open port said, as a part of a sentence."""
    return f'it says "{port.said}"' if port.said else f"who speaks there: {port.speaker}"
