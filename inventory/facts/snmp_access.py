"""Who may ask a device over SNMP, as far as the agent shows it. Communities are never kept, only how many there are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SnmpAccess:
    """Numbers of entries in the agent's own tables. ``None``: the agent does not show the table.

    An entry that the maker built in and that cannot be changed (StorageType readOnly, RFC 2579) is not counted.
    """

    community_groups: int | None  # of vacmSecurityToGroupTable for SNMPv1 and v2c (security models 1 and 2, RFC 3415)
    user_groups: int | None  # of the same table for SNMPv3's users (security model 3)
    communities: int | None  # of snmpCommunityTable (RFC 3584)
    gaps: tuple[str, ...] = ()  # tables that were not read to their end: OID and reason
