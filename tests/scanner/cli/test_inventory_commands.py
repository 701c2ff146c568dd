"""``estatecheck inventory`` and ``estatecheck init`` as a user types them."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from inventory.scope import covering
from inventory.sources.yaml_file import YamlFile
from scanner.cli.init import init, starter
from scanner.cli.inventory import COLUMNS, app

RUN = CliRunner()
INIT = typer.Typer(rich_markup_mode=None)
INIT.command()(init)

ESTATE = """\
estatecheck:
  sites: {hq: }
  scopes: {s: {authorised_by: me, valid_from: 2020-01-01, valid_until: 2099-12-31, hosts: [web1]}}
all:
  hosts:
    web1: {ansible_host: 192.0.2.1, ansible_port: 2222, estatecheck: {site: hq, criticality: 3}}
    "[x]": {ansible_host: 192.0.2.2}
"""


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    path = tmp_path / "estate.yaml"
    path.write_text(ESTATE.replace('"[x]"', "bold"))
    return path


def test_validate_counts_and_names_what_no_scope_covers(estate: Path) -> None:
    result = RUN.invoke(app, ["validate", "--inventory", str(estate)])
    assert result.exit_code == 0
    assert result.stdout == (
        f"{estate}: valid. 2 hosts, 0 groups.\n1 host covered by no scope today, so that a scan refuses: bold\n"
    )


def test_faults_go_to_stderr_and_end_with_2(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("all: {hosts: {a: {ansible_port: 0, ansible_password: hunter2}}}\n")
    result = RUN.invoke(app, ["validate", "-i", str(path)])
    assert result.exit_code == 2
    assert result.stdout == ""
    first, second, last = result.stderr.splitlines()
    assert first.startswith(f"{path}:1:33: all.hosts.a.ansible_port: 0 is not allowed here")
    assert second.startswith(f"{path}:1:54: all.hosts.a.ansible_password: a secret is not read from here")
    assert last == "estatecheck: 2 faults in the inventory"
    assert "hunter2" not in result.output


@pytest.mark.parametrize("command", [["validate"], ["list"], ["import", "csv", "x.csv"]])
def test_an_inventory_that_is_not_there(command: list[str], tmp_path: Path) -> None:
    result = RUN.invoke(app, [*command, "-i", str(tmp_path / "none.yaml")])
    assert result.exit_code == 2
    assert str(tmp_path / "none.yaml") in result.stderr


def test_the_table(estate: Path) -> None:
    result = RUN.invoke(app, ["list", "-i", str(estate)])
    assert result.exit_code == 0
    heading, first, second = (line.split() for line in result.stdout.splitlines())
    assert heading == list(COLUMNS)
    assert first == ["web1", "192.0.2.1", "ssh:2222", "-", "hq", "-", "-", "server", "3", "s"]
    assert second == ["bold", "192.0.2.2", "ssh", "-", "-", "-", "-", "server", "-", "-"]


def test_the_list_for_programs(estate: Path) -> None:
    result = RUN.invoke(app, ["list", "-i", str(estate), "--format", "json"])
    first, second = json.loads(result.stdout)
    assert list(first) == list(COLUMNS)
    assert (first["site"], first["criticality"], first["scope"]) == ("hq", 3, "s")
    assert (second["site"], second["scope"]) == (None, None)


def test_the_schema_is_json() -> None:
    result = RUN.invoke(app, ["schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"] == "estatecheck inventory"


def test_an_import_is_shown_and_then_written(tmp_path: Path, estate: Path) -> None:
    directory = tmp_path / "inventory"
    directory.mkdir()
    estate.rename(directory / "estate.yaml")
    source = tmp_path / "hosts.csv"
    source.write_text("Host,Place,IP,Junk\nweb1,,192.0.2.9,x\nnew1,hq,192.0.2.3,x\n")
    command = ["import", "csv", str(source), "-i", str(directory), "--map", "Place=site"]
    shown = RUN.invoke(app, command)
    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        "+ new1",
        "~ web1",
        "    address: 192.0.2.1 -> 192.0.2.9",
        "? bold is in the inventory and not in the table; it stays",
        "Columns left out: Junk",
        f"{source}: 1 added, 1 changed, 0 unchanged, 1 only in the inventory",
        "Nothing was written; add --write to write it",
    ]
    assert [p.name for p in directory.iterdir()] == ["estate.yaml"]
    written = RUN.invoke(app, [*command, "--write"])
    assert written.stdout.splitlines()[-1] == f"Written: {directory / 'imported-hosts.yaml'}"
    again = RUN.invoke(app, [*command, "--write"])
    assert again.stdout.splitlines()[-1] == f"{directory / 'imported-hosts.yaml'} says this already; nothing to write"


def test_a_map_needs_two_sides(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["import", "csv", "x.csv", "-i", str(tmp_path), "--map", "site"])
    assert result.exit_code == 2
    assert result.stderr == "estatecheck: --map site: write COLUMN=FIELD, for example --map Place=site\n"


@pytest.mark.parametrize("command", [["validate"], ["list"], ["schema"], ["import", "csv"]])
def test_every_help_has_an_example(command: list[str]) -> None:
    result = RUN.invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Example:  estatecheck inventory " + " ".join(command) in result.stdout


def test_init_writes_an_inventory_that_is_valid_and_permitted(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yaml"
    result = RUN.invoke(INIT, [str(path)])
    assert result.exit_code == 0
    made = YamlFile(path).estate()
    (asset,) = made.assets
    assert (asset.name, asset.connection.way) == ("this-machine", "local")
    (scope,) = made.scopes.values()
    assert covering(made, asset, scope.valid_from) is scope


def test_init_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text("mine")
    result = RUN.invoke(INIT, [str(path)])
    assert (result.exit_code, path.read_text()) == (2, "mine")
    assert result.stderr == f"estatecheck: {path} is there already and is left as it is; name another file\n"


def test_init_says_why_it_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "no" / "inventory.yaml"
    result = RUN.invoke(INIT, [str(path)])
    assert result.exit_code == 2
    assert result.stderr == f"estatecheck: {path} cannot be written: No such file or directory\n"


def test_what_the_starter_comments_out_is_valid_too(tmp_path: Path) -> None:
    text = starter(Path("x.yaml"), date(2028, 2, 29))
    head, _, tail = text.partition("estatecheck:\n")
    commented = [line.replace("# ", "", 1) if is_yaml(line) else line for line in tail.splitlines()]
    path = tmp_path / "all.yaml"
    path.write_text(head + "estatecheck:\n" + "\n".join(commented) + "\n")
    made = YamlFile(path).estate()
    assert made.marking == "OFFICIAL"
    assert made.scopes["own-machine"].valid_until == date(2029, 2, 28)
    assert {a.name for a in made.assets} == {"this-machine", *(f"web0{i}.example.org" for i in (1, 2, 3))}
    assert made.assets[1].exposure == "internal"


def is_yaml(line: str) -> bool:
    """Whether a comment line is commented-out YAML rather than prose."""
    word = line.strip().removeprefix("# ").split(":")[0].strip()
    return line.strip().startswith("# ") and ":" in line and " " not in word and word not in ("env", "Form")


def test_help_does_not_import_what_only_the_work_needs() -> None:
    code = (
        "import sys, scanner.cli.inventory, scanner.cli.init\n"
        "print(sorted({'pydantic', 'yaml', 'rich', 'sqlalchemy', 'paramiko'} & sys.modules.keys()))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert out.stdout == "[]\n"
