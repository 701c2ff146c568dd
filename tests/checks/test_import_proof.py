"""What another tool reported closes only when the same rule provably ran, alike, and did not find it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from checks.finding import CheckRun, Outcome, Subject
from checks.import_proof import is_imported, proof_of_gone, said_of
from checks.lifecycle import Proof, Refusal, Sighting, Source
from inventory.asset import Privilege

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PORT = Subject("port", "tcp/443")


def sighting(day: int, observed: str) -> Sighting:
    began = START + timedelta(days=day)
    return Sighting(
        scan=day + 1,
        started_at=began,
        finished_at=began + timedelta(hours=1),
        check_id="import.xccdf.rule-1",
        observed=observed,
        privilege=Privilege.USER,
        identities=frozenset(),
        facts=("imported",),
        sources=(Source("imported", "ab" * 32, complete=True),),
        reached=False,
        logged_in=False,
        scope="benchmark profile",
    )


BEFORE, AFTER = sighting(0, "the rule failed"), sighting(1, "the rule passed")


def test_the_same_rule_in_the_same_scope_with_the_same_right_proves_it() -> None:
    proof = proof_of_gone(BEFORE, AFTER)
    assert isinstance(proof, Proof)
    assert proof.as_json()["after"]["scope"] == "benchmark profile"  # type: ignore[index]  # plain JSON


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"check_id": "import.xccdf.rule-2"}, "is what failed", id="another rule"),
        pytest.param({"scope": "benchmark other"}, "scope", id="another profile"),
        pytest.param({"scope": ""}, "scope", id="no scope told"),
        pytest.param({"privilege": Privilege.NONE}, "looked for only as none", id="no log-in this time"),
        pytest.param({"observed": ""}, "what was observed", id="nothing observed"),
        pytest.param({"started_at": START}, "before the failing scan had ended", id="time goes backwards"),
        pytest.param({"identity_note": "two machines"}, "needs a person's review", id="identity in doubt"),
        pytest.param({"sources": ()}, "evidence of the passing import", id="no evidence"),
        pytest.param(
            {"sources": (Source("imported", "ab" * 32, complete=False),)}, "is not complete", id="evidence is cut"
        ),
        pytest.param({"facts": ()}, "kept no evidence", id="rests on nothing"),
        pytest.param({"check_id": "import.manual.rule-1"}, "signed retest", id="a person's finding"),
    ],
)
def test_anything_less_is_refused(change: dict[str, object], why: str) -> None:
    refused = proof_of_gone(BEFORE, replace(AFTER, **change))  # type: ignore[arg-type]  # a table of fields
    assert isinstance(refused, Refusal)
    assert why in refused.sentence


def test_a_higher_right_than_before_is_enough() -> None:
    assert isinstance(proof_of_gone(BEFORE, replace(AFTER, privilege=Privilege.ROOT)), Proof)


def test_a_persons_finding_never_closes_by_an_import() -> None:
    manual = [replace(one, check_id="import.manual.door") for one in (BEFORE, AFTER)]
    refused = proof_of_gone(manual[0], manual[1])
    assert isinstance(refused, Refusal)
    assert "signed retest" in refused.sentence


def test_only_the_word_on_the_very_subject_counts() -> None:
    run = CheckRun("import.testssl.SSLv3", 1, Outcome.PASS, "not offered", PORT)
    said = said_of(PORT, [run])
    assert said is not None
    assert said.outcome is Outcome.PASS
    assert said_of(Subject("port", "tcp/8443"), [run]) is None  # absence says nothing
    assert said_of(PORT, []) is None


def test_what_is_imported_is_told_by_its_id() -> None:
    assert is_imported("import.nessus.19506")
    assert not is_imported("linux.ssh.max-auth-tries")
