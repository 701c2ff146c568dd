"""The machine as its firmware describes it: /sys/class/dmi/id (SMBIOS, DSP0134 section 7.4.1 for the chassis),
/proc/device-tree/model where there is no SMBIOS. The serial number is there for root only."""

from inventory.facts.hardware import Hardware
from scanner.probes.linux.sections import parts
from scanner.probes.script import ScriptProbe, fields, number
from scanner.query import Script, Unreadable

# `hypervisor` is the processor's own flag for "I am virtual"; Xen's dom0 has it too and says "control_d".
BODY = r"""
[ -d /sys/class ] || exit 1
if [ -d /sys/class/dmi/id ]; then
  for name in sys_vendor product_name bios_vendor bios_version bios_date board_vendor board_name chassis_type \
    product_serial
  do
    value=
    [ -r /sys/class/dmi/id/$name ] && read -r value </sys/class/dmi/id/$name
    echo "$name=$value"
  done
elif [ -r /proc/device-tree/model ]; then
  echo "product_name=$(tr -d '\000' </proc/device-tree/model)"
else
  echo "this host shows no SMBIOS and no device tree"
  exit 66
fi
grep -qw hypervisor /proc/cpuinfo && echo virtual=yes
[ -r /proc/xen/capabilities ] && read -r role </proc/xen/capabilities && echo "xen=$role"
exit 0
"""

DESKTOP = {3, 4, 5, 6, 7, 13, 15, 16, 24, 35, 36}
LAPTOP = {8, 9, 10, 11, 14, 30, 31, 32}
SERVER = {17, 23, 25, 28, 29}
# fmt: off
HYPERVISORS = (
    "qemu", "kvm", "vmware", "virtualbox", "innotek", "xen", "bochs", "parallels", "openstack", "nutanix", "bhyve",
    "firecracker", "droplet", "vserver", "google compute engine", "virtual machine", "hvm domu",
)
# What makers leave in place of a serial number.
PLACEHOLDERS = (
    "", "0", "none", "unknown", "default string", "not specified", "not applicable", "n/a", "system serial number",
    "empty", "to be filled by o.e.m.", "o.e.m.", "123456789", "0123456789", "invalid", "chassis serial number",
)
# fmt: on


def read_hardware(text: str) -> Hardware:
    said = {key: value[:200] for key, value in fields(parts(text).text("")).items()}
    if not said:
        raise Unreadable("the firmware's description is empty")
    virtual = _is_virtual(said)
    kind = _chassis(number(said.get("chassis_type", "")))
    serial = said.get("product_serial", "")
    return Hardware(
        vendor=said.get("sys_vendor", ""),
        model=said.get("product_name", ""),
        bios_vendor=said.get("bios_vendor", ""),
        bios_version=said.get("bios_version", ""),
        bios_date=_iso(said.get("bios_date", "")),
        board=f"{said.get('board_vendor', '')} {said.get('board_name', '')}".strip(),
        chassis="virtual" if virtual else kind,
        portable=kind == "laptop" and not virtual,
        virtual=virtual,
        serial=None if serial.lower() in PLACEHOLDERS else serial,
    )


def _is_virtual(said: dict[str, str]) -> bool:
    """The processor's flag, or a hypervisor's name where the processor has no such flag (ARM)."""
    if "control_d" in said.get("xen", ""):
        return False
    names = f"{said.get('sys_vendor', '')} {said.get('product_name', '')}".lower()
    return said.get("virtual") == "yes" or any(name in names for name in HYPERVISORS)


def _chassis(number_: int | None) -> str:
    kinds = {"desktop": DESKTOP, "laptop": LAPTOP, "server": SERVER}
    return next((kind for kind, numbers in kinds.items() if number_ in numbers), "other")


def _iso(date: str) -> str:
    """SMBIOS writes mm/dd/yyyy (before 2.3: mm/dd/yy, which means 19yy)."""
    pieces = [number(piece) for piece in date.split("/")]
    if len(pieces) != 3 or None in pieces:
        return ""
    month, day, year = (piece or 0 for piece in pieces)
    year += 1900 if 0 <= year < 100 else 0
    return f"{year:04}-{month:02}-{day:02}" if 1 <= month <= 12 and 1 <= day <= 31 and 1980 <= year < 2200 else ""


HARDWARE = ScriptProbe("hardware", Script("hardware", BODY), read_hardware)
