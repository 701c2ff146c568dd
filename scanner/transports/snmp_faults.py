"""What can go wrong with one SNMP request, as errors named after what happened.

    SnmpFault
    |- Silent            nothing came: nobody there, filtered, or (v2c) a community that is not known there
    |- Refused           the host says that nothing listens on this port
    |- Unreachable       no route, no such name
    |- LoginRefused      the agent named what it does not accept: user, key, security level, privacy
    |- Ignored           the agent gave its engine id and then was silent to this user
    |- Garbled           what came is no SNMP answer to this request
    |- Forged            answers came that do not carry this user's signature
    |- TooBig            the answer does not fit into one message
    |- AgentError        the agent answered with an error status (RFC 3416, section 3)
    |- NotIncreasing     a walk met an OID that does not come after the one before it
    |- LoginUnusable     the credential cannot be used as it stands; nothing was sent
    |- OutOfBounds       more rows or bytes than a walk may bring
    '- OutOfTime         the visit's time was over

Each becomes one :class:`inventory.facts.missing.Missing`. No message holds a community, a key or a packet.
"""

from typing import ClassVar

from inventory.facts.missing import Missing, Reason


class SnmpFault(Exception):
    """Base of all. ``str()`` is one plain sentence."""

    reason: ClassVar[Reason] = Reason.OUTPUT_UNREADABLE

    @property
    def missing(self) -> Missing:
        return Missing(self.reason, str(self))


class Silent(SnmpFault):
    reason = Reason.TIMED_OUT


class Refused(SnmpFault):
    reason = Reason.CONNECTION_REFUSED


class Unreachable(SnmpFault):
    reason = Reason.UNREACHABLE


class LoginRefused(SnmpFault):
    reason = Reason.LOGIN_REFUSED


class Ignored(LoginRefused):
    pass


class Garbled(SnmpFault):
    pass


class Forged(SnmpFault):
    reason = Reason.LOGIN_REFUSED


class TooBig(SnmpFault):
    reason = Reason.OUTPUT_TRUNCATED


class NotIncreasing(SnmpFault):
    pass


class LoginUnusable(SnmpFault):
    reason = Reason.CREDENTIAL_UNUSABLE


class OutOfBounds(SnmpFault):
    reason = Reason.OUTPUT_TRUNCATED


class OutOfTime(SnmpFault):
    reason = Reason.TIMED_OUT


STATUS = (
    *("noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength"),
    *("wrongEncoding", "wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed"),
    *("undoFailed", "authorizationError", "notWritable", "inconsistentName"),
)  # by their numbers in RFC 3416, section 3
TOO_BIG, NO_SUCH_NAME, NO_ACCESS, AUTHORIZATION_ERROR = 1, 2, 6, 16


class AgentError(SnmpFault):
    """``status`` as RFC 3416 numbers it; ``index`` of the value it concerns, from 1, 0 for none of them."""

    def __init__(self, status: int, index: int) -> None:
        self.status, self.index = status, index
        name = STATUS[status] if 0 < status < len(STATUS) else f"error {status}"
        super().__init__(f"the device answered {name}" + (f" for value {index} of the request" if index > 0 else ""))

    @property
    def missing(self) -> Missing:
        refused = self.status in (NO_ACCESS, AUTHORIZATION_ERROR)
        return Missing(Reason.PRIVILEGE_TOO_LOW if refused else self.reason, str(self))


# The counters of RFC 3414 section 5 and RFC 3412 section 6 that a Report names, and what they mean to the asker.
_USM, _MPD, _CONTEXT = "1.3.6.1.6.3.15.1.1.", "1.3.6.1.6.3.11.2.1.", "1.3.6.1.6.3.12.1."
NOT_IN_TIME_WINDOW = _USM + "2.0"
UNKNOWN_ENGINE_ID = _USM + "4.0"
REPORTS = {
    _USM + "1.0": "the device does not offer this user the security level that was asked for (unsupportedSecLevel)",
    NOT_IN_TIME_WINDOW: "the device refuses the time in the request although it is its own (notInTimeWindow)",
    _USM + "3.0": "the device does not know this user (unknownUserName)",
    UNKNOWN_ENGINE_ID: "the device does not accept the engine id that it gave itself (unknownEngineID)",
    _USM + "5.0": "the device does not accept this user's authentication key or protocol (wrongDigest)",
    _USM + "6.0": "the device cannot decrypt this user's requests: wrong privacy key or protocol (decryptionError)",
    _MPD + "1.0": "the device does not know the user-based security model (unknownSecurityModel)",
    _MPD + "3.0": "the device has no handler for this request (unknownPDUHandler)",
    _CONTEXT + "4.0": "the device says that its context is not available (unavailableContext)",
    _CONTEXT + "5.0": "the device does not know the context (unknownContext)",
}


def refused_by(report: str) -> LoginRefused:
    return LoginRefused(REPORTS.get(report, f"the device refused the request with a report of {report or 'nothing'}"))
