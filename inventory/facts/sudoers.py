"""Who may become root through sudo (sudoers(5)), as far as the files say. ``Absent`` where sudo is not installed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SudoRule:
    who: str  # alice, %wheel, ALL, a User_Alias
    hosts: str
    run_as: str  # "ALL", "root", "(ALL:ALL)" without its brackets
    commands: str  # "ALL" or the list as written
    nopasswd: bool | None  # None: the rules of a directory, which cannot be read from here
    unrestricted: bool | None  # every command as root; None as above
    file: str
    line: int
    asks_root: bool = False  # whoever uses it has to know root's own password (targetpw, rootpw)


@dataclass(frozen=True, slots=True)
class Sudoers:
    rules: tuple[SudoRule, ...]
