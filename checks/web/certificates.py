"""Certificates of TLS servers that have ended or end soon, as of the time they were seen."""

from collections.abc import Iterator
from datetime import timedelta

from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import EXAMPLE_TIME, Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, passed
from inventory.asset import Privilege
from inventory.facts.missing import Missing, Reason
from inventory.facts.tls import Tls, TlsCertificate, TlsEndpoint

DAY = 86_400
SOON, VERY_SOON = 30, 7  # days
VERIFY = "the next scan; or `openssl s_client -connect HOST:PORT` shows the new date"


def _ends(seconds: int) -> dict[str, object]:
    """An endpoint whose certificate ends so long after it was seen."""
    at = EXAMPLE_TIME + timedelta(seconds=seconds)
    certificate = partial(TlsCertificate, not_after_epoch=int(at.timestamp()), not_after=at.date().isoformat())
    return {"tls": Tls((partial(TlsEndpoint, place="a:443", why="", certificate=certificate),))}


UNSEEN = {"tls": Tls((partial(TlsEndpoint, place="a:443", why="it refuses connections", certificate=None),))}
NOTHING = {"tls": Tls((partial(TlsEndpoint, place="a:443", why="", certificate=None),))}


def _subject(endpoint: TlsEndpoint) -> Subject:
    return Subject("tls", endpoint.place)


def _unseen(endpoint: TlsEndpoint) -> Ruling:
    why = f"{endpoint.place}: {endpoint.why or 'no certificate was seen'}"
    return Ruling(Outcome.NOT_ASSESSED, why, _subject(endpoint), Reason.OUTPUT_UNREADABLE)


@check(
    id="tls.cert.expired",
    title="The certificate has ended",
    severity=Severity.HIGH,
    theme=Theme.WEAK_CRYPTO,
    rationale="Clients refuse to connect, or people learn to click warnings away and no longer see a real attack.",
    remedy=Remedy("Issue a new certificate and load it into the server.", verify=VERIFY),
    privilege=Privilege.NONE,
    references=("RFC 5280, section 4.1.2.5",),
    examples=(
        Example(Outcome.PASS, _ends(0), says=f"a:443: the certificate ends on {EXAMPLE_TIME.date()}"),
        Example(
            Outcome.FAIL,
            _ends(-1),
            says=f"a:443: the certificate ended on {EXAMPLE_TIME.date()}",
            subjects=("a:443",),
        ),
        Example(Outcome.NOT_ASSESSED, UNSEEN, says="a:443: it refuses connections", subjects=("a:443",)),
        Example(Outcome.NOT_ASSESSED, NOTHING, says="a:443: no certificate was seen"),
        Example(Outcome.NOT_ASSESSED, {"tls": Missing(Reason.TIMED_OUT)}),
    ),
)
def expired(tls: Tls, context: Context) -> Iterator[Ruling]:
    for endpoint in tls.endpoints:
        certificate = endpoint.certificate
        if certificate is None:
            yield _unseen(endpoint)
        elif certificate.not_after_epoch < context.now.timestamp():
            yield failed(f"{endpoint.place}: the certificate ended on {certificate.not_after}", _subject(endpoint))
        else:
            yield passed(f"{endpoint.place}: the certificate ends on {certificate.not_after}", _subject(endpoint))


@check(
    id="tls.cert.expiring-30d",
    title="The certificate ends within 30 days",
    severity=Severity.MEDIUM,
    theme=Theme.WEAK_CRYPTO,
    rationale="When it ends, clients refuse to connect. A month is enough to renew it without haste; a week is not.",
    remedy=Remedy("Renew the certificate now, and see why it was not renewed by machine.", verify=VERIFY),
    privilege=Privilege.NONE,
    references=("RFC 5280, section 4.1.2.5",),
    examples=(
        Example(Outcome.PASS, _ends(SOON * DAY), says="a:443: the certificate ends in 30 days"),
        Example(Outcome.PASS, _ends(-1), says="a:443: the certificate has ended, which is a finding of its own"),
        Example(Outcome.FAIL, _ends(SOON * DAY - 1), says="a:443: the certificate ends on 2026-04-01, in 29 days"),
        Example(Outcome.FAIL, _ends(VERY_SOON * DAY), says="a:443: the certificate ends on 2026-03-09, in 7 days"),
        Example(
            Outcome.FAIL,
            _ends(0),
            subjects=("a:443",),
            says="a:443: the certificate ends on 2026-03-02, in 0 days: within a week",
        ),
        Example(Outcome.NOT_ASSESSED, UNSEEN, says="a:443: it refuses connections"),
        Example(Outcome.NOT_ASSESSED, {"tls": Missing(Reason.TIMED_OUT)}),
    ),
)
def expiring(tls: Tls, context: Context) -> Iterator[Ruling]:
    for endpoint in tls.endpoints:
        if endpoint.certificate is None:
            yield _unseen(endpoint)
        else:
            yield _time_left(endpoint, endpoint.certificate, context)


def _time_left(endpoint: TlsEndpoint, certificate: TlsCertificate, context: Context) -> Ruling:
    left, subject = certificate.not_after_epoch - int(context.now.timestamp()), _subject(endpoint)
    if left < 0:
        return passed(f"{endpoint.place}: the certificate has ended, which is a finding of its own", subject)
    if left >= SOON * DAY:
        return passed(f"{endpoint.place}: the certificate ends in {left // DAY} days", subject)
    said = f"{endpoint.place}: the certificate ends on {certificate.not_after}, in {left // DAY} days"
    if left < VERY_SOON * DAY:
        return failed(f"{said}: within a week", subject, Severity.HIGH)
    return failed(said, subject)
