"""The one script: how it is put together, that it is PowerShell, and that it can do nothing but read."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from scanner.probes.windows import WINDOWS
from scanner.query import Query, Script, WindowsSection
from scanner.transports.windows_script import compose, compose_file, new_marker, sha256_in

ROOT = Path(__file__).parents[3]
PARTS = sorted([*ROOT.glob("scanner/probes/windows/*.ps1"), *ROOT.glob("scanner/transports/*.ps1")])
SECTIONS: tuple[Query, ...] = tuple(probe.section for probe in WINDOWS)
PARSER = Parser(Language(tree_sitter_powershell.language()))

# Everything that the script may call. It reads; what is not here needs a look at whether it does.
CMDLETS = {
    "ConvertTo-Json",
    "ForEach-Object",
    "Get-ChildItem",
    "Get-CimAssociatedInstance",
    "Get-CimInstance",
    "Get-Date",
    "Get-Item",
    "Get-ItemProperty",
    "Get-LocalGroupMember",
    "Get-LocalUser",
    "Get-NetFirewallProfile",
    "Get-Service",
    "Get-SmbClientConfiguration",
    "Get-SmbServerConfiguration",
    "Get-TimeZone",
    "Get-WinEvent",
    "Invoke-CimMethod",  # of the methods below
    "Measure-Object",
    "New-Guid",
    "New-Object",  # of the COM objects below
    "Select-Object",
    "Test-Path",
    "Where-Object",
}
CIM_METHODS = {"GetKeyProtectors", "GetKeyProtectorType", "GetSecurityDescriptor"}
COM_OBJECTS = {"Microsoft.Update.Session", "Microsoft.Update.AutoUpdate", "Microsoft.Update.ServiceManager"}
PROGRAMS = {  # of Windows, with all that they may be given
    r'"$env:windir\System32\whoami.exe" /groups',
    r'"$env:windir\System32\net.exe" accounts',
    r'"$env:windir\System32\auditpol.exe" /get /category:* /r',
    r'"$env:windir\System32\w32tm.exe" /query /status',
    r'"$env:windir\System32\netstat.exe" -ano',
}
METHODS = {  # the only ones called on anything; those of constrained language mode, and of objects we made
    *("AddDays", "Replace", "Substring", "ToLower", "ToString", "ToUniversalTime", "Trim"),
    *("Matches", "Min"),
    *("CreateUpdateSearcher", "GetTotalHistoryCount", "QueryHistory", "Search"),
    *("AddScript", "BeginInvoke", "BeginStop", "Create", "CreateRunspace", "Dispose", "EndInvoke", "Open", "WaitOne"),
    "Exit",
}
FORBIDDEN = re.compile(
    r"Win32_Product\b|Invoke-Expression|\biex\b|Add-Type|Out-File|Set-Content|Add-Content|Export-|Start-Process|"
    r"Invoke-WebRequest|Invoke-RestMethod|System\.Net|DownloadString|reg\.exe|secedit|wmic|dsregcmd|\.Install\(|"
    r"\.Download\(|Online = \$true|-Encoding\b|\bTee-Object\b",
    re.IGNORECASE,
)


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from nodes(child)


def parsed(source: bytes) -> Node:
    return PARSER.parse(source).root_node


def text(node: Node | None) -> str:
    return node.text.decode() if node is not None and node.text is not None else ""


def wrong(source: bytes) -> list[str]:
    return [
        f"{n.start_point.row + 1}: {text(n)[:80]}" for n in nodes(parsed(source)) if n.type == "ERROR" or n.is_missing
    ]


def own_functions() -> set[str]:
    trees = (parsed(part.read_bytes()) for part in PARTS)
    return {text(n) for tree in trees for n in nodes(tree) if n.type == "function_name"}


def commands(tree: Node) -> list[Node]:
    return [n for n in nodes(tree) if n.type == "command"]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.stem)
def test_a_part_is_ascii_powershell(part: Path) -> None:
    source = part.read_bytes()
    assert source.isascii()
    assert wrong(source) == []


def test_every_probe_has_its_part_and_every_part_its_probe() -> None:
    names = {part.stem for part in PARTS if part.parent.name == "windows"}
    assert names == {probe.section.key for probe in WINDOWS}


@pytest.mark.parametrize("source", [compose(SECTIONS, new_marker(), 100), compose_file(SECTIONS)], ids=["sent", "file"])
def test_the_whole_is_powershell(source: bytes) -> None:
    assert source.isascii()
    assert wrong(source) == []


def test_the_grammar_would_see_a_fault() -> None:
    assert wrong(b"if ($a { 1 }\n") != []
    assert wrong(b"function f( { 1 }\n") != []


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.stem)
def test_a_part_calls_only_what_reads(part: Path) -> None:
    allowed = {name.lower() for name in CMDLETS | own_functions()}
    for command in commands(parsed(part.read_bytes())):
        said = text(command)
        if said.startswith((". ", "& ")):
            assert said.startswith(("& $block", ". $common")) or said.removeprefix("& ") in PROGRAMS, said
            continue
        name = text(command.child_by_field_name("command_name"))
        assert name.lower() in allowed, f"{name} is not on the list of what may be called: {said[:100]}"
        if name == "Invoke-CimMethod":
            assert re.search(r"-MethodName (\w+)", said)[1] in CIM_METHODS  # type: ignore[index]
        if name == "New-Object":
            assert re.search(r"-ComObject ([\w.]+)", said)[1] in COM_OBJECTS  # type: ignore[index]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.stem)
def test_a_part_calls_only_methods_that_are_known(part: Path) -> None:
    called = {
        text(n.child_by_field_name("member") or n.named_children[1])
        for n in nodes(parsed(part.read_bytes()))
        if n.type == "invokation_expression"
    }
    assert called <= METHODS, called - METHODS


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.stem)
def test_a_part_has_no_word_that_writes_or_goes_online(part: Path) -> None:
    code = "\n".join(line for line in part.read_text().splitlines() if not line.strip().startswith("#"))
    assert FORBIDDEN.findall(code) == []
    redirected = [text(n) for n in nodes(parsed(part.read_bytes())) if n.type == "redirection"]
    assert set(redirected) <= {"2>$null"}


@pytest.mark.parametrize(
    "bad",
    [
        "Set-ItemProperty -Path HKLM:\\x -Name y -Value 1",
        "Remove-Item C:\\x",
        "New-Item C:\\x",
        "Restart-Computer",
        "& C:\\evil.exe",
        '& "$env:windir\\System32\\net.exe" user x y /add',
        "Invoke-CimMethod -InputObject $v -MethodName DisableKeyProtectors",
        "New-Object -ComObject WScript.Shell",
    ],
)
def test_the_list_would_see_what_writes(bad: str, tmp_path: Path) -> None:
    part = tmp_path / "bad.ps1"
    part.write_text(bad + "\n")
    with pytest.raises(AssertionError):
        test_a_part_calls_only_what_reads(part)


def test_what_writes_by_a_method_or_a_redirect_would_be_seen(tmp_path: Path) -> None:
    part = tmp_path / "bad.ps1"
    part.write_text("$searcher.Install()\n")
    with pytest.raises(AssertionError):
        test_a_part_calls_only_methods_that_are_known(part)
    part.write_text("'x' > C:\\x\n")
    with pytest.raises(AssertionError):
        test_a_part_has_no_word_that_writes_or_goes_online(part)


def test_the_script_is_one_block_that_an_empty_line_ends() -> None:
    """PowerShell on stdin runs what it has at the first empty line."""
    script = compose(SECTIONS, new_marker(), 100).decode()
    block, _, rest = script.partition("\n\n")
    assert (block[:4], block[-2:]) == (". {\n", "\n}")
    assert len([line for line in rest.splitlines() if line]) == 1
    assert "<#" not in script
    assert not [n.type for n in nodes(parsed(script.encode())) if "here_string" in n.type]  # which could hold one


def hidden(line: str) -> str:
    """Hide-Secret, whose patterns are read from the script: .NET and Python have these in common."""
    source = (ROOT / "scanner/transports/windows_common.ps1").read_text()
    body = source[source.index("function Hide-Secret") : source.index("# A fault as a status")]
    for pattern, into in re.findall(r"-replace '([^']+)', '([^']+)'", body):
        line = re.sub(pattern, into.replace("$1", r"\1"), line)
    return line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("C:\\x\\a.exe --password hunter2 --port 1", "C:\\x\\a.exe --password *** --port 1"),
        ("a.exe /Token:abc", "a.exe /Token:***"),
        ('a.exe -ApiKey="a b" x', "a.exe -ApiKey=*** x"),
        ("a.exe Server=db;Password=s3cret;User=x", "a.exe Server=db;Password=***;User=x"),
        ("a.exe https://me:s3cret@host/x", "a.exe https://me:***@host/x"),
        ("C:\\Program Files\\Token Manager\\tm.exe -x", "C:\\Program Files\\Token Manager\\tm.exe -x"),
        ("C:\\Windows\\system32\\svchost.exe -k netsvcs -p", "C:\\Windows\\system32\\svchost.exe -k netsvcs -p"),
    ],
)
def test_what_looks_like_a_secret_stays_on_the_machine(line: str, expected: str) -> None:
    assert hidden(line) == expected


def test_only_what_was_asked_is_sent() -> None:
    script = compose(SECTIONS[:1], new_marker(), 100).decode()
    assert re.findall(r"@\{ name = '([a-z_0-9]+)'; seconds", script) == ["system"]


def test_the_digest_is_that_of_the_script_and_not_of_its_marker() -> None:
    one, two = (compose(SECTIONS, new_marker(), 100) for _ in range(2))
    assert one != two
    assert sha256_in(one) == sha256_in(two) != ""
    assert sha256_in(compose(SECTIONS[:3], new_marker(), 100)) != sha256_in(one)


@pytest.mark.parametrize(
    "queries",
    [
        pytest.param([WindowsSection("windows_a", "1"), WindowsSection("windows_a", "2")], id="twice"),
        pytest.param([WindowsSection("windows_A'; x", "1")], id="name"),
        pytest.param([WindowsSection("windows_a", "'é'")], id="not-ascii"),
        pytest.param([WindowsSection("windows_a", "x" * 100_001)], id="long"),
        pytest.param([WindowsSection("windows_a", "1", timeout_seconds=0)], id="no-time"),
    ],
)
def test_what_cannot_be_sent_is_refused(queries: list[Query]) -> None:
    with pytest.raises(ValueError, match=r"section|name"):
        compose(queries, new_marker(), 10)


def test_a_shell_section_is_not_for_powershell() -> None:
    with pytest.raises(TypeError):
        compose([Script("a", "true")], new_marker(), 10)


@pytest.mark.skipif(not shutil.which("pwsh"), reason="PowerShell is not installed here")
def test_powershell_itself_takes_the_script() -> None:
    """Where PowerShell 7 is at hand: it runs, and every section ends with a status; on Linux hardly one is ok."""
    done = subprocess.run(
        ["pwsh", "-NoProfile", "-NonInteractive", "-Command", "-"],
        input=compose(SECTIONS, "ab" * 16, 60),
        capture_output=True,
        timeout=120,
    )
    assert b'"end":"' + b"ab" * 16 in done.stdout
