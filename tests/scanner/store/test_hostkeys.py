"""Pinned host keys: ours, and those of a known_hosts file."""

import pytest

from scanner.query import HostKey
from scanner.store.records import StoreError
from scanner.store.store import Store

A, B, RSA = HostKey("ssh-ed25519", "AAAA"), HostKey("ssh-ed25519", "BBBB"), HostKey("ssh-rsa", "CCCC")


class Known:
    """A known_hosts file, as read."""

    def pinned(self, address: str, port: int) -> tuple[HostKey, ...]:
        return (A, RSA) if (address, port) == ("web", 22) else ()

    def revoked(self, address: str, port: int) -> tuple[HostKey, ...]:
        return (B,) if (address, port) == ("web", 22) else ()

    def authorities(self, address: str, port: int) -> tuple[HostKey, ...]:
        return (RSA,) if (address, port) == ("web", 22) else ()


def test_a_pin_is_for_one_address_and_port(store: Store) -> None:
    keys = store.host_keys()
    keys.pin("Web.Example.Test.", 22, A)
    keys.pin("web.example.test", 22, A)
    keys.pin("web.example.test", 22, RSA)
    assert store.host_keys().pinned("web.example.test", 22) == (A, RSA)
    assert keys.pinned("web.example.test", 2222) == ()
    assert keys.pinned("other", 22) == ()


def test_a_changed_key_is_not_pinned_over_the_old_one(store: Store) -> None:
    keys = store.host_keys(trust_new=True)
    keys.pin("web", 22, A)
    with pytest.raises(StoreError, match="another ssh-ed25519 host key is pinned for web port 22"):
        keys.pin("web", 22, B)
    assert keys.pinned("web", 22) == (A,)
    assert keys.unpin("web", 22) == 1
    assert keys.unpin("web", 22) == 0
    keys.pin("web", 22, B)
    assert keys.pinned("web", 22) == (B,)


def test_a_known_hosts_file_stands_beside_our_pins(store: Store) -> None:
    keys = store.host_keys(known_hosts=Known())
    keys.pin("web", 22, A)
    assert keys.pinned("web", 22) == (A, RSA)
    assert keys.pinned("web", 23) == ()
    assert (keys.revoked("web", 22), keys.authorities("web", 22)) == ((B,), (RSA,))
    assert (store.host_keys().revoked("web", 22), store.host_keys().authorities("web", 22)) == ((), ())


@pytest.mark.parametrize("trust", [True, False])
def test_trust_is_said_for_one_run(store: Store, trust: bool) -> None:
    assert store.host_keys(trust_new=trust).may_trust_new("web", 22) is trust
