"""Examples, the handbook page and the schema agree with the code."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from inventory.scope import covering
from inventory.sources.csv_file import FIELDS
from inventory.sources.document import AssetKeys, Own, Vars
from inventory.sources.schema import schema
from inventory.sources.yaml_file import Text, YamlFile, load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "write-an-inventory.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_block_of_the_page_loads(block: str) -> None:
    made = load([Text("page.yaml", block.encode())])
    assert (
        made.assets
        or made.scopes
        or made.sites
        or made.credentials
        or made.policy.approved_firmware
        or made.contracts
        or made.watching.watches
    )


@pytest.mark.parametrize("key", [*AssetKeys.model_fields, *Own.model_fields, *Vars.model_fields])
def test_every_key_is_on_the_page(key: str) -> None:
    assert re.search(rf"\b{key}\b", PAGE)


@pytest.mark.parametrize("field", sorted(set(FIELDS) - set(AssetKeys.model_fields)))
def test_every_field_of_a_table_is_on_the_page(field: str) -> None:
    assert f"`{field}`" in PAGE


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda path: path.name)
def test_every_host_of_an_example_is_covered(example: Path) -> None:
    made = YamlFile(example).estate()
    assert made.assets
    assert [a.name for a in made.assets if covering(made, a, date(2026, 6, 1)) is None] == []


def test_the_fictional_estate() -> None:
    made = YamlFile(ROOT / "examples" / "fictional-estate.yaml").estate()
    by_name = {asset.name: asset for asset in made.assets}
    assert by_name["river-gate"].connection.bastion is None
    assert by_name["web01.river.example"].connection.bastion == "river-gate"
    assert by_name["hill-archive-1"].exposure == "isolated"
    archive = covering(made, by_name["hill-archive-1"], date(2026, 6, 1))
    assert archive is not None
    assert archive.id == "archive-gently"
    assert made.group_limits["river_web"].concurrent == 2


def test_the_schema_knows_every_key() -> None:
    made = schema()
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    definitions = made["$defs"]
    assert set(definitions["AssetKeys"]["properties"]) == set(AssetKeys.model_fields)
    assert set(definitions["Own"]["properties"]) == set(Own.model_fields)
    assert definitions["AssetKeys"]["additionalProperties"] is False
    assert definitions["Vars"]["additionalProperties"] is True
    assert definitions["Vars"]["properties"]["ansible_port"]["anyOf"][0] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 65535,
    }
    assert definitions["ScopeKeys"]["properties"]["valid_from"]["format"] == "date"


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    text = json.dumps(schema())
    names = set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', text))
    assert names <= set(schema()["$defs"])
    assert "Group" in names
