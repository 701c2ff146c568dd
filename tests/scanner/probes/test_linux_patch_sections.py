"""The sections on origins and extended support run on made-up trees, in every shell that is here."""

from pathlib import Path

import pytest

from inventory.facts.entitlements import Entitlements
from inventory.facts.missing import Reason
from inventory.facts.origins import Origin, Origins
from scanner.probes import PROBES
from tests.scanner.probes.test_linux_system_sections import (
    IS_ROOT,
    SHELLS,
    Tree,
    in_every_shell,
    on_dpkg,
    parsed,
    reason,
    run,
)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path, tools=("awk", "cat", "grep", "head", "id", "sed", "stat", "tr"))


def entitlements(tree: Tree, shell: list[str]) -> Entitlements:
    fact = parsed(tree.answer("entitlements", shell))
    assert isinstance(fact, Entitlements), fact
    return fact


def origins(tree: Tree, shell: list[str]) -> Origins:
    fact = parsed(tree.answer("origins", shell))
    assert isinstance(fact, Origins), fact
    return fact


# ------------------------------------------------------------------ where packages come from

DPKG = "printf 'ii  %s\\n' bash php8.3-cli tool libc6:i386 jenkins mine orphan; echo 'rc  gone'"
POLICY = """[ "$1" = policy ] || [ "$3" = policy ] || exit 100
case " $* " in *" gone "*) echo "asked for a removed package" >&2; exit 1 ;; esac
cat <<'END'
bash:
  Installed: 5.1-6
  Candidate: 5.1-6.1
  Version table:
     5.2-1 100
        100 http://archive.example/ubuntu jammy-backports/universe amd64 Packages
     5.1-6.1 500
        500 http://archive.example/ubuntu jammy-updates/main amd64 Packages
        500 https://esm.ubuntu.com/infra/ubuntu jammy-infra-security/main amd64 Packages
 *** 5.1-6 100
        100 /var/lib/dpkg/status
     5.0-1 500
        500 http://archive.example/ubuntu jammy/main amd64 Packages
php8.3-cli:
  Installed: 8.3.6-1
  Candidate: 8.3.6-1
  Package pin: 8.3.6-1
  Version table:
 *** 8.3.6-1 1001
       1001 https://ppa.launchpadcontent.net/ondrej/php/ubuntu jammy/main amd64 Packages
       1001 https://ppa.launchpadcontent.net/ondrej/php/ubuntu jammy/main i386 Packages
        100 /var/lib/dpkg/status
     8.1.2-1 500
        500 http://archive.example/ubuntu jammy/main amd64 Packages
tool:
  Installed: 9.0-1
  Candidate: 9.0-1
  Version table:
 *** 9.0-1 100
        100 /var/lib/dpkg/status
     2.0-1 500
        500 http://archive.example/ubuntu jammy/main amd64 Packages
libc6:i386:
  Installed: 2.35-1
  Candidate: 2.35-1
  Version table:
 *** 2.35-1 500 (phased 10%)
        500 http://archive.example/ubuntu jammy/main i386 Packages
        100 /var/lib/dpkg/status
jenkins:
  Installed: 2.440
  Candidate: 2.440
  Version table:
 *** 2.440 500
        500 https://user:s3cret@pkg.example.io/debian_stable binary/ Packages
        100 /var/lib/dpkg/status
mine:
  Installed: 1
  Candidate: 1
  Version table:
 *** 1 500
        500 file:/srv/repo ./ Packages
        500 mirror+file:/etc/apt/mirrors/debian.list jammy/main amd64 Packages
        100 /var/lib/dpkg/status
orphan:
  Installed: 1
  Candidate: 1
  Version table:
 *** 1 100
        100 /var/lib/dpkg/status
END
"""
RELEASES = {
    "archive.example_ubuntu_dists_jammy_InRelease": "Origin: Ubuntu\nLabel: Ubuntu\nSuite: jammy\nCodename: jammy\n",
    "archive.example_ubuntu_dists_jammy-updates_InRelease": "Origin: Ubuntu\nLabel: Ubuntu\nSuite: jammy-updates\n",
    "esm.ubuntu.com_infra_ubuntu_dists_jammy-infra-security_InRelease": (
        "Origin: UbuntuESM\nSuite: jammy-infra-security\n"
    ),
    "ppa.launchpadcontent.net_ondrej_php_ubuntu_dists_jammy_InRelease": "Origin: LP-PPA-ondrej-php\nLabel: *** PHP\n",
    "pkg.example.io_debian%5fstable_binary_Release": "Origin: jenkins.io\nSuite: binary\n",
    "_srv_repo_._Release": "Origin: nothing\n",
    "_etc_apt_mirrors_debian.list_dists_jammy_InRelease": "Origin: Mirrored\n",
}


@in_every_shell
def test_origins_of_apt(tree: Tree, shell: list[str]) -> None:
    tree.file("var/lib/dpkg/status", "Package: bash\n")
    tree.tool("dpkg-query", DPKG)
    tree.tool("apt-cache", POLICY)
    for name, text in RELEASES.items():
        head = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" if name.endswith("InRelease") else ""
        tree.file(f"var/lib/apt/lists/{name}", head + text + "SHA256:\n aaa 1 x\n")
    tree.file("var/lib/apt/lists/archive.example_ubuntu_dists_jammy_main_binary-amd64_Packages", "")
    answer = tree.answer("origins", shell)
    assert b"s3cret" not in answer.output
    fact = origins(tree, shell)
    assert fact.manager == "deb"
    assert fact.repositories == 1
    assert fact.changed_at
    updates = Origin("Ubuntu", "jammy-updates", "", "Ubuntu", "main", "archive.example", carries="newer")
    esm = Origin("UbuntuESM", "jammy-infra-security", "", "", "main", "esm.ubuntu.com", carries="newer")
    assert fact.all_of("bash") == (updates, esm)
    ppa = Origin("LP-PPA-ondrej-php", "", "", "*** PHP", "main", "ppa.launchpadcontent.net", carries="same")
    assert fact.all_of("php8.3-cli") == (ppa,)
    ubuntu = Origin("Ubuntu", "jammy", "jammy", "Ubuntu", "main", "archive.example", local=True, carries="older")
    assert fact.of("tool") == ubuntu
    assert fact.of("libc6") == Origin("Ubuntu", "jammy", "jammy", "Ubuntu", "main", "archive.example", carries="same")
    assert fact.of("jenkins") == Origin("jenkins.io", "binary", "", "", "", "pkg.example.io", carries="same")
    assert [one.origin for one in fact.all_of("mine")] == ["nothing", "Mirrored"]
    assert fact.of("orphan") == Origin(local=True)
    assert fact.of("gone") is None


@in_every_shell
def test_without_package_lists_no_origin_is_told(tree: Tree, shell: list[str]) -> None:
    """A container image whose lists were deleted: everything would look local."""
    tree.file("var/lib/dpkg/status", "Package: bash\n")
    tree.tool("dpkg-query", "echo 'ii  bash'")
    tree.tool("apt-cache", "printf 'bash:\\n  Version table:\\n *** 1 100\\n        100 /var/lib/dpkg/status\\n'")
    fact = origins(tree, shell)
    assert (fact.repositories, fact.by_package, fact.of("bash")) == (0, (), None)


@in_every_shell
def test_an_apt_that_fails_is_not_an_empty_list(tree: Tree, shell: list[str]) -> None:
    tree.file("var/lib/dpkg/status", "Package: bash\n")
    tree.file("var/lib/apt/lists/x_Packages", "")
    tree.tool("dpkg-query", "echo 'ii  bash'")
    tree.tool("apt-cache", "exit 100")
    assert reason(parsed(tree.answer("origins", shell))) is Reason.OUTPUT_UNREADABLE


# Answers as rpm does: an unknown tag fails the whole query.
RPM = r"""if [ "$1" = --querytags ]; then cat "${0%rpm}tags"; exit 0; fi
for tag in $(printf '%s' "$3" | grep -oE '[A-Z0-9]+\??[:}]' | tr -d '{}:?'); do
  grep -qx "$tag" "${0%rpm}tags" || { echo "error: incorrect format: unknown tag: $tag" >&2; exit 1; }
done
signed='(none)'
case "$3" in *RSAHEADER*) signed='RSA/SHA256, Thu Apr  6 10:00:00 2023, Key ID 199E2F91FD431D51' ;; esac
printf 'bash\t1700000000\tRed Hat, Inc.\tRed Hat Enterprise Linux\t%s\n' "$signed"
printf 'gpg-pubkey\t1800000000\t(none)\t(none)\t(none)\n'
printf 'mine\t1650000000\t(none)\t(none)\t(none)\n'
print='c6e7f081cf80e13146676e88829b606631645531'
printf 'new\t1600000000\tFedora Project\tFedora Project\tRSA/SHA512, x, Key Fingerprint: %s\n' $print
"""


@in_every_shell
@pytest.mark.parametrize(
    ("tags", "key"),
    [
        pytest.param(("DSAHEADER", "RSAHEADER", "SIGGPG", "SIGPGP"), "199e2f91fd431d51", id="EL 6 to 10"),
        pytest.param(("DSAHEADER", "OPENPGP", "RSAHEADER", "SIGGPG", "SIGPGP"), "199e2f91fd431d51", id="rpm 6"),
        pytest.param((), "", id="no signature tag"),
    ],
)
def test_makers_of_rpm(tree: Tree, shell: list[str], tags: tuple[str, ...], key: str) -> None:
    tree.tool("rpm", RPM)
    tree.file("bin/tags", "\n".join(("NAME", "INSTALLTIME", "VENDOR", "DISTRIBUTION", *tags)) + "\n")
    fact = origins(tree, shell)
    assert (fact.manager, fact.changed_at) == ("rpm", 1_700_000_000)
    assert fact.of("bash") == Origin(label="Red Hat Enterprise Linux", vendor="Red Hat, Inc.", key=key)
    assert fact.of("mine") == Origin(local=True)
    assert fact.of("new") == Origin(label="Fedora Project", vendor="Fedora Project", key="829b606631645531")
    assert fact.of("gpg-pubkey") is None


@in_every_shell
def test_an_rpm_that_fails_is_not_an_empty_list(tree: Tree, shell: list[str]) -> None:
    tree.tool("rpm", "[ $1 = --querytags ] || exit 1")
    assert reason(parsed(tree.answer("origins", shell))) is Reason.OUTPUT_UNREADABLE


@on_dpkg
def test_this_machine_says_the_same_to_everybody() -> None:
    answers = [parsed(run("origins", SHELLS[0], plain=plain)) for plain in (not IS_ROOT, True)]
    assert answers[0] == answers[1]
    assert isinstance(answers[0], Origins)
    if answers[0].repositories:
        assert answers[0].of("dpkg") is not None


# ------------------------------------------------------------------ what still runs from a replaced file

MAPS = """55d0-55d1 r--p 00000000 fe:01 1311                       /usr/bin/dockerd (deleted)
55d1-55d2 r-xp 00001000 fe:01 1311                       /usr/bin/dockerd (deleted)
7f02-7f03 r-xp 00001000 fe:01 1400                       /usr/lib/libz.so.1.2.13 (deleted)
7f03-7f04 r-xp 00001000 00:01 1                          /memfd:jit (deleted)
7f04-7f05 r-xp 00001000 00:01 1                          /home/u/usr/tool (deleted)
7f05-7f06 r-xp 00001000 fe:01 1401                       /usr/bin/containerd
"""


@pytest.mark.skipif(not IS_ROOT, reason="needs root: the section refuses a plain user")
@in_every_shell
def test_a_program_that_was_replaced_still_runs(tree: Tree, shell: list[str]) -> None:
    tree.file("proc/700/comm", "dockerd\n")
    tree.file("proc/700/maps", MAPS)
    items = parsed(tree.answer("stale_libraries", shell)).items
    assert [(item.command, item.library) for item in items] == [
        ("dockerd", "/usr/bin/dockerd"),
        ("dockerd", "/usr/lib/libz.so.1.2.13"),
    ]


REPLACED = """7f01-7f02 r-xp 00001000 fe:01 1311 /usr/lib/libssl.so.3;5f1e2d3c (deleted)
7f02-7f03 r-xp 00001000 fe:01 1400 /usr/lib/libz.so.1.2.13 (deleted)
7f03-7f04 r-xp 00001000 fe:01 1401 /usr/lib/lib$(reboot)*.so (deleted)
7f04-7f05 r-xp 00001000 fe:01 1401 /tmp/lib1.so (deleted)
"""


@pytest.mark.skipif(not IS_ROOT, reason="needs root: the section refuses a plain user")
@pytest.mark.parametrize("manager", ["dpkg", "rpm"])
@in_every_shell
def test_the_owner_of_a_replaced_library_is_told(tree: Tree, shell: list[str], manager: str) -> None:
    """By its path and by the link it was loaded through; names that a shell or a pattern could read are not asked."""
    asked = tree.root / "asked"
    tree.file("proc/700/comm", "nginx\n")
    tree.file("proc/700/maps", REPLACED)
    tree.file("proc/701/comm", "in-a-container\n")
    tree.file("proc/701/maps", REPLACED)
    tree.file("proc/701/root/etc/os-release", "ID=alpine\n")
    if manager == "dpkg":
        tree.file("var/lib/dpkg/status", "Package: bash\n")
        found = "libssl3:amd64: /usr/lib/libssl.so.3\nzlib1g:amd64: /lib/libz.so.1"
        tree.tool("dpkg-query", f"echo \"$@\" >>'{asked}'; echo '{found}'; exit 1")
    else:
        known = "*libssl.so.3) echo openssl-libs: $4 ;; *libz.so.1) echo zlib: $4 ;; *) echo file $4 is not owned by x"
        tree.tool("rpm", f"echo \"$4\" >>'{asked}'; case $4 in {known}; exit 1 ;; esac")
    items = parsed(tree.answer("stale_libraries", shell)).items
    ssl, zlib = ("libssl3", "zlib1g") if manager == "dpkg" else ("openssl-libs", "zlib")
    told = {(item.command, item.library): item.package for item in items}
    assert told["nginx", "/usr/lib/libssl.so.3"] == ssl
    assert told["nginx", "/usr/lib/libz.so.1.2.13"] == zlib
    assert told["nginx", "/usr/lib/lib$(reboot)*.so"] == ""
    assert {package for (command, _), package in told.items() if command == "in-a-container"} == {""}
    words = asked.read_text().split()
    assert not any("reboot" in word or "/tmp" in word for word in words)
    assert len(words) == len(set(words))


@pytest.mark.skipif(not IS_ROOT, reason="needs root: the section refuses a plain user")
def test_owners_are_asked_of_fifty_files_at_most(tree: Tree) -> None:
    tree.file("proc/700/comm", "java\n")
    tree.file("proc/700/maps", "".join(f"7f r-xp 0 fe:01 1 /opt/x/lib{n}.so (deleted)\n" for n in range(400)))
    tree.file("var/lib/dpkg/status", "Package: bash\n")
    tree.tool("dpkg-query", f"shift; for one in \"$@\"; do echo $one; done >'{tree.root / 'asked'}'")
    assert len(parsed(tree.answer("stale_libraries", SHELLS[0])).items) == 400
    assert len((tree.root / "asked").read_text().split()) == 50


# ------------------------------------------------------------------ extended support

PRO = """{"_schema_version": "0.1", "account": {"name": "Somebody", "id": "a"}, "attached": true,
 "config": {"ua_config": {"http_proxy": "http://u:s3cret@proxy"}}, "expires": "2027-03-01T00:00:00+00:00",
 "services": [
  {"available": "yes", "blocked_by": [{"name": "fips", "reason": "no \\"way\\", [see: {docs}]"}], "description": "x: y",
   "description_override": null, "entitled": "yes", "name": "esm-infra", "status": "enabled"},
  {"name": "esm-apps", "entitled": "yes", "status": "disabled"},
  {"name": "livepatch", "entitled": "yes", "status": "warning"},
  {"name": "ros", "entitled": "no", "status": "enabled"}],
 "simulated": false}"""


def ubuntu(tree: Tree) -> None:
    tree.file("var/lib/dpkg/status", "Package: bash\n")
    tree.file("etc/os-release", 'ID=ubuntu\nVERSION_CODENAME="jammy"\n')


def names(fact: Entitlements) -> dict[str, bool]:
    return {item.name: item.active for item in fact.items}


@in_every_shell
def test_ubuntu_pro(tree: Tree, shell: list[str]) -> None:
    ubuntu(tree)
    tree.file("var/lib/ubuntu-advantage/status.json", PRO)
    answer = tree.answer("entitlements", shell)
    assert b"s3cret" not in answer.output
    assert b"Somebody" not in answer.output
    fact = entitlements(tree, shell)
    assert names(fact) == {"esm-apps": False, "esm-infra": True, "livepatch": False}
    assert fact.active == {"esm-infra"}
    assert {item.until for item in fact.items} == {"2027-03-01"}


@in_every_shell
def test_ubuntu_without_pro(tree: Tree, shell: list[str]) -> None:
    """A host that is not attached lists what it could have; its sources of ESM have no log-in."""
    ubuntu(tree)
    offered = '{"attached": false, "expires": "n/a", "services": [{"available": "yes", "name": "esm-infra"}]}'
    tree.file("var/lib/ubuntu-advantage/status.json", offered)
    assert entitlements(tree, shell) == Entitlements(())
    esm = (
        "deb https://esm.ubuntu.com/infra/ubuntu jammy-infra-security main\n# deb https://x/ jammy-apps-security main\n"
    )
    tree.file("etc/apt/sources.list.d/ubuntu-esm-infra.list", esm)
    assert names(entitlements(tree, shell)) == {"esm-infra": False}
    tree.file("etc/apt/auth.conf.d/90ubuntu-advantage", "machine esm.ubuntu.com login bearer password s3cret\n", 0o600)
    assert names(entitlements(tree, shell)) == {"esm-infra": True}
    assert b"s3cret" not in tree.answer("entitlements", shell).output


DEB822 = """# a comment
Types: deb deb-src
URIs: http://deb.example/debian http://other.example/debian
Suites: bullseye
 bullseye-security
Components: main

Types: deb
URIs: https://u:s3cret@deb.freexian.com/extended-lts
Suites: buster-lts
Enabled: no

Types: deb
URIs: https://deb.freexian.com/extended-lts
Suites: bullseye-lts
"""


@in_every_shell
def test_long_term_support_of_debian(tree: Tree, shell: list[str]) -> None:
    tree.file("var/lib/dpkg/status", "Package: bash\n")
    tree.file("etc/os-release", "ID=debian\nVERSION_CODENAME=bullseye\n")
    tree.file(
        "etc/apt/sources.list", "deb [arch=amd64] https://repo.tuxcare.com/debian11-els/T0KEN/updates stable main\n"
    )
    tree.file("etc/apt/sources.list.d/debian.sources", DEB822)
    answer = tree.answer("entitlements", shell)
    assert b"s3cret" not in answer.output
    assert b"T0KEN" not in answer.output
    fact = entitlements(tree, shell)
    assert names(fact) == {"debian-lts": True, "elts": True, "tuxcare-els": True}
    assert "bullseye-lts" in next(item.evidence for item in fact.items if item.name == "elts")
    tree.file("etc/os-release", "ID=debian\nVERSION_CODENAME=trixie\n")  # the old suite serves another release
    assert "debian-lts" not in names(entitlements(tree, shell))


REDHAT = """[rhel-8-for-x86_64-baseos-rpms]
baseurl = https://cdn.redhat.com/content/dist/rhel8/8.6/x86_64/baseos/os
enabled = 0
sslclientkey = /etc/pki/entitlement/123-key.pem

[rhel-8-for-x86_64-baseos-eus-rpms]
baseurl = https://cdn.redhat.com/content/eus/rhel8/8.6/x86_64/baseos/os
enabled = 1

[rhel-8-for-x86_64-baseos-eus-source-rpms]
baseurl = https://cdn.redhat.com/content/eus/rhel8/8.6/x86_64/baseos/source/SRPMS
enabled = 1

[rhel-8-for-x86_64-baseos-e4s-rpms]
baseurl = https://cdn.redhat.com/content/e4s/rhel8/8.6/x86_64/baseos/os
enabled = 0
"""
MONGODB = "[mongodb]\nbaseurl=https://u:s3cret@repo.mongodb.org/yum/redhat/8/mongodb-org/7.0/x86_64/\n"


@in_every_shell
def test_extended_updates_of_red_hat(tree: Tree, shell: list[str]) -> None:
    tree.tool("rpm", "exit 0")
    tree.file("etc/yum.repos.d/redhat.repo", REDHAT)
    tree.file("etc/yum.repos.d/mongodb.repo", MONGODB)
    tree.file("sys/kernel/livepatch/kpatch_4_18_0_372/enabled", "1\n")
    tree.file("sys/kernel/livepatch/kpatch_old/enabled", "0\n")
    fact = entitlements(tree, shell)
    assert names(fact) == {"eus:8.6": True, "live-patch": True}
    assert fact.release_pin == "8.6"
    assert "kpatch_old" not in str(fact)
    assert b"s3cret" not in tree.answer("entitlements", shell).output


@in_every_shell
def test_a_pinned_release(tree: Tree, shell: list[str]) -> None:
    tree.tool("rpm", "exit 0")
    tree.file("etc/dnf/vars/releasever", "8.4\n")
    tree.file(
        "etc/yum.repos.d/rhui.repo",
        "[rhel-8-for-x86_64-baseos-eus-rhui-rpms]\nmirrorlist=https://rhui.example/pulp/mirror/content/eus/$releasever\n",
    )
    tree.file("etc/yum.repos.d/mongodb.repo", MONGODB)
    fact = entitlements(tree, shell)
    assert (names(fact), fact.release_pin) == ({"eus:8.4": True}, "8.4")


@in_every_shell
def test_extended_life_of_other_families(tree: Tree, shell: list[str]) -> None:
    tree.tool("rpm", "exit 0")
    tree.file(
        "etc/yum.repos.d/redhat.repo", "[rhel-7-server-els-rpms]\nenabled=1\nbaseurl=https://cdn.redhat.com/content/\n"
    )
    tree.file(
        "etc/yum.repos.d/centos7-els.repo", "[centos7-els]\nbaseurl=https://repo.tuxcare.com/centos7-els/T0K/updates/\n"
    )
    tree.file("etc/yum.repos.d/lts.repo", "[lts-8.6]\nbaseurl=https://depot.ciq.com/x\n[off]\nenabled=0\n")
    tree.file("proc/modules", "ksplice_abc_vmlinux 16384 0 - Live 0x0\n")
    fact = entitlements(tree, shell)
    assert names(fact) == {"els": True, "ksplice": True, "lts": True, "tuxcare-els": True}
    assert "T0K" not in str(fact)


@in_every_shell
def test_long_term_support_of_suse(tree: Tree, shell: list[str]) -> None:
    tree.tool("rpm", "exit 0")
    tree.file("etc/products.d/SLES-LTSS.prod", "<product/>")
    tree.file("etc/products.d/SLES.prod", "<product/>")
    assert names(entitlements(tree, shell)) == {"ltss": False}
    service = "SUSE_Linux_Enterprise_Server_LTSS_15_SP3_x86_64:SLE-Product-SLES15-SP3-LTSS"
    tree.file(
        "etc/zypp/repos.d/ltss.repo",
        f"[{service}-Debuginfo-Updates]\nenabled=1\n[{service}-Updates]\nenabled=1\nbaseurl=https://updates.suse.com/S/x?T0KEN\n",
    )
    fact = entitlements(tree, shell)
    assert names(fact) == {"ltss": True}
    assert "T0KEN" not in str(fact)


@in_every_shell
def test_a_repository_file_that_may_not_be_read(tree: Tree, shell: list[str]) -> None:
    tree.tool("rpm", "exit 0")
    tree.file("etc/yum.repos.d/private.repo", "[x]\n", 0o000)
    assert reason(parsed(tree.answer("entitlements", shell, plain=True))) is Reason.PRIVILEGE_TOO_LOW


def test_neither_section_needs_root() -> None:
    assert {PROBES[name].privilege.value for name in ("origins", "entitlements")} == {"user"}
