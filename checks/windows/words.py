"""How a setting of the registry is said in a sentence."""

from inventory.facts.windows_setting import NOT_SET


def setting(name: str, value: int | None, default: int | None = None) -> str:
    """``RunAsPPL is 1``, or ``RunAsPPL is not set``; with a default ``..., which means 3``."""
    if value is None:
        return f"{name} could not be read"
    if value != NOT_SET:
        return f"{name} is {value}"
    return f"{name} is not set" + ("" if default is None else f", which means {default}")


def mapped(cis: str, essentials: str, iso: str, pci: str) -> tuple[str, ...]:
    """References to the catalogues of controls that auditors go by; "" leaves one out."""
    named = {
        "CIS Controls v8": cis,
        "Cyber Essentials,": essentials,
        "ISO/IEC 27001:2022": iso and f"A.{iso}",
        "PCI DSS 4.0, requirement": pci,
    }
    return tuple(f"{catalogue} {number}" for catalogue, number in named.items() if number)


CONFIGURATION = "secure configuration"
ACCESS = "user access control"
MALWARE = "malware protection"
FIREWALLS = "firewalls"
