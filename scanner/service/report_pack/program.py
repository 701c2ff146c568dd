"""The command line of ``verify_evidence.py``: 0 everything holds, 1 something is wrong, 2 it cannot be said."""

import argparse
import gc
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import hexdigits

from scanner.service.report_pack.checking import Verdict, verify
from scanner.service.report_pack.memory import MemoryFault
from scanner.service.report_pack.signed import BadSignature, key_id, public_key

OK, WRONG, CANNOT = 0, 1, 2
MAX_PEM = 64 * 1024
ID_LENGTH = 64


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="verify_evidence.py",
        description="Check an evidence pack or a checkpoint of estatecheck. Opens no connection.",
        epilog="Ends with 0 when everything holds, 1 when something is wrong, 2 when something could not be checked.",
    )
    parser.add_argument("file", type=Path, help="the evidence pack (.zip) or checkpoint (.json)")
    parser.add_argument("--trust", default="", help="the signer's key, got from its owner: its id, or a PEM file")
    parser.add_argument("--remember", type=Path, help="a file of yours, one for each record: checkpoints seen so far")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    asked = parser.parse_args(words)
    gc.disable()  # what is read has no cycles, and looking for them takes a sixth of the time
    try:
        verdict = verify(asked.file, key_named(asked.trust), asked.remember)
    except (OSError, BadSignature, MemoryFault) as fault:
        print(f"cannot check: {fault}", file=sys.stderr)  # noqa: T201 (this is a program of its own)
        return CANNOT
    print(as_json(verdict) if asked.format == "json" else "\n".join(told(verdict)))  # noqa: T201 (the same)
    return WRONG if verdict.problems else OK if verdict.holds else CANNOT


def key_named(text: str) -> str:
    """The id of a key that somebody named by it, or by a PEM file; "" for "". Raises ``OSError`` and
    :class:`BadSignature`."""
    if not text or (len(text) == ID_LENGTH and set(text) <= set(hexdigits)):
        return text.lower()
    with Path(text).open("rb") as pem:
        return key_id(public_key(pem.read(MAX_PEM)))


def told(verdict: Verdict) -> Iterator[str]:
    """For people, a line each. What a hostile pack says is made harmless for a terminal."""
    said = "DOES NOT HOLD" if verdict.problems else "holds" if verdict.holds else "not everything could be checked"
    yield _safe(f"{verdict.what or 'the file'}: {said}")
    for heading, lines in _parts(verdict):
        yield from (_safe(f"  {heading:<12} {line}") for line in lines)
    for heading, part in (("wrong", verdict.problems), ("not checked", verdict.unknown)):
        if part.more:
            yield f"  {heading:<12} and {part.more} more"
    yield _safe(f"  signed by    {verdict.key_id or 'nobody'}")


def _parts(verdict: Verdict) -> Iterator[tuple[str, Sequence[str]]]:
    yield "wrong", verdict.problems
    yield "ok", verdict.checked
    yield "not checked", verdict.unknown
    yield "withheld", verdict.withheld
    yield "not proven", verdict.limits


def _safe(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)[:1000]


def as_json(verdict: Verdict) -> str:
    content = {
        "holds": verdict.holds,
        "what": verdict.what,
        "key": verdict.key_id,
        "events": verdict.events,
        "root": verdict.root,
        "report_sha256": verdict.report,
        **{heading.replace(" ", "_"): list(lines) for heading, lines in _parts(verdict)},
    }
    return json.dumps(content, indent=2, ensure_ascii=True)
