"""Packages that only carry another source's signed files, and which version of that source they carry.

Advisories name the source that was built, never the one that was signed: a ``linux-signed-amd64 6.1.123+1`` is
``linux 6.1.123-1`` (patch-levels rule 2). Debian's template writes the first ``-`` of the version as ``+``, because the
signed source is native (debian-installer team, "Secure Boot", code signing); Ubuntu appends the signed version.
"""

import re
from collections.abc import Mapping

_DEBIAN_KERNEL = re.compile(r"linux-signed(-[0-9][0-9.]*)?-(?:amd64|arm64|armhf|i386|loong64|riscv64)")
_DEBIAN_OTHER = re.compile(r"([a-z0-9-]+)-(?:amd64|arm64|armhf|i386|riscv64)-signed")
_UBUNTU_KERNEL = re.compile(r"linux-signed(-[a-z0-9.-]+)?")
_COUNTER = re.compile(r"^([0-9]+:)?[0-9]+\+(?=[0-9].*\+)")
# Name of what is signed -> its source.
_SIGNED: Mapping[str, str] = {"grub-efi": "grub2", "shim-helpers": "shim", "systemd-boot-efi": "systemd"}
_APPENDED: Mapping[str, str] = {"grub2-signed": "grub2", "shim-signed": "shim", "fwupd-signed": "fwupd-efi"}


def signed_source(source: str, source_version: str, version: str) -> tuple[str, str]:
    """The source and version that advisories speak of. ``version`` is the binary package's."""
    if "signed" not in source:
        return source, source_version
    if kernel := _DEBIAN_KERNEL.fullmatch(source):
        return f"linux{kernel[1] or ''}", source_version.replace("+", "-", 1)
    if other := _DEBIAN_OTHER.fullmatch(source):
        return _SIGNED.get(other[1], other[1]), _COUNTER.sub(r"\1", source_version).replace("+", "-", 1)
    if kernel := _UBUNTU_KERNEL.fullmatch(source):
        return f"linux{kernel[1] or ''}", source_version
    if source in _APPENDED and version.startswith(source_version + "+"):
        return _APPENDED[source], version[len(source_version) + 1 :]
    return source, source_version
