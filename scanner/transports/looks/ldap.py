"""Two LDAP searches without a log-in: the root DSE, and one entry below the base that it names (RFC 4511, RFC 4512).

No bind: a session that did not bind is anonymous (RFC 4511, section 4.2.1).
"""

ENTRY, DONE, SEQUENCE, OCTETS = 0x64, 0x65, 0x30, 0x04
MAX_BASE = 300
UNBIND = bytes.fromhex("30050201034200")
PRESENT = b"\x87\x0bobjectClass"  # the filter (objectClass=*)


def _element(kind: int, content: bytes) -> bytes:
    size = len(content)
    head = bytes([kind, size]) if size < 128 else bytes([kind, 0x82]) + size.to_bytes(2, "big")
    return head + content


def _search(number: int, base: bytes, scope: int, attribute: bytes) -> bytes:
    """At most one entry, within 5 seconds."""
    body = _element(OCTETS, base) + bytes([10, 1, scope, 10, 1, 0, 2, 1, 1, 2, 1, 5, 1, 1, 0]) + PRESENT
    body += _element(SEQUENCE, _element(OCTETS, attribute))
    return _element(SEQUENCE, bytes([2, 1, number]) + _element(0x63, body))


ROOT_DSE = _search(1, b"", 0, b"namingContexts")
SUBTREE, NO_ATTRIBUTES = 2, b"1.1"


def below_base(got: bytes) -> bytes | None:
    """The search below the first naming context; None when the root DSE names none."""
    base = first_value(got)
    return _search(2, base, SUBTREE, NO_ATTRIBUTES) if base else None


def first_value(got: bytes) -> bytes:
    """The first value of the first attribute of the first entry, "" if there is none."""
    for kind, content in messages(got):
        if kind == ENTRY:
            parts = _inside(content)  # objectName, attributes
            attributes = _inside(parts[1][1]) if len(parts) > 1 else []
            values = _inside(attributes[0][1]) if attributes else []  # type, vals
            found = _inside(values[1][1]) if len(values) > 1 else []
            return found[0][1] if found and len(found[0][1]) <= MAX_BASE else b""
    return b""


def messages(got: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of the operations in whole LDAP messages."""
    found = []
    for kind, content in _inside(got):
        parts = _inside(content)
        if kind != SEQUENCE or len(parts) < 2:
            return []
        found.append(parts[1])
    return found


def search_ended(got: bytes) -> int | None:
    """A SearchResultDone, or another operation than an entry or a reference, ends it; so does what is no LDAP."""
    at = 0
    while at < len(got):
        if got[at] != SEQUENCE:
            return len(got)
        end = _end(got, at)
        if end is None or end > len(got):
            return None
        if any(kind not in (ENTRY, 0x73) for kind, _ in messages(got[at:end])):
            return end
        at = end
    return None


def _inside(data: bytes) -> list[tuple[int, bytes]]:
    """The elements of a BER value, definite lengths; none when it is broken."""
    at, found = 0, []
    while at < len(data):
        end = _end(data, at)
        if end is None or end > len(data):
            return []
        start = at + 2 + (data[at + 1] & 0x7F if data[at + 1] & 0x80 else 0)
        found.append((data[at], data[start:end]))
        at = end
    return found


def _end(data: bytes, at: int) -> int | None:
    if len(data) < at + 2:
        return None
    size, start = data[at + 1], at + 2
    if size & 0x80:
        start += size & 0x7F
        if len(data) < start:
            return None
        size = int.from_bytes(data[at + 2 : start], "big")
    return start + size
