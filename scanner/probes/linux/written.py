"""Facts written as the text that their probe reads: for package lists that other people supply.

What is judged, stored and judged again is then in one form, whoever collected it.
"""

from collections.abc import Iterator

from inventory.facts.packages import Packages


def packages_text(packages: Packages) -> bytes:
    """What the ``packages`` probe would have brought from a host with this list."""
    name = packages.manager
    lines = {"deb": _deb, "rpm": _rpm, "apk": _apk}[name](packages)
    held = {"deb": _nothing, "rpm": _locks, "apk": _pins}[name](packages)
    unknown = ["=unknown=", *packages.unknown] if packages.unknown else []
    return "\n".join([f"={name}=", *lines, f"={name}:0=", *held, *unknown, ""]).encode("utf-8", "surrogateescape")


def system_text(os_id: str, os_version: str, os_name: str) -> bytes:
    """What the ``system`` probe would have brought, as far as a release says anything of a machine."""
    release = [f'PRETTY_NAME="{os_name}"', f"ID={os_id}", f'VERSION_ID="{os_version}"']
    return "\n".join(["=os-release=", *release, ""]).encode()


def _deb(packages: Packages) -> Iterator[str]:
    for p in packages.items:
        state = "hi " if p.held else "ii "
        yield "\t".join((state, p.name, p.version, p.architecture, p.source, p.source_version, p.vendor))


def _rpm(packages: Packages) -> Iterator[str]:
    for p in packages.items:
        yield "\t".join((p.name, p.version, p.architecture, p.source, p.vendor, p.module))


def _apk(packages: Packages) -> Iterator[str]:
    for p in packages.items:
        yield from (f"P:{p.name}", f"V:{p.version}", f"A:{p.architecture}", f"o:{p.source}", "")


def _nothing(_: Packages) -> tuple[str, ...]:
    """A deb's line says itself that it is held."""
    return ()


def _locks(packages: Packages) -> Iterator[str]:
    yield "=locks="
    for p in packages.held:
        epoch, _, version = p.version.rpartition(":")
        yield f"{p.name}-{epoch or 0}:{version}.*"


def _pins(packages: Packages) -> Iterator[str]:
    yield "=world="
    yield from (f"{p.name}={p.version}" for p in packages.held)
