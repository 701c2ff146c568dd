"""What people do, in plain words for the sentences that refuse it."""

from collections.abc import Mapping

from checks.statements import Action

TO: Mapping[Action, str] = {  # after "may not" and "to"
    Action.CLAIM: "claim a fix",
    Action.WITHDRAW_CLAIM: "take back a claim",
    Action.REQUEST_ACCEPTANCE: "ask that the risk be accepted",
    Action.ACCEPT: "accept the risk",
    Action.REFUSE: "refuse a request",
    Action.PROPOSE_FALSE_POSITIVE: "propose a false positive",
    Action.CONFIRM_FALSE_POSITIVE: "confirm a false positive",
    Action.MITIGATE: "record a mitigation",
    Action.PAUSE_CLOCK: "pause the clock",
    Action.RESUME_CLOCK: "let the clock run on",
    Action.TELL_SUPPLIER: "record that the supplier was told",
    Action.OUT_OF_SERVICE: "put the asset out of service",
    Action.RETEST: "record a retest",
    Action.OVERRIDE_RISK: "override the risk",
    Action.ACCEPT_IDENTITY: "accept the asset's identity",
    Action.ACCREDIT: "decide on a verdict",
}
ASKED: Mapping[Action, str] = {  # after "nobody has asked"
    Action.REQUEST_ACCEPTANCE: "that the risk be accepted",
    Action.PROPOSE_FALSE_POSITIVE: "that it be called a false positive",
    Action.PAUSE_CLOCK: "for a pause of the clock",
    Action.OUT_OF_SERVICE: "that the asset be put out of service",
}
