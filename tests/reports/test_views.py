"""Views: a supplier sees nothing of another, in any field, and whoever adds a field has to say what a supplier sees."""

import dataclasses
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from checks.check import Check
from checks.credits import Credits
from checks.finding import Outcome, Severity, Subject
from checks.responsibility import Baseline, Handover, Inherited
from checks.serviceability import Condition, Serviceability, Standing
from inventory.asset import Privilege
from inventory.estate import Supplier
from inventory.facts.missing import Missing, Reason
from inventory.responsibility import Layer
from reports.availability import AvailabilityReport, DeviceGroup
from reports.clocks import ClockReport, FindingClocks
from reports.compare import compare
from reports.compare_data import Comparison
from reports.compare_side import read
from reports.counting import Step, by_area, funnel
from reports.firmware import DeviceFirmware, Said
from reports.formats import FORMATS, json_file
from reports.imported import ImportedFile, ImportGap, SeenBy, UnmatchedHost
from reports.life import Backlog, Decided, Life, SupportEnd, Tally, burn_down
from reports.on_record import OnRecord
from reports.open_ports import AssetPorts, How, Identified, OpenPort, Reach
from reports.report import AssetCoverage, EvidenceItem, Occurrence, ReportData
from reports.views import APPENDICES, LABELS, TITLES, View, ViewError, marks, sections, seen
from reports.views_cut import WITHHELD, undecided
from reports.views_mask import MASK
from tests.reports.sample import START, digest, sample
from tests.reports.sample_availability import month as availability
from tests.reports.sample_availability import service as watched
from tests.reports.test_clocks import LATE, finding
from tests.reports.test_clocks import report as clock_report

SECRET = "larkspur"  # the other supplier: whatever is its own carries this word
OWN = "quill"


def texts(value: object) -> Iterator[str]:
    """Every text inside, whatever holds it. Checks are the catalogue's, the same for everybody."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Check):
        yield value.id
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for one in dataclasses.fields(value):
            yield from texts(getattr(value, one.name))
    elif isinstance(value, Mapping):
        for key, inside in value.items():
            yield from texts(key)
            yield from texts(inside)
    elif isinstance(value, tuple | list | set | frozenset):
        for inside in value:
            yield from texts(inside)


def marked() -> ReportData:
    """Two suppliers that share the estate; everything of one carries its name, also inside sentences of the other."""
    base = sample()
    assets = tuple(_asset(base, a) for a in base.assets)
    names = {a.uid: a.asset.name for a in assets}
    other = next(a for a in assets if a.asset.supplier == SECRET)
    mine = next(a for a in assets if a.asset.supplier == OWN and a.logged_in)
    said = f"shares its host key with {other.asset.name} ({other.asset.connection.address})"
    issues = tuple(
        replace(
            i,
            occurrences=tuple(
                replace(o, asset=names[o.asset_uid], observed=f"{o.observed}; {said}", subject=Subject("host", ""))
                if not i.subject
                else replace(o, asset=names[o.asset_uid])
                for o in i.occurrences
            ),
        )
        for i in base.issues
    )
    tool = ImportedFile(
        3, "both.nessus", "e" * 64, "Nessus", "10", "", "buyer", None, 9,
        (ImportGap(mine.asset.name, "r", "timeout", said), ImportGap(other.asset.name, "r", "timeout", "t")),
        (UnmatchedHost(f"{SECRET}-stray", "no such asset", 2),),
    )  # fmt: skip
    return replace(
        base,
        assets=assets,
        issues=issues,
        options={"checks": "all", "limit": other.asset.name},
        gaps=tuple(replace(g, asset=names[g.asset_uid], detail=said) for g in base.gaps),
        fixed=tuple(replace(o, asset_uid=u.uid, asset=u.asset.name) for o in base.fixed for u in (mine, other)),
        carried=tuple(replace(o, asset_uid=u.uid, asset=u.asset.name) for o in base.carried for u in (mine, other)),
        evidence=tuple(
            EvidenceItem(a.asset.name, "sshd", digest(a.uid), 9, Privilege.ROOT, Missing(Reason.UNREACHABLE, said))
            for a in assets
        ),
        scopes=(
            replace(base.scopes[0], id="mixed", hosts=(mine.asset.name, other.asset.name), groups=(), networks=()),
            replace(base.scopes[0], id=f"{SECRET} only", hosts=(other.asset.name,), groups=(), networks=()),
        ),
        firmware=tuple(
            DeviceFirmware(a.uid, a.asset.name, "Fenwick", "os", "m1", "1.0", {"c": Said(Outcome.FAIL, said)})
            for a in (mine, other)
        ),
        clocks=_with_policy(
            replace(finding(9001, LATE, OWN, "quill-2025", title=said), asset_uid=mine.uid, asset=mine.asset.name),
            replace(finding(9002, LATE, SECRET, "larkspur-2025"), asset_uid=other.uid, asset=other.asset.name),
        ),
        credits=tuple(_credit(supplier) for supplier in (OWN, SECRET)),
        handovers=(_handover(mine.asset.name), _handover(mine.asset.name, other.asset.name)),
        imports=(tool, replace(tool, file=f"{SECRET}.nessus", gaps=tool.gaps[1:])),
        availability=_available(said, mine.asset.name, other.asset.name),
        life=Life(
            tuple(_decided(a.uid, a.asset.name, said) for a in (mine, other)),
            tuple(Backlog(1, START, supplier, 2, by_severity={Severity.HIGH: 2}) for supplier in (OWN, SECRET)),
            tuple(SupportEnd(a.uid, a.asset.name, "Debian 12", date(2026, 6, 10), said) for a in (mine, other)),
        ),
        on_record=tuple(_on_record(o, said) for i in issues for o in i.occurrences),
        ports=tuple(_ports(a, said) for a in assets),
        by_supplier={OWN: Tally({"linux.ssh.root-login": 7}), SECRET: Tally({"linux.ssh.root-login": 11})},
    )


def _ports(one: AssetCoverage, said: str) -> AssetPorts:
    told = Identified(How.ANSWERED, "https", f"TLS 1.3, certificate for {said}", digest(one.uid))
    return AssetPorts(one.uid, one.asset.name, (OpenPort("tcp", 443, Reach.ANSWERED, (), (told,)),), said)


def since(now: ReportData) -> Comparison:
    """With the month before, when the other had one of our assets too, and others that are gone since."""
    other = next(a for a in now.assets if a.asset.supplier == SECRET)
    mine = next(a for a in now.assets if a.asset.supplier == OWN)
    way = replace(other.asset.connection, address="198.51.100.99")
    gone = replace(other, uid="gone", asset=replace(other.asset, name=f"{SECRET}-gone", connection=way), missing=None)
    theirs = replace(mine, asset=replace(mine.asset, supplier=SECRET, area=mine.asset.area))
    said = f"shares its key with {SECRET}-gone (198.51.100.99)"
    before = replace(
        now,
        scan_id=now.scan_id - 1,
        started_at=now.started_at - timedelta(days=30),
        assets=(*(theirs if a.uid == mine.uid else a for a in now.assets), gone),
        issues=tuple(
            replace(i, occurrences=tuple(replace(o, observed=said) for o in i.occurrences)) for i in now.issues[1:]
        ),
        suppliers={**now.suppliers, f"{SECRET}-2": Supplier(f"{SECRET}-2", f"The older {SECRET}")},
    )
    sides = (read(json_file.encoded(data)[1], f"scan {data.scan_id}") for data in (before, now))
    return compare(*sides)


def _asset(base: ReportData, one: AssetCoverage) -> AssetCoverage:
    """The other's carry the mark in every text; ours name one of the other's in theirs."""
    asset, n = one.asset, int(one.asset.connection.address.rpartition(".")[2])
    if asset.supplier == SECRET:
        asset = replace(asset, name=f"{SECRET}-{asset.name}", groups=(SECRET,), service=f"{SECRET}-svc", area=SECRET)
        return replace(one, asset=replace(asset, owner=SECRET), peer=f"{SECRET} sshd")
    bastion = f"{SECRET}-{base.assets[0].asset.name}"
    placed = replace(asset, connection=replace(asset.connection, bastion=bastion), service="print")
    note = f"answers like {SECRET}-web-00.ashmoor.example at 10.20.0.1:22." if n % 4 else ""
    return replace(one, asset=placed, identity_note=note, missing=Missing(Reason.UNREACHABLE, f"over {bastion}, lost"))


def _with_policy(*found: FindingClocks) -> ClockReport:
    """And with a policy that is the other's alone."""
    told = clock_report(*found)
    theirs = replace(told.policies[0], id=f"{SECRET}-policy", title=SECRET, everywhere=False, contracts=(SECRET,))
    return replace(told, policies=(*told.policies, theirs))


def _credit(supplier: str) -> Credits:
    zero = Fraction(0)
    return Credits(f"{supplier}-2025", supplier, "2025-02", True, (), zero, zero, zero)


def _handover(*assets: str) -> Inherited:
    return Inherited(Baseline(Handover(date(2025, 2, 1), SECRET, OWN, Layer.OS, assets), {"EC-1": 1}, 4, "a"), ())


def _decided(uid: str, name: str, said: str) -> Decided:
    return Decided("EC-1", uid, name, "Weak", START, "accept", "M. Adeyemi", "accreditor", said, until="2025-09-01")


def _on_record(one: Occurrence, said: str) -> OnRecord:
    return OnRecord(one.ref, one.fingerprint, one.state, claim=said, comment=said)


def _available(said: str, mine: str, other: str) -> AvailabilityReport:
    base = availability()
    outage = replace(base.services[0].outages[0], reason=said, children=(f"{SECRET}-child",))
    services = (
        replace(watched("print", base.services[0].timeline), outages=(outage,)),
        watched(f"{SECRET}-svc", base.services[0].timeline),
    )
    told = Serviceability(3, 2, 1, 0, None, None, None)
    return replace(
        base,
        services=services,
        out_of_service=tuple(Standing(name, Condition.UNUSABLE, 0.0, 9.0) for name in (mine, other)),
        groups=(DeviceGroup("supplier", OWN, told), DeviceGroup("supplier", SECRET, told)),
        reach=tuple(replace(r, service=s) for r in base.reach for s in ("print", f"{SECRET}-svc")),
    )


@pytest.fixture(scope="module")
def whole() -> ReportData:
    data = marked()
    return replace(data, since=since(data))


@pytest.fixture(scope="module")
def ours(whole: ReportData) -> ReportData:
    return seen(whole, View.SUPPLIER, OWN)


def test_every_field_of_a_report_is_decided() -> None:
    assert undecided() == [], "say in reports/views_cut.py what a supplier sees of it"


def test_what_is_withheld_is_at_its_default(ours: ReportData) -> None:
    plain = {f.name: f for f in dataclasses.fields(ReportData)}
    for name in WITHHELD & plain.keys():
        default = plain[name].default_factory
        wanted = plain[name].default if default is dataclasses.MISSING else default()
        assert getattr(ours, name) == wanted, name


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(ReportData)])
def test_no_field_tells_of_another_supplier(whole: ReportData, ours: ReportData, name: str) -> None:
    assert [t for t in texts(getattr(ours, name)) if SECRET in t.casefold()] == []
    foreign = {a.asset.connection.address for a in whole.assets if a.asset.supplier == SECRET} | {"198.51.100.99"}
    tokens = {word.strip("().,") for t in texts(getattr(ours, name)) for word in t.split()}
    assert tokens & foreign == set()
    refs = {o.ref for i in whole.issues for o in i.occurrences if o.asset_uid not in {a.uid for a in ours.assets}}
    assert refs.isdisjoint(texts(getattr(ours, name)))


MARKED = (
    "assets", "issues", "suppliers", "options", "gaps", "fixed", "carried", "evidence", "scopes", "firmware", "clocks",
    "credits", "handovers", "imports", "availability", "life", "on_record", "by_supplier", "verdicts", "ports", "since",
)  # fmt: skip


@pytest.mark.parametrize("name", MARKED)
def test_the_other_supplier_is_in_that_field_of_the_whole(whole: ReportData, name: str) -> None:
    """Or the test above would prove nothing."""
    told = list(texts(getattr(whole, name)))
    others = {a.uid for a in whole.assets if a.asset.supplier == SECRET}
    refs = {o.ref for i in whole.issues for o in i.occurrences if o.asset_uid in others}
    assert [t for t in told if SECRET in t.casefold() or t in others or t in refs]


@pytest.mark.parametrize("name", MARKED)
def test_its_own_part_is_still_there(ours: ReportData, name: str) -> None:
    if name not in WITHHELD:
        assert getattr(ours, name)


def test_numbers_are_the_suppliers_own(whole: ReportData, ours: ReportData) -> None:
    mine = {a.uid for a in whole.assets if a.asset.supplier == OWN}
    assert {a.uid for a in ours.assets} == mine
    assert funnel(ours.assets)[Step.KNOWN] == len(mine)
    assert sum(len(i.occurrences) for i in ours.issues) == sum(
        o.asset_uid in mine for i in whole.issues for o in i.occurrences
    )
    assert [i for i in ours.issues if not i.occurrences] == []
    assert ours.passed == {"linux.ssh.root-login": 7}
    assert ours.clocks is not None
    assert [c.ref for c in ours.clocks.findings] == ["EC-9001"]
    assert ours.clocks.without == len(
        {o.fingerprint for i in ours.issues for o in i.occurrences} | {o.fingerprint for o in ours.carried}
    )
    assert [c.supplier for c in ours.credits] == [OWN]
    assert ours.life is not None
    assert [p.open for p in burn_down(ours.life.backlog)] == [2]
    assert all(area.budget is None for area in ours.areas.values())
    assert sum(row.known for row in by_area(ours)) == len(mine)
    assert ours.availability is not None
    assert [s.service for s in ours.availability.services] == ["print"]
    assert ours.availability.devices.devices == 3
    assert [s.hosts for s in ours.scopes if s.id == "mixed"] != []
    assert len(ours.handovers) == 1
    assert [(i.file, len(i.gaps), i.assets) for i in ours.imports] == [("both.nessus", 1, 1)]


def test_a_change_is_that_of_the_suppliers_own_assets(whole: ReportData, ours: ReportData) -> None:
    """Those that it took over since are compared too, with nothing of whose they were."""
    assert whole.since
    assert ours.since
    mine = {a.uid for a in ours.assets}
    assert set(ours.since.was.assets) == set(ours.since.now.assets) == mine
    assert {c.it.asset_uid for c in ours.since.changes} <= mine
    assert ours.since.after.occurrences == sum(one.asset_uid in mine for one in whole.since.now.findings.values())
    assert {place.supplier for side in (ours.since.was, ours.since.now) for place in side.assets.values()} == {OWN}
    assert [name for name in ours.since.now.basis if name.startswith("clock policy")] == ["clock policy moj"]
    assert f"clock policy {SECRET}-policy" in whole.since.now.basis
    assert len(ours.since.now.members) < len(whole.since.now.members)
    own = {one.key: one for one in ours.since.now.findings.values()}
    for key, one in own.items():
        then = whole.since.now.findings[key]
        assert [ours.since.now.members[n] for n in one.members] == [whole.since.now.members[n] for n in then.members]
    told = {one.observed for one in ours.since.was.findings.values()}
    assert f"shares its key with {MASK} ({MASK})" in told


def test_names_of_others_inside_sentences_are_masked(ours: ReportData) -> None:
    told = {o.observed for i in ours.issues for o in i.occurrences}
    assert any(f"shares its host key with {MASK} ({MASK})" in t for t in told)
    assert any(f"at {MASK}:22." in a.identity_note for a in ours.assets)
    assert all(a.missing is None or a.missing.detail == f"over {MASK}, lost" for a in ours.assets)


def test_an_asset_outside_the_scan_belongs_to_whom_its_clock_names() -> None:
    base = sample()
    away = replace(base.carried[0], asset_uid="away", asset="away-1", fingerprint="a" * 64)
    clocked = replace(finding(7, LATE, OWN), fingerprint="a" * 64, asset_uid="away")
    data = replace(base, carried=(away,), clocks=clock_report(clocked))
    assert seen(data, View.SUPPLIER, OWN).carried == (away,)
    assert seen(data, View.SUPPLIER, SECRET).carried == ()
    assert seen(replace(data, clocks=None), View.SUPPLIER, OWN).carried == ()


def test_another_tool_sees_only_its_part() -> None:
    base = sample()
    by = SeenBy("Nessus", "10", "", "EC-1", "nessus.1", "seen", datetime(2025, 3, 1, tzinfo=UTC))
    first = base.issues[0]
    issue = replace(first, occurrences=tuple(replace(o, sources=(by,)) for o in first.occurrences))
    file = ImportedFile(3, "all.nessus", "e" * 64, "Nessus", "10", "", "buyer", None, 9, (), ())
    data = replace(base, issues=(issue,), imports=(file,))
    owner = {a.uid: a.asset.supplier for a in base.assets}
    for name in (OWN, SECRET):
        hit = {o.asset for o in issue.occurrences if owner[o.asset_uid] == name}
        assert [f.assets for f in seen(data, View.SUPPLIER, name).imports] == ([len(hit)] if hit else [])


@pytest.mark.parametrize("form", ["html", "json", "csv", "sarif", "oscal-poam", "terminal"])
def test_no_format_tells_of_another_supplier(ours: ReportData, form: str) -> None:
    out = io.BytesIO()
    FORMATS[form].render(ours, out)
    assert SECRET.encode() not in out.getvalue().lower()


@pytest.mark.parametrize("view", [View.TECHNICAL, View.ACCREDITOR, View.BOARD])
def test_other_views_have_all_the_data(whole: ReportData, view: View) -> None:
    assert seen(whole, view) == replace(whole, view=view.value)


@pytest.mark.parametrize(
    ("view", "supplier", "said"),
    [
        (View.SUPPLIER, None, "needs a supplier: --supplier NAME, one of larkspur, quill"),
        (View.SUPPLIER, "nobody", "no supplier 'nobody'; choose one of larkspur, quill"),
        (View.BOARD, "quill", "a supplier is named for the board view"),
    ],
)
def test_views_that_are_not(view: View, supplier: str | None, said: str) -> None:
    with pytest.raises(ViewError, match=said):
        seen(sample(), view, supplier)


def test_a_supplier_may_be_called_by_its_name() -> None:
    data = sample()
    assert seen(data, View.SUPPLIER, data.suppliers["quill"].name.upper()).viewer == "quill"


@pytest.mark.parametrize("view", View)
def test_chapters_have_titles_and_marks(view: View) -> None:
    names = sections(view)
    assert len(set(names)) == len(names)
    assert set(names) <= TITLES.keys()
    assert LABELS[view]
    letters = [name in APPENDICES for name in names]
    assert letters == sorted(letters)
    assert list(marks(names).values())[: len(names) - sum(letters)] == [
        str(n) for n in range(1, len(names) - sum(letters) + 1)
    ]
