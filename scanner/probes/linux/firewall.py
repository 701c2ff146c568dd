"""The host's packet filter: nft(8), iptables-save(8). firewalld and ufw end up in these.

It filters when what no rule allows is dropped or rejected on its way to this host: by the policy of a base chain of
the input hook, or by an unconditional rule that every packet reaches there. A rule that drops something in particular
leaves all else open. IPv4 and IPv6 are looked at apart, IPv6 only where an interface has an address.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from inventory.asset import Privilege
from inventory.facts.firewall import Firewall
from inventory.facts.missing import Reason
from scanner.probes.linux.sections import ROOT_ONLY, bounded, ended
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

# iptables tables of the old kind are invisible to nft; they exist when the kernel lists them. Long lists of addresses
# are left out, verdicts never are.
BODY = (
    ROOT_ONLY
    + r"""
looked=
short() { awk 'length > 3000 { gsub(/[{][^}]*[}]/, "{ }") } { print substr($0, 1, 4000) }'; }
command -v awk >/dev/null || exit 69
if command -v nft >/dev/null; then
  out=$(nft -t list ruleset) || out=$(nft list ruleset) || exit 77
  echo =nft=
  printf '%s\n' "$out" | short
  looked=nft
fi
for family in ip ip6; do
  names=
  [ ! -r /proc/net/${family}_tables_names ] || read -r names </proc/net/${family}_tables_names
  [ -z "$looked" ] || [ -n "$names" ] || continue
  [ $family = ip6 ] && tool=ip6tables || tool=iptables
  if [ -n "$looked" ] && command -v $tool-legacy-save >/dev/null; then save=$tool-legacy-save; else save=$tool-save; fi
  if command -v $save >/dev/null; then
    out=$($save) || out=$($tool -S) || { echo =failed=; continue; }
    printf '%s\n' "=$tool="
    printf '%s\n' "$out" | short
  elif [ -n "$names" ]; then echo =unseen=
  fi
done
grep -sqv ' lo$' /proc/net/if_inet6 && echo =ipv6=
echo =end=
"""
)

_BASE = re.compile(r"type \S+ hook (\w+) .*")
_POLICY = re.compile(r"policy (\w+)")
_QUOTED = re.compile(r'"[^"]*"')
# What a rule may do beside its verdict without being conditional: count, log, comment.
_ASIDE = re.compile(
    r'(?:counter(?: packets [0-9]+ bytes [0-9]+| name "")?|comment ""|xt target ""|meta nftrace set 1|'
    r'log(?: prefix ""| level \w+| flags (?:all|skuid|ether|tcp \S+|ip \S+)| group [0-9]+| snaplen [0-9]+)*)(?: |$)'
)
_ALWAYS = re.compile(r"(?:meta nfproto ipv([46]) )?(?:(accept|drop|reject|return)(?: with [\w -]+)?|(jump|goto) (\S+))")
_SAVED = re.compile(
    r'-A \S+ (?:-m comment |--comment (?:""|\S+) |-c [0-9]+ [0-9]+ )*(-[jg]|--jump|--goto) (\S+)(?: .*)?'
)
_VERDICTS = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "reject", "RETURN": "return"}
FAMILIES = {"ip": "4", "ip6": "6", "inet": "46", "iptables": "4", "ip6tables": "6"}
FILTERS = ("drop", "reject")


class Step(NamedTuple):
    """A rule without a condition."""

    does: str  # accept, drop, reject, return, jump, goto
    chain: str = ""  # where to
    family: str = ""  # for 4 or 6 only; "" for both


@dataclass(slots=True)
class Chain:
    policy: str = ""  # of an input base chain; "" for any other
    steps: list[Step] = field(default_factory=list)
    rules: int = 0  # conditional ones too


@dataclass(slots=True)
class Table:
    families: str  # "4", "6", "46"; "" for tables that see no IP packets on their way in
    chains: dict[str, Chain] = field(default_factory=dict)

    def chain(self, name: str) -> Chain:
        return self.chains.setdefault(name, Chain())

    def blocks(self, family: str) -> bool:
        """What no rule allows ends here."""
        if family not in self.families:
            return False
        known: dict[str, str] = {}
        return any(
            (self._fate(name, family, known) or chain.policy) in FILTERS
            for name, chain in self.chains.items()
            if chain.policy
        )

    def _fate(self, start: str, family: str, known: dict[str, str]) -> str:
        """What becomes of a packet that meets no condition: accept, drop, reject, or "" when the chain ends.

        A stack of chains and places in them instead of recursion, each chain once: a host may send any number of
        chains that call each other.
        """
        stack, entered = [(start, 0)], {start}
        while stack:
            name, place = stack.pop()
            said, place = self._walk(name, place, family, known)
            if said is not None:
                known[name] = said
                continue
            stack.append((name, place))
            inner = self.chains[name].steps[place].chain
            if inner in entered:
                known.setdefault(inner, "")  # a circle, which the kernel refuses to load
            else:
                entered.add(inner)
                stack.append((inner, 0))
        return known[start]

    def _walk(self, name: str, place: int, family: str, known: dict[str, str]) -> tuple[str | None, int]:
        """The chain's verdict from this place on; None, and where, when another chain's has to be known first."""
        steps = self.chains[name].steps if name in self.chains else []
        for at in range(place, len(steps)):
            step = steps[at]
            if step.family not in ("", family):
                continue
            if not step.chain:
                return "" if step.does == "return" else step.does, at
            if step.chain not in known:
                return None, at
            if known[step.chain] or step.does == "goto":
                return known[step.chain], at
        return "", len(steps)


def read_firewall(text: str) -> Firewall:
    found = ended(text)
    nft = _nft_tables(found.lines("nft"))
    old = [table for name in ("iptables", "ip6tables") for table in _saved_tables(found.lines(name), FAMILIES[name])]
    if not {"nft", "iptables", "ip6tables"} & found.found.keys():
        raise Unreadable("neither nft nor iptables is installed", Reason.COLLECTOR_MISSING)
    in_use = ("4", "6") if "ipv6" in found else ("4",)
    still_open = tuple(f"IPv{family}" for family in in_use if not any(t.blocks(family) for t in [*nft, *old]))
    if still_open and {"unseen", "failed"} & found.found.keys():
        raise Unreadable("the kernel holds iptables rules, and no tool here can list them", Reason.COLLECTOR_MISSING)
    return _firewall("nftables" if nft or not old else "iptables", still_open, [*nft, *old])


def _firewall(backend: str, still_open: tuple[str, ...], tables: Iterable[Table]) -> Firewall:
    chains = [chain for table in tables for chain in table.chains.values()]
    policies = {chain.policy for chain in chains if chain.policy}
    policy = next((p for p in FILTERS if p in policies), "accept")  # without any chain the kernel accepts
    return Firewall(backend, not still_open, policy, sum(chain.rules for chain in chains), still_open)


def _nft_tables(lines: list[str]) -> list[Table]:
    bounded(len(lines), 200_000, "lines of firewall rules")
    tables: list[Table] = []
    chain: Chain | None = None
    for line in map(str.strip, lines):
        words = line.split()
        if words[:1] == ["table"]:
            tables.append(Table(FAMILIES.get(words[1] if len(words) > 1 else "", "")))
            chain = None
        elif words[:1] == ["chain"] and len(words) > 1 and tables:
            chain = tables[-1].chain(words[1])
        elif line == "}" or not line or line.startswith("#"):
            chain = None if line == "}" else chain
        elif chain:
            _nft_line(chain, line)
        elif not tables:
            raise Unreadable("the answer of nft is no rule set")
    return tables


def _nft_line(chain: Chain, line: str) -> None:
    base = _BASE.match(line)
    if base:
        policy = _POLICY.search(line)
        chain.policy = (policy.group(1) if policy else "accept") if base.group(1) == "input" else ""
        return
    # iptables-nft shows targets that nft cannot translate as: xt target "REJECT"
    bare = _QUOTED.sub('""', line.replace('xt target "REJECT"', "reject"))
    chain.rules += 1
    always = _ALWAYS.fullmatch(" ".join(_ASIDE.sub("", " ".join(bare.split())).split()))
    if always:
        chain.steps.append(Step(always[2] or always[3], always[4] or "", always[1] or ""))


def _saved_tables(lines: list[str], families: str) -> list[Table]:
    """iptables-save(8), and the output of ``iptables -S``, which is its filter table alone."""
    bounded(len(lines), 200_000, "lines of firewall rules")
    tables: list[Table] = []
    for line in lines:
        words = line.split()
        if not words or line.startswith(("#", "COMMIT")):
            continue
        if line.startswith("*"):
            tables.append(Table(families))
            continue
        tables = tables or [Table(families)]
        if words[0] in ("-A", "-P", "-N") or words[0].startswith(":"):
            _saved_line(tables[-1], words)
        elif not words[0].startswith("["):
            raise Unreadable("the answer of iptables is no rule set")
    return tables


def _saved_line(table: Table, words: list[str]) -> None:
    """``-A CHAIN ...``, ``-P CHAIN POLICY``, ``-N CHAIN``, or ``:CHAIN POLICY [packets:bytes]``."""
    if words[0].startswith(":"):
        words = ["-P", words[0][1:], *words[1:]]
    if len(words) < (2 if words[0] == "-N" else 3):
        raise Unreadable("a line of iptables ends too soon")
    chain = table.chain(words[1])
    if words[0] == "-P":
        chain.policy = words[2].lower() if words[1] == "INPUT" else ""
    elif words[0] == "-A":
        chain.rules += 1
        said = _SAVED.fullmatch(_QUOTED.sub('""', " ".join(words)))
        if said and said[2] in _VERDICTS:
            chain.steps.append(Step(_VERDICTS[said[2]]))
        elif said:
            chain.steps.append(Step("goto" if "g" in said[1] else "jump", said[2]))


FIREWALL = ScriptProbe(
    "firewall",
    Script("firewall", BODY, Privilege.ROOT, max_bytes=4 * 1024 * 1024),
    read_firewall,
    tool="awk",
)
