"""RECORDED, not run: what SQL Server says to PRELOGIN. The server itself cannot run in the lab.

Put together after the layout of MS-TDS, section 2.2.6.5, with the options and version numbers of SQL Server 2019
(15.0.4153); the layout is the one that published captures of real servers show.
"""

import struct

_OPTIONS = (  # token, data
    (0, bytes.fromhex("0f0010390000")),  # VERSION
    (1, b"\x02"),  # ENCRYPTION: not supported
    (2, b"\x00"),  # INSTOPT
    (3, b""),  # THREADID: only clients tell it
    (4, b"\x00"),  # MARS
)


def sql_server_prelogin(options: tuple[tuple[int, bytes], ...] = _OPTIONS) -> bytes:
    offset, entries, data = 5 * len(options) + 1, b"", b""
    for token, told in options:
        entries += struct.pack(">BHH", token, offset + len(data), len(told))
        data += told
    body = entries + b"\xff" + data
    return struct.pack(">BBHHBB", 4, 1, 8 + len(body), 0, 1, 0) + body
