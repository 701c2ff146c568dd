"""What the report's chapter on firmware rests on: the list of devices that the scan stored, and the runs of each."""

from collections.abc import Mapping, Sequence

from checks.estate import Entry, ListError, decode, query_of
from reports.firmware import JUDGED, SISTERS, DeviceFirmware, Said
from scanner.store.records import StoredHost, StoreError
from scanner.store.store import Store


def firmware_of(store: Store, hosts: Sequence[StoredHost]) -> tuple[DeviceFirmware, ...]:
    """Every device that told what it is. Raises :class:`StoreError` for a list that cannot be read."""
    lists: dict[str, Mapping[str, Entry]] = {}
    found = ((host, _entry(store, host, lists)) for host in hosts)
    return tuple(_device(host, entry) for host, entry in found if isinstance(entry, Mapping))


def _entry(store: Store, host: StoredHost, lists: dict[str, Mapping[str, Entry]]) -> Entry | None:
    """What the list says of this device. One list serves all devices of a scan."""
    kept = next((a.sha256 for a in host.answers if a.query == query_of(SISTERS)), "")
    if not kept:
        return None
    try:
        if kept not in lists:
            lists[kept] = decode(store.blob(kept))
    except ListError as fault:
        raise StoreError(f"evidence {kept} is no list of the estate") from fault
    return lists[kept].get(host.asset.name)


def _device(host: StoredHost, told: Mapping[str, str]) -> DeviceFirmware:
    judged = {run.check_id: Said(run.outcome, run.observed) for run in host.runs if run.check_id in JUDGED}
    vendor, os, model, version = (told.get(key, "") for key in ("vendor", "os", "model", "version"))
    return DeviceFirmware(host.uid, host.asset.name, vendor, os, model, version, judged)
