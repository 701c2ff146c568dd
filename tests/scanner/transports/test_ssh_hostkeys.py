"""known_hosts files, and what is said of the key a host presents."""

import base64
import hashlib
import hmac
import subprocess
from pathlib import Path

import pytest

from inventory.facts.missing import Reason
from scanner.query import HostKey
from scanner.transports.ssh_hostkeys import Trust, fingerprint, lookup_name, read_known_hosts, wanted_types
from scanner.transports.ssh_wire import Fault
from tests.lab.sshd import keygen, need_sshd, public_key


def key(kind: str = "ssh-ed25519", seed: bytes = b"\x01") -> HostKey:
    blob = len(kind).to_bytes(4, "big") + kind.encode() + b"\0\0\0\x20" + seed * 32
    return HostKey(kind, base64.b64encode(blob).decode())


A, B, RSA = key(), key(seed=b"\x02"), key("ssh-rsa")


def hashed(name: str, salt: bytes = b"salt of 20 bytes ...") -> str:
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize(
    ("names", "address", "port", "covered"),
    [
        pytest.param("web1", "web1", 22, True, id="plain"),
        pytest.param("web1", "WEB1", 22, True, id="case of the name"),
        pytest.param("web1", "web2", 22, False, id="other host"),
        pytest.param("web1", "web1", 2222, False, id="a plain name is for port 22"),
        pytest.param("[web1]:2222", "web1", 2222, True, id="port"),
        pytest.param("[web1]:2222", "web1", 22, False, id="other port"),
        pytest.param("web1,192.0.2.1", "192.0.2.1", 22, True, id="list"),
        pytest.param("*.example.org", "a.example.org", 22, True, id="star"),
        pytest.param("*.example.org", "example.org", 22, False, id="star needs the dot"),
        pytest.param("web?", "web1", 22, True, id="question mark"),
        pytest.param("web[12]", "web1", 22, False, id="brackets are no set"),
        pytest.param("*,!web1", "web1", 22, False, id="negated"),
        pytest.param("!web1,*", "web2", 22, True, id="negated other"),
        pytest.param("[*]:2222", "web1", 2222, True, id="star with a port"),
        pytest.param("2001:db8::1", "2001:db8::1", 22, True, id="ipv6"),
        pytest.param("[2001:db8::1]:2222", "2001:db8::1", 2222, True, id="ipv6 with a port"),
        pytest.param(hashed("web1"), "web1", 22, True, id="hashed"),
        pytest.param(hashed("web1"), "web2", 22, False, id="hashed, other host"),
        pytest.param(hashed("[web1]:2222"), "web1", 2222, True, id="hashed with a port"),
        pytest.param("|1|broken", "web1", 22, False, id="broken hash"),
        pytest.param("|1||", "web1", 22, False, id="empty hash"),
    ],
)
def test_which_lines_are_about_a_host(names: str, address: str, port: int, covered: bool) -> None:
    assert read_known_hosts(f"{names} {A.line}").pinned(address, port) == ((A,) if covered else ())


def test_markers_are_kept_apart_and_other_lines_are_numbered() -> None:
    known = read_known_hosts(
        f"# comment\n\nweb1 {A.line} a comment\n@revoked * {B.line}\n@cert-authority *.example.org {RSA.line}\n"
        f"@future web1 {A.line}\nweb1 ssh-ed25519\nweb1 ssh-rsa {A.base64}\nweb1 ssh-ed25519 !!!\nweb1 {A.line}\n"
    )
    assert known.pinned("web1", 22) == (A,)
    assert known.revoked("web1", 22) == (B,)
    assert known.authorities("a.example.org", 22) == (RSA,)
    assert known.authorities("web1", 22) == ()
    assert known.unreadable == (6, 7, 8, 9)


def test_a_line_of_absurd_length_is_not_read() -> None:
    assert read_known_hosts("x" * 100_000).unreadable == (1,)


def test_reading_and_fingerprints_agree_with_openssh(tmp_path: Path) -> None:
    need_sshd()
    made = public_key(keygen(tmp_path / "key"))
    known = tmp_path / "known_hosts"
    known.write_text(f"[web1]:2222,web2 {made.line}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(known)], check=True, stderr=subprocess.DEVNULL)
    read = read_known_hosts(known.read_text())
    assert "web" not in known.read_text()
    assert read.pinned("web1", 2222) == read.pinned("web2", 22) == (made,)
    printed = subprocess.run(["ssh-keygen", "-l", "-f", f"{tmp_path}/key.pub"], check=True, capture_output=True)
    assert fingerprint(made) == printed.stdout.decode().split()[1]


@pytest.mark.parametrize(
    ("trust", "presented", "reason", "words"),
    [
        pytest.param(Trust("web1"), A, Reason.HOST_KEY_UNKNOWN, "estatecheck inventory trust web1", id="unknown"),
        pytest.param(Trust("web1"), A, Reason.HOST_KEY_UNKNOWN, fingerprint(A), id="unknown, with its fingerprint"),
        pytest.param(Trust("web1"), A, Reason.HOST_KEY_UNKNOWN, "--trust-new", id="unknown, and what else helps"),
        pytest.param(Trust("web1", pinned=(B,)), A, Reason.HOST_KEY_MISMATCH, "changed", id="changed"),
        pytest.param(
            Trust("web1", pinned=(B,), may_trust_new=True), A, Reason.HOST_KEY_MISMATCH, "changed", id="never replaced"
        ),
        pytest.param(
            Trust("web1", pinned=(A,), revoked=(A,)), A, Reason.HOST_KEY_MISMATCH, "revoked", id="revoked, even pinned"
        ),
        pytest.param(
            Trust("web1", revoked=(A,), may_trust_new=True), A, Reason.HOST_KEY_MISMATCH, "revoked", id="revoked, new"
        ),
    ],
)
def test_keys_that_are_refused(trust: Trust, presented: HostKey, reason: Reason, words: str) -> None:
    with pytest.raises(Fault) as refusal:
        trust.is_new(presented)
    assert refusal.value.missing.reason is reason
    assert words in refusal.value.missing.detail
    assert not refusal.value.again


def test_keys_that_are_accepted() -> None:
    assert Trust("web1", pinned=(A, B)).is_new(B) is False
    assert Trust("web1", may_trust_new=True).is_new(A) is True


def test_a_certificate_authority_alone_is_refused_in_words() -> None:
    with pytest.raises(Fault, match="host certificates cannot be verified") as refusal:
        Trust("web1", authorities=(A,), may_trust_new=True).check_before()
    assert refusal.value.missing.reason is Reason.HOST_KEY_UNKNOWN
    Trust("web1", pinned=(B,), authorities=(A,)).check_before()


def test_only_the_types_of_the_pinned_keys_are_asked_for() -> None:
    assert wanted_types([A, B]) == ("ssh-ed25519",)
    assert wanted_types([RSA]) == ("rsa-sha2-512", "rsa-sha2-256")
    assert wanted_types([]) == wanted_types(
        [A, RSA, *map(key, ["ecdsa-sha2-nistp" + n for n in ("256", "384", "521")])]
    )
    with pytest.raises(Fault, match="ssh-dss"):
        Trust("web1", pinned=(key("ssh-dss"),)).check_before()


def test_no_common_type_is_a_changed_key_unless_only_weak_ones_could_be_meant() -> None:
    assert Trust("web1", pinned=(A,)).no_common_type().missing.reason is Reason.HOST_KEY_MISMATCH
    assert Trust("web1", pinned=(RSA,)).no_common_type().missing.reason is Reason.WEAK_ALGORITHMS_ONLY
    assert Trust("web1").no_common_type().missing.reason is Reason.WEAK_ALGORITHMS_ONLY


def test_names_are_looked_up_as_openssh_does() -> None:
    assert [lookup_name("Web1", 22), lookup_name("Web1", 2222)] == ["web1", "[web1]:2222"]
