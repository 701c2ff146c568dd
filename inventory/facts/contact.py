"""How the host met us: what the connection itself showed before anything was asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contact:
    """Only of a host that spoke. One that did not is ``Missing``, with the reason."""

    way: str  # ssh, local
    peer: str  # what it called itself: its SSH banner; "" local
    host_key: str  # SHA256 fingerprint that was presented, "" none
    key_refused: bool  # it is not the pinned one, or it is revoked: nothing was sent
    weak_only: bool  # it offers only algorithms that are no longer sound
    said: str  # why it was refused, "" if it was not
