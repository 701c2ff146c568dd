"""What the words of a report mean, for a reader who is new to them. Plain text, by term."""

TERMS: tuple[tuple[str, str], ...] = (
    (
        "Acceptance",
        "A signed decision to live with a risk until a named day. It closes nothing: the finding still counts.",
    ),
    ("Area", "A part of the organisation that coverage is counted by: a court, a ward, a branch."),
    ("Asset", "One machine or device of the inventory."),
    ("Claim", "Somebody's word that a finding was fixed. It closes nothing until a later look proves it."),
    (
        "Clock",
        "By when something must be fixed, by policy or contract. Gross counts all days; net leaves out agreed pauses.",
    ),
    ("Coverage", "How far the scan got: known, attempted, reached, logged in, privileged, fully assessed."),
    ("CVE", "The public number of one known weakness in a product."),
    ("CVSS", "A published score from 0 to 10 of how bad a weakness is in general, wherever it is."),
    ("EPSS", "An estimate by FIRST of how likely a weakness is to be exploited within 30 days."),
    ("Evidence root", "One sha256 over all answers that were collected. If any of them is changed, it is another."),
    ("Issue", "One weakness, or one missing update whatever number of CVEs it closes."),
    ("Judgement", "One check on one asset. One that could not be made is never counted as passed."),
    ("KEV", "CISA's list of weaknesses that are known to be exploited by attackers."),
    (
        "Lower and upper bound",
        "Availability if all the time in which nobody could look is taken as down, or as up. The truth lies between.",
    ),
    ("MTTR", "Mean time to repair: how long an outage lasted on average."),
    ("Not assessed", "A check that could not be judged, with the reason. It is unknown, not good."),
    ("Occurrence", "An issue on one subject of one asset: a package, a port, an account, a file system, or the host."),
    ("Regressed", "It had been proven fixed, and came back."),
    ("Risk", "Severity moved by published rules: who can reach it, how important it is, whether it is exploited."),
    ("Root cause", "A theme and a product: what many findings have in common."),
    ("Severity", "How bad a weakness is in itself. Neither people nor policies move it."),
    ("sha256", "A fingerprint of a file or an answer. Two that differ in one bit have different fingerprints."),
    ("Stale", "An open finding that could not be looked at again for a long time. It still counts."),
    ("Verified fix", "The same check ran again on the same machine, with enough rights, and passed."),
)
