"""Fictional names, all made from word lists: the same for the same seed."""

import random
from dataclasses import dataclass

SEED = 2026
MARKING = "SIMULATED EXAMPLE: nothing in this report exists"
ESTATE = "Tribunals of the Vale (fictional)"

_FIRST = ("Alder", "Bram", "Cinder", "Dun", "Elder", "Fern", "Gorse", "Hazel", "Ivy", "Juniper", "Kestrel", "Linnet")
_LAST = ("combe", "fell", "garth", "holt", "mere", "stead", "thwaite", "wick")


@dataclass(frozen=True, slots=True)
class Area:
    id: str
    name: str
    users: int
    budget: int
    sites: int


def areas(count: int = 42) -> tuple[Area, ...]:
    """Each a tribunal with its users, its yearly budget and its buildings."""
    dice = random.Random(SEED)
    places = [first + last for first in _FIRST for last in _LAST]
    dice.shuffle(places)
    return tuple(
        Area(name.lower(), f"{name} Tribunal", dice.randrange(20, 600), dice.randrange(8, 240) * 10_000, number)
        for name, number in zip(sorted(places[:count]), (dice.randrange(1, 4) for _ in range(count)), strict=True)
    )


@dataclass(frozen=True, slots=True)
class Supplier:
    """``share`` of the areas; ``patch_days`` between a fix and its installation; ``care``: how likely a defect is."""

    id: str
    name: str
    share: float
    patch_days: int
    care: float


SUPPLIERS = (
    Supplier("larkspur", "Larkspur Managed IT (fictional)", 0.45, 11, 0.5),
    Supplier("quillmoor", "Quillmoor Systems (fictional)", 0.35, 34, 0.9),
    Supplier("thornwell", "Thornwell & Daughters (fictional)", 0.20, 80, 1.4),
)
