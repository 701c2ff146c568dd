"""``estatecheck doctor``: what is missing on this machine, how to get it, and where each setting came from."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import util
from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.console import SHAPES, Exit, known, plain_errors, say, table
from scanner.cli.settings import Settings, SettingsError, resolve


@dataclass(frozen=True, slots=True)
class Examined:
    what: str
    state: str  # ok, missing, broken
    detail: str
    remedy: str = ""
    needed: bool = True  # False: only some uses want it


def doctor(
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
    format: Annotated[str, typer.Option("--format", help="table or json")] = "table",  # noqa: A002
) -> None:
    """Tell what is missing on this machine and how to get it.

    Ends with 0 when nothing that is needed is missing, else 2.

    Example: estatecheck doctor --format json
    """
    known("--format", format, SHAPES)
    with plain_errors(SettingsError):
        settings = resolve({"inventory": inventory, "database": database})
        examined = list(examine(settings))
    origins = [(v.setting.name, _shown(v.text) or "-", v.origin) for v in settings.values.values()]
    if format == "json":
        named = [{"name": name, "value": value, "origin": origin} for name, value, origin in origins]
        say(json.dumps({"examined": [asdict(item) for item in examined], "settings": named}, indent=2))
    else:
        say(table(("", "what", "detail"), [[_mark(item), item.what, item.detail] for item in examined]))
        for item in examined:
            if item.remedy:
                say(f"  {item.what}: {item.remedy}")
        say("\nSettings")
        say(table(("name", "value", "from"), [list(row) for row in origins]))
    broken = any(item.state != "ok" and item.needed for item in examined)
    raise typer.Exit(Exit.USAGE if broken else Exit.OK)


def _shown(text: str) -> str:
    if "://" not in text:
        return text
    from scanner.store.database import without_password

    return without_password(text)


def _mark(item: Examined) -> str:
    return {"ok": "ok"}.get(item.state, item.state if item.needed else f"{item.state} (optional)")


def examine(settings: Settings) -> Iterator[Examined]:
    yield _python()
    libraries = list(_libraries())
    yield from libraries
    if any(item.state != "ok" and item.needed for item in libraries):
        return  # the rest cannot be examined without them
    yield _shell()
    yield _program("ssh-keygen", "to make and read keys by hand", "apt-get install openssh-client")
    yield _inventory(settings)
    yield _database(settings)
    yield _support(settings)
    yield _signing_key(settings)


def _python() -> Examined:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Examined("Python", "ok" if good else "broken", version, "" if good else "install Python 3.11 or newer")


def _libraries() -> Iterator[Examined]:
    missing = [
        name
        for name in ("alembic", "cryptography", "jinja2", "paramiko", "pydantic", "sqlalchemy", "yaml", "zstandard")
        if not util.find_spec(name)
    ]
    yield Examined(
        "libraries",
        "missing" if missing else "ok",
        ", ".join(missing) or "all present",
        "run: make setup" if missing else "",
    )
    if not util.find_spec("keyring"):
        yield Examined(
            "keyring", "missing", "keyring: secret references cannot be read", "pip install keyring", needed=False
        )
    if not (util.find_spec("pypsrp") and util.find_spec("spnego")):
        remedy = "pip install 'estatecheck[windows]'"
        yield Examined("pypsrp", "missing", "hosts with ansible_connection: winrm", remedy, needed=False)


def _shell() -> Examined:
    path = shutil.which("sh")
    return Examined(
        "sh",
        "ok" if path else "missing",
        path or "needed by the local transport",
        "" if path else "install a POSIX shell",
    )


def _program(name: str, use: str, remedy: str) -> Examined:
    path = shutil.which(name)
    return Examined(name, "ok" if path else "missing", path or use, "" if path else remedy, needed=False)


def _inventory(settings: Settings) -> Examined:
    from inventory.sources.errors import InventoryError
    from inventory.sources.yaml_file import YamlFile

    path = settings.path("inventory") or Path()
    if not os.path.lexists(path):
        return Examined(
            "inventory", "missing", str(path), "run: estatecheck init, or name yours with --inventory", needed=False
        )
    try:
        estate = YamlFile(path).estate()
    except InventoryError as fault:
        return Examined("inventory", "broken", str(fault).splitlines()[0], "run: estatecheck inventory validate")
    return Examined("inventory", "ok", f"{path}: {len(estate.assets)} assets")


def _database(settings: Settings) -> Examined:
    from scanner.store.records import StoreError
    from scanner.store.store import open_store

    url, origin = settings["database"], settings.values["database"].origin
    shown, file = _shown(url), os.path.expanduser(url.removeprefix("sqlite:///"))  # noqa: PTH111 (never raises)
    if "://" not in file and not os.path.lexists(file) and (origin == "default" or Path(file).parent.is_dir()):
        return Examined("record", "missing", f"{shown}: made by the first scan", needed=False)
    try:
        with open_store(url) as store:
            return Examined("record", "ok", f"{shown}: {len(store.scans())} scans")
    except StoreError as fault:
        return Examined("record", "broken", str(fault), "name another with --database")


def _support(settings: Settings) -> Examined:
    from scanner.feeds.support_dates import FeedError, load

    try:
        feed = load(settings.path("support_dates"))
    except FeedError as fault:
        return Examined(
            "support dates", "broken", str(fault), "leave support_dates out to use the table that ships with us"
        )
    return Examined("support dates", "ok", f"{len(feed.dates.cycles)} products, as of {feed.dates.snapshot}")


def _signing_key(settings: Settings) -> Examined:
    from scanner.service.signing import SigningError, load

    path = settings.path("signing_key")
    if path is None or not os.path.lexists(path):
        return Examined("signing key", "missing", f"{path}: made on the first `evidence export`", needed=False)
    try:
        return Examined("signing key", "ok", f"{path}: {load(path).key_id[:16]}")
    except SigningError as fault:
        return Examined("signing key", "broken", str(fault), "or name another with signing_key")
