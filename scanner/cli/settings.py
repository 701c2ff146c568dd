"""Settings and where each one came from: flag > environment > project file > user file > /etc > default.

Files are TOML: ``estatecheck.toml`` here, ``$XDG_CONFIG_HOME/estatecheck/config.toml`` and
``/etc/estatecheck/config.toml``.
"""

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from inventory.faults import Foreseen

MAX_BYTES = 64 * 1024
SHOWN = 60  # characters of a wrong name inside a message


class SettingsError(Foreseen):
    """A settings file or value cannot be used. The message names file or variable, and what is allowed."""


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    default: str
    meaning: str
    allowed: str = "text"
    accepts: Callable[[str], bool] = lambda _: True

    @property
    def variable(self) -> str:
        return f"ESTATECHECK_{self.name.upper()}"


@dataclass(frozen=True, slots=True)
class Value:
    setting: Setting
    text: str
    origin: str  # "--workers", "ESTATECHECK_WORKERS", a file, "default"


def _whole(low: int, high: int) -> Callable[[str], bool]:
    return lambda text: text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high


def _home(variable: str, fallback: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / fallback) / "estatecheck"


def _data() -> Path:
    return _home("XDG_DATA_HOME", ".local/share")


def settings() -> tuple[Setting, ...]:
    """Every setting there is. Defaults depend on the home folder, hence a function."""
    return (
        Setting("database", f"sqlite:///{_data() / 'estatecheck.db'}", "the record, as an SQLAlchemy URL", "a URL"),
        Setting("inventory", "inventory.yaml", "what is in the estate", "a file or folder"),
        Setting("output", "out", "where reports are written", "a folder"),
        Setting("workers", "64", "hosts looked at at once", "1 to 128", _whole(1, 128)),
        Setting("per_subnet", "32", "hosts of one /24 (IPv6: /64) at once", "1 to 128", _whole(1, 128)),
        Setting(
            "max_unreachable",
            "0",
            "assets that may stay unseen before a scan exits with 3",
            "a number",
            _whole(0, 10**6),
        ),
        Setting("known_hosts", "", "an OpenSSH known_hosts file to trust beside our own pins", "a file"),
        Setting("feeds_folder", str(_data() / "feeds"), "where advisories and other feeds are kept", "a folder"),
        Setting("feeds_mirror", "", "a mirror to ask in place of the publishers (docs/feeds.md)", "a URL"),
        Setting(
            "feed_max_age_days",
            "7",
            "days after which a feed of advisories is too old to stand on",
            "1 to 3650",
            _whole(1, 3650),
        ),
        Setting("support_dates", "", "support dates to use in place of the table that ships with us", "a file"),
        Setting("probes_at_once", "400", "watches that the daemon looks at at once", "1 to 10000", _whole(1, 10_000)),
        Setting("flush_seconds", "5", "seconds between two writes of what the daemon saw", "1 to 60", _whole(1, 60)),
        Setting("intake_folder", "", "where snapshots are dropped for the daemon (docs/snapshots.md)", "a folder"),
        Setting("signing_key", str(_data() / "signing-key.pem"), "Ed25519 key that signs evidence", "a file"),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    values: Mapping[str, Value]

    def __getitem__(self, name: str) -> str:
        return self.values[name].text

    def number(self, name: str) -> int:
        return int(self[name])

    def path(self, name: str) -> Path | None:
        """None when it is empty. Raises :class:`SettingsError` for the home folder of somebody unknown."""
        try:
            return Path(self[name]).expanduser() if self[name] else None
        except RuntimeError as fault:
            value = self.values[name]
            raise SettingsError(f"{value.origin}: {name} is {value.text!r}, and there is no such user") from fault


def resolve(flags: Mapping[str, object] | None = None) -> Settings:
    """Raises :class:`SettingsError`. ``flags`` holds what was given on the command line; None is "not given"."""
    try:
        known = settings()
    except RuntimeError as fault:
        raise SettingsError("your home folder is not known; set the environment variable HOME") from fault
    files = list(_files({setting.name: setting for setting in known}))
    found: dict[str, Value] = {}
    for setting in known:
        value = next(_candidates(setting, flags or {}, files))
        if not setting.accepts(value.text):
            raise SettingsError(f"{value.origin}: {setting.name} is {value.text!r}; allowed is {setting.allowed}")
        found[setting.name] = value
    return Settings(found)


def database_url(settings: Settings) -> str:
    """The record's URL. The folder of the default one is made; a folder that somebody named has to exist."""
    value = settings.values["database"]
    if value.origin == "default":
        try:
            _data().mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as fault:
            raise SettingsError(f"{_data()} cannot be made: {fault.strerror}; name a file with --database") from fault
    return value.text


def _candidates(
    setting: Setting, flags: Mapping[str, object], files: list[tuple[Path, dict[str, str]]]
) -> Iterator[Value]:
    if flags.get(setting.name) is not None:
        yield Value(setting, str(flags[setting.name]), "--" + setting.name.replace("_", "-"))
    if os.environ.get(setting.variable):
        yield Value(setting, os.environ[setting.variable], setting.variable)
    for path, content in files:
        if setting.name in content:
            yield Value(setting, content[setting.name], str(path))
    yield Value(setting, setting.default, "default")


def _files(known: Mapping[str, Setting]) -> Iterator[tuple[Path, dict[str, str]]]:
    places = (
        Path("estatecheck.toml"),
        _home("XDG_CONFIG_HOME", ".config") / "config.toml",
        Path("/etc/estatecheck/config.toml"),
    )
    for path in places:
        try:
            yield path, _read(path, known)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as fault:
            raise SettingsError(f"{path}: cannot be read: {fault.strerror}") from fault


def _read(path: Path, known: Mapping[str, Setting]) -> dict[str, str]:
    """Raises :class:`SettingsError`, and OSError when there is no such file or it may not be read."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SettingsError(f"{path}: is larger than {MAX_BYTES // 1024} kB, which no settings file is")
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as fault:
        raise SettingsError(f"{path}: is not UTF-8; save the file as UTF-8") from fault
    except tomllib.TOMLDecodeError as fault:
        raise SettingsError(f"{path}: cannot be read as TOML: {fault}") from fault
    except RecursionError as fault:
        raise SettingsError(f"{path}: cannot be read as TOML: nested too deeply") from fault
    return {name: _text(path, name, value, known) for name, value in content.items()}


def _text(path: Path, name: str, value: object, known: Mapping[str, Setting]) -> str:
    if name not in known:
        close = get_close_matches(name, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known))}"
        raise SettingsError(f"{path}: there is no setting {name[:SHOWN]!r}; {hint}")
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, str | int) or not text.isprintable():
        raise SettingsError(f"{path}: {name} is {text[:SHOWN]!r}; allowed is {known[name].allowed}")
    return text
