"""Enabled package repositories, and whether signatures are checked: sources.list(5), dnf.conf(5), zypper(8).

Passwords in repository addresses never leave the host: the section cuts the user part out of every URI, and of the
.repo files it sends only the section names and the switches.
"""

from collections.abc import Iterator

from inventory.facts.packages import Repositories, Repository
from scanner.probes.linux.sections import MANAGER, Parts, bounded, parts
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

MAX_REPOSITORIES = 5_000

# show prints the lines of those files that exist; a file that may not be read ends the section.
BODY = (
    MANAGER
    + r"""
show() {
  mark=$1; program=$2; shift 2
  for file; do
    shift
    [ -f "$file" ] || continue
    [ -r "$file" ] || exit 77
    set -- "$@" "$file"
  done
  echo "=$mark="
  [ $# = 0 ] || awk "$program" "$@"
  echo "=$mark:$?="
}
plain='{ gsub(/:\/\/[^\/ \t]*@/, "://"); print FILENAME ":" $0 }'
switches='/^[ \t]*(\[|enabled|gpgcheck|pkg_gpgcheck|repo_gpgcheck)/ { print FILENAME ":" $0 }'
case $manager in
deb)
  show apt "$plain" /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources
  echo =options=
  apt-config dump | grep -E '^(APT::Get::AllowUnauthenticated|Acquire::AllowInsecureRepositories) ' ;;
apk) show apk "$plain" /etc/apk/repositories /etc/apk/repositories.d/*.list ;;
rpm)
  if command -v zypper >/dev/null; then show zypper "$switches" /etc/zypp/zypp.conf /etc/zypp/repos.d/*.repo
  else show dnf "$switches" /usr/share/dnf5/libdnf.conf.d/*.conf /etc/dnf/libdnf5.conf.d/*.conf /etc/yum.conf \
    /etc/dnf/dnf.conf /etc/yum.repos.d/*.repo /etc/distro.repos.d/*.repo /etc/yum/repos.d/*.repo
  fi ;;
esac
exit 0
"""
)

Lines = dict[str, list[str]]  # a file's lines, by its path
YES = ("1", "yes", "true", "on", "with", "enable")


def read_repositories(text: str) -> Repositories:
    said = parts(text)
    name = next((name for name in READERS if name in said), None)
    if name is None:
        raise Unreadable("no package manager answered")
    items = tuple(READERS[name](_by_file(said.closed(name).text), said))
    bounded(len(items), MAX_REPOSITORIES, "repositories")
    return Repositories(tuple(dict.fromkeys(items)))


def _by_file(text: str) -> Lines:
    found: Lines = {}
    for line in text.split("\n"):
        file, colon, content = line.partition(":")
        if colon:
            found.setdefault(file, []).append(content.strip())
    return found


def _apt(files: Lines, said: Parts) -> Iterator[Repository]:
    everywhere = next((key for key, _, value in _options(said) if value.strip('"; ').lower() in YES), "")
    for file, lines in files.items():
        found = _deb822(file, lines) if file.endswith(".sources") else _one_line(file, lines)
        for name, option in found:
            yield Repository(name, file, not (option or everywhere), option or everywhere)


def _options(said: Parts) -> list[tuple[str, str, str]]:
    return [line.partition(" ") for line in said.lines("options")]


def _one_line(file: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    """``deb [option=value ...] URI SUITE COMPONENT ...``"""
    for line in lines:
        kind, _, rest = line.partition("#")[0].strip().partition(" ")
        options = ""
        if kind != "deb":
            continue
        if rest.lstrip().startswith("["):
            options, _, rest = rest.lstrip()[1:].partition("]")
        uri, suite = _uri_and_suite(rest.strip())
        switched = [option.lower() for option in options.split()]
        if not uri:
            raise Unreadable(f"{file} has a deb line without an address")
        yield f"{uri} {suite}".strip(), _bad_option(dict(option.split("=", 1) for option in switched if "=" in option))


def _uri_and_suite(text: str) -> tuple[str, str]:
    """A cdrom address holds blanks between brackets."""
    label, bracket, rest = text.partition("]") if text.startswith("cdrom:[") else ("", "", text)
    words = rest.split()
    return f"{label}{bracket}{words[0]}" if words else "", words[1] if len(words) > 1 else ""


def _bad_option(options: dict[str, str]) -> str:
    return next((f"{key}=yes" for key in ("trusted", "allow-insecure") if options.get(key) in YES), "")


def _deb822(_: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    """Stanzas of fields as in sources.list(5); every URI with every suite is a repository."""
    for stanza in _stanzas(lines):
        if "deb" not in stanza.get("types", "").split() or stanza.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        option = _bad_option({key: value.lower() for key, value in stanza.items()})
        uris, suites = stanza.get("uris", "").split(), stanza.get("suites", "").split()
        bounded(len(uris) * len(suites), MAX_REPOSITORIES, "repositories")
        yield from ((f"{uri} {suite}", option) for uri in uris for suite in suites)


def _stanzas(lines: list[str]) -> Iterator[dict[str, str]]:
    """Field names in lower case. A continuation line has no colon that ends its first word."""
    fields: dict[str, str] = {}
    last = ""
    for line in [*lines, ""]:
        key, colon, value = line.partition(":")
        if line.startswith("#"):
            continue
        if not line:
            if fields:
                yield fields
            fields, last = {}, ""
        elif colon and key.replace("-", "").isalnum():
            last = key.lower()
            fields[last] = value.strip()
        elif last:
            fields[last] += f" {line}"


def _ini(lines: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Sections of a .repo file, keys and values in lower case."""
    name, values = "", dict[str, str]()
    for line in lines:
        if line.startswith("["):
            if name:
                yield name, values
            name, values = line[1:].partition("]")[0].strip(), {}
        else:
            key, _, value = line.partition("=")
            values[key.strip().lower()] = value.strip().lower()
    if name:
        yield name, values


def _dnf(files: Lines, _: Parts) -> Iterator[Repository]:
    """``gpgcheck`` (dnf 5: also ``pkg_gpgcheck``) is off unless the repository or [main] switches it on."""
    main: dict[str, str] = {}
    for file, lines in files.items():
        for name, values in _ini(lines):
            if name == "main":
                main |= values
            elif file.endswith(".repo") and values.get("enabled", "1") in YES:
                yield _dnf_repository(name, file, values, main)


def _dnf_repository(name: str, file: str, values: dict[str, str], main: dict[str, str]) -> Repository:
    for settings in (values, main):
        for key in ("pkg_gpgcheck", "gpgcheck"):
            if key in settings:
                verified = settings[key] in YES
                return Repository(name, file, verified, "" if verified else f"{key}={settings[key]}")
    return Repository(name, file, verified=False, option="gpgcheck is not set")


def _zypper(files: Lines, _: Parts) -> Iterator[Repository]:
    """``gpgcheck`` is on unless switched off; with it off, either of the two finer switches still checks."""
    main: dict[str, str] = {}
    for file, lines in files.items():
        for name, values in _ini(lines):
            if name == "main":
                main |= values
            elif file.endswith(".repo") and values.get("enabled", "1") in YES:
                settings = main | values
                checks = [settings.get(key, default) for key, default in ZYPPER_SWITCHES]
                verified = any(value in YES for value in checks)
                yield Repository(name, file, verified, "" if verified else f"gpgcheck={checks[0]}")


ZYPPER_SWITCHES = (("gpgcheck", "on"), ("pkg_gpgcheck", "off"), ("repo_gpgcheck", "off"))


def _apk(files: Lines, _: Parts) -> Iterator[Repository]:
    """apk checks the index's signature always; only a command line can switch it off."""
    for file, lines in files.items():
        for line in lines:
            words = line.partition("#")[0].split()
            address = next((word for word in words if "/" in word), "")
            if address:
                yield Repository(address, file, verified=True, option="")


READERS = {"apt": _apt, "dnf": _dnf, "zypper": _zypper, "apk": _apk}

REPOSITORIES = ScriptProbe(
    "repositories", Script("repositories", BODY), read_repositories, "a package manager that we know"
)
