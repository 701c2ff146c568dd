"""A service of an asset that can be looked at from outside: where it answers, and the name it answers to."""

from dataclasses import dataclass

# IANA's registry of service names and port numbers. ``tls`` is anything inside TLS: its port is always written.
PORTS = {
    "https": 443,
    "http": 80,
    "tls": 0,
    "ssh": 22,
    "smtp": 25,
    "smtps": 465,
    "imap": 143,
    "imaps": 993,
    "pop3": 110,
    "pop3s": 995,
    "ldaps": 636,
    "ldap": 389,
    "postgresql": 5432,
    "mysql": 3306,
    "sql-server": 1433,
    "oracle": 1521,
    "redis": 6379,
    "mongodb": 27017,
    "elasticsearch": 9200,
    "smb": 445,
    "rdp": 3389,
    "winrm": 5985,
    "dns": 53,
    "ntp": 123,
}
WEB = ("https", "http")
WITH_PATH = (*WEB, "dns")  # of DNS: a zone that the server answers for
INSIDE_TLS = ("https", "tls", "smtps", "imaps", "pop3s", "ldaps")
STARTTLS = ("smtp", "imap", "pop3", "ldap", "postgresql")
MAIL = ("smtp", "imap", "pop3")
DATABASES = ("postgresql", "mysql", "sql-server", "oracle", "redis", "mongodb", "elasticsearch")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Always looked at on the asset's own address: ``host`` is the name that is asked for (SNI, Host)."""

    scheme: str
    host: str  # "": the asset's address
    port: int
    path: str = "/"  # of the web; of DNS "/" and the zone

    def url(self, address: str) -> str:
        path = self.path if self.scheme in WEB or (self.scheme == "dns" and self.path != "/") else ""
        return f"{self.scheme}://{self.place(address)}{path}"

    def place(self, address: str) -> str:
        host = self.host or address
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
