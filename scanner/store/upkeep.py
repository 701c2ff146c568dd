"""How large the record is, and a whole copy of it."""

import contextlib
import hashlib
import json
import os
import shutil
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Select, distinct, func, select

from scanner.store.database import Database
from scanner.store.evidence import blob_file, sync_folder
from scanner.store.records import Backup, Size, StoreError
from scanner.store.schema import HEAD, blob, event, evidence, metadata, scan, scan_asset


def size(connection: Connection) -> Size:
    tables = {t.name: _count(connection, select(func.count()).select_from(t)) for t in metadata.sorted_tables}
    count, stored, plain = connection.execute(
        select(
            func.count(), func.coalesce(func.sum(blob.c.stored), 0), func.coalesce(func.sum(blob.c.size), 0)
        ).select_from(blob)
    ).one()
    files = _count(connection, select(func.coalesce(func.sum(blob.c.stored), 0)).where(blob.c.data.is_(None)))
    return Size(
        total=_database_bytes(connection) + files,
        tables=tables,
        blobs=int(count),
        blob_bytes=int(stored),
        blob_plain_bytes=int(plain),
        scans=_count(connection, select(func.count()).select_from(scan)),
        largest_scan_bytes=_largest(connection),
    )


def _count(connection: Connection, asked: Select[int]) -> int:
    return int(connection.execute(asked).scalar_one())


def _database_bytes(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
    pages, page = (connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size"))
    return int(pages) * int(page)


def _largest(connection: Connection) -> int:
    """Evidence is shared between scans, so this is what one scan needs by itself."""
    pairs = (
        select(scan_asset.c.scan_id, evidence.c.blob_id)
        .distinct()
        .join(evidence, evidence.c.visit_id == scan_asset.c.id)
        .subquery()
    )
    sums = select(func.sum(blob.c.stored)).join(pairs, pairs.c.blob_id == blob.c.id).group_by(pairs.c.scan_id)
    return max((int(total) for total in connection.execute(sums).scalars()), default=0)


def backup(database: Database, target: Path, now: datetime) -> Backup:
    """A whole copy, also while a scan runs: the database, its blob files, and a manifest of hashes.

    SQLite only; a server has its own tools. Raises :class:`StoreError`; a copy that failed is removed.
    """
    if database.file is None:
        raise StoreError(f"{database.place}: use pg_dump for a database on a server")
    folder, manifest = target.with_name(target.name + ".blobs"), target.with_name(target.name + ".manifest.json")
    for path in (target, folder, manifest):
        if path.exists():
            raise StoreError(f"{path} exists already; name another file")
    try:
        with database.translated():
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return _copy(database, target, folder, manifest, now)
    except StoreError:
        target.unlink(missing_ok=True)
        manifest.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _copy(database: Database, target: Path, folder: Path, manifest: Path, now: datetime) -> Backup:
    with database.plain() as plain:
        plain.execute("VACUUM INTO ?", (str(target),))
    copy = Database(str(target))
    try:
        with copy.reading() as connection, database.translated():
            files = _copy_files(connection, database.blobs, folder)
            content = _manifest(connection, now)
    finally:
        copy.close()
    with database.translated():
        content |= {"database": {target.name: _sha256(target)}, "blobs": files}
        manifest.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        for path in (target, manifest):
            _sync(path)
        sync_folder(target.parent)
    return Backup(str(target), str(manifest), _sha256(target), len(files))


def _copy_files(connection: Connection, source: Path | None, folder: Path) -> dict[str, str]:
    digests = connection.execute(select(blob.c.sha256).where(blob.c.data.is_(None))).scalars()
    files = {}
    for sha256 in sorted(bytes(digest).hex() for digest in digests):
        if source is None:
            continue
        to = blob_file(folder, sha256)
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(blob_file(source, sha256), to)
        to.chmod(0o600)
        _sync(to)
        files[f"{folder.name}/{to.relative_to(folder)}"] = _sha256(to)
    return files


def _manifest(connection: Connection, now: datetime) -> dict[str, object]:
    last = connection.execute(select(event.c.seq, event.c.hash).order_by(event.c.seq.desc()).limit(1)).first()
    scans = connection.execute(select(func.count(distinct(scan.c.id)))).scalar_one()
    return {
        "made_at": now.isoformat(),
        "record_version": HEAD,
        "scans": scans,
        "events": last.seq if last else 0,
        "last_event": last.hash if last else "",
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _sync(path: Path) -> None:
    with contextlib.closing(path.open("rb")) as data:
        os.fsync(data.fileno())
