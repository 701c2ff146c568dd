"""The JSON Schema of an inventory file, for editors (JSON Schema draft 2020-12)."""

from typing import Any

from inventory.sources.document import File


def schema() -> dict[str, Any]:
    """The schema as plain data, made from the models that validate the inventory."""
    made = File.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "estatecheck inventory",
        "description": "Hosts and groups in Ansible's YAML form, with the keys of estatecheck",
    }
