"""What PowerShell printed on a visit, over whatever way in, as the visit's answers."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from inventory.asset import Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Answer, Deadline, Query
from scanner.transports.transcript import Transcript
from scanner.transports.windows_document import BadDocument, read_document, split
from scanner.transports.windows_script import as_sections

KEPT_SECONDS = 10.0  # of the visit's time, to log in and to bring the document back


@dataclass(frozen=True, slots=True)
class Printed:
    """``exit_status`` None: nobody said. ``cut_by``: why it may not be whole."""

    raw: bytes
    exit_status: int | None
    asked_at: float  # Unix time the script was sent at
    cut_by: Missing | None = None


def script_seconds(deadline: Deadline) -> float:
    """What the sections may take together, of a visit that has begun."""
    return max(1.0, deadline.left() - KEPT_SECONDS)


def read_printed(printed: Printed, queries: Sequence[Query], marker: str, limit: int) -> Transcript:
    """With the document whole it counts, whatever became of the session after it. Raises nothing."""
    now = time.time()
    try:
        document = read_document(printed.raw, limit, marker)
    except BadDocument as bad:
        return nothing(queries, _why(printed, bad), printed.asked_at)
    answers = split(document, as_sections(queries), printed.asked_at, now)
    return Transcript(tuple(answers), document.privilege, complete=True)


def nothing(queries: Sequence[Query], missing: Missing, asked_at: float) -> Transcript:
    """No answer to anything, for this reason."""
    make = partial(Answer, asked_at=asked_at, answered_at=time.time(), privilege=Privilege.NONE)
    return Transcript(tuple(make(query.name, missing=missing) for query in queries), Privilege.NONE, complete=False)


def _why(printed: Printed, bad: BadDocument) -> Missing:
    """What ended the visit goes before what that left of the document."""
    if printed.cut_by is not None:
        return printed.cut_by
    if not printed.raw.strip() and printed.exit_status:
        said = f"powershell.exe did not run there (exit status {printed.exit_status}): is it a Windows machine?"
        return Missing(Reason.COLLECTOR_MISSING, said)
    return bad.missing
