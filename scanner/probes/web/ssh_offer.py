"""SSH servers: what KEXINIT offers, host keys and group exchange (RFC 4253, RFC 4419). Nobody logs in."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from inventory.asset import Asset, Privilege
from inventory.facts.ssh_offer import SshEndpoint, SshOffer
from scanner.probes.web.records import Record, by_url, raw, unended
from scanner.query import Answer, Query, SshOffers

KEXINIT, REPLY, GROUP = 20, 31, 31
GEX = "diffie-hellman-group-exchange-"
STRICT = "kex-strict-s-v00@openssh.com"
WEAK_KEX = re.compile(r"diffie-hellman-.*-sha1|rsa1024-sha1|gss-(?:gex|group1|group14)-sha1-.*")  # RFC 9142
WEAK_CIPHER = re.compile(r".*-cbc|.*-cbc@.*|arcfour.*|none|des.*|3des.*")  # RFC 8758 for arcfour
WEAK_MAC = re.compile(r"hmac-md5.*|hmac-sha1-96.*|none|hmac-ripemd160.*")
HYBRID = re.compile(r"sntrup761x25519.*|mlkem.*")
WEAK_RSA_BITS = 2048
KEY_TYPES = {"rsa-sha2-512": "ssh-rsa", "rsa-sha2-256": "ssh-rsa"}
PLAIN_KEYS = ("ssh-rsa", "ssh-ed25519", "ssh-dss", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")


@dataclass(frozen=True, slots=True)
class SshOfferProbe:
    name: str = "ssh_offer"
    privilege: Privilege = Privilege.NONE
    nothing_asked: str = "the inventory names no SSH endpoint of this asset"

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:
        chosen = tuple(one for one in asset.endpoints if one.scheme == "ssh")
        return None if so_far or not chosen else SshOffers(self.name, chosen)

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> SshOffer:  # noqa: ARG002 (one shape for all probes)
        return SshOffer(tuple(_endpoint(url, records) for url, records in by_url(answers[0].output).items()))


def _endpoint(url: str, records: Sequence[Record]) -> SshEndpoint:
    first, place = records[0], str(records[0].get("place", ""))
    banner, lists = _banner(raw(first, "banner")), name_lists(raw(first, "kexinit"))
    if not lists:
        why = unended(first, "it did not say what it offers")
        return SshEndpoint(url, place, why, banner)
    kex, keys = lists[0], lists[1]
    ciphers, macs = tuple(dict.fromkeys((*lists[2], *lists[3]))), tuple(dict.fromkeys((*lists[4], *lists[5])))
    seen = [key for one in records if one.get("step") == "host key" and (key := _host_key(raw(one, "reply")))]
    return SshEndpoint(
        url,
        place,
        banner=banner,
        kex=kex,
        host_key_algorithms=keys,
        ciphers=ciphers,
        macs=macs,
        weak_kex=tuple(one for one in kex if WEAK_KEX.fullmatch(one)),
        weak_ciphers=tuple(one for one in ciphers if WEAK_CIPHER.fullmatch(one)),
        weak_macs=tuple(one for one in macs if WEAK_MAC.fullmatch(one)),
        weak_host_keys=_weak_keys(keys, seen),
        host_keys=tuple(f"{kind} {bits} {digest}" for kind, bits, digest in seen),
        gex=any(one.startswith(GEX) for one in kex),
        gex_bits=next((_gex_bits(raw(one, "reply")) for one in records if one.get("step") == "gex"), None),
        terrapin=_terrapin(kex, ciphers, macs),
        pq_hybrid=any(HYBRID.match(one) for one in kex),
        methods=_methods(records),
    )


def _methods(records: Sequence[Record]) -> tuple[str, ...] | None:
    told = next((one.get("methods") for one in records if one.get("step") == "methods"), None)
    return tuple(str(one)[:50] for one in told[:20]) if isinstance(told, list) else None


def _banner(said: bytes) -> str:
    line = next((one for one in said.splitlines() if one.startswith(b"SSH-")), b"")
    return "".join(chr(byte) for byte in line[:255] if 0x20 <= byte < 0x7F)


def name_lists(payload: bytes) -> list[tuple[str, ...]]:
    """The ten name-lists of KEXINIT (RFC 4253, section 7.1); empty when it is none."""
    if payload[:1] != bytes([KEXINIT]):
        return []
    at, lists = 17, list[tuple[str, ...]]()
    for _ in range(10):
        names = string_at(payload, at)
        if names is None:
            return []
        lists.append(tuple(name for name in names.decode("ascii", "replace").split(",")[:200] if name))
        at += 4 + len(names)
    return lists


def string_at(data: bytes, at: int) -> bytes | None:
    """RFC 4251, section 5; None where it does not end."""
    size = int.from_bytes(data[at : at + 4], "big")
    return data[at + 4 : at + 4 + size] if len(data) >= at + 4 + size and len(data) >= at + 4 else None


def _host_key(reply: bytes) -> tuple[str, int, str] | None:
    """Type, bits and fingerprint of the key in KEXDH_REPLY (RFC 4253, section 8). None when none came."""
    blob = string_at(reply, 1) if reply[:1] == bytes([REPLY]) else None
    kind = string_at(blob, 0) if blob else None
    if not blob or kind is None:
        return None
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    name = kind.decode("ascii", "replace")[:100]
    return name, _bits(name, blob, 4 + len(kind)), f"SHA256:{digest}"


def _bits(name: str, blob: bytes, at: int) -> int:
    """RSA: of the modulus, the second number; DSA: of p, the first; the curves have theirs in the name."""
    first = string_at(blob, at) or b""
    if name == "ssh-rsa":
        first = string_at(blob, at + 4 + len(first)) or b""
    elif name != "ssh-dss":
        return int(name[-3:]) if name.startswith("ecdsa-") and name[-3:].isdigit() else 256
    return int.from_bytes(first, "big").bit_length()


def _weak_keys(offered: Sequence[str], seen: Sequence[tuple[str, int, str]]) -> tuple[str, ...] | None:
    """None when nothing weak was seen but the RSA key, which may be short, did not come."""
    weak = [f"{kind} {bits}" for kind, bits, _ in seen if kind == "ssh-rsa" and bits < WEAK_RSA_BITS]
    weak += ["ssh-dss"] if any(one.startswith("ssh-dss") for one in offered) else []
    asked = {KEY_TYPES.get(one, one) for one in offered} & set(PLAIN_KEYS)
    unseen = "ssh-rsa" in asked and all(kind != "ssh-rsa" for kind, _, _ in seen)
    return None if unseen and not weak else tuple(weak)


def _gex_bits(reply: bytes) -> int | None:
    prime = string_at(reply, 1) if reply[:1] == bytes([GROUP]) else None
    return int.from_bytes(prime, "big").bit_length() if prime else None


def _terrapin(kex: Sequence[str], ciphers: Sequence[str], macs: Sequence[str]) -> bool:
    """CVE-2023-48795: ChaCha20-Poly1305, or CBC with encrypt-then-MAC, without strict key exchange."""
    cbc = any("-cbc" in one for one in ciphers) and any("-etm@" in one for one in macs)
    return STRICT not in kex and (cbc or "chacha20-poly1305@openssh.com" in ciphers)


SSH_OFFER = SshOfferProbe()
