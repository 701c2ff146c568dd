"""The garbage collector, told to look for cycles less often where many objects are made and few cycles."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def set_aside() -> Iterator[None]:
    """What is there now is not walked through: a large report's data are millions of objects, and all are in use."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextlib.contextmanager
def rarer_collection() -> Iterator[None]:
    """A scan spends a tenth less CPU by it, the building of a report's data a quarter."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
