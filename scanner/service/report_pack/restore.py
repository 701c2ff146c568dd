"""A record made again from the pack of a report, so that the report can be made again with the same bytes."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from scanner.service.report_pack.container import PackError, Reader
from scanner.service.report_pack.names import BLOBS, ENVELOPE, EVENTS, MAX_BLOB, MAX_SMALL, PREDICATE, blob_name
from scanner.service.report_pack.signed import parsed
from scanner.store.copying import Restoring, Row
from scanner.store.records import StoreError
from scanner.store.store import Store, open_store


class Restored:
    """``scan``: whose report it is; ``reports``: the sha256 of each file, as the pack names it."""

    def __init__(self, store: Store, scan: int, reports: dict[str, str]) -> None:
        self.store, self.scan, self.reports = store, scan, reports


@contextlib.contextmanager
def restored(path: Path, folder: Path) -> Iterator[Restored]:
    """``folder``: an empty one of ours. The pack should have been verified. Raises :class:`StoreError`, ``OSError``."""
    try:
        with Reader(path) as pack:
            predicate = _predicate(pack)
            if predicate["supplier"]:
                raise StoreError(
                    f"{path} is the part of supplier {predicate['supplier']}: the report of the whole estate cannot "
                    "be made from it"
                )
            database = folder / "record.db"
            _fill(pack, Restoring(database))
    except (PackError, ValueError, LookupError, TypeError, AttributeError) as fault:
        raise StoreError(f"{path} cannot be read: {fault!s:.200}") from fault
    with open_store(str(database)) as store:
        yield Restored(store, int(predicate["scan"]), dict(predicate["reports"]))


def _predicate(pack: Reader) -> Row:
    import base64

    envelope = parsed(pack.read(ENVELOPE, MAX_SMALL), ENVELOPE)
    statement = parsed(base64.b64decode(envelope["payload"]), "the statement")
    if statement["predicateType"] != PREDICATE:
        raise PackError("it is not the pack of a report")
    return dict(statement["predicate"])


def _fill(pack: Reader, new: Restoring) -> None:
    try:
        for name in pack.entries:
            if name.startswith("record/"):
                new.table(name.removeprefix("record/").partition(".")[0], _rows(pack, name))
        new.table("event", _rows(pack, EVENTS))
        new.table("blob", _blobs(pack, new))
    finally:
        new.close()


def _rows(pack: Reader, name: str) -> Iterator[Row]:
    for line in pack.lines(name, len):
        yield json.loads(line)


def _blobs(pack: Reader, new: Restoring) -> Iterator[Row]:
    for row in _rows(pack, BLOBS):
        if row["state"] == "here":
            data = b"".join(pack.plain(blob_name(row["sha256"]), MAX_BLOB, len))
            yield new.blob(row["id"], row["sha256"], data)
