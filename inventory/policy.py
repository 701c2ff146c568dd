"""What the organisation has decided, and judges by: it stands in the inventory and is kept with every scan."""

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class ApprovedFirmware:
    """Versions that somebody approved for a model. Approved is not safe: both are told.

    A version is approved that is one of ``versions``, or that is ``minimum`` or newer in its train. One of the two is
    always given.
    """

    model: str  # a shell pattern, compared without regard to case
    versions: tuple[str, ...]  # each as the device writes it
    approved_by: str
    approved_on: date
    vendor: str | None = None  # None: of any vendor
    os: str | None = None  # a shell pattern too; the name of a part, where a server tells one. None: whatever runs
    reference: str = ""  # the ticket or minutes
    valid_until: date | None = None  # the last day
    minimum: str | None = None
    line: int = 0  # where it stands

    def concerns(self, vendor: str | None, model: str | None, os: str | None) -> bool:
        """Whether this is about such a device. What the device does not tell fits no name."""
        return (
            fnmatchcase((model or "").lower(), self.model.lower())
            and (self.vendor is None or (vendor or "").lower() == self.vendor.lower())
            and (self.os is None or fnmatchcase((os or "").lower(), self.os.lower()))
        )


@dataclass(frozen=True, slots=True)
class Policy:
    approved_firmware: tuple[ApprovedFirmware, ...] = ()


NO_POLICY = Policy()
