"""What dpkg's lists have in common: states, architectures and how a source package is written."""

import re

# dpkg-query(1), db:Status-Abbrev: desired action, state, error flag.
STATUS = re.compile(r"[uihrp][ncHUFWti][ R]?")
GONE = ("n", "c")  # not installed, only configuration files: no files on disk
SOURCE = re.compile(r"(\S+)(?: \((\S+)\))?")  # deb-control(5), Source: name, and version where it is another one
ARCHITECTURE = re.compile(
    r"all|(?:kfreebsd-|hurd-)?(?:amd64|i386)|arm(?:64|el|hf)?|avr32|hppa|ia64|loong64|m68k|mips(?:64)?(?:r6)?(?:el)?"
    r"|powerpc(?:spe)?|ppc64(?:el)?|riscv64|s390x?|sh4|sparc(?:64)?|x32"
)
COMMAND = (
    r"dpkg-query -W -f='${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}"
    r"\t${source:Package}\t${source:Version}\t${Origin}\n'"
)
NO_SOURCE = f"The list names no source packages, by which advisories are matched. This names them: {COMMAND}"
NO_STATE = "The list does not tell removed packages, of which only configuration is left, from installed ones."


def installed(status: str) -> bool:
    """Whether a package of this abbreviated status has files on disk."""
    return status[1:2] not in GONE


def source_of(field: str, name: str, version: str) -> tuple[str, str] | None:
    """Name and version of the source package from the field Source, which is empty where they are the package's own."""
    if not field:
        return name, version
    found = SOURCE.fullmatch(field)
    return (found[1], found[2] or version) if found else None


def split_name(text: str) -> tuple[str, str]:
    """``gcc-12-base:amd64``, as ${binary:Package} gives it: name and architecture, "" where it is not told."""
    name, _, architecture = text.partition(":")
    return name, architecture
