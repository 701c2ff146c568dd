"""The host's packet filter: nft(8), iptables-save(8). firewalld and ufw end up in these.

It filters when something that arrives for this host is dropped or rejected: by the policy of a base chain of the
input hook, or by a rule that can be reached from one.
"""

import re
from dataclasses import dataclass, field

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
echo =end=
"""
)

_BASE = re.compile(r"type \S+ hook (\w+) .*")
_POLICY = re.compile(r"policy (\w+)")
_VERDICT = re.compile(r"\b(?:drop|reject)\b", re.IGNORECASE)
_JUMP = re.compile(r"\b(?:jump|goto) ([^\s,}]+)")
_QUOTED = re.compile(r'"[^"]*"')
_TARGET = re.compile(r"\s(?:-j|-g|--jump|--goto) (\S+)")
FILTERS = ("drop", "reject")


@dataclass(slots=True)
class Chain:
    policy: str = ""  # of an input base chain; "" for any other
    filters: bool = False
    jumps: list[str] = field(default_factory=list)
    rules: int = 0


@dataclass(slots=True)
class Table:
    chains: dict[str, Chain] = field(default_factory=dict)

    def chain(self, name: str) -> Chain:
        return self.chains.setdefault(name, Chain())

    def filters(self) -> bool:
        """Something is dropped or rejected on the way from an input base chain."""
        waiting = [name for name, chain in self.chains.items() if chain.policy]
        seen = set(waiting)
        while waiting:
            chain = self.chain(waiting.pop())
            if chain.filters or chain.policy in FILTERS:
                return True
            waiting.extend(set(chain.jumps) - seen)
            seen.update(chain.jumps)
        return False


def read_firewall(text: str) -> Firewall:
    found = ended(text)
    nft = _nft_tables(found.lines("nft"))
    old = [table for name in ("iptables", "ip6tables") for table in _saved_tables(found.lines(name))]
    if not {"nft", "iptables", "ip6tables"} & found.found.keys():
        raise Unreadable("neither nft nor iptables is installed", Reason.COLLECTOR_MISSING)
    filtering = any(table.filters() for table in [*nft, *old])
    if not filtering and {"unseen", "failed"} & found.found.keys():
        raise Unreadable("the kernel holds iptables rules, and no tool here can list them", Reason.COLLECTOR_MISSING)
    return _firewall("nftables" if nft or not old else "iptables", filtering, [*nft, *old])


def _firewall(backend: str, filtering: bool, tables: list[Table]) -> Firewall:
    chains = [chain for table in tables for chain in table.chains.values()]
    policies = {chain.policy for chain in chains if chain.policy}
    policy = next((p for p in FILTERS if p in policies), "accept")  # without any chain the kernel accepts
    return Firewall(backend, filtering, policy, sum(chain.rules for chain in chains))


def _nft_tables(lines: list[str]) -> list[Table]:
    bounded(len(lines), 200_000, "lines of firewall rules")
    tables: list[Table] = []
    chain: Chain | None = None
    for line in map(str.strip, lines):
        words = line.split()
        if words[:1] == ["table"]:
            tables.append(Table())
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
    bare = _QUOTED.sub("", line.replace('xt target "REJECT"', "reject"))
    chain.rules += 1
    chain.filters = chain.filters or bool(_VERDICT.search(bare))
    chain.jumps.extend(_JUMP.findall(bare))


def _saved_tables(lines: list[str]) -> list[Table]:
    """iptables-save(8), and the output of ``iptables -S``, which is its filter table alone."""
    bounded(len(lines), 200_000, "lines of firewall rules")
    tables: list[Table] = []
    for line in lines:
        words = line.split()
        if not words or line.startswith(("#", "COMMIT")):
            continue
        if line.startswith("*"):
            tables.append(Table())
            continue
        tables = tables or [Table()]
        if words[0] in ("-A", "-P", "-N") or words[0].startswith(":"):
            _saved_line(tables[-1], words, line)
        elif not words[0].startswith("["):
            raise Unreadable("the answer of iptables is no rule set")
    return tables


def _saved_line(table: Table, words: list[str], line: str) -> None:
    """``-A CHAIN ...``, ``-P CHAIN POLICY``, ``-N CHAIN``, or ``:CHAIN POLICY [packets:bytes]``."""
    if words[0].startswith(":"):
        words = ["-P", words[0][1:], *words[1:]]
    if len(words) < (2 if words[0] == "-N" else 3):
        raise Unreadable("a line of iptables ends too soon")
    chain = table.chain(words[1])
    if words[0] == "-P":
        chain.policy = words[2].lower() if words[1] == "INPUT" else ""
    elif words[0] == "-A":
        target = _TARGET.search(_QUOTED.sub("", line))
        chain.rules += 1
        chain.filters = chain.filters or bool(target and target.group(1).lower() in FILTERS)
        chain.jumps.extend([target.group(1)] if target else [])


FIREWALL = ScriptProbe(
    "firewall",
    Script("firewall", BODY, Privilege.ROOT, max_bytes=4 * 1024 * 1024),
    read_firewall,
    tool="awk",
)
