"""From a credential to who asks: a community (SNMPv2c) or a user with protocols and passwords (SNMPv3).

A credential given to ``probe`` is one text: the community alone, or for SNMPv3 lines like these, in any order::

    user: scan
    auth: SHA-256
    auth_password: at least 8 characters
    priv: AES-128
    priv_password: at least 8 characters

Without ``priv`` nothing is encrypted, without ``auth`` nothing is signed. ``weak: true`` allows MD5 and DES.
"""

from dataclasses import replace
from typing import get_args

from scanner.query import Login
from scanner.transports.snmp_faults import LoginUnusable
from scanner.transports.snmp_session import SnmpLogin
from scanner.transports.snmp_usm import AUTH, PRIV, AuthName, PrivName, User

SHORTEST_PASSWORD = 8  # characters, RFC 3414, section 11.2
LONGEST_NAME = 32  # octets of a user name, RFC 3414, section 5
KEYS = ("user", "auth", "auth_password", "priv", "priv_password", "weak")
LIKE = {"SHA1": "SHA", "SHA-1": "SHA", "AES": "AES-128", "AES128": "AES-128", "AES256": "AES-256"}


def read_credential(text: str) -> Login:
    """Raises :class:`LoginUnusable`; no message repeats what the text says."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    pairs = [line.partition(":") for line in lines]
    if not any(key.strip() == "user" and colon for key, colon, _ in pairs):
        if len(lines) == 1:
            return Login(community=lines[0])
        raise LoginUnusable("the credential must be one community, or lines such as `user: scan`, `auth: SHA-256`")
    login = Login()
    for number, (key, _, value) in enumerate(pairs, 1):
        if key.strip() not in KEYS:
            raise LoginUnusable(f"line {number} of the credential is none of: {', '.join(KEYS)}")
        given: object = value.strip() == "true" if key.strip() == "weak" else value.strip()
        login = replace(login, **{key.strip(): given})  # type: ignore[arg-type] # the keys are those of KEYS
    return login


def snmp_login(login: Login) -> SnmpLogin:
    """Raises :class:`LoginUnusable`."""
    if login.community is not None and login.user is not None and login.auth is not None:
        raise LoginUnusable("the credential holds a community and an SNMPv3 user: give one of the two")
    if login.community is not None:
        return SnmpLogin(community=login.community)
    if not login.user:
        raise LoginUnusable("SNMP needs a credential: a `community`, or for SNMPv3 a `user` with `auth` and `priv`")
    if len(login.user.encode()) > LONGEST_NAME:
        raise LoginUnusable(f"an SNMPv3 user name has at most {LONGEST_NAME} bytes")
    auth, priv = _auth(login.auth), _priv(login.priv)
    if priv and not auth:
        raise LoginUnusable("SNMPv3 does not encrypt without signing: give the credential `auth` as well as `priv`")
    _refuse_weak(auth, priv, login.weak)
    return SnmpLogin(
        user=User(
            login.user,
            auth,
            _password(login.auth_password, "auth") if auth else "",
            priv,
            _password(login.priv_password, "priv") if priv else "",
        )
    )


def _auth(word: str | None) -> AuthName | None:
    named = LIKE.get((word or "").upper(), (word or "").upper())
    for name in get_args(AuthName):
        if named in (name, name.replace("-", "")):
            return name  # type: ignore[no-any-return] # of a Literal's own words
    if word:
        raise LoginUnusable(f"`auth` must be one of {', '.join(AUTH)}")
    return None


def _priv(word: str | None) -> PrivName | None:
    named = LIKE.get((word or "").upper(), (word or "").upper())
    for name in get_args(PrivName):
        if named == name:
            return name  # type: ignore[no-any-return]
    if word:
        raise LoginUnusable(f"`priv` must be one of {', '.join(PRIV)}")
    return None


def _password(given: str | None, which: str) -> str:
    if given is None or len(given) < SHORTEST_PASSWORD:
        raise LoginUnusable(f"`{which}_password` must have at least {SHORTEST_PASSWORD} characters (RFC 3414)")
    return given


def _refuse_weak(auth: AuthName | None, priv: PrivName | None, allowed: bool) -> None:
    reasons = (AUTH[auth].weak if auth else "", PRIV[priv].weak if priv else "")
    for reason in reasons:
        if reason and not allowed:
            raise LoginUnusable(f"{reason}; if the device can do no better, say `weak: true` in the credential")
