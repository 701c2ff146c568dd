"""What a process of ours that was forked may use."""

import resource
from pathlib import Path


def bound_memory(more: int) -> None:
    """In the child: ``more`` bytes of address space beside what it was forked with. Raises ``OSError``."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + more, size + more))
