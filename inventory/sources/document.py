"""The shape of an inventory as pydantic models: what is validated, and what editors get as JSON Schema.

The description of a field is also the "allowed: ..." of its error message. All keys of ours are strict: an unknown key
is an error. A group or host may carry any other variable of the user's; it is ignored.
"""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import JsonSchemaValue, WithJsonSchema

from inventory.sources import words

_TEXT: Final[JsonSchemaValue] = {"type": "string"}
Text = Annotated[str, Field(max_length=1000), BeforeValidator(words.text)]
Filled = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S"), BeforeValidator(words.text)]
HostPath = Annotated[str, Field(max_length=4096), BeforeValidator(words.host_path)]
Address = Annotated[str, BeforeValidator(words.address)]
Network = Annotated[str, BeforeValidator(words.network)]
Endpoint = Annotated[str, Field(pattern=r"^(tcp|udp)/[0-9]{1,5}$"), BeforeValidator(words.endpoint)]
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


def _number(value: object) -> object:
    """Ansible takes numbers in quotes too."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else value


def _flag(value: object) -> object:
    """Ansible takes these words in quotes too."""
    word = value.lower() if isinstance(value, str) else value
    return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(word, value)  # type: ignore[call-overload]


def _way(value: object) -> object:
    short = value.rpartition(".")[2] if isinstance(value, str) and value.startswith("ansible.builtin.") else value
    return "ssh" if short in ("smart", "paramiko", "paramiko_ssh") else short


def keys_of(model: type[BaseModel]) -> str:
    """``a mapping of `name`, `users` `` for messages."""
    return "a mapping of " + ", ".join(f"`{name}`" for name in model.model_fields)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class LimitKeys(Strict):
    host_seconds: Seconds | None = Field(None, description="seconds for the whole visit of a host, above 0")
    connect_seconds: Seconds | None = Field(None, description="seconds to connect, above 0")
    login_seconds: Seconds | None = Field(None, description="seconds for the banner, and again to log in, above 0")
    output_bytes: Annotated[int, Field(ge=4096, le=2**30)] | None = Field(
        None, description="bytes of output of one host, 4096 to 1073741824"
    )
    concurrent: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        None, description="hosts of this group that may be visited at once, 1 to 10000; for a group, not for a host"
    )


class AssetKeys(Strict):
    """``estatecheck:`` in the vars of a group or among a host's variables."""

    kind: Literal["server", "workstation", "laptop", "network", "endpoint"] | None = Field(
        None, description="server, workstation, laptop, network or endpoint"
    )
    area: Text | None = Field(None, description="the name of one of estatecheck.areas")
    site: Text | None = Field(None, description="the name of one of estatecheck.sites")
    service: Text | None = Field(None, description="the name of one of estatecheck.services")
    supplier: Text | None = Field(None, description="the name of one of estatecheck.suppliers")
    owner: Text | None = Field(None, description="a person or a post, at most 1000 characters")
    exposure: ExposureWord | None = Field(None, description="internet, third-party, internal or isolated")
    criticality: Criticality | None = Field(None, description="1 (low) to 4 (vital)")
    roles: list[Filled] | None = Field(None, description="a list of words such as [router, docker, mail, database]")
    fragile: bool | None = Field(None, description="true or false")
    expected_ports: list[Endpoint] | None = Field(None, description="a list such as [tcp/22, udp/53]")
    certificates: list[HostPath] | None = Field(None, description="a list of absolute paths on the host")
    backup_marks: list[HostPath] | None = Field(None, description="a list of absolute paths on the host")
    backup_max_age_hours: Annotated[int, Field(ge=1, le=87_600)] | None = Field(
        None, description="hours, 1 to 87600, a whole number"
    )
    central_login: bool | None = Field(None, description="true or false")
    antimalware: list[Filled] | None = Field(None, description="a list of units such as [clamav-daemon.service]")
    credential: Text | None = Field(None, description="the name of one of estatecheck.credentials")
    bastion: Text | None = Field(None, description="the name of another host of this inventory")
    become: Literal["collector", "sudo", "none"] | None = Field(None, description="collector, sudo or none")
    ssh_config: bool | None = Field(None, description="true or false")
    limits: LimitKeys | None = Field(None, description="a mapping of limits")


class Vars(BaseModel):
    """The variables that are understood. Others may stand beside them."""

    model_config = ConfigDict(
        extra="ignore", strict=True, frozen=True, json_schema_extra={"additionalProperties": True}
    )

    ansible_host: Address | None = Field(None, description="an IPv4 or IPv6 address, or a host name")
    ansible_ssh_host: Address | None = Field(None, description="an IPv4 or IPv6 address, or a host name")
    ansible_port: Annotated[int, Field(ge=1, le=65535), BeforeValidator(_number)] | None = Field(
        None, description="a port, 1 to 65535"
    )
    ansible_ssh_port: Annotated[int, Field(ge=1, le=65535), BeforeValidator(_number)] | None = Field(
        None, description="a port, 1 to 65535"
    )
    ansible_user: Filled | None = Field(None, description="the name of an account")
    ansible_ssh_user: Filled | None = Field(None, description="the name of an account")
    ansible_connection: Annotated[Literal["ssh", "local", "snmp"], BeforeValidator(_way)] | None = Field(
        None, description="ssh, local or snmp"
    )
    ansible_ssh_private_key_file: Filled | None = Field(None, description="the path of a private key file")
    ansible_become: Annotated[bool, BeforeValidator(_flag)] | None = Field(None, description="true or false")
    ansible_group_priority: Annotated[int, BeforeValidator(_number)] | None = Field(
        None, description="a whole number; for a group"
    )
    estatecheck: AssetKeys | None = Field(None, description="a mapping of the keys of an asset")


class EstateKeys(Strict):
    name: Filled | None = Field(None, description="a text")
    marking: Text | None = Field(None, description="a text that is printed on every report, such as OFFICIAL")


class AreaKeys(Strict):
    name: Filled | None = Field(None, description="a text")
    users: Count | None = Field(None, description="a whole number, 0 or more")
    budget: Count | None = Field(None, description="a whole number, 0 or more, in any one currency")
    sites: Count | None = Field(None, description="a whole number, 0 or more")


class SiteKeys(Strict):
    name: Filled | None = Field(None, description="a text")
    exposure: ExposureWord | None = Field(None, description="internet, third-party, internal or isolated")
    area: Text | None = Field(None, description="the name of one of estatecheck.areas")


class SupplierKeys(Strict):
    name: Filled | None = Field(None, description="a text")
    contact: Text = Field("", description="a text")


class ContractKeys(Strict):
    supplier: Filled = Field(description="the name of one of estatecheck.suppliers")
    starts: Day | None = Field(None, description="a day such as 2026-01-01")
    ends: Day | None = Field(None, description="a day such as 2026-12-31, not before `starts`")
    reference: Text = Field("", description="a text")


class ServiceKeys(Strict):
    name: Filled | None = Field(None, description="a text")
    owner: Text = Field("", description="a person or a post")
    accreditor: Text = Field("", description="a person or a post")
    criticality: Criticality | None = Field(None, description="1 (low) to 4 (vital)")


class CredentialKeys(Strict):
    user: Filled | None = Field(None, description="the name of an account")
    password: Secret | None = Field(None, description="a reference to a password")
    key: Secret | None = Field(None, description="a reference to a private key")
    passphrase: Secret | None = Field(None, description="a reference to the key's passphrase")
    certificate: Secret | None = Field(None, description="a reference to an OpenSSH user certificate")
    agent: bool = Field(False, description="true or false: may the SSH agent be asked")
    community: Secret | None = Field(None, description="a reference to an SNMPv2c community")
    auth: AuthWord | None = Field(None, description="MD5, SHA, SHA-224, SHA-256, SHA-384 or SHA-512, for SNMPv3")
    auth_password: Secret | None = Field(None, description="a reference to the password of SNMPv3 authentication")
    priv: PrivWord | None = Field(None, description="DES, AES-128, AES-256 or AES-256-C, for SNMPv3")
    priv_password: Secret | None = Field(None, description="a reference to the password of SNMPv3 privacy")
    weak: bool = Field(False, description="true or false: may MD5 and DES be used for SNMPv3")


class ScopeKeys(Strict):
    authorised_by: Filled = Field(description="who permitted the scan: a person and a post")
    reference: Text = Field("", description="a text: the letter, ticket or contract that permits it")
    valid_from: Day = Field(description="the first day, such as 2026-01-01")
    valid_until: Day = Field(description="the last day, such as 2026-12-31, not before `valid_from`")
    intrusiveness: Literal["passive", "polite", "intrusive"] = Field(
        "polite", description="passive, polite or intrusive"
    )
    groups: list[Filled] = Field([], description="a list of groups; `all` is the whole estate")
    hosts: list[Filled] = Field([], description="a list of hosts of this inventory; ranges such as web[01:12] too")
    networks: list[Network] = Field([], description="a list of networks such as [192.0.2.0/24]")


class Own(Strict):
    """``estatecheck:`` at the top level of a file."""

    estate: EstateKeys | None = Field(None, description="a mapping with `name` and `marking`")
    areas: dict[str, AreaKeys | None] | None = Field(None, description="a mapping from a short name to an area")
    sites: dict[str, SiteKeys | None] | None = Field(None, description="a mapping from a short name to a site")
    suppliers: dict[str, SupplierKeys | None] | None = Field(
        None, description="a mapping from a short name to a supplier"
    )
    contracts: dict[str, ContractKeys] | None = Field(None, description="a mapping from a short name to a contract")
    services: dict[str, ServiceKeys | None] | None = Field(None, description="a mapping from a short name to a service")
    credentials: dict[str, CredentialKeys] | None = Field(
        None, description="a mapping from a short name to the references of a log-in"
    )
    scopes: dict[str, ScopeKeys] | None = Field(None, description="a mapping from a short name to a permission to look")
    limits: LimitKeys | None = Field(None, description="a mapping of the limits that hold where nothing else is said")


class Group(Strict):
    """One group, for the JSON Schema; groups are read by ``groups.py``."""

    hosts: dict[str, Vars | None] | str | None = None
    children: "dict[str, Group | None] | str | None" = None
    vars: Vars | None = None


class File(BaseModel):
    """One inventory file, for the JSON Schema."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Group | None]

    estatecheck: Own | None = None
