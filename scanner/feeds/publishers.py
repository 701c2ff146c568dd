"""Every feed we know how to get: who publishes it, where, under which licence, and how large it may be.

To add one, add a line to :data:`FEEDS` and, when its form is new, a decoder in ``checks/advisories/formats``.

Sizes are bounds against a publisher (or somebody in between) gone wrong, several times what is normal. ``about`` is
what others reported in 2026 where they did (Canonical's archive 46 MB, AlmaLinux 6 MB, Rocky 5 MB); 0: not known to us.
OSV also offers Ubuntu, as an archive of more than 600 MB; Canonical's own one says the same in 46 MB.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urlsplit

from scanner.feeds.support_dates import FeedError

MB = 1024 * 1024
OSV = "https://osv-vulnerabilities.storage.googleapis.com"
DEBIAN_LISTS = "https://salsa.debian.org/debian/debian-security-support/-/raw/master"
MAX_URL = 1000  # characters


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a feed. An optional one may be missing at the publisher (404): a list of a release not yet made."""

    url: str
    optional: bool = False
    label: str = ""  # a file name, where the URL ends in none that tells the kind

    @property
    def name(self) -> str:
        return self.label or self.url.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page that links to folders; ``files`` are taken from each folder whose name matches."""

    url: str
    folder: str  # a regular expression over one link
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Publication:
    """One feed: name, origin and bounds. Without parts and listing it can only be imported."""

    name: str
    publisher: str
    formats: tuple[str, ...]  # decoders in checks.advisories.formats.DECODERS that may read it
    licence: str
    parts: tuple[Part, ...] = ()
    listing: Listing | None = None
    about: int = 0  # bytes of all parts together; 0: not known
    max_bytes: int = 16 * MB  # of one part, as it is sent
    max_unpacked: int = 256 * MB  # of one part
    max_member: int = 64 * MB  # of one file in an archive
    max_members: int = 500_000
    hosts: frozenset[str] = field(default=frozenset())  # to which the publisher may redirect, beside its own
    marks: tuple[bytes, ...] = ()  # stand in its records and tell it from other feeds of the same format

    @property
    def downloadable(self) -> bool:
        return bool(self.parts or self.listing)


def _osv(name: str, ecosystem: str, licence: str, about: int = 0, marks: tuple[bytes, ...] = ()) -> Publication:
    """OSV's export of one ecosystem: a ZIP with one JSON a record (https://google.github.io/osv.dev/data/)."""
    return Publication(
        name,
        f"{ecosystem}, through OSV",
        ("osv", "osv-compact"),
        licence,
        (Part(f"{OSV}/{quote(ecosystem)}/all.zip"),),
        about=about,
        max_bytes=1024 * MB,
        max_unpacked=24 * 1024 * MB,
        marks=(f'"{ecosystem}:'.encode(), f'"{ecosystem}"'.encode(), *marks),
    )


_ALL = (
    _osv("debian", "Debian", "conversion of the Debian security tracker's public data"),
    Publication(
        "ubuntu",
        "Canonical",
        ("osv", "ubuntu-cve-tracker"),
        "CC-BY-SA-4.0",
        (Part("https://security-metadata.canonical.com/osv/osv-all.tar.xz"),),
        about=46 * MB,
        max_bytes=512 * MB,
        max_unpacked=24 * 1024 * MB,
        marks=(b'"Ubuntu:', b'"Ubuntu"'),
    ),
    _osv("almalinux", "AlmaLinux", "MIT", 6 * MB),
    _osv("rocky", "Rocky Linux", "BSD-3-Clause", 5 * MB),
    _osv("redhat", "Red Hat", "CC-BY-4.0", marks=(b'"enterprise_linux:', b'"rhel_')),
    _osv("suse", "SUSE", "CC-BY-4.0"),
    _osv("opensuse", "openSUSE", "CC-BY-4.0"),
    Publication(
        "alpine",
        "Alpine Linux",
        ("alpine-secdb", "osv"),
        "see https://secdb.alpinelinux.org/license.txt",
        listing=Listing("https://secdb.alpinelinux.org/", r"v\d{1,3}\.\d{1,3}", ("main.json", "community.json")),
        about=4 * MB,
        marks=(b'"Alpine:', b'"Alpine"'),
    ),
    Publication(
        "kev",
        "CISA",
        ("kev",),
        "CC0-1.0",
        (Part("https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"),),
        about=2 * MB,
        max_bytes=64 * MB,
    ),
    Publication(
        "epss",
        "FIRST",
        ("epss",),
        "free to use, credit FIRST (https://www.first.org/epss)",
        (Part("https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"),),
        about=2 * MB,
        max_bytes=64 * MB,
        max_member=256 * MB,
        hosts=frozenset({"epss.cyentia.com"}),
    ),
    # CISA publishes these points as one file a CVE in a repository of several hundred thousand files: import only.
    Publication("ssvc", "CISA Vulnrichment", ("ssvc", "vulnrichment"), "CC0-1.0"),
    Publication(
        "endoflife",
        "endoflife.date",
        ("endoflife",),
        "MIT",
        (Part("https://endoflife.date/api/v1/products/full", label="full.json"),),
        about=2 * MB,
        max_bytes=64 * MB,
    ),
    Publication(
        "distro-info",
        "Debian (distro-info-data)",
        ("distro-info",),
        "ISC",
        (
            Part("https://debian.pages.debian.net/distro-info-data/debian.csv"),
            Part("https://debian.pages.debian.net/distro-info-data/ubuntu.csv"),
        ),
        about=5 * 1024,
        max_bytes=1 * MB,
    ),
    Publication(
        "debian-support",
        "Debian (debian-security-support)",
        ("debian-support",),
        "GPL-2.0-or-later",
        (
            Part(f"{DEBIAN_LISTS}/security-support-limited"),
            *(Part(f"{DEBIAN_LISTS}/security-support-ended.deb{n}", optional=True) for n in range(9, 20)),
        ),
        about=16 * 1024,
        max_bytes=1 * MB,
    ),
    # Fortinet offers one file an advisory and a list of the newest fifty, no file of all: import only.
    Publication(
        "fortinet",
        "Fortinet PSIRT",
        ("fortinet-cvrf",),
        "see https://www.fortinet.com/corporate/about-us/legal",
        max_member=8 * MB,
    ),
    # Microsoft offers one document a month and wants its API asked for each: import only.
    Publication(
        "msrc",
        "Microsoft Security Response Center",
        ("msrc-cvrf", "msrc-csaf"),
        "see https://www.microsoft.com/legal/terms-of-use",
        max_member=64 * MB,
        max_unpacked=2048 * MB,
    ),
    Publication(
        "windows-kb",
        "WES-NG, from Microsoft's MSRC",
        ("windows-kb",),
        "BSD-3-Clause",
        (Part("https://raw.githubusercontent.com/bitsadmin/wesng/master/definitions.zip"),),
        about=4 * MB,
        max_bytes=128 * MB,
        max_unpacked=1024 * MB,
        max_member=1024 * MB,
    ),
)
FEEDS: Mapping[str, Publication] = {publication.name: publication for publication in _ALL}


def publication(name: str) -> Publication:
    """Raises :class:`FeedError` that lists what there is."""
    found = FEEDS.get(name)
    if found is None:
        raise FeedError(f"there is no feed {name[:60]!a}; there are {', '.join(FEEDS)}")
    return found


@dataclass(frozen=True, slots=True)
class Route:
    """How a publisher's address is reached: itself, or at a mirror of ours."""

    mirror: str = ""  # a URL; below it comes <publisher's host>/<path>

    def __post_init__(self) -> None:
        """Raises :class:`FeedError` for a mirror that is no plain http(s) URL."""
        if self.mirror:
            parts = split(self.mirror)
            if parts.query or parts.fragment:
                raise FeedError(f"the mirror {self.mirror[:MAX_URL]!a} has a query; name the folder only")

    def url(self, address: str) -> str:
        parts = urlsplit(address)
        return f"{self.mirror.rstrip('/')}/{parts.netloc}{parts.path}" if self.mirror else address

    def hosts(self, publication: Publication, address: str) -> frozenset[str]:
        """The hosts that may answer: the mirror alone, or the publisher's."""
        if self.mirror:
            return frozenset({split(self.mirror).netloc})
        return publication.hosts | {urlsplit(address).netloc}

    @property
    def plain_http(self) -> bool:
        """A mirror named with http:// was allowed by whoever named it; a publisher never is."""
        return bool(self.mirror) and split(self.mirror).scheme == "http"


def split(url: str) -> SplitResult:
    """The parts of an http or https URL without credentials. Raises :class:`FeedError`."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as fault:
        raise FeedError(f"{url[:MAX_URL]!a} is no URL") from fault
    if parts.scheme not in ("http", "https") or not host or port == 0 or len(url) > MAX_URL or not url.isprintable():
        raise FeedError(f"{url[:MAX_URL]!a} is no URL that begins with https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise FeedError("a URL with a user name or a password in it is not used: it would be shown and stored")
    return parts


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
