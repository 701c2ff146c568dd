"""Merkle trees over the chain of events: roots, and proofs that a newer history begins with an older one. Pure.

RFC 6962 (Certificate Transparency), section 2.1: leaves and inner nodes are hashed apart, so that none passes for the
other; RFC 9162, sections 2.1.4.1 and 2.1.4.2, says how consistency proofs are made and checked. The leaf of an event is
its link in the chain (32 bytes), so the root can be computed also where the content of events is withheld.
"""

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256().digest()  # the root of no leaves


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def event_leaf(link: str) -> bytes:
    """Of one event, by its hash in hexadecimal. Raises ``ValueError`` when it is none."""
    return leaf(bytes.fromhex(link))


class Tree:
    """Takes leaf hashes one after the other and knows the root at each moment; holds only log2(n) hashes."""

    def __init__(self) -> None:
        self.count = 0
        self._peaks: list[bytes] = []  # roots of the full subtrees, largest first

    def add(self, leaf_hash: bytes) -> None:
        self.count += 1
        number = self.count
        while number % 2 == 0:
            leaf_hash = node(self._peaks.pop(), leaf_hash)
            number //= 2
        self._peaks.append(leaf_hash)

    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY
        found = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            found = node(peak, found)
        return found


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Of leaf hashes in their order."""
    tree = Tree()
    for one in leaves:
        tree.add(one)
    return tree.root()


def _split(count: int) -> int:
    """The largest power of two that is smaller than ``count`` (RFC 6962, section 2.1)."""
    return 1 << (count - 1).bit_length() - 1


def consistency_proof(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """That the tree of all ``leaves`` begins with the tree of the ``first`` ones. Raises ``ValueError``."""
    if not 0 <= first <= len(leaves):
        raise ValueError(f"a history of {len(leaves)} events has no beginning of {first}")
    return [] if first in (0, len(leaves)) else _subproof(leaves, first, whole=True)


def _subproof(leaves: Sequence[bytes], first: int, *, whole: bool) -> list[bytes]:
    if first == len(leaves):
        return [] if whole else [root_of(leaves)]
    split = _split(len(leaves))
    if first <= split:
        return [*_subproof(leaves[:split], first, whole=whole), root_of(leaves[split:])]
    return [*_subproof(leaves[split:], first - split, whole=False), root_of(leaves[:split])]


def consistent(first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Does the history of ``second`` events begin with that of ``first`` ones? (RFC 9162, section 2.1.4.2)"""
    if first > second or first < 0:
        return False
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        return not proof and first_root == EMPTY
    path = list(proof)
    if first & (first - 1) == 0:  # a full subtree: its root is known to both sides
        path.insert(0, first_root)
    return _climbs(first - 1, second - 1, path, first_root, second_root)


def _climbs(left: int, right: int, path: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    if not path:
        return False
    while left & 1:
        left, right = left >> 1, right >> 1
    old = new = path[0]
    for one in path[1:]:
        if right == 0:
            return False
        if left & 1 or left == right:
            old, new = node(one, old), node(one, new)
            while left and not left & 1:
                left, right = left >> 1, right >> 1
        else:
            new = node(new, one)
        left, right = left >> 1, right >> 1
    return old == first_root and new == second_root and right == 0
