"""TLS servers: eleven hellos of our own and two usual handshakes an endpoint (:class:`scanner.query.TlsOffers`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inventory.asset import Asset, Privilege
from inventory.endpoint import INSIDE_TLS, STARTTLS
from inventory.facts.tls import Tls, TlsCertificate, TlsEndpoint
from scanner.probes.web.certificates import certificate_of
from scanner.probes.web.records import Record, by_url, raw, unended, why_not
from scanner.probes.web.suites import ALL, DHE, MODERN, OLD, STATIC, WEAK, name_of
from scanner.probes.web.tls_messages import (
    DECODE_ERROR,
    RENEGOTIATION,
    UNRECOGNIZED_NAME,
    Alert,
    Broken,
    ServerHello,
    answer_of,
)
from scanner.query import Answer, Hello, Query, TlsOffers, Unreadable

X25519MLKEM768 = 0x11EC
GROUPS = (0x001D, 0x0017, 0x0018, 0x0019, 0x0100, 0x0101)  # x25519, P-256, P-384, P-521, ffdhe2048, ffdhe3072
DEFLATE = 1
HELLOS = (
    Hello("tls12", 0x0303, ALL, GROUPS, (DEFLATE, 0)),
    Hello("tls13", 0x0304, MODERN, GROUPS),
    Hello("tls11", 0x0302, ALL, GROUPS, (DEFLATE, 0)),
    Hello("tls10", 0x0301, ALL, GROUPS, (DEFLATE, 0)),
    Hello("ssl3", 0x0300, ALL, compressions=(DEFLATE, 0)),
    Hello("ssl2", 0x0002, ()),
    Hello("weak", 0x0303, WEAK, GROUPS),
    Hello("old", 0x0303, OLD, GROUPS),
    Hello("static", 0x0303, STATIC, GROUPS),
    Hello("dhe", 0x0303, DHE, whole=True),  # no group of ours: the server's own prime (RFC 7919, section 4)
    Hello("pq", 0x0304, MODERN, (X25519MLKEM768,)),
)
UNTOLD = {UNRECOGNIZED_NAME: "it does not know the name", DECODE_ERROR: "it cannot read our ClientHello"}
VERSIONS = {hello.label: hello.version for hello in HELLOS}

Heard = ServerHello | Alert | str  # str: why nothing can be said


@dataclass(frozen=True, slots=True)
class TlsProbe:
    name: str = "tls"
    privilege: Privilege = Privilege.NONE
    nothing_asked: str = "the inventory names no TLS endpoint of this asset"

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:
        chosen = tuple(one for one in asset.endpoints if one.scheme in (*INSIDE_TLS, *STARTTLS))
        return None if so_far or not chosen else TlsOffers(self.name, chosen, HELLOS)

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> Tls:  # noqa: ARG002 (one shape for all probes)
        return Tls(tuple(_endpoint(url, records) for url, records in by_url(answers[0].output).items()))


def _endpoint(url: str, records: Sequence[Record]) -> TlsEndpoint:
    place = str(records[0].get("place", ""))
    heard = {str(one["hello"]): _heard(one) for one in records if "hello" in one}
    if not any(isinstance(one, ServerHello) for one in heard.values()):
        return TlsEndpoint(url, place, why=_silence(records, heard))
    shaken = next((one for one in records if one.get("handshake")), {})
    certificate, why = _certificate(shaken, str(records[0].get("name", "")))
    told = [
        one for label, one in heard.items() if isinstance(one, ServerHello) and label in ("tls12", "tls11", "tls10")
    ]
    dhe = heard.get("dhe", "")
    return TlsEndpoint(
        url,
        place,
        why or next((one for one in heard.values() if isinstance(one, str)), ""),
        ssl2=_spoken(heard, "ssl2"),
        ssl3=_spoken(heard, "ssl3"),
        tls10=_spoken(heard, "tls10"),
        tls11=_spoken(heard, "tls11"),
        tls12=_spoken(heard, "tls12"),
        tls13=_spoken(heard, "tls13"),
        null_anon_export=_accepted(heard, "weak", WEAK),
        rc4_3des=_accepted(heard, "old", OLD),
        no_forward_secrecy=_accepted(heard, "static", STATIC),
        weak_suite=_suite(heard.get("weak")),
        old_suite=_suite(heard.get("old")),
        static_suite=_suite(heard.get("static")),
        dhe=_accepted(heard, "dhe", DHE),
        dh_bits=dhe.dh_bits if isinstance(dhe, ServerHello) else None,
        pq_hybrid=_hybrid(heard),
        safe_renegotiation=all(RENEGOTIATION in one.extensions for one in told) if told else None,
        compression=any(one.compression for one in told) if told else None,
        certificate=certificate,
    )


def _certificate(shaken: Record, name: str) -> tuple[TlsCertificate | None, str]:
    """What cannot be read of one server is not lacking of the others."""
    try:
        found = certificate_of(shaken, name)
    except Unreadable as fault:
        return None, fault.missing.detail
    said = str(shaken.get("fault") or shaken.get("why") or "the handshake was not tried")[:200]
    return found, "" if found else f"no certificate was seen: {said}"


def _heard(record: Record) -> Heard:
    if record.get("state") != "open":
        return why_not(record)
    try:
        said = answer_of(raw(record, "got"), ssl2=record["hello"] == "ssl2", dhe=record["hello"] == "dhe")
    except Broken as fault:
        return unended(record, str(fault)) if record.get("end") != "enough" else str(fault)
    if said is None:  # who ends the connection at a hello refuses it; who is silent may only be slow
        return Alert(-1) if record.get("end") in ("closed", "reset") else unended(record, "nothing came in time")
    return UNTOLD.get(said.number, said) if isinstance(said, Alert) else said


def _silence(records: Sequence[Record], heard: Mapping[str, Heard]) -> str:
    if records[0].get("state") != "open":
        return why_not(records[0])
    words = next((one for one in heard.values() if isinstance(one, str)), "it refuses every ClientHello")
    return f"no TLS session came about: {words}"


def _spoken(heard: Mapping[str, Heard], label: str) -> bool | None:
    said = heard.get(label, "")
    return None if isinstance(said, str) else isinstance(said, ServerHello) and said.version == VERSIONS[label]


def _accepted(heard: Mapping[str, Heard], label: str, offered: Sequence[int]) -> bool | None:
    """A suite that was not offered is no acceptance, and no refusal either."""
    said = heard.get(label, "")
    if isinstance(said, ServerHello):
        return True if said.suite in offered else None
    return False if isinstance(said, Alert) else None


def _suite(said: Heard | None) -> str:
    return name_of(said.suite) if isinstance(said, ServerHello) else ""


def _hybrid(heard: Mapping[str, Heard]) -> bool | None:
    said = heard.get("pq", "")
    if isinstance(said, ServerHello):
        return said.group == X25519MLKEM768
    return False if isinstance(said, Alert) else None


TLS = TlsProbe()
