"""The words that several parts of an inventory's shape are made of. The description of a field is also the
"allowed: ..." of its error message.
"""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import JsonSchemaValue, WithJsonSchema

from inventory.sources import endpoint_words, platforms, words

_TEXT: Final[JsonSchemaValue] = {"type": "string"}
Text = Annotated[str, Field(max_length=1000), BeforeValidator(words.text)]
Filled = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S"), BeforeValidator(words.text)]
HostPath = Annotated[str, Field(max_length=4096), BeforeValidator(words.host_path)]
Address = Annotated[str, BeforeValidator(words.address)]
Network = Annotated[str, BeforeValidator(words.network)]
Endpoint = Annotated[str, Field(pattern=r"^(tcp|udp)/[0-9]{1,5}$"), BeforeValidator(words.endpoint)]
EndpointUrl = Annotated[
    str, Field(pattern="^[a-z0-9]+://", max_length=2000), BeforeValidator(endpoint_words.endpoint_url)
]
Fingerprint = Annotated[
    str,
    Field(pattern=r"^([Ss][Hh][Aa]-?256[:= ])?([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$"),
    BeforeValidator(words.fingerprint),
]
Platform = Annotated[
    str, BeforeValidator(platforms.platform), WithJsonSchema({"enum": [*platforms.PLATFORMS]}, mode="validation")
]
Day = Annotated[
    date, BeforeValidator(words.day), WithJsonSchema({"type": "string", "format": "date"}, mode="validation")
]
Secret = Annotated[
    str, Field(pattern=rf"^({'|'.join(words.REFERENCES)}):", max_length=4096), BeforeValidator(words.reference)
]
Criticality = Annotated[int, Field(ge=1, le=4)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Count = Annotated[int, Field(ge=0)]
AuthWord = Literal["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]
PrivWord = Literal["DES", "AES-128", "AES-256", "AES-256-C"]
ExposureWord = Literal["internet", "third-party", "internal", "isolated"]


def keys_of(model: type[BaseModel]) -> str:
    """``a mapping of `name`, `users` `` for messages."""
    return "a mapping of " + ", ".join(f"`{name}`" for name in model.model_fields)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
