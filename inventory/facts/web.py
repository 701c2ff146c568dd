"""What web servers answer to one GET, one TRACE and one GET in the clear. ``None``: could not be seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebEndpoint:
    url: str
    place: str
    secure: bool  # https
    why: str = ""  # why nothing was seen
    status: int | None = None
    hsts: bool | None = None  # RFC 6797, with an age above 0; http: not asked for
    missing_headers: tuple[str, ...] | None = None
    server_version: str | None = None  # the header that tells it, "" none does
    weak_cookies: tuple[str, ...] | None = None  # "name: without Secure"
    redirects: bool | None = None  # plain HTTP sends to https, or nothing answers there
    plain: str = ""  # what was seen on plain HTTP
    trace: bool | None = None
    listing: bool | None = None
    panels: tuple[str, ...] | None = None  # administrators' pages that are shown, "/solr/ (Solr)"; None: not known
    panels_why: str = ""  # why not


@dataclass(frozen=True, slots=True)
class Web:
    endpoints: tuple[WebEndpoint, ...]
