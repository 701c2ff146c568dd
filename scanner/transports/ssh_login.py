"""Logging in: what a credential can do, in which order, and what a refusal means. Nothing is tried twice."""

import binascii
import contextlib
import hashlib
import secrets
import socket
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, cast

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from paramiko.auth_handler import AuthHandler

from inventory.facts.missing import Reason
from scanner.query import Login
from scanner.transports.ssh_bounds import BoundedTransport, printable
from scanner.transports.ssh_steps import Steps
from scanner.transports.ssh_wire import Fault

MOST_AGENT_KEYS = 4  # OpenSSH servers allow 6 tries and count each key as one
AGENT_SECONDS = 5.0

_Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_Way = tuple[str, paramiko.PKey | str]  # what is tried, in words, and the key or password


@dataclass(frozen=True, slots=True)
class Account:
    """Who logs in, and with what, in the order it is tried."""

    user: str
    keys: tuple[paramiko.PKey, ...] = field(default=(), repr=False)
    agent: bool = False
    password: str | None = field(default=None, repr=False)


class KeyCache:
    """Private keys by what they were read from: an encrypted key costs a tenth of a second to open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._salt = secrets.token_bytes(16)
        self._keys: dict[bytes, paramiko.PKey] = {}

    def key(self, text: str, passphrase: str | None, certificate: str | None) -> paramiko.PKey:
        """Raises :class:`Fault`."""
        digest = hashlib.blake2b(repr((text, passphrase, certificate)).encode(), key=self._salt).digest()
        with self._lock:
            if digest not in self._keys:
                self._keys[digest] = read_key(text, passphrase, certificate)
            return self._keys[digest]


def account(user: str | None, login: Login, cache: KeyCache) -> Account:
    """Raises :class:`Fault` when the credential cannot be used at all: then the host is left alone."""
    if not user:
        raise Fault(Reason.CREDENTIAL_UNUSABLE, "the inventory names no user for this host")
    keys = (cache.key(login.key, login.passphrase, login.certificate),) if login.key else ()
    if not (keys or login.agent or login.password):
        raise Fault(Reason.CREDENTIAL_UNUSABLE, "the credential has no key, no password and no agent")
    return Account(user, keys, login.agent, login.password)


def read_key(text: str, passphrase: str | None, certificate: str | None) -> paramiko.PKey:
    """An OpenSSH or PEM private key: RSA, ECDSA or Ed25519. Raises :class:`Fault`, with nothing of the key in it."""
    private = _opened(text.encode(), passphrase.encode() if passphrase else None)
    plain = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    kinds: dict[type[Any], type[paramiko.PKey]] = {
        rsa.RSAPrivateKey: paramiko.RSAKey,
        ec.EllipticCurvePrivateKey: paramiko.ECDSAKey,
        ed25519.Ed25519PrivateKey: paramiko.Ed25519Key,
    }
    kind = next(mine for theirs, mine in kinds.items() if isinstance(private, theirs))
    key = kind.from_private_key(StringIO(plain))
    if certificate:
        try:
            key.load_certificate(certificate.strip())
        except (ValueError, binascii.Error, paramiko.SSHException):
            raise Fault(Reason.CREDENTIAL_UNUSABLE, "the certificate does not belong to the key") from None
    return key


def _opened(text: bytes, passphrase: bytes | None) -> _Private:
    load = load_ssh_private_key if b"BEGIN OPENSSH" in text else load_pem_private_key
    try:
        private = load(text, passphrase)
    except TypeError:  # a passphrase that is missing, or one too many
        if passphrase is None:
            raise Fault(Reason.CREDENTIAL_UNUSABLE, "the key is encrypted and no passphrase is given") from None
        return _opened(text, None)
    except (ValueError, UnsupportedAlgorithm):
        raise Fault(
            Reason.CREDENTIAL_UNUSABLE, "the key cannot be read: it is damaged, or the passphrase is wrong"
        ) from None
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise Fault(Reason.CREDENTIAL_UNUSABLE, "the key is of a type that is not used: take Ed25519, ECDSA or RSA")
    return private


def log_in(transport: BoundedTransport, account: Account) -> Steps[None]:
    """Each way the credential has, once. Raises :class:`Fault`; the caller limits the time."""
    tried: list[str] = []
    with _agent_keys(account.agent) as held:
        for words, secret in _ways(account, held):
            tried.append(words)
            if (yield from _let_in(transport, account.user, secret)):
                return
    if not tried:
        raise Fault(Reason.CREDENTIAL_UNUSABLE, "no agent is running, or it holds no key")
    raise Fault(Reason.LOGIN_REFUSED, f"the host refused to let {account.user} in with {', '.join(tried)}")


def _ways(account: Account, held: Iterable[paramiko.PKey]) -> Iterator[_Way]:
    for key in account.keys:
        yield "a certificate" if key.public_blob else "a key", key
    for key in held:
        yield "a key of the agent", key
    if account.password:
        yield "a password", account.password


def _let_in(transport: BoundedTransport, user: str, secret: paramiko.PKey | str) -> Steps[bool]:
    """False: refused, or not enough on its own. Raises :class:`Fault` when trying on makes no sense."""
    answered = threading.Event()
    try:
        if isinstance(secret, str):
            transport.auth_password(user, secret, answered, fallback=False)
        else:
            transport.auth_publickey(user, secret, answered)
        yield answered.is_set
        more = cast("AuthHandler", transport.auth_handler).wait_for_response(answered)  # there is nothing to wait for
    except paramiko.BadAuthenticationType:
        return False
    except (paramiko.SSHException, EOFError, OSError) as error:
        if transport.is_active() and isinstance(error, paramiko.SSHException):
            return False
        said = f" and said: {transport.last_words}" if transport.last_words else ""
        raise Fault(Reason.LOGIN_REFUSED, f"the host hung up while {user} logged in{said}") from error
    return not more


class _PatientAgent(paramiko.Agent):
    """The user's agent, which paramiko would wait for without end."""

    def _connect(self, conn: socket.socket) -> None:
        conn.settimeout(AGENT_SECONDS)
        super()._connect(conn)  # type: ignore[misc] # not in the stubs


@contextlib.contextmanager
def _agent_keys(wanted: bool) -> Iterator[tuple[paramiko.PKey, ...]]:
    """The agent is asked only when the inventory says so."""
    if not wanted:
        yield ()
        return
    try:
        agent = _PatientAgent()
    except (paramiko.SSHException, OSError) as error:
        said = printable(str(error), 120)
        raise Fault(Reason.CREDENTIAL_UNUSABLE, f"the agent could not be used: {said}") from error
    try:
        yield tuple(agent.get_keys()[:MOST_AGENT_KEYS])
    finally:
        agent.close()
