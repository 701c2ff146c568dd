"""Lists of dpkg, rpm and apk, line by line: every form that is read, and every way to be refused."""

import pytest

from inventory.facts.packages import Package
from scanner.importers.packages import read_packages
from scanner.importers.supplied import ImportRefused, SuppliedPackages

LIST_HEAD = """Desired=Unknown/Install/Remove/Purge/Hold
| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend
|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)
||/ Name           Version      Architecture Description
"""


def ruler(*widths: int) -> str:
    return "-".join(["+++", *("=" * width for width in widths)]) + "\n"


def read(text: str) -> SuppliedPackages:
    return read_packages(text.encode(), "hosts.txt")


def rows(text: str) -> list[tuple[str, ...]]:
    """Name, version, architecture, source, source version of each."""
    items = read(text).packages.items
    return [(p.name, p.version, p.architecture, p.source, p.source_version) for p in items]


SSL = ("libssl3", "3.0.17-1~deb12u2", "amd64", "openssl", "3.0.17-1~deb12u2")
STATUS = """Package: libssl3
Status: install ok installed
Version: 3.0.17-1~deb12u2
Architecture: amd64
Source: openssl
Description: library
 continued: as it may be
 .

Package: bash
Status: hold ok half-configured
Architecture: amd64
Source: bash (5.2.15-2)
Version: 5.2.15-2+b7
Origin: Somebody

Package: gone
Status: deinstall ok config-files
Version: 1.0

Package: purged
Status: purge ok not-installed
Architecture: all
"""


def test_a_status_file() -> None:
    found = read(STATUS).packages
    assert found.items == (
        Package("bash", "5.2.15-2+b7", "amd64", "bash", "5.2.15-2", "Somebody", held=True),
        Package(*SSL),
    )
    assert read(STATUS.replace("\n", "\r\n")).packages == found
    assert read("\n\n" + STATUS.rstrip()).packages == found


@pytest.mark.parametrize(
    "state", ["half-installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"]
)
def test_states_with_files_on_disk_count(state: str) -> None:
    assert rows(STATUS.replace("install ok installed", f"install reinstreq {state}"))[1] == SSL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("libssl3:amd64\t3.0.17-1~deb12u2\n", ("libssl3", "3.0.17-1~deb12u2", "amd64", "", "")),
        ("libssl3 3.0.17-1~deb12u2\n", ("libssl3", "3.0.17-1~deb12u2", "", "", "")),
        ("libssl3\t3.0.17-1~deb12u2\tamd64\n", ("libssl3", "3.0.17-1~deb12u2", "amd64", "", "")),
        ("libssl3\t3.0.17-1~deb12u2\topenssl\tamd64\n", SSL),
        ("libssl3\t3.0.17-1~deb12u2\topenssl (3.0.17-1~deb12u2)\tamd64\n", SSL),
        ("libssl3\t3.0.17-1~deb12u2\topenssl\t3.0.17-1~deb12u2\tamd64\tii \n", SSL),
        ("libssl3:amd64\t3.0.17-1~deb12u2\topenssl\t3.0.17-1~deb12u2\tii\n", SSL),
        ("ii \tlibssl3\t3.0.17-1~deb12u2\tamd64\topenssl\t3.0.17-1~deb12u2\t\n", SSL),
        ("iiR\tlibssl3\t3.0.17-1~deb12u2\tamd64\topenssl\t3.0.17-1~deb12u2\tDebian\n", SSL),
        ("dash\t0.5.12-2\t\nlibssl3\t3.0.17-1~deb12u2\topenssl\n", ("dash", "0.5.12-2", "", "dash", "0.5.12-2")),
    ],
)
def test_columns_of_dpkg_query(text: str, expected: tuple[str, ...]) -> None:
    found = read(text)
    assert rows(text)[0] == expected
    assert found.format == "dpkg-query -W"
    assert ("source" in found.packages.unknown) is (expected[3] == "")
    assert ("state" in found.packages.unknown) is ("ii" not in text)
    assert len(found.notes) == len(found.packages.unknown)


def test_packages_without_files_are_left_out() -> None:
    assert rows("libssl3\t3\nheard-of\t\n") == [("libssl3", "3", "", "", "")]
    assert [row[0] for row in rows("a1\t1\tii \nb1\t1\trc \nc1\t1\tun \nd1\t\tun \ne1\t1\tiU \nf1\t1\tpi \n")] == [
        "a1",
        "e1",
        "f1",
    ]


def test_dpkg_l() -> None:
    text = (
        LIST_HEAD
        + ruler(24, 20, 12, 80)
        + "ii  gcc-12-base:amd64       12.2.0-14+deb12u1   amd64        GCC, the GNU Compiler\n"
        + "hi  tzdata                  2024a-0+deb12u1     all          time zones\n"
        + "rc  gone                    1.0                 all          no more\n"
        + "iF  no-description          1.0                 all\n"
    )
    found = read(text)
    assert (found.format, found.packages.unknown) == ("dpkg -l", ("source",))
    assert "dpkg-query -W -f=" in found.notes[0]
    assert rows(text) == [
        ("gcc-12-base", "12.2.0-14+deb12u1", "amd64", "", ""),
        ("no-description", "1.0", "all", "", ""),
        ("tzdata", "2024a-0+deb12u1", "all", "", ""),
    ]
    assert [p.name for p in found.packages.held] == ["tzdata"]


@pytest.mark.parametrize(
    ("widths", "line"),
    [
        ((14, 12, 12, 33), "ii  libgssapi-krb5 1.20.1-2     amd64        Kerberos"),
        ((19, 14, 14, 43), "ii  bind9-dnsutils      1:9.18.28-1~de all            clients"),
        ((14, 14, 44), "ii  libgssapi-krb5 1.20.1-2       Kerberos"),
    ],
    ids=["80 columns", "100 columns", "before 1.16"],
)
def test_what_a_terminal_cut_off_is_refused(widths: tuple[int, ...], line: str) -> None:
    whole = "ii  dash           0.5.12-2     amd64        shell\n"
    assert len(read(LIST_HEAD + ruler(*widths) + whole).packages.items) == 1
    with pytest.raises(ImportRefused, match=r"^hosts\.txt:7: may be cut off at the width of the terminal; supply"):
        read(LIST_HEAD + ruler(*widths) + whole + line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("bash-4.4.20-1.el8_4.x86_64", ("bash", "4.4.20-1.el8_4", "x86_64", "", "")),
        (
            "java-1.8.0-openjdk-headless-1.8.0.402.b06-2.el8.x86_64",
            ("java-1.8.0-openjdk-headless", "1.8.0.402.b06-2.el8", "x86_64", "", ""),
        ),
        ("glibc-2.28-236.el8.i686", ("glibc", "2.28-236.el8", "i686", "", "")),
        ("libstdc++-8.5.0-20.el8.aarch64", ("libstdc++", "8.5.0-20.el8", "aarch64", "", "")),
        ("bind-libs-32:9.11.36-11.el8_9.x86_64", ("bind-libs", "32:9.11.36-11.el8_9", "x86_64", "", "")),
        ("tzdata-0:2024a-1.el8.noarch", ("tzdata", "2024a-1.el8", "noarch", "", "")),
        ("bash\t4.4.20-1.el8\tx86_64", ("bash", "4.4.20-1.el8", "x86_64", "", "")),
        (
            "bash\t(none):4.4.20-1.el8\tx86_64\tbash-4.4.20-1.el8.src.rpm",
            ("bash", "4.4.20-1.el8", "x86_64", "bash-4.4.20-1.el8.src.rpm", ""),
        ),
        ("bash\t0:4.4.20-1.el8\tx86_64\t(none)\tRed Hat, Inc.\t(none)", ("bash", "4.4.20-1.el8", "x86_64", "", "")),
    ],
)
def test_rpm(line: str, expected: tuple[str, ...]) -> None:
    found = read(f"{line}\n")
    assert rows(f"{line}\n") == [expected]
    assert found.packages.manager == "rpm"
    assert ("epoch" in found.packages.unknown) is ("\t" not in line and "32:" not in line)


def test_an_architecture_that_both_know() -> None:
    """``i386`` and ``s390x`` are names of dpkg's and of rpm's."""
    deb = "libc6\t2.36-9\ts390x\nlibssl3\t3.0.17-1\ts390x\ntzdata\t2024a-0\tall\n"
    rpm = "glibc\t2.34-60.el9\ts390x\nopenssl\t1:3.0.7-24.el9\ts390x\ntzdata\t2024a-1.el9\tnoarch\n"
    assert [read(text).packages.manager for text in (deb, rpm)] == ["deb", "rpm"]


def test_the_module_of_an_rpm_is_kept() -> None:
    label = "nodejs:18:8090020230718162430:a75119d5"
    row = f"nodejs\t1:18.17.1-1.module+el8.9.0+19519+e25b965a\tx86_64\tnodejs-18.17.1-1.src.rpm\tRocky\t{label}"
    assert read(row).packages.items[0].module == label
    assert read(row).packages.items[0].vendor == "Rocky"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("musl-1.2.4_git20230717-r4\nssl_client-1.36.1-r15\n", [("musl", "1.2.4_git20230717-r4", "", "", "")]),
        (
            "WARNING: opening /etc/apk/repositories\nmusl-1.2.4-r4 - the musl c library\na-1-r0\n",
            [("a", "1-r0", "", "", "")],
        ),
        (
            "busybox-binsh-1.36.1-r15 x86_64 {busybox} (GPL-2.0-only) [installed]\n",
            [("busybox-binsh", "1.36.1-r15", "x86_64", "busybox", "")],
        ),
        (
            ".build-deps-20240101.123456 noarch {.build-deps} () [installed]\n"
            "zlib-1.3-r2 x86_64 {zlib} (Zlib) [upgradable from: zlib-1.2-r1]\n"
            "py3-x-1.0-r0 noarch {py3-x} (MIT (or later)) [installed]\n",
            [("py3-x", "1.0-r0", "noarch", "py3-x", "")],
        ),
        (
            "C:Q1=\nP:ssl_client\nV:1.36.1-r15\nA:x86_64\no:busybox\nF:usr\nR:bin\na:0:0:755\nZ:Q1=\n\nP:.v\nV:0\n\n",
            [("ssl_client", "1.36.1-r15", "x86_64", "busybox", "")],
        ),
        ("P:musl\nV:1.2.4-r2", [("musl", "1.2.4-r2", "", "musl", "")]),
    ],
)
def test_apk(text: str, expected: list[tuple[str, ...]]) -> None:
    assert rows(text)[:1] == expected
    assert read(text).packages.manager == "apk"
    assert ("source" in read(text).packages.unknown) is (expected[0][3] == "")


GOOD = "\n".join(f"p{number}\t1.{number}\n".strip() for number in range(9))
RPMS = "\n".join(f"p{number}-1.{number}-1.el9.x86_64" for number in range(9))
APKS = "\n".join(f"p{number}-1.{number}-r0" for number in range(9))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        (
            "nothing that is known\n",
            "is no package list that is known here; supply the output of one of: /var/lib/dpkg",
        ),
        ("web-01-prod\nweb-02-prod\ndb-01-prod\n", "is no package list that is known here"),
        ("<?xml version='1.0'?><bom/>", "is XML, which is not read; supply the SBOM as JSON"),
        (
            "a1\tinstall\nb1\thold\nc1\tdeinstall\n",
            "is what `dpkg --get-selections` prints, which has no versions; supply",
        ),
        ("bash.x86_64  4.4.20-1.el8  @anaconda\n", "is no package list that is known here"),
        ("bash/stable 5.2.15-2+b7 amd64 [installed]\n", "is no package list that is known here"),
        (f"{GOOD}\nbroken\t\tx\t\n", ":10: has other columns than the first line"),
        (f"$ dpkg-query -W\n{GOOD}\n", ":1: has other columns than the first line"),
        (f"{GOOD}\np9\tstable\n", ":10: 'stable' is no version"),
        (f"{GOOD}\np 9\t1\n", ":10: 'p 9' is no name of a package"),
        (f"{GOOD}\np9\t1\x1b[2J\n", r":10: '1\x1b[2J' is no version"),
        (f"{GOOD}\np9\t1{'0' * 300}\n", ":10: '1000"),
        ("p1\t1\ts (1) x\np2\t2\ts\n", ":1: 's (1) x' is no source package"),
        (f"p1\t1\t{'s' * 300}\n", ":1: 'sss"),
        ("p1\t1\trc \np2\t1\trc \n", "the list names no package (dpkg-query -W); supply it again from the host"),
        (f"{RPMS}\nerror: cannot open Packages database\n", ":10: is not of the form NAME-VERSION-RELEASE.ARCH"),
        (f"{RPMS}\np-one-two.x86_64\n", ":10: 'one-two' is no version of a package"),
        (f"gpg-pubkey-1-2.(none)\n{RPMS}\nb-1-1.weird\n", ":11: is not of the form NAME-VERSION"),
        ("a\t1-1\tx86_64\nb\t1-1\tx86_64\nc\t1-1\n", ":3: does not have the columns of the others"),
        ("gpg-pubkey\t1-2\t(none)\n", "the list names no package (rpm -qa --qf)"),
        (f"{APKS}\np9-1.9\n", ":10: is no package with its version"),
        ("P:a\nV:1-r0\n\nP:b\nA:x86_64\n\n", ":4: the stanza has no name (P:) or no version (V:)"),
        ("P:a\nV:1-r0\n\nP:b\nV:2-r0\nbroken\n", ":6: is not of the form LETTER:VALUE"),
        (".v-20240101.1-r0\n.w-1-r0\n", "the list names no package (apk info -v)"),
        ("Package: a\nVersion: 1\n", ":1: the stanza has no Status: what is available is no list of what is installed"),
        ("Package: a\nStatus: install ok there\n", ":1: the stanza has a Status that dpkg does not know"),
        (STATUS + "\nStatus: install ok installed\n", ":25: the stanza names no package"),
        (
            STATUS.replace("Source: openssl", "Source: open ssl"),
            ":1: the stanza's Source is not of the form NAME (VERSION)",
        ),
        (STATUS.replace("Version: 3.0.17-1~deb12u2\n", ""), ":1: '' is no version of a package"),
        (STATUS.replace("Architecture: amd64\nSource: openssl", "Version: 1"), ":4: gives Version twice"),
        (STATUS.replace("Origin: Somebody", "Origin Somebody"), ":15: is no field of a stanza"),
        (LIST_HEAD + ruler(20, 20, 12, 80), "the list names no package (dpkg -l)"),
        (
            LIST_HEAD + ruler(20, 20, 12, 80) + "ii  a1  1  all  x\n(END)\n",
            ":7: is no line of dpkg -l; supply the output of",
        ),
    ],
)
def test_what_is_refused_and_where(text: str, message: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        read(text)
    told = str(refusal.value)
    assert told.startswith("hosts.txt")
    assert message in told
    assert told.isprintable()
    assert len(told) < 600
    assert ";" in told or ":" in told.removeprefix("hosts.txt:")
