"""The policy of accreditation as a YAML file: the one that ships, and a user's own.

JSON is YAML: a policy that was kept with a scan as canonical JSON is read by the same function.
"""

from functools import cache
from importlib.resources import files

from checks.accreditation_rules import Policy, Wrong, policy_of
from checks.document import Block, Fault, read_shallow

NAME = "accreditation"
MAX_CHARACTERS = 200_000


class PolicyError(ValueError):
    """A policy that cannot be used. The message names the file, the line, what is wrong and what to write."""


def parse(text: str, name: str = NAME) -> Policy:
    """``name`` is what messages call the file. Raises :class:`PolicyError` at the first fault."""
    try:
        if len(text) > MAX_CHARACTERS:
            raise Fault(1, f"a policy of accreditation has at most {MAX_CHARACTERS:,} characters")
        root = read_shallow(text)
        if not isinstance(root, Block):
            raise Fault(1, "a policy of accreditation is a mapping of name, version, date, source, gate and rules")
        return policy_of(root)
    except Fault as fault:
        raise PolicyError(f"{name}:{fault.line}: {fault.what}") from fault
    except Wrong as fault:
        line = fault.where.at(fault.key) if isinstance(fault.where, Block) else 1
        raise PolicyError(f"{name}:{line}: {fault.what}") from fault


@cache
def shipped() -> Policy:
    """The policy that comes with the program."""
    place = files("checks").joinpath("policy", "accreditation.yaml")
    return parse(place.read_text("utf-8"), "checks/policy/accreditation.yaml")
