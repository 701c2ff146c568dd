"""What a credential may say, and what of it may never be repeated."""

import pytest

from scanner.query import Login
from scanner.transports.snmp_faults import LoginUnusable
from scanner.transports.snmp_login import read_credential, snmp_login
from scanner.transports.snmp_usm import User, keys, master_key

SECRET = "s3cret-enough"
V3 = f"""\
# for the core switches
user: scan
auth: SHA-256
auth_password: {SECRET}
priv: AES-128
priv_password: {SECRET}!
"""


def test_a_community_alone() -> None:
    login = snmp_login(read_credential(f"{SECRET}\n"))
    assert login.community == SECRET
    assert login.version == "SNMPv2c"
    assert SECRET not in repr(login)


def test_a_file_for_v3() -> None:
    login = snmp_login(read_credential(V3))
    assert login.user == User("scan", "SHA-256", SECRET, "AES-128", f"{SECRET}!")
    assert login.version == "SNMPv3 authPriv"
    assert SECRET not in repr(login)


@pytest.mark.parametrize(
    ("text", "level"),
    [("user: a", "noAuthNoPriv"), (f"user: a\nauth: sha1\nauth_password: {SECRET}", "authNoPriv")],
)
def test_levels(text: str, level: str) -> None:
    assert snmp_login(read_credential(text)).version == f"SNMPv3 {level}"


@pytest.mark.parametrize(
    ("given", "name"),
    [("sha", "SHA"), ("SHA-1", "SHA"), ("sha256", "SHA-256"), ("SHA-512", "SHA-512")],
)
def test_spellings_of_protocols(given: str, name: str) -> None:
    user = snmp_login(read_credential(f"user: a\nauth: {given}\nauth_password: {SECRET}")).user
    assert user is not None
    assert user.auth == name


WRONG = {
    "two lines, no user": (f"{SECRET}\n{SECRET}", "one community"),
    "nothing": ("", "one community"),
    "a key that is none": (f"user: a\n{SECRET}", "line 2"),
    "no such auth": (f"user: a\nauth: {SECRET}", "`auth` must be one of MD5, SHA"),
    "no such priv": (
        f"user: a\nauth: SHA\nauth_password: {SECRET}\npriv: {SECRET}",
        "`priv` must be one of DES, AES-128",
    ),
    "a short password": ("user: a\nauth: SHA\nauth_password: s3cret-", "at least 8 characters"),
    "no password": ("user: a\nauth: SHA", "`auth_password` must have"),
    "priv without auth": (f"user: a\npriv: AES-128\npriv_password: {SECRET}", "without signing"),
    "MD5": (f"user: a\nauth: MD5\nauth_password: {SECRET}", "MD5 is broken"),
    "DES": (f"user: a\nauth: SHA\nauth_password: {SECRET}\npriv: DES\npriv_password: {SECRET}", "56-bit"),
    "an empty user": ("user:", "needs a credential"),
    "a long user": ("user: " + "x" * 33, "at most 32"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used(case: str) -> None:
    text, why = WRONG[case]
    with pytest.raises(LoginUnusable) as refused:
        snmp_login(read_credential(text))
    assert why in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_weak_protocols_when_they_are_asked_for() -> None:
    text = f"user: a\nauth: MD5\nauth_password: {SECRET}\npriv: DES\npriv_password: {SECRET}\nweak: true"
    user = snmp_login(read_credential(text)).user
    assert user is not None
    assert (user.auth, user.priv) == ("MD5", "DES")


def test_no_credential_at_all() -> None:
    with pytest.raises(LoginUnusable, match="needs a credential"):
        snmp_login(Login())


def test_keys_are_those_of_rfc_3414() -> None:
    """Appendix A.3: the password maplesyrup on engine 00 00 00 00 00 00 00 00 00 00 00 02."""
    engine_id = bytes(11) + b"\x02"
    assert master_key("MD5", "maplesyrup").hex() == "9faf3283884e92834ebc9847d8edd963"
    assert keys(User("u", "MD5", "maplesyrup"), engine_id).auth.hex() == "526f5eed9fcce26f8964c2930787d82b"
    assert master_key("SHA", "maplesyrup").hex() == "9fb5cc0381497b3793528939ff788d5d79145211"
    assert keys(User("u", "SHA", "maplesyrup"), engine_id).auth.hex() == "6695febc9288e36282235fc7151f128497b38f3f"
