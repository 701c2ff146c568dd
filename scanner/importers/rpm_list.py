"""``rpm -qa``: names as rpm prints them, or the columns of our own question (rpm(8), --queryformat).

By default rpm prints name-version-release.architecture: no epoch, source, vendor or module.
"""

import re
from collections.abc import Iterator

from inventory.facts.packages import Package
from scanner.importers.supplied import EPOCH, Document, Format, Reading

ARCHITECTURE = (
    r"(?:noarch|x86_64(?:_v[1-4])?|i[3-6]86|athlon|geode|aarch64|armv[0-9][a-z]*|ppc(?:64)?(?:le|p7)?"
    r"|s390x?|ia64|riscv64|loongarch64|mips(?:64)?(?:r6)?(?:el)?|alpha[a-z0-9]*|sparc[a-z0-9]*|sh[34]a?|m68k)"
)
NEVRA = re.compile(rf"(\S+)-(?:([0-9]+):)?([^\s:-]+)-([^\s:-]+)\.({ARCHITECTURE})")
ROW = re.compile(rf"\S+\t(?:(?:[0-9]+|\(none\)):)?[^\s:-]+-[^\s:-]+\t(?:{ARCHITECTURE}|\(none\))(?:\t.*)?")
# Some architectures have the same name in dpkg's lists (i386, s390x): in a whole list of rpm's one of these stands.
RPM_ONLY = re.compile(r"\t(?:noarch|x86_64|i686|aarch64|ppc64le|\(none\))(?:\t|$)|\.src\.rpm(?:\t|$)")
KEY = "gpg-pubkey"  # a key in the data base, no package
NONE = "(none)"  # how rpm writes a tag that is not set
MAX_COLUMNS = 6
COMMAND = (
    r"rpm -qa --qf '%{NAME}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\t%{VENDOR}"
    r"\t%{MODULARITYLABEL}\n'"
)
NO_EPOCH = (
    "The list has no epochs, as rpm -qa prints none: a version can be newer than it looks (SUSE's packages have none). "
    rf"This prints them: {COMMAND} (before EL 8 without \t%{{MODULARITYLABEL}})"
)
ADVICE = f"supply {COMMAND}"


def recognises_columns(document: Document) -> bool:
    formed = document.mostly(lambda line: ROW.fullmatch(line) or line.startswith(KEY + "\t"))
    return formed and any(RPM_ONLY.search(line) for line in document.head)


def recognises_names(document: Document) -> bool:
    """By their architectures: without them, as rpm -qa printed before EL 6, a list of hosts looks the same."""
    return document.mostly(lambda line: NEVRA.fullmatch(line.strip()))


def read_columns(document: Document) -> Reading:
    return Reading("rpm", _rows(document))


def _rows(document: Document) -> Iterator[Package]:
    for number, line in document.lines:
        name, *columns = (column.strip() for column in line.split("\t"))
        if name == KEY:
            continue
        if not ROW.fullmatch(line) or len(columns) >= MAX_COLUMNS:
            raise document.refusal(number, f"does not have the columns of the others; {ADVICE}")
        version, *others = ("" if column == NONE else column for column in columns)
        architecture, source, vendor, module = (*others, "", "", "")[:4]
        version = version.removeprefix(f"{NONE}:").removeprefix("0:")
        yield document.package(number, Package(name, version, architecture, source, "", vendor, module=module))


def read_names(document: Document) -> Reading:
    packages = list(_names(document))
    if any(":" in package.version for package in packages):  # %{NEVRA} writes the epochs that are not 0
        return Reading("rpm", packages)
    return Reading("rpm", packages, (EPOCH,), (NO_EPOCH,))


def _names(document: Document) -> Iterator[Package]:
    for number, line in document.lines:
        if line.startswith(KEY + "-"):
            continue
        found = NEVRA.fullmatch(line.strip())
        if found is None:
            raise document.refusal(number, f"is not of the form NAME-VERSION-RELEASE.ARCHITECTURE; {ADVICE}")
        name, epoch, version, release, architecture = found.groups(default="")
        epoch = f"{epoch}:" if epoch.strip("0") else ""
        yield document.package(number, Package(name, f"{epoch}{version}-{release}", architecture, "", ""))


COLUMNS = Format("rpm -qa --qf", recognises_columns, read_columns)
NAMES = Format("rpm -qa", recognises_names, read_names)
