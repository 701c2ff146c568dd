"""Evidence that this host receives fixes beyond its release's regular support, or fixes a running kernel in place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One extension that was found.

    Names: ``esm-infra``, ``esm-apps``, ``livepatch`` and Ubuntu Pro's other services; ``debian-lts`` (comes with the
    security suite), ``elts`` (Freexian); ``eus:8.2``, ``aus:8.2``, ``e4s:8.2``, ``tus:8.2`` with the minor release the
    host stays on ("eus" where it is not pinned), ``els`` (Red Hat, Oracle); ``ltss``, ``ltss-extended``, ``espos``
    (SUSE); ``lts`` (CIQ), ``tuxcare-els``; ``live-patch`` and ``ksplice``: the running kernel is patched in place.
    """

    name: str
    evidence: str  # one phrase: the file or setting that says so
    active: bool  # enabled on this host, not merely offered or switched off
    until: str = ""  # last day of the contract, YYYY-MM-DD, where the host knows it


@dataclass(frozen=True, slots=True)
class Entitlements:
    items: tuple[Entitlement, ...]  # sorted by name; () looked, and there is none
    release_pin: str = ""  # the minor release that dnf or yum is held to (releasever), "" not pinned

    @property
    def active(self) -> frozenset[str]:
        return frozenset(item.name for item in self.items if item.active)
