"""What can go wrong between us and a BMC. Each fault knows how it is told in the report.

::

    RedfishFault
    ├── LoginUnusable        our side: no user, no password, a file of authorities that cannot be read
    ├── Unreachable          no connection, or not one that speaks TLS
    ├── OutOfTime            the visit's or the request's time is over
    ├── CertificateRefused   nothing was sent: the certificate is not one that the inventory accepts
    ├── WeakOnly             TLS 1.2 is beyond it
    ├── LoginRefused         401, or no session for this user
    ├── NotAllowed           403
    ├── NoRedfish            something answers, but no Redfish service
    └── Unreadable           too big, no JSON, or an HTTP error
"""

from inventory.facts.missing import Missing, Reason


class RedfishFault(Exception):
    """``str()`` is one plain sentence without secrets."""

    reason = Reason.OUTPUT_UNREADABLE

    def __init__(self, detail: str, reason: Reason | None = None) -> None:
        super().__init__(detail)
        self.missing = Missing(reason or self.reason, detail)


class LoginUnusable(RedfishFault):
    reason = Reason.CREDENTIAL_UNUSABLE


class Unreachable(RedfishFault):
    reason = Reason.UNREACHABLE


class OutOfTime(RedfishFault):
    reason = Reason.TIMED_OUT


class CertificateRefused(RedfishFault):
    reason = Reason.HOST_KEY_UNKNOWN


class WeakOnly(RedfishFault):
    reason = Reason.WEAK_ALGORITHMS_ONLY


class LoginRefused(RedfishFault):
    reason = Reason.LOGIN_REFUSED


class NotAllowed(RedfishFault):
    reason = Reason.PRIVILEGE_TOO_LOW


class NoRedfish(RedfishFault):
    reason = Reason.OUTPUT_UNREADABLE


class Unreadable(RedfishFault):
    reason = Reason.OUTPUT_UNREADABLE
