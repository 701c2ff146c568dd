"""Which machine was visited: every way in which names and strong identities can agree or contradict each other."""

import pytest

from inventory.facts.identity import Identity
from inventory.identity import Known, Resolution, resolve, strong

M1, M2 = "machine-id " + "a1" * 16, "machine-id " + "b2" * 16
U1, U2 = "smbios-uuid " + "c3" * 16, "smbios-uuid " + "d4" * 16
K1, K2 = "ssh-host-key SHA256:" + "e" * 43, "ssh-host-key SHA256:" + "f" * 43


def known(uid: str, name: str, *tokens: str, disputed: tuple[str, ...] = ()) -> Known:
    own = frozenset(tokens)
    return Known(uid, name, own, own, frozenset(disputed), own | frozenset(disputed))


WEB = known("A", "web", M1, U1, K1)
NEW, SAME, AGAIN = Resolution(None), Resolution("A"), Resolution("A", new_generation=True)


@pytest.mark.parametrize(
    ("name", "presented", "holder", "related", "planned", "expected"),
    [
        pytest.param("web", {M1, U1}, None, [], ["web"], NEW, id="never seen"),
        pytest.param("web", set(), None, [], ["web"], NEW, id="never seen, nothing readable"),
        pytest.param("web", set(), WEB, [], ["web"], SAME, id="nothing readable: the name must do"),
        pytest.param("web", {M1, U1, K1}, WEB, [WEB], ["web"], SAME, id="the same machine"),
        pytest.param("web", {M1, K1}, WEB, [WEB], ["web"], SAME, id="the same, read without root"),
        pytest.param("web", {K1}, WEB, [WEB], ["web"], SAME, id="only its host key"),
        pytest.param("web", {M1, U1, K2}, WEB, [WEB], ["web"], SAME, id="host keys made anew"),
        pytest.param("web", {M2, U1, K2}, WEB, [WEB], ["web"], AGAIN, id="installed anew on the same hardware"),
        pytest.param("web", {M2, K1}, WEB, [WEB], ["web"], AGAIN, id="installed anew with its old host keys"),
        pytest.param("www", {M1, U1, K1}, None, [WEB], ["www"], SAME, id="renamed"),
        pytest.param(
            "www", {M1, U1}, known("B", "www"), [WEB], ["www"], SAME, id="renamed; the new name was never reached"
        ),
        pytest.param("web", {M1, U1}, known("A", "web"), [], ["web"], SAME, id="first time its identity can be read"),
    ],
)
def test_beyond_doubt(
    name: str, presented: set[str], holder: Known | None, related: list[Known], planned: list[str], expected: Resolution
) -> None:
    assert resolve(name, frozenset(presented), holder, related, planned) == expected


OLD = known("B", "old", M2, U2, K2)


@pytest.mark.parametrize(
    ("name", "presented", "holder", "related", "planned", "uid", "note"),
    [
        pytest.param(
            "web", {M2, U2}, WEB, [], ["web"], "A", "another machine under this name", id="all identities differ"
        ),
        pytest.param("www", {M1, U1}, None, [WEB], ["web", "www"], None, "as web", id="two names, one machine"),
        pytest.param("web", {M1, U2, K2}, WEB, [WEB], ["web"], "A", "other hardware", id="disk moved"),
        pytest.param("www", {M1, U2, K2}, None, [WEB], ["www"], None, "other hardware", id="copy under another name"),
        pytest.param(
            "www", {M1, K2}, None, [WEB], ["www"], None, "copy", id="copy with fresh host keys, read without root"
        ),
        pytest.param("www", {M2, K1}, None, [WEB], ["www"], None, "copy", id="golden image with baked-in host keys"),
        pytest.param(
            "web", {M1, U2}, WEB, [WEB, OLD], ["web"], "A", "several known machines", id="parts of two machines"
        ),
        pytest.param("web", {M2, U2}, WEB, [OLD], ["web"], "A", "what old had", id="the name moved to a known machine"),
        pytest.param("old", {M1, U1}, OLD, [WEB], ["web", "old"], "B", "as web", id="names swapped"),
    ],
)
def test_doubt_is_a_note_and_never_a_merge(
    name: str,
    presented: set[str],
    holder: Known | None,
    related: list[Known],
    planned: list[str],
    uid: str | None,
    note: str,
) -> None:
    found = resolve(name, frozenset(presented), holder, related, planned)
    assert found.uid == uid
    assert note in found.note
    assert not found.new_generation


def test_a_disputed_copy_puts_the_first_machine_in_doubt_too() -> None:
    copy = known("B", "copy", disputed=(M1,))
    found = resolve("web", frozenset({M1, U1, K1}), WEB, [WEB, copy], ["web", "copy"])
    assert found.rivals == ("B",)
    assert "as copy" in found.note


def test_a_copy_that_left_the_inventory_raises_no_doubt() -> None:
    copy = known("B", "copy", disputed=(M1,))
    assert resolve("web", frozenset({M1, U1, K1}), WEB, [WEB, copy], ["web"]) == SAME


def test_a_copy_that_got_its_own_identity_raises_no_doubt() -> None:
    mended = Known("B", "copy", frozenset({M2}), frozenset({M2}), frozenset({M1}), frozenset({M2}))
    assert resolve("web", frozenset({M1, U1, K1}), WEB, [WEB, mended], ["web", "copy"]) == SAME


def test_an_identity_given_up_long_ago_is_no_proof() -> None:
    moved = Known("A", "web", frozenset({M1, M2, K1, K2}), frozenset({M2, K2}), frozenset(), frozenset({M2, K2}))
    assert "gave up" in resolve("web", frozenset({M1, K1}), moved, [moved], ["web"]).note


@pytest.mark.parametrize(
    ("identity", "key", "expected"),
    [
        (None, "", set()),
        (None, "SHA256:" + "e" * 43, {K1}),
        (Identity("A1" * 16, "C3C3C3C3-C3C3-C3C3-C3C3-C3C3C3C3C3C3", ("SHA256:" + "e" * 43,)), "", {M1, U1, K1}),
        (Identity("uninitialized", "Not Settable", ("MD5:aa",)), "nonsense", set()),
        (Identity("0" * 32, "f" * 32, ()), "", set()),
        (Identity("", "03000200-0400-0500-0006-000700080009", ()), "", set()),
        (Identity(None, None, ("SHA256:" + "e" * 43 + "\n",)), "", set()),
    ],
)
def test_only_usable_values_are_strong(identity: Identity | None, key: str, expected: set[str]) -> None:
    assert strong(identity, key) == expected


def test_a_host_cannot_flood_us_with_keys() -> None:
    keys = tuple(f"SHA256:{n:043d}" for n in range(1000))
    assert len(strong(Identity(None, None, keys))) == 16
