"""What kind of record an id names. Only security advisories are vulnerabilities (patch-levels rule 7)."""

import re
from collections.abc import Sequence

SECURITY = re.compile(
    r"(?:[A-Z]+-)?CVE-\d{4}-\d+"  # of one weakness; OSV puts DEBIAN-, UBUNTU-, ALPINE- in front
    r"|(?:DSA|DLA|DTSA|USN)-\d+(?:-\d+)?"  # Debian, Debian LTS, Debian testing, Ubuntu
    r"|(?:RHSA|ALSA|RLSA|ELSA)-\d{4}[:-][A-Za-z0-9:.-]+"  # Red Hat, AlmaLinux, Rocky, Oracle
    r"|(?:SUSE|openSUSE)-SU-\d{4}:[A-Za-z0-9:.-]+"
)
_OTHER = {
    "not a security advisory": re.compile(
        r"(?:RHBA|RHEA|ALBA|ALEA|RLBA|RLEA|ELBA|ELEA|RXBA|RXEA)-.*|(?:SUSE|openSUSE)-(?:RU|FU|OU)-.*"
    ),
    "advisory of a special interest group's repository": re.compile(r"RXSA-.*"),
    "live patch": re.compile(r"LSN-.*"),  # says nothing of package versions
}
NO_WEAKNESS = "no CVE, and no security update by its summary"
_TELLS_OF_ONE = re.compile(r"\b(?:security|vulnerabilit(?:y|ies)|CVE)\b", re.IGNORECASE)
VECTOR = re.compile(r"CVSS:[34]\.\d(?:/[A-Z]{1,3}:[A-Z]{1,3}){1,40}")
_OF_ONE_CVE = re.compile(r"(?:[A-Z]+-)?(CVE-\d{4}-\d{4,19})")
MODULAR = re.compile(r"\.module[+_]")  # in the release of a package that was built in a module
_STREAM = re.compile(r"(?<![\w:.+-])([A-Za-z0-9][\w.+-]*):([A-Za-z0-9][\w.+-]*)")
_ADVISORY = re.compile(r"[A-Z]{4}-\d{4}:.*")
_SEVERITY = re.compile(r"(critical|important|moderate|medium|high|low|none)\b\s*:?", re.IGNORECASE)


def refusal(record: str) -> str:
    """Why a record of this id is no vulnerability, "" when it is one."""
    if SECURITY.fullmatch(record):
        return ""
    known = (reason for reason, pattern in _OTHER.items() if pattern.fullmatch(record))
    return next(known, "not a known kind of advisory")


def without_weakness(cves: Sequence[str], summary: str) -> str:
    """Why a security advisory is no vulnerability after all, "" when it is one, or has no summary to tell by.

    Debian sends data and repairs the same way: "tzdata - new timezone database", "openssh - regression update".
    """
    package, dash, told = summary.partition(" - ")  # a package may be called debian-security-support
    rated = severity_word(summary)  # nobody rates what is no weakness
    return "" if cves or not summary or rated or _TELLS_OF_ONE.search(told if dash else package) else NO_WEAKNESS


def only_cve(record: str) -> str:
    """The CVE that a record is about by its own id, "" for an advisory."""
    match = _OF_ONE_CVE.fullmatch(record)
    return match[1] if match else ""


def streams(summary: str) -> tuple[str, ...]:
    """The module streams in an advisory's title: "Important: virt:rhel and virt-devel:rhel security update"."""
    found = (match[0] for match in _STREAM.finditer(summary))
    return tuple(dict.fromkeys(stream for stream in found if not _ADVISORY.fullmatch(stream)))


def modules(version: str, named: tuple[str, ...]) -> tuple[str, ...]:
    """The streams that a fixed version may be for: `named` ones, "?" when none is; ("",) when it is not modular."""
    if not MODULAR.search(version):
        return ("",)
    return named or ("?",)


def severity_word(summary: str) -> str:
    """The rating with which a publisher begins its title ("Important: ..."), in lower case, "" for none."""
    match = _SEVERITY.match(summary)
    return match[1].lower() if match else ""
