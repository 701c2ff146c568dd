"""Log-ins of credentials: which values, resolved how often, and that none of them can be seen by accident."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest

from inventory.asset import Asset, Connection
from inventory.estate import Credential
from scanner.query import Login, Logins, SecretUnavailable
from scanner.secrets.credentials import REDACTED, CredentialStore, redact


def asset(credential: str | None, user: str | None = None) -> Asset:
    return Asset("web1", Connection("ssh", "192.0.2.1", user=user, credential=credential))


class Counting:
    """A resolver that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, reference: str) -> str:
        self.asked.append(reference)
        if reference.endswith("BAD"):
            raise SecretUnavailable(f"{reference}: not there")
        return f"value-of-{reference.removeprefix('env:')}"


FULL = Credential("full", "scan", "env:PASSWORD", "env:KEY", "env:PHRASE", "env:CERT", agent=True)


def test_every_reference_becomes_its_value() -> None:
    store: Logins = CredentialStore({"full": FULL}, Counting())
    assert store.login(asset("full")) == Login(
        "scan", "value-of-PASSWORD", "value-of-KEY", "value-of-PHRASE", "value-of-CERT", agent=True
    )


@pytest.mark.parametrize(
    ("credential", "user", "expected"),
    [
        pytest.param("full", None, "scan", id="of the credential"),
        pytest.param("full", "other", "other", id="of the asset, which comes first"),
        pytest.param(None, "other", "other", id="no credential"),
        pytest.param(None, None, None, id="nothing at all"),
    ],
)
def test_the_user(credential: str | None, user: str | None, expected: str | None) -> None:
    assert CredentialStore({"full": FULL}, Counting()).login(asset(credential, user)).user == expected


def test_a_reference_is_resolved_once_also_by_many_threads() -> None:
    resolver = Counting()
    store = CredentialStore({"full": FULL}, resolver)
    with ThreadPoolExecutor(8) as pool:
        logins = list(pool.map(store.login, [asset("full")] * 40))
    assert len(set(logins)) == 1
    assert sorted(resolver.asked) == ["env:CERT", "env:KEY", "env:PASSWORD", "env:PHRASE"]


def test_a_fault_is_said_each_time_and_asked_once() -> None:
    resolver = Counting()
    store = CredentialStore({"bad": Credential("bad", "scan", "env:BAD")}, resolver)
    for _ in range(3):
        with pytest.raises(SecretUnavailable, match=r"^credential bad: env:BAD: not there$"):
            store.login(asset("bad"))
    assert resolver.asked == ["env:BAD"]


def test_a_credential_the_inventory_does_not_have() -> None:
    with pytest.raises(SecretUnavailable, match="web1: the inventory has no credential") as caught:
        CredentialStore({}).login(asset("hunter22"))
    assert "hunter22" not in str(caught.value)  # it may be a password


def test_nothing_is_resolved_before_it_is_needed() -> None:
    resolver = Counting()
    CredentialStore({"full": FULL}, resolver).login(asset(None))
    assert resolver.asked == []


def test_no_secret_in_a_repr(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("correct-horse\n")
    path.chmod(0o600)
    reference = f"file:{path}"
    store = CredentialStore({"c": Credential("c", "scan", reference, reference, reference, reference)})
    login = store.login(asset("c"))
    assert [getattr(login, f.name) for f in fields(login)].count("correct-horse") == 4
    assert "correct-horse" not in f"{login!r} {login!s} {store!r} {store!s}"
    assert store.secrets() == ("correct-horse",)


@pytest.mark.parametrize(
    ("text", "secrets", "expected"),
    [
        pytest.param("user scan pw hunter22!", ["hunter22"], f"user scan pw {REDACTED}!", id="plain"),
        pytest.param("abcdef abcd", ["abcd", "abcdef"], f"{REDACTED} {REDACTED}", id="the longest first"),
        pytest.param("key: MIIEdata end", ["BEGIN\nMIIEdata\nEND!"], f"key: {REDACTED} end", id="a line of a key"),
        pytest.param("the cat", ["", "cat"], "the cat", id="too short to tell from a word"),
        pytest.param("nothing", [], "nothing", id="no secrets"),
    ],
)
def test_redact(text: str, secrets: list[str], expected: str) -> None:
    assert redact(text, secrets) == expected
