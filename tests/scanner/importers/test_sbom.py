"""SBOMs in the forms that syft, trivy and others write, and what is refused in them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema
import pytest
import referencing

from inventory.facts.packages import Package
from scanner.importers.packages import read_packages
from scanner.importers.purl import NotAPurl, Purl, parse
from scanner.importers.release import release_named, release_of_distro
from scanner.importers.supplied import ImportRefused, SuppliedPackages
from tests import data

SYFT_DEB = (
    "pkg:deb/debian/libssl3@3.0.17-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl",
    "pkg:deb/debian/bsdutils@1:2.38.1-5%2Bdeb12u3?arch=amd64&upstream=util-linux%402.38.1-5%2Bdeb12u3&distro=debian-12",
    "pkg:deb/debian/adduser@3.134?arch=all&distro=debian-12",
)
AS_DEB = (
    Package("adduser", "3.134", "all", "adduser", "3.134"),
    Package("bsdutils", "1:2.38.1-5+deb12u3", "amd64", "util-linux", "2.38.1-5+deb12u3"),
    Package("libssl3", "3.0.17-1~deb12u2", "amd64", "openssl", "3.0.17-1~deb12u2"),
)
TRIVY = "aquasecurity:trivy:"


def component(purl: str, version: str = "1", **properties: str) -> dict[str, Any]:
    own = [{"name": f"{TRIVY}{key}", "value": value} for key, value in properties.items()]
    return {"type": "library", "name": purl.partition("@")[0].rpartition("/")[2], "version": version, "purl": purl} | (
        {"properties": own} if own else {}
    )


def cyclonedx(components: Sequence[Mapping[str, Any]], **others: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": list(components), **others}


def spdx(*packages: Mapping[str, Any]) -> dict[str, Any]:
    return {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": list(packages)}


def referenced(purl: str, version: str = "1", **others: str) -> dict[str, Any]:
    reference = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
    cpe = {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:b"}
    return {"name": "n", "versionInfo": version, "externalRefs": [cpe, reference], **others}


def read(document: Mapping[str, Any]) -> SuppliedPackages:
    return read_packages(json.dumps(document, indent=1).encode(), "sbom.json")


SYSTEM = {"type": "operating-system", "name": "debian", "version": "12.11"}
TRIVY_DEB = cyclonedx(
    [
        SYSTEM,
        component(
            "pkg:deb/debian/libssl3@3.0.17-1~deb12u2?arch=amd64&distro=debian-12.11",
            "3.0.17-1~deb12u2",
            SrcName="openssl",
            SrcVersion="3.0.17",
            SrcRelease="1~deb12u2",
        ),
        component(
            "pkg:deb/debian/bsdutils@2.38.1-5%2Bdeb12u3?arch=amd64&distro=debian-12.11&epoch=1",
            "1:2.38.1-5+deb12u3",
            SrcName="util-linux",
            SrcVersion="2.38.1",
            SrcRelease="5+deb12u3",
        ),
        component("pkg:deb/debian/adduser@3.134?arch=all&distro=debian-12.11", SrcName="adduser", SrcVersion="3.134"),
    ],
    metadata={"component": {"type": "container", "name": "host"}},
)
ALL_AS_DEB = {
    "syft, CycloneDX": cyclonedx([component(purl) for purl in SYFT_DEB]),
    "nested": cyclonedx([{"type": "platform", "name": "os", "components": [component(purl) for purl in SYFT_DEB]}]),
    "trivy, CycloneDX": TRIVY_DEB,
    "syft, SPDX 2": spdx(*map(referenced, SYFT_DEB)),
    "trivy, SPDX 2": spdx(
        {"name": "debian", "versionInfo": "12.11", "primaryPackagePurpose": "OPERATING-SYSTEM"},
        referenced("pkg:deb/debian/adduser@3.134?arch=all", sourceInfo="built package from: adduser 3.134"),
        referenced(
            "pkg:deb/debian/bsdutils@2.38.1-5%2Bdeb12u3?arch=amd64&epoch=1",
            sourceInfo="built package from: util-linux 2.38.1-5+deb12u3",
        ),
        referenced(
            "pkg:deb/debian/libssl3@3.0.17-1~deb12u2?arch=amd64",
            sourceInfo="built package from: openssl 3.0.17-1~deb12u2",
        ),
    ),
    "SPDX 3": {
        "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
        "@graph": [
            {"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1"},
            {
                "type": "software_Package",
                "name": "debian",
                "software_packageVersion": "12",
                "software_primaryPurpose": "operatingSystem",
            },
            {"type": "software_Package", "software_packageUrl": SYFT_DEB[0]},
            {
                "type": "software_Package",
                "externalIdentifier": [
                    {"externalIdentifierType": "cpe23", "identifier": "cpe:2.3:a"},
                    {"externalIdentifierType": "packageUrl", "identifier": SYFT_DEB[1]},
                ],
            },
            {"type": "software_Package", "software_packageUrl": SYFT_DEB[2]},
        ],
    },
}


@pytest.mark.parametrize("name", ALL_AS_DEB)
def test_one_debian_in_every_form(name: str) -> None:
    found = read(ALL_AS_DEB[name])
    assert found.packages.items == AS_DEB
    assert (found.packages.manager, found.packages.unknown) == ("deb", ())
    assert (found.release, found.running_kernel) == ("debian:12", None)
    assert found.format.startswith(name.rpartition(", ")[2].replace("nested", "CycloneDX"))
    assert all("entries were not read" in note for note in found.notes)


@pytest.mark.data
@pytest.mark.parametrize("schema", ["bom-1.6.schema.json", "bom-1.7.schema.json"])
def test_the_cyclonedx_of_these_tests_is_cyclonedx(schema: str) -> None:
    folder = data.folder() / "schemas" / "cyclonedx"
    files = {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}
    registry: referencing.Registry[Any] = referencing.Registry().with_resources(
        [(file["$id"], referencing.Resource.from_contents(file)) for file in files.values()]
    )
    validator = jsonschema.Draft7Validator(files[schema], registry=registry)
    version = schema.split("-")[1].removesuffix(".schema.json")
    for document in (d for d in ALL_AS_DEB.values() if "bomFormat" in d):
        assert [error.message for error in validator.iter_errors({**document, "specVersion": version})] == []
    assert not validator.is_valid({**TRIVY_DEB, "components": 1})


RPM = "pkg:rpm/{}@{}?arch=x86_64&distro={}{}"


@pytest.mark.parametrize(
    ("purl", "own_version", "release", "expected"),
    [
        (
            RPM.format(
                "rocky/openssl-libs", "3.0.7-24.el9", "rocky-9.3", "&epoch=1&upstream=openssl-3.0.7-24.el9.src.rpm"
            ),
            "1:3.0.7-24.el9",
            "rocky:9",
            ("openssl-libs", "1:3.0.7-24.el9", "openssl-3.0.7-24.el9.src.rpm", ""),
        ),
        (
            RPM.format("redhat/openssl-libs", "3.0.7-24.el9", "redhat-9.3", ""),
            "1:3.0.7-24.el9",
            "rhel:9",
            ("openssl-libs", "1:3.0.7-24.el9", "", ""),
        ),
        (
            RPM.format("alma/nodejs", "18.17.1-1", "alma-8.9", "&epoch=1&modularitylabel=nodejs:18:80900:a75119d5"),
            "18.17.1-1",
            "almalinux:8",
            ("nodejs", "1:18.17.1-1", "", "nodejs:18:80900:a75119d5"),
        ),
        (
            RPM.format("amazon/x", "32:1-1", "amazon-2%20%28Karoo%29", ""),
            "1",
            "amzn:2",
            ("x", "32:1-1", "", ""),
        ),
        (
            RPM.format("opensuse/zypper", "1.14.42-2", "opensuse-leap-15.5", ""),
            "1",
            "opensuse-leap:15.5",
            ("zypper", "1.14.42-2", "", ""),
        ),
    ],
)
def test_rpm(purl: str, own_version: str, release: str, expected: tuple[str, ...]) -> None:
    found = read(cyclonedx([component(purl, own_version)]))
    package = found.packages.items[0]
    assert (package.name, package.version, package.source, package.module) == expected
    assert (found.release, found.packages.manager, found.packages.unknown) == (release, "rpm", ())


def test_trivys_properties_of_an_rpm_give_its_source() -> None:
    properties = {"SrcName": "openssl", "SrcVersion": "3.0.7", "SrcRelease": "24.el9", "SrcEpoch": "1"}
    found = read(
        cyclonedx([component(RPM.format("rocky/openssl-libs", "3.0.7-24.el9", "rocky-9.3", "&epoch=1"), **properties)])
    )
    assert found.packages.items[0].source == "openssl-3.0.7-24.el9.src.rpm"


def test_rpms_without_any_epoch() -> None:
    """Real hosts of Red Hat's family have dozens; SUSE's have none."""
    found = read(cyclonedx([component(RPM.format("rocky/bash", "5.1.8-6.el9", "rocky-9.3", ""))]))
    assert found.packages.unknown == ("epoch",)
    assert "has an epoch" in found.notes[0]


def test_alpine_with_the_release_alone_in_the_qualifier() -> None:
    found = read(cyclonedx([component("pkg:apk/alpine/libssl3@3.1.4-r2?arch=x86_64&distro=3.19.0&upstream=openssl")]))
    assert found.packages.items == (Package("libssl3", "3.1.4-r2", "x86_64", "openssl", ""),)
    assert found.release == "alpine:3.19"


def test_what_an_sbom_does_not_tell() -> None:
    found = read(cyclonedx([component("pkg:deb/debian/libssl3@3.0.17-1"), component("pkg:npm/left-pad@1.0.0")]))
    assert found.packages.items == (Package("libssl3", "3.0.17-1", "", "", ""),)
    assert found.packages.unknown == ("source",)
    assert found.release is None
    assert [note.split(" ", 4)[:4] for note in found.notes] == [
        ["The", "SBOM", "names", "no"],
        ["1", "entries", "were", "not"],
        ["The", "SBOM", "names", "no"],
    ]


def test_a_release_that_is_not_known_is_told() -> None:
    found = read(cyclonedx([component("pkg:deb/devuan/a1@1?distro=devuan-5&upstream=b")]))
    assert found.release is None
    assert found.notes == ("The SBOM names a release that is not known here: 'devuan-5'.",)


def test_source_packages_are_not_installed() -> None:
    purls = ["pkg:deb/debian/openssl@3.0.17-1?arch=source", "pkg:rpm/rocky/a@1-1?arch=src", SYFT_DEB[0]]
    assert [p.name for p in read(cyclonedx([component(purl) for purl in purls])).packages.items] == ["libssl3"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (cyclonedx([]), "the list names no package (CycloneDX as JSON); supply it again"),
        (cyclonedx([component("pkg:npm/left-pad@1.0.0")]), "the list names no package"),
        (spdx(), "the list names no package (SPDX 2 as JSON)"),
        ({"@context": "https://spdx.org/x", "@graph": []}, "the list names no package (SPDX 3 as JSON)"),
        ({"bomFormat": "SPDX"}, "is JSON, but neither CycloneDX nor SPDX"),
        (cyclonedx([component("deb/debian/a@1")]), "components[0]: the purl 'deb/debian/a@1' does not begin with pkg:"),
        (
            cyclonedx([SYSTEM, component("pkg:deb/debian/a1")]),
            "components[1]: the purl 'pkg:deb/debian/a1' has no name or no version",
        ),
        (cyclonedx([component("pkg:deb/debian/a%20b@1")]), "'a b' is no name of a package"),
        (cyclonedx([component("pkg:deb/debian/ab@1%0a2")]), "is no version of a package"),
        (cyclonedx([{"purl": 1}]), "components[0].purl is no text; correct the file"),
        (cyclonedx([{"properties": {}}]), "components[0].properties is no list; correct the file"),
        (cyclonedx([{"components": ["x"]}]), "components[0].components[0] is no object; correct the file"),
        ({"bomFormat": "CycloneDX", "components": {}}, "components is no list"),
        (
            spdx({"externalRefs": [{"referenceType": "purl", "referenceLocator": []}]}),
            "packages[0].externalRefs[0].referenceLocator is no text",
        ),
        (
            cyclonedx([component(SYFT_DEB[0]), component("pkg:deb/debian/a1@1?distro=debian-11")]),
            "has packages of several releases (debian:11, debian:12); supply one file for each host",
        ),
        (
            cyclonedx([component(SYFT_DEB[0]), component("pkg:apk/alpine/musl@1-r0")]),
            "has packages of several package managers (apk, deb); supply one file for each host",
        ),
    ],
)
def test_what_is_refused(document: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        read(document)
    assert str(refusal.value).startswith("sbom.json: ")
    assert message in str(refusal.value)


def test_components_may_not_be_endlessly_deep() -> None:
    inner: dict[str, Any] = component(SYFT_DEB[0])
    for _ in range(25):
        inner = {"type": "library", "name": "x", "components": [inner]}
    with pytest.raises(ImportRefused, match="has components more than 20 deep"):
        read(cyclonedx([inner]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie", ("deb", "debian", "curl", "7.50.3-1")),
        ("PKG:RPM/Fedora/curl@7.50.3-1.fc25?arch=i386#sub/path", ("rpm", "fedora", "curl", "7.50.3-1.fc25")),
        ("pkg://apk/alpine/curl@7.83.0-r0", ("apk", "alpine", "curl", "7.83.0-r0")),
        ("pkg:rpm/libstdc%2B%2B@8.5.0-20.el8", ("rpm", "", "libstdc++", "8.5.0-20.el8")),
        ("pkg:deb/debian/a1@1%3A2%2Bb1?x", ("deb", "debian", "a1", "1:2+b1")),
        ("pkg:rpm/a/b/c@1-1", ("rpm", "a/b", "c", "1-1")),
    ],
)
def test_purl(text: str, expected: tuple[str, ...]) -> None:
    found = parse(text)
    assert isinstance(found, Purl)
    assert (found.manager, found.namespace, found.name, found.version) == expected


@pytest.mark.parametrize("text", ["", "x", "pkg", "http://a/b@1", "pkg:deb/debian/@1", "pkg:deb/a1@", "pkg:apk"])
def test_no_purl(text: str) -> None:
    with pytest.raises(NotAPurl):
        parse(text)


@pytest.mark.parametrize("text", ["pkg:npm/%40angular/core@1", "pkg:oci/x@sha256:1", "pkg:generic/x"])
def test_purls_of_other_kinds(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("name", "version", "release"),
    [
        ("debian", "12.11", "debian:12"),
        ("Ubuntu", "22.04", "ubuntu:22.04"),
        ("redhat", "8.10", "rhel:8"),
        ("alma", "9.3", "almalinux:9"),
        ("oracle", "8.9", "ol:8"),
        ("suse linux enterprise server", "15.5", "sles:15.5"),
        ("opensuse.leap", "15.5", "opensuse-leap:15.5"),
        ("alpine", "3.19.1", "alpine:3.19"),
        ("debian", "trixie/sid", None),
        ("debian", "", None),
        ("debian", "\u0661\u0662", None),
        ("slackware", "15", None),
    ],
)
def test_releases(name: str, version: str, release: str | None) -> None:
    assert release_named(name, version) == release
    assert version.count("/") or not version or release_of_distro(f"{name}-{version}", "") == release
