"""``report compare``, ``report --since`` and ``report root-cause`` as a person types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scanner.cli.main import main_app
from tests.scanner.service.patched import patched


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("cli")
    patched(folder).store.close()
    return f"sqlite:///{folder / 'record.db'}"


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(main_app, ["report", *words])
    assert done.exit_code == code, done.output
    return done.stderr if code else done.stdout


def test_printed_as_text_or_json(database: str) -> None:
    assert "VERIFIED FIXED: 2 occurrences" in run("compare", "1", "4", "--database", database)
    told = json.loads(run("compare", "1", "4", "--format", "json", "--database", database))
    assert told["kinds"]["verified fixed"]["occurrences"] == 2


@pytest.mark.parametrize(("name", "begins"), [("c.html", "<!DOCTYPE"), ("c.json", "{"), ("c.txt", "Northmoor")])
def test_the_ending_of_the_file_chooses_the_format(database: str, tmp_path: Path, name: str, begins: str) -> None:
    out = tmp_path / name
    run("compare", "1", "4", "-o", str(out), "--database", database)
    assert out.read_text().startswith(begins)


def test_two_files_need_no_record(database: str, tmp_path: Path) -> None:
    for scan in ("1", "4"):
        run("--scan", scan, "--format", "json", "-o", str(tmp_path / scan), "--database", database)
    files = [str(tmp_path / scan / "report.json") for scan in ("1", "4")]
    told = run("compare", *files, "--database", f"sqlite:///{tmp_path / 'none.db'}")
    assert "NOT SEEN AGAIN, NOT PROVEN" in told
    assert "VERIFIED FIXED" not in told
    assert not (tmp_path / "none.db").exists()


FAULTS = [
    pytest.param(("compare", "1", "99"), "99", id="no such scan"),
    pytest.param(("compare", "1", "no.json"), "no.json cannot be read", id="no such file"),
    pytest.param(("compare", "1", __file__), "not JSON", id="no report"),
    pytest.param(("compare", "1", "4", "--format", "pdf"), "allowed is terminal, json, html", id="format"),
    pytest.param(("--since", "4"), "earlier scan", id="since itself"),
    pytest.param(("--since", "x"), "name an earlier scan", id="since a word"),
    pytest.param(("--since", "1", "--from-pack", "x.zip"), "a pack holds one scan", id="since and pack"),
    pytest.param(("root-cause",), "one of the two", id="about nothing"),
    pytest.param(("root-cause", "--theme", "patching", "--supplier", "acme"), "one of the two", id="about both"),
    pytest.param(("root-cause", "--theme", "weather"), "choose one of: patching", id="theme"),
    pytest.param(("root-cause", "--supplier", "zed"), "it names: acme, bolt", id="supplier"),
    pytest.param(("root-cause", "--theme", "patching", "--format", "pdf"), "html, json, csv", id="pack format"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "told"), FAULTS)
def test_one_clear_sentence(database: str, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    more = ("-o", str(tmp_path)) if "compare" not in words else ()
    assert told in run(*words, *more, "--database", database, code=2)


def test_since_stands_in_every_format_that_tells_it(database: str, tmp_path: Path) -> None:
    words = ("--scan", "4", "--format", "html", "--format", "json", "--format", "terminal")
    told = run(*words, "--since", "1", "-o", str(tmp_path), "--database", database)
    assert "SINCE THE REPORT BEFORE" in told
    assert json.loads((tmp_path / "report.json").read_text())["since"]["balance"]["fixed"] == 2
    page = (tmp_path / "report.html").read_text()
    assert page.count('id="since"') == 1
    assert "2 occurrences (1 issue) are verified fixed" in page
    assert "Since report ECR-1-" in page
    assert "Looked at less or no longer" in page


def test_since_goes_with_a_suppliers_view(database: str, tmp_path: Path) -> None:
    words = ("--scan", "4", "--since", "1", "--view", "supplier", "--supplier", "acme", "--format", "json")
    run(*words, "-o", str(tmp_path), "--database", database)
    told = json.loads((tmp_path / "report-supplier-acme.json").read_text())["since"]
    assert told["balance"] == {"before": 3, "fixed": 1, "gone": 0, "both": 2, "new": 1, "after": 3} | {
        key: told["balance"][key]
        for key in told["balance"].keys() - {"before", "fixed", "gone", "both", "new", "after"}
    }
    assert "bolt" not in json.dumps(told).lower()
    assert not [name for name in ("db", "old") if f'"{name}"' in json.dumps(told)]


def test_without_since_nothing_of_it_is_there(database: str, tmp_path: Path) -> None:
    run("--scan", "4", "--format", "html", "--format", "json", "-o", str(tmp_path), "--database", database)
    assert b'"since"' not in (tmp_path / "report.json").read_bytes()
    assert b'id="since"' not in (tmp_path / "report.html").read_bytes()


def test_the_pack_has_its_three_files(database: str, tmp_path: Path) -> None:
    run("root-cause", "--theme", "patching", "-o", str(tmp_path / "p"), "--database", database)
    assert sorted(path.name for path in (tmp_path / "p").iterdir()) == [
        "root-cause.csv", "root-cause.html", "root-cause.json",
    ]  # fmt: skip
    run("root-cause", "--supplier", "acme", "--format", "csv", "-o", str(tmp_path / "s"), "--database", database)
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["root-cause.csv"]
