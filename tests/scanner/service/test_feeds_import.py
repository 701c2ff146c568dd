"""``feeds import``: files that somebody carried here, alone or in folders, and bundles."""

import io
import json
import os
import zipfile
from base64 import b64decode
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from scanner.feeds.shelf import Shelf, ShelfError
from scanner.feeds.support_dates import FeedError
from scanner.service.feeds import Desk, Outcome, Watcher
from scanner.service.feeds_bundle import ENVELOPE, KEY, Untrusted, export, is_bundle, take_bundle, trusted_id
from scanner.service.feeds_import import take_files
from scanner.service.signing import Signer, SigningError
from tests.data import folder
from tests.scanner.feeds.made import NOW, ORIGINS, decoded, kev, osv_record, osv_zip, secdb

SIGNER = Signer(Ed25519PrivateKey.generate())
OTHER = Signer(Ed25519PrivateKey.generate())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Shelf(tmp_path / "shelf"), Watcher(), NOW)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A USB stick with a few feeds and other things on it."""
    made = tmp_path / "stick"
    (made / "deep" / "v3.19").mkdir(parents=True)
    (made / "all.zip").write_bytes(osv_zip(10))
    (made / "deep" / "kev").write_bytes(zstandard.compress(kev(3)))
    (made / "deep" / "v3.19" / "main.json").write_bytes(secdb("v3.19"))
    (made / "deep" / "main.json").write_bytes(secdb("v3.20"))
    (made / "holiday.jpg").write_bytes(b"\xff\xd8\xff")
    (made / "link.zip").symlink_to("all.zip")
    os.mkfifo(made / "pipe")
    return made


def take(desk: Desk, *paths: Path, feed: str | None = None, snapshot: date | None = None) -> tuple[Outcome, ...]:
    return take_files(desk, paths, feed, snapshot)


def test_one_file_is_known_by_its_content(desk: Desk, stick: Path) -> None:
    renamed = (stick / "all.zip").rename(stick / "whatever.bin")
    (outcome,) = take(desk, renamed)
    assert (outcome.feed, outcome.state, outcome.told) == ("debian", "updated", "")
    entry = desk.shelf.entry("debian")
    assert entry.manifest.via == "import"
    (origin,) = entry.manifest.origins
    assert (origin.url, origin.size) == ("whatever.bin", renamed.stat().st_size)
    assert entry.note.fetched == ""


def test_a_folder_is_sorted_into_feeds(desk: Desk, stick: Path) -> None:
    outcomes = {(outcome.feed, outcome.state) for outcome in take(desk, stick)}
    feeds = {("debian", "updated"), ("kev", "updated"), ("alpine", "updated")}
    assert outcomes == feeds | {("holiday.jpg", "ignored"), ("pipe", "ignored")}
    assert desk.shelf.load().releases() == ("alpine:3.19", "alpine:3.20", "debian:12")


def test_files_of_one_feed_named_one_by_one_belong_together(desk: Desk, stick: Path) -> None:
    (outcome,) = take(desk, stick / "deep" / "main.json", stick / "deep" / "v3.19" / "main.json")
    assert outcome.state == "updated"
    assert desk.shelf.load().releases() == ("alpine:3.19", "alpine:3.20")


def test_an_unpacked_archive_of_many_records(desk: Desk, tmp_path: Path) -> None:
    records = tmp_path / "records"
    records.mkdir()
    for number in range(1, 151):
        (records / f"DSA-{number}.json").write_bytes(osv_record(number))
    (outcome,) = take(desk, records)
    assert outcome.note is not None
    assert outcome.note.records == 150
    (origin,) = desk.shelf.entry("debian").manifest.origins
    assert origin.url == "records/ (150 files)"


def test_a_file_without_a_date_is_as_old_as_what_it_names(desk: Desk, stick: Path) -> None:
    path = stick / "deep" / "main.json"
    (outcome,) = take(desk, path)
    assert outcome.note is not None
    assert outcome.note.snapshot == date(2024, 1, 1)
    assert outcome.told.startswith("tells no date of its own: taken as of 2024-01-01; --snapshot DATE")
    (outcome,) = take(desk, path, snapshot=date(2026, 11, 1))
    assert outcome.note is not None
    assert (outcome.note.snapshot, outcome.told) == (date(2026, 11, 1), "")


def test_a_date_that_cannot_be_is_refused(desk: Desk, stick: Path) -> None:
    (outcome,) = take(desk, stick / "all.zip", snapshot=date(2026, 11, 18))
    assert outcome.told == "speaks of 2026-11-19, so it cannot be of 2026-11-18 as --snapshot says"
    (outcome,) = take(desk, stick / "all.zip", snapshot=date(2027, 1, 1))
    assert "is to come" in outcome.told
    assert desk.shelf.names() == ()


def test_a_feed_that_was_named_must_be_that_feed(desk: Desk, stick: Path) -> None:
    (outcome,) = take(desk, stick / "all.zip", feed="kev")
    assert (outcome.feed, outcome.state) == ("all.zip", "failed")
    assert outcome.told.startswith("is not what CISA publishes; its first file 'DSA-1-1.json' begins with")
    assert take(desk, stick / "all.zip", feed="debian")[0].state == "updated"
    with pytest.raises(FeedError, match="there is no feed 'x'"):
        take(desk, stick / "all.zip", feed="x")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("holiday.jpg", "is no feed that we know"),
        ("pipe", "pipe: is not a regular file"),
        ("missing", "missing: cannot be read: No such file"),
    ],
)
def test_a_file_that_was_named_and_is_no_feed(desk: Desk, stick: Path, name: str, told: str) -> None:
    failed, taken = sorted(take(desk, stick / name, stick / "all.zip"), key=lambda outcome: outcome.state)
    assert (failed.feed, failed.state) == (name, "failed")
    assert told in failed.told
    assert taken.state == "updated"


def test_a_folder_without_feeds(desk: Desk, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(FeedError, match="holds no feed that we know"):
        take(desk, empty)
    (empty / "x").write_text("x")
    with pytest.raises(FeedError, match="holds no feed that we know"):
        take(desk, empty)


def test_an_older_file_is_refused_and_the_working_feed_stays(desk: Desk, stick: Path) -> None:
    take(desk, stick / "all.zip")
    (stick / "all.zip").write_bytes(osv_zip(20, modified="2026-11-18T00:00:00Z"))
    (outcome,) = take(desk, stick / "all.zip")
    assert "if that is meant, take it with --force" in outcome.told
    assert desk.shelf.load().notes[0].records == 10


def test_the_real_files(desk: Desk) -> None:
    real = folder() / "feeds"
    names = ("alpine-secdb.tar.zst", "rocky-osv.tar.zst", "kev.json", "ssvc-vulnrichment.csv.zst")
    states = {outcome.feed: outcome.state for outcome in take(desk, *(real / name for name in names))}
    assert states == dict.fromkeys(("alpine", "rocky", "kev", "ssvc"), "updated")
    advisories = desk.shelf.load()
    assert {"rocky:8", "rocky:9", "alpine:3.19"} <= set(advisories.releases())
    counts = {note.name: note.records for note in advisories.notes}
    assert (counts["kev"], counts["ssvc"]) == (1662, 39_848)  # shared/data/README.md


# --- bundles


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    shelf = Shelf(tmp_path / "sender")
    shelf.put("debian", decoded(10), ORIGINS, NOW - timedelta(hours=3))
    shelf.put("kev", decoded(5, release="debian:11"), ORIGINS, NOW)
    made = export(shelf, (), tmp_path / "feeds.bundle", SIGNER)
    assert made.feeds == ("debian", "kev")
    assert made.size == (tmp_path / "feeds.bundle").stat().st_size
    return tmp_path / "feeds.bundle"


def test_a_bundle_arrives_as_it_was_sent(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    assert is_bundle(bundle)
    outcomes = take_bundle(desk, bundle, SIGNER.key_id)
    assert [(outcome.feed, outcome.state) for outcome in outcomes] == [("debian", "updated"), ("kev", "updated")]
    assert desk.shelf.load().notes == Shelf(tmp_path / "sender").load().notes  # digests and dates too
    assert desk.shelf.entry("debian").manifest.signed_by == SIGNER.key_id


def test_the_same_shelf_and_key_give_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    export(Shelf(tmp_path / "sender"), ["debian", "kev"], tmp_path / "again", SIGNER)
    assert (tmp_path / "again").read_bytes() == bundle.read_bytes()


def test_one_feed_alone_may_be_sent(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    export(Shelf(tmp_path / "sender"), ["kev"], bundle, SIGNER)
    assert [outcome.feed for outcome in take_bundle(desk, bundle, SIGNER.key_id)] == ["kev"]


def test_an_older_bundle_is_refused_feed_by_feed(desk: Desk, bundle: Path) -> None:
    desk.shelf.put("debian", decoded(10, date(2026, 11, 20)), ORIGINS, NOW)
    older, new = take_bundle(desk, bundle, SIGNER.key_id)
    assert (older.state, new.state) == ("failed", "updated")
    assert "is of 2026-11-19 and the one in use of 2026-11-20" in older.told


def test_whose_key_it_is_has_to_be_known(desk: Desk, bundle: Path) -> None:
    with pytest.raises(Untrusted, match=f"is signed by key {SIGNER.key_id}; compare it with the signer's"):
        take_bundle(desk, bundle, None)
    with pytest.raises(Untrusted, match=f"and not by {OTHER.key_id}, the one that was named"):
        take_bundle(desk, bundle, OTHER.key_id)
    assert desk.shelf.names() == ()


Edit = Callable[[dict[str, bytes]], object]


def swap_key(parts: dict[str, bytes]) -> None:
    parts[KEY] = OTHER.public_pem


def sign_again(parts: dict[str, bytes]) -> None:
    """By somebody else, with the first signer's key beside it."""
    parts[ENVELOPE] = json.dumps(OTHER.envelope(b"{}")).encode()


def change_part(parts: dict[str, bytes]) -> None:
    name = next(name for name in parts if name.startswith("parts/"))
    parts[name] = parts[name].replace(b"2026", b"2025")


def signed(content: bytes) -> Edit:
    return lambda parts: parts.update({ENVELOPE: json.dumps(SIGNER.envelope(content)).encode()})


def in_envelope(old: bytes, new: bytes) -> Edit:
    return lambda parts: parts.update({ENVELOPE: parts[ENVELOPE].replace(old, new)})


EDITS: dict[str, Edit] = {
    "a part changed": change_part,
    "a part gone": lambda parts: parts.pop(next(name for name in parts if name.startswith("parts/"))),
    "a part more": lambda parts: parts.update({"parts/" + "0" * 64: b"x"}),
    "a file more": lambda parts: parts.update({"../../etc/cron.d/evil": b"x"}),
    "the signature broken": in_envelope(b'"sig":"', b'"sig":"AAAA'),
    "the statement changed": in_envelope(b'"payload":"e', b'"payload":"f'),
    "signed by another": sign_again,
    "no envelope that can be read": lambda parts: parts.update({ENVELOPE: b"[" * 100_000}),
    "no key": lambda parts: parts.update({KEY: b"none"}),
    "the key gone": lambda parts: parts.pop(KEY),
    "signed, but something else": signed(b'{"_type": "x", "predicateType": "y"}'),
    "signed, but no JSON": signed(b"x"),
    "signed, but no object": signed(b"[]"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_bundle_that_was_changed_is_refused_whole(desk: Desk, bundle: Path, edit: str) -> None:
    parts = unzipped(bundle)
    before = dict(parts)
    EDITS[edit](parts)
    assert parts != before
    rezip(bundle, parts)
    with pytest.raises(Untrusted):
        take_bundle(desk, bundle, SIGNER.key_id)
    assert desk.shelf.names() == ()


def test_a_key_that_was_swapped_is_not_the_one_named(desk: Desk, bundle: Path) -> None:
    parts = unzipped(bundle)
    swap_key(parts)
    rezip(bundle, parts)
    with pytest.raises(Untrusted, match=f"is signed by key {OTHER.key_id} and not by {SIGNER.key_id}"):
        take_bundle(desk, bundle, SIGNER.key_id)


def test_a_bundle_that_is_cut_short_is_none(bundle: Path) -> None:
    bundle.write_bytes(bundle.read_bytes()[:-10])
    assert not is_bundle(bundle)


@pytest.mark.parametrize("field", ["feed", "tables", "snapshot", "records"])
def test_a_signer_cannot_write_beside_the_shelf(desk: Desk, bundle: Path, field: str) -> None:
    """Even what a trusted key signed is read with care."""
    evil = {"feed": "../evil", "tables": {"../evil": {}}, "snapshot": "never", "records": "many"}
    statement = json.loads(b64decode(json.loads(unzipped(bundle)[ENVELOPE])["payload"]))
    statement["predicate"]["feeds"][0][field] = evil[field]
    parts = unzipped(bundle)
    parts[ENVELOPE] = json.dumps(SIGNER.envelope(json.dumps(statement).encode())).encode()
    rezip(bundle, parts)
    with pytest.raises(Untrusted, match="does not hold"):
        take_bundle(desk, bundle, SIGNER.key_id)
    assert desk.shelf.names() == ()


def test_a_broken_shelf_is_not_exported(bundle: Path, tmp_path: Path) -> None:
    entry = Shelf(tmp_path / "sender").entry("kev")
    for note in entry.manifest.tables.values():
        (tmp_path / "sender" / "kev" / entry.identity / note.sha256).write_bytes(b"x\ty\n")
    old = bundle.read_bytes()
    with pytest.raises(ShelfError, match="does not match"):
        export(Shelf(tmp_path / "sender"), (), bundle, SIGNER)
    assert bundle.read_bytes() == old
    assert not list(tmp_path.glob("*.part"))
    with pytest.raises(FeedError, match="there is no feed to export"):
        export(Shelf(tmp_path / "none"), (), bundle, SIGNER)


def test_keys_are_named_by_id_or_file(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(SIGNER.public_pem)
    assert trusted_id(str(path)) == trusted_id(SIGNER.key_id.upper()) == SIGNER.key_id
    with pytest.raises(SigningError, match="is no id of a key, and no file that can be read"):
        trusted_id("abc")


def unzipped(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rezip(path: Path, parts: dict[str, bytes]) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    path.write_bytes(out.getvalue())
