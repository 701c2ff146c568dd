"""Merkle roots and consistency proofs: published vectors of Certificate Transparency, and every pair of sizes."""

import pytest

from checks.merkle import EMPTY, Tree, consistency_proof, consistent, leaf, root_of

# Inputs and roots of the reference tests of RFC 6962 (merkletree vectors of certificate-transparency).
INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = [leaf(bytes([n])) for n in range(40)]


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_of_the_reference(count: int) -> None:
    tree = Tree()
    for text in INPUTS[:count]:
        tree.add(leaf(bytes.fromhex(text)))
    assert tree.root().hex() == ROOTS[count - 1]


def test_of_nothing() -> None:
    assert Tree().root() == EMPTY == root_of([])


def test_every_beginning_is_proven_and_no_other_history_is() -> None:
    for count in range(len(LEAVES)):
        root = root_of(LEAVES[:count])
        for first in range(count + 1):
            proof, older = consistency_proof(LEAVES[:count], first), root_of(LEAVES[:first])
            assert consistent(first, older, count, root, proof)
            if 0 < first < count:
                forged = root_of([leaf(b"x"), *LEAVES[1:first]])
                assert not consistent(first, forged, count, root, proof)
                assert not consistent(first, older, count, root, proof[:-1])
                assert not consistent(first, older, count, root, [*proof, EMPTY])
                for place in range(len(proof)):
                    assert not consistent(first, older, count, root, [*proof[:place], EMPTY, *proof[place + 1 :]])


def test_a_longer_history_is_no_beginning() -> None:
    assert not consistent(3, root_of(LEAVES[:3]), 2, root_of(LEAVES[:2]), [])
    with pytest.raises(ValueError, match="no beginning of 4"):
        consistency_proof(LEAVES[:3], 4)
