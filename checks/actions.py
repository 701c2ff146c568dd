"""The words for what people do to a finding, and as whom. Imports nothing: the command line lists them."""

from enum import StrEnum


class Action(StrEnum):
    """What people do. There is no word for closing by hand and none for deleting."""

    CLAIM = "claim"
    WITHDRAW_CLAIM = "withdraw-claim"
    REQUEST_ACCEPTANCE = "request-acceptance"
    ACCEPT = "accept"
    REFUSE = "refuse"
    PROPOSE_FALSE_POSITIVE = "propose-false-positive"
    CONFIRM_FALSE_POSITIVE = "confirm-false-positive"
    MITIGATE = "mitigate"
    PAUSE_CLOCK = "pause-clock"
    RESUME_CLOCK = "resume-clock"
    TELL_SUPPLIER = "tell-supplier"
    OUT_OF_SERVICE = "out-of-service"
    RETEST = "retest"
    OVERRIDE_RISK = "override-risk"
    ACCEPT_IDENTITY = "accept-identity"
    ACCREDIT = "accredit"  # about a service or the estate: checks/accreditation_decision.py


class Role(StrEnum):
    SUPPLIER = "supplier"  # written supplier:<id of the inventory>
    OPERATOR = "operator"  # whoever runs the service day by day
    OWNER = "owner"  # of the estate
    ASSESSOR = "assessor"
    ACCREDITOR = "accreditor"
    TESTER = "tester"
