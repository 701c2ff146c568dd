"""Package URLs of the three package managers: ``pkg:deb/debian/libssl3@3.0.17-1?arch=amd64&distro=debian-12``.

github.com/package-url/purl-spec, PURL-SPECIFICATION and PURL-TYPES (deb, rpm, apk). The qualifier ``upstream``, syft's,
holds the source package: ``openssl``, ``util-linux@2.38.1-5``, ``bash-4.4.20-1.el8.src.rpm``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

MANAGERS = ("deb", "rpm", "apk")
SOURCES = ("source", "src")  # architectures of source packages, which are not installed


@dataclass(frozen=True, slots=True)
class Purl:
    """Of one installed package."""

    manager: str
    namespace: str  # debian, redhat; "" not given
    name: str
    version: str
    qualifiers: Mapping[str, str]

    def get(self, *names: str) -> str:
        """The first of the qualifiers that is given, or ""."""
        return next((self.qualifiers[name] for name in names if self.qualifiers.get(name)), "")


class NotAPurl(ValueError):
    """The message says what is wrong, as the end of a sentence."""


def parse(text: str) -> Purl | None:
    """None for a package of another kind (npm, pypi ...) or a source package. Raises :class:`NotAPurl`."""
    rest, _, query = text.partition("#")[0].partition("?")
    scheme, colon, path = rest.partition(":")
    if scheme.lower() != "pkg" or not colon:
        raise NotAPurl("does not begin with pkg:")
    manager, _, path = path.strip("/").partition("/")
    if manager.lower() not in MANAGERS:
        return None
    path, _, version = path.rpartition("@") if "@" in path else (path, "", "")
    namespace, _, name = path.lstrip("/").rpartition("/")
    if not name or not version:
        raise NotAPurl("has no name or no version")
    qualifiers = _qualifiers(query)
    if qualifiers.get("arch", "").lower() in SOURCES:
        return None
    return Purl(manager.lower(), unquote(namespace).lower(), unquote(name), unquote(version), qualifiers)


def _qualifiers(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {key.lower(): unquote(value) for key, _, value in pairs}
