"""What is open in one host's packages, rule by rule (design: patch-levels)."""

import pytest

from checks.advisories.model import Statement
from checks.advisories.opinions import Host
from checks.advisories.scopes import Reach, minor_of, stream_of
from checks.advisories.signed import signed_source
from checks.advisories.standing import Standing
from inventory.facts.entitlements import Entitlement, Entitlements
from inventory.facts.origins import Origin, Origins, PackageOrigin
from inventory.facts.packages import Package
from tests.checks.advisories.made import deb, feed, fix, host, opinion, rpm, verdicts

DEBIAN, UBUNTU, ALMA, RHEL, SLES = (
    ("debian", "12"),
    ("ubuntu", "22.04"),
    ("almalinux", "8.9"),
    ("rhel", "8.6"),
    ("sles", "15.3"),
)


def said(
    where: tuple[str, str], release: str, item: Package, *rows: Statement, key: str = "", **facts: object
) -> dict[str, str]:
    """CVE -> verdict of one package on one host."""
    found = opinion(host(where, item, **facts), feed(release, {key or item.name: rows}))
    return verdicts(found).get(item.name, {})


@pytest.mark.parametrize(
    ("item", "fixed", "key", "verdict"),
    [
        pytest.param(deb("libssl3", "3.0.11-1", "openssl"), "3.0.15-1", "openssl", "FIX_AVAILABLE", id="source-name"),
        pytest.param(deb("libssl3", "3.0.15-1", "openssl"), "3.0.15-1", "openssl", None, id="fixed"),
        pytest.param(
            deb("bash", "5.2-2+b7", "bash", "5.2-2"), "5.2-2", "bash", None, id="binNMU-is-the-source-version"
        ),
        pytest.param(
            deb("bash", "5.2-2+b7", "bash", "5.2-2"), "5.2-2+deb12u1", "bash", "FIX_AVAILABLE", id="binNMU-below"
        ),
        pytest.param(deb("gcc-12-base", "1:12-1", "gcc-12", "12-1"), "12-1", "gcc-12", None, id="epochs-differ"),
        pytest.param(deb("a", "1.0~rc1-1"), "1.0-1", "a", "FIX_AVAILABLE", id="tilde"),
        pytest.param(deb("a", "1.0-1"), "", "a", "NO_VENDOR_FIX", id="unfixed"),
    ],
)
def test_deb_by_source(item: Package, fixed: str, key: str, verdict: str | None) -> None:
    assert said(DEBIAN, "debian:12", item, fix("CVE-1", fixed), key=key).get("CVE-1") == verdict


def test_binary_name_of_deb_is_no_key() -> None:
    assert said(DEBIAN, "debian:12", deb("openssl", "1.1-1", "openssl1.1"), fix("CVE-1", "3.0-1")) == {}


def test_ranges() -> None:
    rows = [
        fix("CVE-NEW", "2.0", introduced="1.5"),
        fix("CVE-IN", "2.0", introduced="1.0"),
        fix("CVE-LAST", "", last="1.2"),
        fix("CVE-PAST", "", last="1.1"),
    ]
    assert said(DEBIAN, "debian:12", deb("a", "1.2"), *rows) == {"CVE-IN": "FIX_AVAILABLE", "CVE-LAST": "NO_VENDOR_FIX"}


def test_unimportant_is_information() -> None:
    rows = [fix("CVE-1", "", unimportant=True), fix("CVE-2", "2.0", unimportant=True)]
    assert said(DEBIAN, "debian:12", deb("a", "1.0"), *rows) == {"CVE-1": "UNIMPORTANT", "CVE-2": "UNIMPORTANT"}


def test_one_cve_in_two_advisories_is_open_until_both_are_satisfied() -> None:
    rows = [fix("CVE-1", "1.1", "DSA-1"), fix("CVE-1", "1.3", "DSA-2")]
    found = opinion(host(DEBIAN, deb("a", "1.2")), feed("debian:12", {"a": rows}))
    (unit,) = found.judged.by_source["a"].units
    assert [(hit.advisory, hit.fixed) for hit in unit.judged.hits] == [("DSA-2", "1.3")]
    assert unit.judged.reached == "1.1"


def test_version_that_the_package_manager_refuses_is_not_judged() -> None:
    found = opinion(host(DEBIAN, deb("a", "a b")), feed("debian:12", {"a": [fix("CVE-1", "1.0")]}))
    assert [unit.package for unit in found.judged.unread] == ["a"]
    assert found.judged.by_source == {}


def test_alpine_by_origin() -> None:
    item = Package("ssl_client", "1.36.1-r15", "x86_64", "busybox", "")
    assert said(("alpine", "3.19.1"), "alpine:3.19", item, fix("CVE-1", "1.36.1-r19"), key="busybox") == {
        "CVE-1": "FIX_AVAILABLE"
    }


# rpm


def test_rpm_by_binary_name_with_its_epoch() -> None:
    item = rpm("bind-libs", "32:9.11.36-3.el8", "bind-9.11.36-3.el8.src.rpm")
    assert said(ALMA, "almalinux:8", item, fix("CVE-1", "32:9.11.36-8.el8")) == {"CVE-1": "FIX_AVAILABLE"}
    assert said(ALMA, "almalinux:8", item, fix("CVE-1", "31:9.99-1.el8")) == {}


def test_rpm_by_source_where_the_publisher_names_sources() -> None:
    """SOURCERPM has no epoch: neither side's counts."""
    item = rpm("openssl-libs", "1:1.1.1k-7.el8", "openssl-1.1.1k-7.el8.src.rpm")
    row = fix("CVE-1", "1:1.1.1k-9.el8")
    found = opinion(host(("rocky", "8.9"), item), feed("rocky:8", {"src:openssl": [row]}))
    assert verdicts(found) == {"openssl-libs": {"CVE-1": "FIX_AVAILABLE"}}
    assert list(found.judged.by_source) == ["openssl"]
    newer = rpm("openssl-libs", "1.1.1k-9.el8", "openssl-1.1.1k-9.el8.src.rpm")
    assert verdicts(opinion(host(("rocky", "8.9"), newer), feed("rocky:8", {"src:openssl": [row]}))) == {}


@pytest.mark.parametrize(
    ("version", "label", "module", "verdict"),
    [
        pytest.param("10.24-1.module_el8.3.0+1", "nodejs:10:8030:a", "nodejs:10", "FIX_AVAILABLE", id="same-stream"),
        pytest.param("10.24-1.module_el8.3.0+1", "nodejs:10:8030:a", "nodejs:18", None, id="other-stream"),
        pytest.param("10.24-1.module_el8.3.0+1", "nodejs:10:8030:a", "", None, id="fix-not-modular"),
        pytest.param("10.24-1.el8", "", "nodejs:10", None, id="installed-not-modular"),
        pytest.param("10.24-1.module_el8.3.0+1", "", "nodejs:10", "NOT_ASSESSED", id="own-stream-unknown"),
        pytest.param("10.24-1.module_el8.3.0+1", "nodejs:10:8030:a", "?", "NOT_ASSESSED", id="fix-stream-unknown"),
    ],
)
def test_modularity(version: str, label: str, module: str, verdict: str | None) -> None:
    item = rpm("nodejs", version, module=label)
    row = fix("CVE-1", "99-1.module_el8+1" if module else "99-1.el8", module=module)
    assert said(ALMA, "almalinux:8", item, row).get("CVE-1") == verdict


def test_a_known_stream_speaks_before_an_unknown_one() -> None:
    item = rpm("nodejs", "10.24-1.module_el8.3.0+1", module="nodejs:10:8030:a")
    rows = [fix("CVE-1", "10.23-1.module_el8", module="nodejs:10"), fix("CVE-1", "99-1.module_el8", module="?")]
    assert said(ALMA, "almalinux:8", item, *rows) == {}


# Subscriptions

ESM = [fix("CVE-1", "1.0-1+esm1", scope="esm-infra"), fix("CVE-1", "", status="ignored")]


def entitled(*names: str, active: bool = True) -> Entitlements:
    return Entitlements(tuple(Entitlement(name, "example", active) for name in names))


@pytest.mark.parametrize(
    ("version", "entitlements", "verdict"),
    [
        pytest.param("1.0-1", None, "FIX_NEEDS_SUBSCRIPTION", id="no-evidence"),
        pytest.param("1.0-1", entitled("esm-infra", active=False), "FIX_NEEDS_SUBSCRIPTION", id="offered-only"),
        pytest.param("1.0-1", entitled("esm-apps"), "FIX_NEEDS_SUBSCRIPTION", id="another"),
        pytest.param("1.0-1", entitled("esm-infra"), "FIX_AVAILABLE", id="entitled"),
        pytest.param("1.0-1+esm1", None, None, id="has-the-fix"),
    ],
)
def test_esm(version: str, entitlements: Entitlements | None, verdict: str | None) -> None:
    found = said(UBUNTU, "ubuntu:22.04", deb("a", version), *ESM, entitlements=entitlements)
    assert found.get("CVE-1") == verdict


def test_a_free_fix_comes_before_a_paid_one() -> None:
    rows = [fix("CVE-1", "2.0-1"), fix("CVE-1", "1.0-1+esm1", scope="esm-infra")]
    found = opinion(host(UBUNTU, deb("a", "1.0-1")), feed("ubuntu:22.04", {"a": rows}))
    assert [(h.verdict.name, h.fixed) for h in found.judged.by_source["a"].units[0].judged.hits] == [
        ("FIX_AVAILABLE", "2.0-1")
    ]


EUS = [
    fix("CVE-1", "4.18.0-553.el8_10", "RHSA-1"),
    fix("CVE-1", "4.18.0-372.80.1.el8_6", "RHSA-2", scope="eus:8.6"),
]


@pytest.mark.parametrize(
    ("version", "minor", "entitlements", "expected"),
    [
        pytest.param("4.18.0-372.9.1.el8_6", "8.6", None, ("FIX_AVAILABLE", "4.18.0-553.el8_10"), id="leave-the-minor"),
        pytest.param(
            "4.18.0-372.9.1.el8_6", "8.6", entitled("eus:8.6"), ("FIX_AVAILABLE", "4.18.0-372.80.1.el8_6"), id="eus"
        ),
        pytest.param(
            "4.18.0-372.9.1.el8_6", "8.6", entitled("eus"), ("FIX_AVAILABLE", "4.18.0-372.80.1.el8_6"), id="eus-here"
        ),
        pytest.param("4.18.0-372.80.1.el8_6", "8.6", None, None, id="has-the-eus-fix"),
        pytest.param(
            "4.18.0-425.1.1.el8_7", "8.7", None, ("FIX_AVAILABLE", "4.18.0-553.el8_10"), id="higher-number-no-fix"
        ),
        pytest.param("4.18.0-553.el8_10", "8.10", None, None, id="has-the-fix"),
    ],
)
def test_minor_streams(
    version: str, minor: str, entitlements: Entitlements | None, expected: tuple[str, str] | None
) -> None:
    where = host(("rhel", minor), rpm("libx", version), entitlements=entitlements)
    units = opinion(where, feed("rhel:8", {"libx": EUS})).judged.by_source
    hits = [(hit.verdict.name, hit.fixed) for one in units.values() for unit in one.units for hit in unit.judged.hits]
    assert hits == ([expected] if expected else [])


def test_a_stream_of_another_minor_says_nothing() -> None:
    row = fix("CVE-1", "1-5.el8_2", scope="eus:8.2")
    assert said(RHEL, "rhel:8", rpm("a", "1-1.el8"), row) == {}
    assert said(("rhel", "8.2"), "rhel:8", rpm("a", "1-1.el8"), row) == {"CVE-1": "FIX_NEEDS_SUBSCRIPTION"}


def test_ltss_continues_the_release() -> None:
    row = fix("CVE-1", "1-2", scope="ltss")
    assert said(SLES, "sles:15.3", rpm("a", "1-1"), row) == {"CVE-1": "FIX_NEEDS_SUBSCRIPTION"}
    assert said(SLES, "sles:15.3", rpm("a", "1-2"), row) == {}


def test_names_of_scopes() -> None:
    assert (stream_of("eus:8.6"), stream_of("esm-infra"), stream_of("els:7")) == ("8.6", "", "")
    assert minor_of("4.18.0-372.9.1.el8_6") == "8.6"
    assert minor_of("1.24-1.module+el8.6.0+994+f0479f39") == "8.6"
    assert minor_of("3.0.11-1~deb12u2") == ""
    assert Reach(frozenset({"eus"}), "8.6").has("eus:8.6")
    assert not Reach(frozenset({"eus"}), "8.6").has("eus:8.4")
    assert Reach().has("")


# Signed sources


@pytest.mark.parametrize(
    ("source", "source_version", "version", "expected"),
    [
        ("linux-signed-amd64", "6.1.123+1", "6.1.123-1", ("linux", "6.1.123-1")),
        ("linux-signed-arm64", "6.12.9+1~bpo12+1", "6.12.9-1~bpo12+1", ("linux", "6.12.9-1~bpo12+1")),
        ("linux-signed-6.1-amd64", "6.1.119+1~deb11u1", "6.1.119-1~deb11u1", ("linux-6.1", "6.1.119-1~deb11u1")),
        ("grub-efi-amd64-signed", "1+2.06+13+deb12u1", "1+2.06+13+deb12u1", ("grub2", "2.06-13+deb12u1")),
        ("grub-efi-arm64-signed", "1+2.06+3~deb11u6", "1+2.06+3~deb11u6", ("grub2", "2.06-3~deb11u6")),
        ("shim-helpers-amd64-signed", "1+15.8+1~deb12u1", "1+15.8+1~deb12u1", ("shim", "15.8-1~deb12u1")),
        ("shim-signed", "1.44~1+deb12u1", "1.44~1+deb12u1+15.8-1~deb12u1", ("shim", "15.8-1~deb12u1")),
        ("fwupd-amd64-signed", "1.5.7+4", "1.5.7+4", ("fwupd", "1.5.7-4")),
        ("fwupd-efi-amd64-signed", "1:1.4+1", "1:1.4+1", ("fwupd-efi", "1:1.4-1")),
        ("linux-signed", "5.15.0-69.76", "5.15.0-69.76", ("linux", "5.15.0-69.76")),
        (
            "linux-signed-hwe-5.15",
            "5.15.0-69.76~20.04.1",
            "5.15.0-69.76~20.04.1",
            ("linux-hwe-5.15", "5.15.0-69.76~20.04.1"),
        ),
        ("linux-signed-aws", "5.15.0-1031.35", "5.15.0-1031.35", ("linux-aws", "5.15.0-1031.35")),
        ("grub2-signed", "1.187.6~22.04.1", "1.187.6~22.04.1+2.06-2ubuntu14.4", ("grub2", "2.06-2ubuntu14.4")),
        ("shim-signed", "1.51.3", "1.51.3+15.7-0ubuntu1", ("shim", "15.7-0ubuntu1")),
        ("openssl", "3.0.11-1", "3.0.11-1", ("openssl", "3.0.11-1")),
        ("design-tool", "1.0", "1.0", ("design-tool", "1.0")),
        ("osslsigncode", "2.5-4", "2.5-4", ("osslsigncode", "2.5-4")),
    ],
)
def test_signed_sources(source: str, source_version: str, version: str, expected: tuple[str, str]) -> None:
    assert signed_source(source, source_version, version) == expected


# Origin


def origins(**places: Origin) -> Origins:
    """Beside the given ones, three packages of Debian's own."""
    debian = Origin("Debian", "oldstable", "bookworm", carries="same")
    items = (debian, *places.values())
    own = [PackageOrigin(name, (0,)) for name in ("base-files", "dpkg", "libc6")]
    given = [PackageOrigin(name, (at,)) for at, name in enumerate(places, 1)]
    return Origins("deb", items, tuple(sorted([*own, *given], key=lambda one: one.package)), None, 3)


@pytest.mark.parametrize(
    ("origin", "standing"),
    [
        pytest.param(Origin("Debian", "oldstable-security", "bookworm-security", carries="same"), None, id="security"),
        pytest.param(Origin("Debian", "oldstable", "bookworm", carries="newer"), None, id="out-of-date"),
        pytest.param(
            Origin("Debian Backports", "oldstable-backports", "bookworm-backports", carries="same"),
            Standing.FOREIGN,
            id="backports",
        ),
        pytest.param(Origin("Debian", "testing", "forky", carries="same"), Standing.FOREIGN, id="another-release"),
        pytest.param(Origin("LP-PPA-nginx", "jammy", "jammy", carries="same"), Standing.FOREIGN, id="ppa"),
        pytest.param(Origin("", carries="same", site="repo.example"), Standing.FOREIGN, id="unnamed"),
        pytest.param(
            Origin("Debian", "oldstable", "bookworm", local=True, carries="older"), Standing.LOCAL, id="own-build"
        ),
        pytest.param(Origin(local=True), Standing.LOCAL, id="obsolete"),
    ],
)
def test_origin_comes_first(origin: Origin, standing: Standing | None) -> None:
    where = host(DEBIAN, deb("a", "1.0"), origins=origins(a=origin))
    found = opinion(where, feed("debian:12", {"a": [fix("CVE-1", "2.0")]}))
    assert [one.standing for one in found.judged.foreign] == ([standing] if standing else [])
    assert bool(found.judged.by_source) is (standing is None)


@pytest.mark.parametrize(
    ("where", "item", "told"),
    [
        (DEBIAN, deb("a", "1.0-1~bpo12+1"), "backports"),
        (DEBIAN, deb("a", "1.0-1ubuntu2"), "Ubuntu"),
        (DEBIAN, deb("a", "1:1.0-1+rpt1"), "Raspberry Pi"),
        (DEBIAN, deb("a", "16.6-1.pgdg120+1"), "the PostgreSQL project"),
        (UBUNTU, deb("a", "1.0-1~ppa2"), "a PPA"),
        (ALMA, rpm("a", "5.4.1-1.el8.elrepo"), "ELRepo"),
        (ALMA, rpm("a", "1.0-1.el8", vendor="Fedora Project"), "its maker is Fedora Project"),
        (ALMA, rpm("a", "8.2.1-1.el8.remi"), "Remi's repository"),
    ],
)
def test_what_a_package_says_of_itself(where: tuple[str, str], item: Package, told: str) -> None:
    release = f"{where[0]}:{where[1].split('.')[0] if where != UBUNTU else where[1]}"
    found = opinion(host(where, item), feed(release, {"a": [fix("CVE-1", "99")]}))
    assert [told in one.evidence for one in found.judged.foreign] == [True]


@pytest.mark.parametrize(
    ("where", "item"),
    [
        (UBUNTU, deb("a", "1.0-1ubuntu2")),
        (ALMA, rpm("a", "1.0-1.el8", vendor="AlmaLinux")),
        (("rocky", "9.1"), rpm("a", "1.0-1.el9", vendor="Rocky Enterprise Software Foundation")),
        (RHEL, rpm("a", "1.0-1.el8", vendor="Red Hat, Inc.")),
        (SLES, rpm("a", "1.0-1", vendor="SUSE LLC <https://www.suse.com/>")),
        (("opensuse-leap", "15.3"), rpm("a", "1.0-1", vendor="openSUSE")),
    ],
)
def test_the_distributions_own(where: tuple[str, str], item: Package) -> None:
    release = {"ubuntu": "ubuntu:22.04", "almalinux": "almalinux:8", "rocky": "rocky:9", "rhel": "rhel:8"}.get(
        where[0], ":".join(where)
    )
    found = opinion(host(where, item), feed(release, {"a": [fix("CVE-1", "99")]}))
    assert (found.judged.foreign, list(found.judged.by_source)) == ((), ["a"])


def test_a_host_that_lost_its_repositories_is_judged_all_the_same() -> None:
    """Else switching the distribution's repositories off would make every weakness go away."""
    local = Origins("deb", (Origin(local=True),), tuple(PackageOrigin(name, (0,)) for name in ("a", "b", "c")), None, 1)
    items = [deb(name, "1.0") for name in "abc"]
    found = opinion(host(DEBIAN, *items, origins=local), feed("debian:12", {"a": [fix("CVE-1", "2.0")]}))
    assert (found.judged.foreign, found.judged.untold, list(found.judged.by_source)) == ((), 3, ["a"])


def test_alike_is_not_the_same_distribution() -> None:
    raspbian = host(("raspbian", "12"), deb("a", "1.0"))
    found = opinion(Host(raspbian.system, raspbian.packages), feed("debian:12", {"a": [fix("CVE-1", "2.0")]}))
    assert found.matches is None
    assert found.gap is not None
    assert "raspbian:12" in found.gap.observed
