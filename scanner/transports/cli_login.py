"""What ``probe`` is given for a device's command line: a log-in as one text, and the host key's fingerprint.

A log-in is ``user:password`` on one line, or lines in any order, a private key (PEM or OpenSSH) after them as it is::

    user: scan
    password: what a password may be, with: colons too
    passphrase: of the key, if it has one
    -----BEGIN OPENSSH PRIVATE KEY-----
"""

import re
from dataclasses import dataclass

from inventory.facts.missing import Reason
from scanner.query import HostKey, Login
from scanner.transports.ssh_hostkeys import fingerprint
from scanner.transports.ssh_wire import Fault

KEYS = ("user", "password", "passphrase")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class LoginUnusable(Exception):
    """The message says what is wrong, and repeats nothing of the log-in."""


def read_credential(text: str) -> Login:
    """Raises :class:`LoginUnusable`."""
    words, begin, key = text.partition("-----BEGIN ")
    lines = [line.strip() for line in words.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    given: dict[str, str] = {}
    if len(lines) == 1 and not begin and lines[0].partition(":")[0] not in KEYS:
        given["user"], _, given["password"] = lines[0].partition(":")
        lines = []
    for number, line in enumerate(lines, 1):
        name, _, value = line.partition(":")
        if name.strip() not in KEYS:
            raise LoginUnusable(f"line {number} of the log-in is none of: {', '.join(KEYS)}, or a private key")
        given[name.strip()] = value.strip()
    login = Login(
        user=given.get("user") or None,
        password=given.get("password") or None,
        key=begin + key if begin else None,
        passphrase=given.get("passphrase") or None,
    )
    if not login.user or not (login.password or login.key):
        raise LoginUnusable("a user and a password or a key are needed: user:password, or lines user: and password:")
    return login


def is_fingerprint(text: str) -> bool:
    """As ``ssh-keygen -l`` prints it."""
    return _FINGERPRINT.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class OneFingerprint:
    """:class:`scanner.query.HostKeys` of a probe, which has no store: the key of this fingerprint, and no other.

    Without one nothing is trusted, and the refusal says what the device presented and how to go on.
    """

    wanted: str | None
    again: str  # the command to repeat, without --fingerprint

    def pinned(self, address: str, port: int) -> tuple[HostKey, ...]:  # noqa: ARG002 (the protocol's shape)
        return ()

    revoked = authorities = pinned

    def may_trust_new(self, address: str, port: int) -> bool:  # noqa: ARG002
        return True  # every key is brought to pin(), before anything is sent

    def pin(self, address: str, port: int, key: HostKey) -> None:  # noqa: ARG002
        """Raises :class:`Fault` unless it is the key that was named."""
        said = fingerprint(key)
        if self.wanted is None:
            raise Fault(
                Reason.HOST_KEY_UNKNOWN,
                f"the host key {said} ({key.type}) is not approved, and nothing was sent: compare it with what the"
                f" device itself shows, then repeat: {self.again} --fingerprint {said}",
            )
        if said != self.wanted:
            raise Fault(
                Reason.HOST_KEY_MISMATCH,
                f"the device presented the host key {said} ({key.type}), not the one that was named; nothing was sent",
            )
