"""Made-up answers of one device, written as a poll would store them."""

from scanner.probes.network.varbinds import GAUGE32, OBJECT_ID, OCTETS, TICKS, VarBind, VarBinds, read, write

SYSTEM = {"descr": "1.3.6.1.2.1.1.1.0", "name": "1.3.6.1.2.1.1.5.0"}
ENT = "1.3.6.1.2.1.47.1.1.1.1"
COLUMNS = {"descr": 2, "class": 5, "name": 7, "hardware": 8, "firmware": 9, "software": 10, "serial": 11, "model": 13}


def agent(object_id: str = "", descr: str = "", **more: str) -> VarBinds:
    """``object_id`` below the enterprises; ``more`` by OID with underscores for dots: ``_12356_101_4_1_1_0``."""
    rows = [VarBind(SYSTEM["descr"], OCTETS, descr.encode())] if descr else []
    if object_id:
        rows.append(VarBind("1.3.6.1.2.1.1.2.0", OBJECT_ID, f"1.3.6.1.4.1.{object_id}".encode()))
    rows += [VarBind(_oid(name), OCTETS, value.encode()) for name, value in more.items()]
    return read(write(rows))


def entity(answered: VarBinds, index: int, kind: int, **cells: str) -> VarBinds:
    """The same answers with one row of entPhysicalTable more."""
    rows = dict(answered.rows)
    rows[f"{ENT}.5.{index}"] = VarBind(f"{ENT}.5.{index}", GAUGE32, str(kind).encode())
    for name, value in cells.items():
        oid = f"{ENT}.{COLUMNS[name]}.{index}"
        rows[oid] = VarBind(oid, OCTETS, value.encode())
    return VarBinds(rows)


def ticks(answered: VarBinds, oid: str, value: int) -> VarBinds:
    return VarBinds({**answered.rows, oid: VarBind(oid, TICKS, str(value).encode())})


def _oid(name: str) -> str:
    dotted = name.strip("_").replace("_", ".")
    return f"1.3.6.1.4.1.{dotted}" if name.startswith("_") else dotted.removeprefix("oid.")
