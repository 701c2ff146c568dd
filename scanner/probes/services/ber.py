"""BER with definite lengths, as LDAP uses it (RFC 4511, section 5.1). What is broken has no elements."""

SEQUENCE = 0x30


def messages(got: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of the operation of each whole LDAP message."""
    found = []
    for kind, content in elements(got):
        parts = elements(content)
        if kind != SEQUENCE or len(parts) < 2:
            return []
        found.append(parts[1])
    return found


def elements(data: bytes) -> list[tuple[int, bytes]]:
    at, found = 0, []
    while at < len(data):
        if len(data) < at + 2:
            return []
        start, size = at + 2, data[at + 1]
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[at + 2 : start], "big")
        if len(data) < start + size:
            return []
        found.append((data[at], data[start : start + size]))
        at = start + size
    return found
