"""A name for this process that says, to another one on the same machine, whether it still lives."""

from scanner.store.liveness import started, this_process

_GLUE = "|"


def who() -> str:
    here = this_process()
    return _GLUE.join((here.machine, str(here.pid), here.started, here.place))


def dead(name: str) -> bool:
    """True only with proof: it ran here, and there is no such process any more."""
    parts = name.split(_GLUE, 3)
    if len(parts) != 4 or parts[3] != this_process().place or not parts[1].isdigit() or not parts[2]:
        return False
    return started(int(parts[1])) != parts[2]
