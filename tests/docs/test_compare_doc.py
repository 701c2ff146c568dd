"""docs/report-compare.md: its example is what the program prints, and its words are those of the code."""

import re
from pathlib import Path

from typer.testing import CliRunner

from reports.compare_data import Kind
from reports.root_cause_files import NAMES
from scanner.cli.main import main_app
from tests.scanner.service.patched import patched

PAGE = (Path(__file__).parents[2] / "docs/report-compare.md").read_text()


def masked(text: str) -> str:
    """Ids change with every field that the report's JSON gains, hashes with the keys that a record makes."""
    text = re.sub(r"ECR-(\d+)-[0-9a-f]{12}", r"ECR-\1", text)
    return " ".join(re.sub(r"\([0-9a-f]{12}\)", "(hash)", text).split())


def test_the_example_is_what_is_printed(tmp_path: Path) -> None:
    patched(tmp_path).store.close()
    words = ["report", "compare", "1", "4", "--database", f"sqlite:///{tmp_path / 'record.db'}"]
    told = CliRunner().invoke(main_app, words).stdout
    example = PAGE.split("<!-- example -->\n```text\n")[1].split("```")[0]
    assert len(example) > 1000
    assert masked(example) == masked(told.split("BY SUPPLIER")[0])


def test_every_kind_and_moment_is_told() -> None:
    for word in (*(kind.value for kind in Kind), *NAMES):
        assert f"| {word} |" in PAGE, word
