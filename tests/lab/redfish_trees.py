"""Small Redfish services, written after DMTF's schema and what makers document of theirs. No recorded answers."""

from collections.abc import Mapping, Sequence
from typing import Any

V1 = "/redfish/v1"
OK = {"State": "Enabled", "Health": "OK"}
Body = dict[str, Any]


def link(path: str) -> Body:
    return {"@odata.id": f"{V1}/{path}"}


def collection(path: str, names: Sequence[str]) -> Body:
    return {"Name": path, "Members": [link(f"{path}/{name}") for name in names], "Members@odata.count": len(names)}


def service(resources: Mapping[str, Body], **root: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """A tree with the collections that the paths of its resources need, and links to them."""
    paths = dict(resources)
    for path in resources:
        parent = path.rpartition("/")[0]
        if parent and parent not in resources:
            members = sorted(one.rpartition("/")[2] for one in resources if one.rpartition("/")[0] == parent)
            paths[parent] = collection(parent, members)
            holder, _, what = parent.rpartition("/")
            if holder in paths and what not in paths[holder]:
                paths[holder] = paths[holder] | {what: link(parent)}
    links = {name: link(name) for name in ("Systems", "Managers", "Chassis", "UpdateService") if name in paths}
    top = {"RedfishVersion": "1.6.0", "Id": "RootService", "Links": {"Sessions": link("SessionService/Sessions")}}
    tree = {V1: top | links | root, f"{V1}/SessionService/Sessions": collection("SessionService/Sessions", [])}
    return tree | {f"{V1}/{path}": {"@odata.id": f"{V1}/{path}"} | body for path, body in paths.items()}


def hpe() -> dict[str, Any]:
    """iLO 5."""
    return service(
        {
            "Systems/1": {
                "Manufacturer": "HPE",
                "Model": "ProLiant DL380 Gen10",
                "SerialNumber": "CZ00000001  ",
                "SKU": "868703-B21",
                "SystemType": "Physical",
                "BiosVersion": "U30 v2.76 (02/09/2023)",
                "HostName": "db-1",
                "Status": OK,
                "Links": {"ManagedBy": [link("Managers/1/")]},
            },
            "Managers/1": {"ManagerType": "BMC", "Model": "iLO 5", "FirmwareVersion": "iLO 5 v2.81", "Status": OK},
            "Chassis/1": {"Model": "ProLiant DL380 Gen10", "SerialNumber": "CZ00000001", "Status": OK},
            "UpdateService": {},
            "UpdateService/FirmwareInventory/1": {
                "Id": "1",
                "Name": "iLO 5",
                "Version": "2.81 Jan 10 2023",
                "RelatedItem": [link("Managers/1")],
            },
            "UpdateService/FirmwareInventory/2": {"Id": "2", "Name": "System ROM", "Version": "U30 v2.76 (02/09/2023)"},
        },
        Oem={"Hpe": {"Sessions": {"LDAPEnabled": False}}},
    )


def dell() -> dict[str, Any]:
    """iDRAC9, with firmware that could be put back."""
    return service(
        {
            "Systems/System.Embedded.1": {
                "Manufacturer": "Dell Inc.",
                "Model": "PowerEdge R640",
                "SerialNumber": "CNIVC000000001",
                "SKU": "ABCD123",
                "BiosVersion": "2.18.1",
                "HostName": "",
                "Links": {"ManagedBy": [link("Managers/iDRAC.Embedded.1")]},
            },
            "Managers/iDRAC.Embedded.1": {
                "ManagerType": "BMC",
                "Model": "14G Monolithic",
                "FirmwareVersion": "6.10.30.20",
            },
            "UpdateService": {},
            "UpdateService/FirmwareInventory/Installed-25227-6.10.30.20": {
                "Id": "Installed-25227-6.10.30.20",
                "Name": "Integrated Dell Remote Access Controller",
                "Version": "6.10.30.20",
            },
            "UpdateService/FirmwareInventory/Previous-25227-5.10.50.00": {
                "Id": "Previous-25227-5.10.50.00",
                "Name": "Integrated Dell Remote Access Controller",
                "Version": "5.10.50.00",
            },
        }
    )


def lenovo() -> dict[str, Any]:
    return service(
        {
            "Systems/1": {
                "Manufacturer": "Lenovo",
                "Model": "ThinkSystem SR650",
                "SerialNumber": "J300AAAA",
                "SKU": "7X06CTO1WW",
                "BiosVersion": "IVE178E",
            },
            "Managers/1": {
                "ManagerType": "BMC",
                "Model": "Lenovo XClarity Controller",
                "FirmwareVersion": "CDI3A4E 9.40 2023-01-18",
            },
        }
    )


def openbmc() -> dict[str, Any]:
    """A spare image beside the one that runs, and a BMC whose inventory names another version than itself."""
    return service(
        {
            "Systems/system": {"Manufacturer": "Example Corp", "Model": "Board 7", "SerialNumber": "E-1"},
            "Managers/bmc": {"ManagerType": "BMC", "Model": "OpenBmc", "FirmwareVersion": "2.14.0-rc2"},
            "UpdateService": {},
            "UpdateService/FirmwareInventory/a": {
                "Id": "a",
                "Name": "BMC image",
                "Version": "2.13.0",
                "Status": OK,
                "RelatedItem": [link("Managers/bmc")],
            },
            "UpdateService/FirmwareInventory/b": {
                "Id": "b",
                "Name": "BMC image",
                "Version": "2.12.0",
                "Status": {"State": "StandbySpare"},
                "RelatedItem": [link("Managers/bmc")],
            },
        }
    )


def enclosure() -> dict[str, Any]:
    """Two blades in one chassis: what they have not in common belongs to neither."""
    return service(
        {
            "Systems/Blade1": {
                "Manufacturer": "Example Corp",
                "Model": "B-1",
                "SerialNumber": "S1",
                "BiosVersion": "1.0",
            },
            "Systems/Blade2": {
                "Manufacturer": "Example Corp",
                "Model": "B-2",
                "SerialNumber": "S2",
                "BiosVersion": "1.1",
            },
            "Managers/A": {"ManagerType": "BMC", "Model": "Bay manager", "FirmwareVersion": "3.0"},
            "Managers/B": {"ManagerType": "BMC", "Model": "Bay manager", "FirmwareVersion": "3.1"},
            "Chassis/Enclosure": {"Manufacturer": "Example Corp", "Model": "E-10", "SerialNumber": "E1"},
            "Chassis/Slot1": {
                "Model": "B-1",
                "SerialNumber": "S1",
                "Links": {"ContainedBy": link("Chassis/Enclosure")},
            },
        }
    )


def ailing() -> dict[str, Any]:
    """Everything a server can have trouble with, in the older model of Power and Thermal."""
    return service(
        {
            "Systems/1": {
                "Name": "one",
                "Status": {"State": "Enabled", "Health": "OK", "HealthRollup": "Critical"},
                "MemorySummary": {"Status": {"HealthRollup": "Warning"}},
                "ProcessorSummary": {"Status": OK},
            },
            "Systems/1/Storage/A": {
                "Name": "RAID",
                "StorageControllers": [{"MemberId": "0", "Name": "PERC", "Status": OK}],
                "Drives": [link("Chassis/1/Drives/0"), link("Chassis/1/Drives/1")],
            },
            "Systems/1/Storage/A/Volumes/V": {"Name": "vd0", "Status": {"State": "Enabled", "Health": "Critical"}},
            "Chassis/1": {"Power": link("Chassis/1/Power"), "Thermal": link("Chassis/1/Thermal")},
            "Chassis/1/Drives/0": {"Name": "Disk 0", "Status": OK, "FailurePredicted": True},
            "Chassis/1/Drives/1": {"Name": "Disk 1", "Status": {"State": "Enabled", "Health": "Critical"}},
            "Chassis/1/Power": {
                "PowerSupplies": [
                    {"Name": "PSU", "Status": {"State": "Enabled", "Health": "Critical"}},
                    {"Name": "PSU", "Status": {"State": "Absent"}},
                    {"Name": "PSU 3", "Status": OK, "LineInputStatus": "LossOfInput", "LastPowerOutputWatts": 0},
                ],
                "Voltages": [{"Name": "VRM1", "ReadingVolts": 11.9, "LowerThresholdCritical": 11, "Status": OK}],
                "Redundancy": [{"Name": "Supplies", "Status": {"State": "Enabled", "Health": "Warning"}}],
            },
            "Chassis/1/Thermal": {
                "Fans": [{"FanName": "Fan 1", "Reading": 0, "ReadingUnits": "RPM", "Status": {"Health": "Critical"}}],
                "Temperatures": [
                    {
                        "Name": "Inlet",
                        "ReadingCelsius": 41,
                        "UpperThresholdNonCritical": 38,
                        "UpperThresholdFatal": 47,
                        "Status": {"State": "Enabled", "Health": "Warning"},
                    },
                    {"Name": "CPU2", "ReadingCelsius": None, "Status": {"State": "Disabled"}},
                ],
            },
        }
    )
