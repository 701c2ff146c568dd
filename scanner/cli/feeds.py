"""``estatecheck feeds``: get advisories and what else publishers say, online or carried here, and see their age."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import SHAPES, Exit, fail, known, note, plain_errors, say
from scanner.cli.console import app as group
from scanner.cli.settings import Settings, SettingsError, resolve

if TYPE_CHECKING:
    from scanner.feeds.shelf import Shelf
    from scanner.service.feeds import Desk, Outcome

app = group("Advisories, exploited vulnerabilities, support dates: get them, carry them, see how old they are.")

Folder = Annotated[str | None, typer.Option("--feeds-folder", help="Where feeds are kept.")]
Force = Annotated[bool, typer.Option("--force", help="Take a feed that is older or much smaller than the one in use.")]
Shape = Annotated[str, typer.Option("--format", help="table or json")]


@app.command()
def update(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Feeds; all if left out.")] = None,
    mirror: Annotated[
        str | None, typer.Option("--mirror", help="Ask a mirror: URL of the folder that holds a folder per host.")
    ] = None,
    force: Force = False,
    feeds_folder: Folder = None,
) -> None:
    """Download from the publishers what has changed. A feed that fails stays as it was, and the others go on.

    Ends with 3 when some feed could not be brought up to date.

    \b
    Examples:
      estatecheck feeds update
      estatecheck feeds update debian kev epss
      estatecheck feeds update --mirror https://mirror.example.org/feeds
    """
    settings = _settings(feeds_folder, mirror)
    from scanner.feeds.download import Downloader
    from scanner.feeds.publishers import FEEDS, Route, publication
    from scanner.feeds.support_dates import FeedError
    from scanner.service.feeds import update as bring

    with plain_errors(FeedError):
        wanted = [publication(name).name for name in names or ()]
        route = Route(settings["feeds_mirror"])
        if route.plain_http:
            note("the mirror is asked without TLS: nothing proves that what comes is what it has")
        wanted = wanted or [feed.name for feed in FEEDS.values() if feed.downloadable]
        with _desk(settings, force) as desk:
            _end(bring(desk, wanted, route, Downloader()))


@app.command(name="import")
def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE|DIR", help="Files of publishers, or a bundle.")],
    feed: Annotated[
        str | None, typer.Option("--feed", help="Which feed it is; told from the content if left out.")
    ] = None,
    snapshot: Annotated[
        str | None, typer.Option("--snapshot", help="YYYY-MM-DD on which it was published, where the file tells none.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="Of a bundle: the signer's key, its id or the public key as PEM file.")
    ] = None,
    force: Force = False,
    feeds_folder: Folder = None,
) -> None:
    """Take feeds from files: as publishers offer them, or a bundle made by `feeds export`. Nothing is downloaded.

    Ends with 1 when a bundle is not what its signer made, and with 3 when a file was not taken.

    \b
    Examples:
      estatecheck feeds import all.zip known_exploited_vulnerabilities.json
      estatecheck feeds import /media/usb/feeds
      estatecheck feeds import security-support-limited --snapshot 2026-03-01
      estatecheck feeds import feeds.bundle --key signer.pem
    """
    settings = _settings(feeds_folder)
    from scanner.feeds.support_dates import FeedError

    with plain_errors(FeedError), _desk(settings, force) as desk:
        day = _day(snapshot)
        _end(_taken(desk, settings, paths, feed, day, key))


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    feed: Annotated[list[str] | None, typer.Option("--feed", help="Only this one; may be given several times.")] = None,
    signing_key: Annotated[str | None, typer.Option(help="Ed25519 key in PEM; made when it does not exist.")] = None,
    feeds_folder: Folder = None,
) -> None:
    """Write the feeds in use as one signed file, to be imported where there is no network.

    Example: estatecheck feeds export feeds.bundle
    """
    settings = _settings(feeds_folder, signing_key=signing_key)
    from scanner.feeds.support_dates import FeedError
    from scanner.service.feeds_bundle import export as write
    from scanner.service.signing import SigningError, load_or_create

    with plain_errors(FeedError, SigningError):
        signer, new = load_or_create(settings.path("signing_key") or Path("signing-key.pem"))
        made = write(_shelf(settings), feed or (), file, signer)
    if new:
        note(
            f"made a signing key: {settings['signing_key']}. Keep it secret; its public half: estatecheck evidence key"
        )
    say(f"{file}: {', '.join(made.feeds)}; {made.size:,} bytes, signed by key {signer.key_id}")


@app.command()
def status(feeds_folder: Folder = None, format: Shape = "table") -> None:  # noqa: A002
    """Show which feeds are in use, how old they are, and what could be rolled back to. Every byte is verified.

    Ends with 3 when a feed is broken.

    Example: estatecheck feeds status --format json
    """
    known("--format", format, SHAPES)
    settings = _settings(feeds_folder)
    from scanner.cli.feeds_status import document, lines
    from scanner.feeds.support_dates import FeedError

    today, limit = datetime.now(UTC).date(), settings.number("feed_max_age_days")
    with plain_errors(FeedError):
        shelf = _shelf(settings)
        broken = shelf.open().broken
        entries = [shelf.entry(name) for name in shelf.names() if name not in {fault.feed for fault in broken}]
    if format == "json":
        say(json.dumps(document(shelf.folder, entries, broken, today, limit), indent=2))
    else:
        say("\n".join(lines(shelf.folder, entries, broken, today, limit)))
    raise typer.Exit(Exit.INCOMPLETE if broken else Exit.OK)


@app.command()
def rollback(name: str, feeds_folder: Folder = None) -> None:
    """Go back to the feed that was in use before the last update. Once more, and it is swapped again.

    Example: estatecheck feeds rollback debian
    """
    settings = _settings(feeds_folder)
    from scanner.feeds.publishers import publication
    from scanner.feeds.support_dates import FeedError

    with plain_errors(FeedError):
        entry = _shelf(settings).rollback(publication(name).name)
    say(f"{name}: in use is now the one of {entry.manifest.snapshot}, {entry.manifest.records:,} records")


def _settings(feeds_folder: str | None, mirror: str | None = None, signing_key: str | None = None) -> Settings:
    with plain_errors(SettingsError):
        return resolve({"feeds_folder": feeds_folder, "feeds_mirror": mirror, "signing_key": signing_key})


def _shelf(settings: Settings) -> "Shelf":
    from scanner.feeds.shelf import Shelf

    with plain_errors(SettingsError):
        return Shelf(settings.path("feeds_folder") or Path("feeds"))


@contextlib.contextmanager
def _desk(settings: Settings, force: bool) -> Iterator["Desk"]:
    from scanner.cli.feeds_progress import watching
    from scanner.service.feeds import Desk

    with watching() as watcher:
        yield Desk(_shelf(settings), watcher, datetime.now(UTC), force)


def _taken(
    desk: "Desk", settings: Settings, paths: Sequence[Path], feed: str | None, day: date | None, key: str | None
) -> "Sequence[Outcome]":
    from scanner.service.feeds_bundle import Untrusted, is_bundle, take_bundle
    from scanner.service.feeds_import import take_files

    bundles = [path for path in paths if is_bundle(path)]
    if not bundles:
        return take_files(desk, paths, feed, day)
    if len(paths) > 1 or feed or day:
        raise fail(f"{bundles[0]} is a bundle: import it alone, without --feed and --snapshot")
    try:
        return take_bundle(desk, bundles[0], _trusted(settings, key))
    except Untrusted as fault:
        raise fail(f"{bundles[0]}: {fault}", Exit.THRESHOLD_MET) from fault


def _trusted(settings: Settings, key: str | None) -> str | None:
    """The id of the key to trust: the one named, else our own; None when there is neither."""
    from scanner.service.feeds_bundle import trusted_id
    from scanner.service.signing import SigningError, load

    if key is not None:
        with plain_errors(SigningError):
            return trusted_id(key)
    try:
        own = settings.path("signing_key")
        return load(own).key_id if own and own.exists() else None
    except SigningError:
        return None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as fault:
        raise fail(f"--snapshot {text!a}: write the date as YYYY-MM-DD") from fault


def _end(outcomes: "Sequence[Outcome]") -> None:
    failed = any(outcome.state == "failed" for outcome in outcomes)
    raise typer.Exit(Exit.INCOMPLETE if failed else Exit.OK)
