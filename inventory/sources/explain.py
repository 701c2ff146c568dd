"""From pydantic's errors to sentences: what is wrong, where, and what is allowed. A secret is never repeated."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from inventory.sources.document import AssetKeys, CredentialKeys, Own
from inventory.sources.errors import did_you_mean, shown
from inventory.sources.positions import Vaulted
from inventory.sources.shapes import keys_of
from inventory.sources.words import has_template

M = TypeVar("M", bound=BaseModel)
Loc = tuple[str | int, ...]
Wrong = tuple[Loc, str, bool]  # the place below the data, a sentence, whether the place is a key


def validate(model: type[M], data: Mapping[str, Any]) -> tuple[M | None, list[Wrong]]:
    """The model, and what is wrong with the data.

    Faulty values are left out of the model, so that what else is wrong can be found too; it is None when a value
    that is left out must be there.
    """
    wrong: list[Wrong] = []
    for _ in range(2):
        try:
            return model.model_validate(data), wrong
        except ValidationError as exc:
            errors = exc.errors(include_url=False)
            wrong = wrong or [_explained(model, error) for error in errors]
            data = _without(data, [error["loc"] for error in errors if error["loc"]])
    return None, wrong


def _without(data: Mapping[str, Any], places: Sequence[Loc]) -> dict[str, Any]:
    """A copy that lacks the values at the places; a list with a faulty item is left out as a whole."""
    drop = {loc[0] for loc in places if len(loc) == 1 or isinstance(loc[1], int)}
    deeper = {loc[0] for loc in places} - drop
    kept = {key: value for key, value in data.items() if key not in drop}
    for key in deeper & kept.keys():
        kept[str(key)] = _without(kept[str(key)], [loc[1:] for loc in places if loc[0] == key])
    return kept


def _explained(model: type[BaseModel], error: ErrorDetails) -> Wrong:
    loc = error["loc"]
    match error["type"]:
        case "extra_forbidden":
            return loc, unknown_key(_model_at(model, loc[:-1]), str(loc[-1])), True
        case "missing":
            return loc[:-1], f"`{loc[-1]}` is missing: {_allowed(model, loc)}", True
        case "value_error":
            return loc, str(error["ctx"]["error"]), False
        case _:
            return loc, _not_allowed(model, loc, error["input"]), False


def _not_allowed(model: type[BaseModel], loc: Loc, given: object) -> str:
    secret = model is CredentialKeys and loc[0] != "user"
    hint = " (templates are not evaluated here)" if has_template(given) else ""
    return f"{'this' if secret else describe(given)} is not allowed here; allowed: {_allowed(model, loc)}{hint}"


def describe(given: object) -> str:
    """What was written, as far as it can be shown in a sentence."""
    if isinstance(given, bool):
        return str(given).lower()
    if given is None or given == "":
        return "nothing"
    if isinstance(given, Vaulted):
        return "a value encrypted with Ansible Vault"
    if isinstance(given, str):
        return shown(given)
    if isinstance(given, Mapping):
        return "a mapping"
    return "a list" if isinstance(given, Sequence) else str(given)[:40]


def unknown_key(model: type[BaseModel], key: str) -> str:
    """The sentence for a key that the model does not have."""
    allowed = tuple(model.model_fields)
    if model is AssetKeys and key in Own.model_fields and key != "limits":
        return f"{shown(key)} belongs into `estatecheck:` at the top level of the file, not to a group or host"
    if model is Own and key in AssetKeys.model_fields:
        return f"{shown(key)} belongs into `estatecheck:` in the vars of a group or host, not to the top level"
    return f"{shown(key)} is not known here;{did_you_mean(key, allowed)} allowed: {', '.join(allowed)}"


def _allowed(model: type[BaseModel], loc: Loc) -> str:
    """What the innermost field says of itself."""
    said = ""
    here: type[BaseModel] | None = model
    for step in loc:
        if here and (field := here.model_fields.get(str(step))):
            said = field.description or said
            here = _model_in(field.annotation)
    return said or keys_of(model)


def _model_at(model: type[BaseModel], loc: Loc) -> type[BaseModel]:
    for step in loc:
        model = _model_in(model.model_fields[str(step)].annotation) or model
    return model


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model in ``X`` or ``X | None``."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and not get_args(part) and issubclass(part, BaseModel):
            return part
    return None
