"""Log-ins of the estate's credentials: references resolved when first needed, kept in memory, shown nowhere."""

from collections.abc import Callable, Iterable, Mapping
from threading import Lock

from inventory.asset import Asset
from inventory.estate import Credential
from scanner.query import Login, SecretUnavailable
from scanner.secrets.references import resolve

REDACTED = "[secret]"
SHORTEST_REDACTED = 4  # characters: a shorter secret would blot out ordinary words


class CredentialStore:
    """A :class:`scanner.query.Logins`. Safe to use from several threads; a reference is resolved once.

    A fault is kept as well: a command that asks a token must not be started anew for every host.
    """

    def __init__(self, credentials: Mapping[str, Credential], resolver: Callable[[str], str] = resolve) -> None:
        self._credentials = credentials
        self._resolver = resolver
        self._known: dict[str, str] = {}
        self._faults: dict[str, str] = {}
        self._lock = Lock()

    def login(self, asset: Asset) -> Login:
        name = asset.connection.credential
        if name is None:
            return Login(user=asset.connection.user)
        credential = self._credentials.get(name)
        if credential is None:
            # the name is not shown: somebody may have put the password there
            raise SecretUnavailable(f"{asset.name}: the inventory has no credential of the name that this asset gives")
        return Login(
            user=asset.connection.user or credential.user,
            password=self._value(name, credential.password),
            key=self._value(name, credential.key),
            passphrase=self._value(name, credential.passphrase),
            certificate=self._value(name, credential.certificate),
            agent=credential.agent,
            community=self._value(name, credential.community),
            auth=credential.auth,
            auth_password=self._value(name, credential.auth_password),
            priv=credential.priv,
            priv_password=self._value(name, credential.priv_password),
            weak=credential.weak,
            kerberos=credential.kerberos,
        )

    def secrets(self) -> tuple[str, ...]:
        """Every value resolved so far, for :func:`redact`."""
        with self._lock:
            return tuple(self._known.values())

    def _value(self, credential: str, reference: str | None) -> str | None:
        if reference is None:
            return None
        with self._lock:
            if reference not in self._known and reference not in self._faults:
                self._resolve(reference)
            if reference in self._faults:
                raise SecretUnavailable(f"credential {credential}: {self._faults[reference]}")
            return self._known[reference]

    def _resolve(self, reference: str) -> None:
        try:
            self._known[reference] = self._resolver(reference)
        except SecretUnavailable as fault:
            self._faults[reference] = str(fault)


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret, and every line of a secret of several lines, blotted out. Longest first."""
    pieces = {
        piece for secret in secrets for piece in (secret, *secret.splitlines()) if len(piece) >= SHORTEST_REDACTED
    }
    for piece in sorted(pieces, key=len, reverse=True):
        text = text.replace(piece, REDACTED)
    return text
