"""Small readings that the importers of foreign results share: text, times, ports, severities, CVEs. All bounded."""

import contextlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from checks.advisories.verdict import Verdict
from checks.finding import HOST, Member, Severity, Subject
from scanner.importers.imported import MAX_CVES, MAX_EXCERPT, Score

CVE = re.compile(r"CVE-[12][0-9]{3}-[0-9]{4,7}", re.IGNORECASE)
PORT = re.compile(r"[0-9]{1,5}\Z")
_WORDS = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "serious": Severity.HIGH,
    "important": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "low": Severity.LOW,
    "minor": Severity.LOW,
    "negligible": Severity.LOW,
    "info": Severity.INFO,
    "informational": Severity.INFO,
    "information": Severity.INFO,
    "none": Severity.INFO,
    "log": Severity.INFO,
}


def tidy(text: object, most: int = MAX_EXCERPT) -> str:
    """One line of at most ``most`` characters; what is no text is nothing."""
    if not isinstance(text, str):
        return ""
    line = " ".join(text[: most * 8].split())
    return line if len(line) <= most else line[: most - 1] + "…"


def severity_word(word: object) -> Severity | None:
    return _WORDS.get(word.strip().lower()) if isinstance(word, str) else None


def severity_of_score(score: float | None) -> Severity | None:
    """The band of a CVSS v3 base score (CVSS v3.1 specification, section 5)."""
    if score is None or not 0 <= score <= 10:
        return None
    bands = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
    return next((word for least, word in bands if score >= least), Severity.INFO)


def number(text: object) -> float | None:
    """A score from 0 to 10 as the file writes it."""
    try:
        found = float(text) if isinstance(text, str | int | float) else -1.0
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found <= 10 else None


def whole(text: object) -> int | None:
    """A whole number, however it is written; None when it is none."""
    try:
        return int(text) if isinstance(text, str | int) and len(str(text)) < 20 else None
    except ValueError:
        return None


def cves_in(*texts: object) -> tuple[str, ...]:
    """Every CVE that is named, sorted, each once."""
    found = {match.group().upper() for text in texts if isinstance(text, str) for match in CVE.finditer(text)}
    return tuple(sorted(found)[:MAX_CVES])


def members_of(
    cves: Iterable[str], scores: Iterable[Score] = (), severity: Severity | None = None, fixed: str = ""
) -> tuple[Member, ...]:
    """CVEs as members of a finding. The file's scores stand at a CVE only where it is the only one."""
    names = tuple(cves)
    told = _attributes(scores) if len(names) == 1 else {}
    if fixed:
        told = {**told, "fixed": fixed}
    rating = severity if len(names) == 1 else None
    return tuple(Member(name, Verdict.FIX_AVAILABLE.value if fixed else "reported", rating, told) for name in names)


def _attributes(scores: Iterable[Score]) -> dict[str, str]:
    told: dict[str, str] = {}
    for score in scores:
        if score.vector and "vector" not in told:
            told = {"vector": score.vector, "vector_source": score.source}
            if score.score is not None:
                told["score"] = f"{score.score:g}"
    return told


def port_subject(port: object, protocol: object) -> Subject:
    """The port that a result is about; port 0 and none are the host as a whole."""
    text = str(port).strip() if isinstance(port, str | int) else ""
    value = int(text) if PORT.match(text) else 0
    word = protocol.strip().lower() if isinstance(protocol, str) else ""
    if not 0 < value < 65536:
        return HOST
    return Subject("port", f"{word if word in ('tcp', 'udp', 'sctp') else 'tcp'}/{value}")


def moment(text: object, *forms: str) -> datetime | None:
    """A time in ISO 8601, in one of ``forms`` of strptime, or as seconds since 1970. Without a zone it is UTC."""
    if isinstance(text, int | float) or (isinstance(text, str) and re.fullmatch(r"[0-9]{9,11}", text.strip())):
        return _epoch(float(text))
    if not isinstance(text, str) or len(text) > 60:
        return None
    for form in ("", *forms):
        with contextlib.suppress(ValueError, OverflowError):
            found = _read(text.strip(), form)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def _read(text: str, form: str) -> datetime:
    """ISO 8601 without a form; also with a fraction of nine digits, which fromisoformat refuses. Raises ValueError."""
    if form:
        return datetime.strptime(text, form)  # noqa: DTZ007 (its caller says which zone it is)
    return datetime.fromisoformat(re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", text))


def _epoch(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def worst(severities: Iterable[Severity | None]) -> Severity | None:
    return min((s for s in severities if s is not None), key=lambda s: s.rank, default=None)
