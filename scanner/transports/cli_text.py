"""What a device's command line answered, as evidence: blocks that say their length.

``#cli PLATFORM`` (``-`` where nobody named it), then a block a command: ``#output LENGTH COMMAND``, that many bytes,
and a line feed; or ``#gap REASON|COMMAND|DETAIL`` in place of what did not come. A reader goes by the lengths, so that
nothing a device prints can pass for a frame. ``scanner/probes/cli/blocks.py`` reads it.
"""

from inventory.facts.missing import Missing


def head(platform: str | None) -> bytes:
    return f"#cli {platform or '-'}\n".encode()


def block(command: str, output: str) -> bytes:
    body = output.encode("utf-8", "replace")
    return f"#output {len(body)} {command}\n".encode() + body + b"\n"


def gap(command: str, missing: Missing) -> bytes:
    detail = " ".join(missing.detail.split())
    return f"#gap {missing.reason.value}|{command}|{detail}\n".encode()
