"""What is looked up for every row of a plan: assets by uid, clocks and people's words by fingerprint. Pure."""

from collections.abc import Iterable

from reports.clocks import FindingClocks
from reports.on_record import OnRecord
from reports.report import AssetCoverage, Occurrence, ReportData
from reports.text import safe_text

NO_SUPPLIER = "no supplier named"
MAX_NAME = 2000  # characters


class Book:
    """Of one report, worked out once."""

    def __init__(self, data: ReportData) -> None:
        self.data = data
        self.assets = {one.uid: one for one in data.assets}
        self.clocks = {one.fingerprint: one for one in data.clocks.findings} if data.clocks else {}
        self.everywhere = frozenset(p.id for p in data.clocks.policies if p.everywhere) if data.clocks else frozenset()
        self.agreed = frozenset(p.id for p in data.clocks.policies if p.contracts) if data.clocks else frozenset()
        self.said = {one.fingerprint: one for one in data.on_record}

    def supplier_id(self, one: Occurrence) -> str:
        """As the inventory has it; "" none is named."""
        asset = self.assets.get(one.asset_uid)
        return (asset.asset.supplier or "") if asset else ""

    def supplier(self, one: Occurrence) -> str:
        """Its name, or :data:`NO_SUPPLIER`."""
        return self.name_of(self.supplier_id(one))

    def name_of(self, supplier: str) -> str:
        known = self.data.suppliers.get(supplier)
        return safe_text(known.name if known else supplier, MAX_NAME) if supplier else NO_SUPPLIER

    def there(self, hit: Iterable[Occurrence]) -> list[AssetCoverage]:
        return [self.assets[o.asset_uid] for o in hit if o.asset_uid in self.assets]

    def clocked(self, hit: Iterable[Occurrence]) -> list[FindingClocks]:
        return [self.clocks[o.fingerprint] for o in hit if o.fingerprint in self.clocks]

    def told(self, hit: Iterable[Occurrence]) -> list[OnRecord]:
        return [self.said[o.fingerprint] for o in hit if o.fingerprint in self.said]


def first_due(clocked: Iterable[FindingClocks], policies: frozenset[str]) -> int | None:
    """When the first of them is due by one of these policies, UTC milliseconds; None: none is."""
    return min(
        (c.due for one in clocked for c in one.clocks if c.policy in policies and c.due is not None), default=None
    )
