"""Parts of a system by name: the first two words of a check's id (``linux.ssh``) as a reader knows them. Pure."""

from collections.abc import Sequence

from reports.report import Issue
from reports.text import prose

SYSTEMS = {
    "bmc": "Server management (BMC)",
    "db": "Databases",
    "dns": "DNS servers",
    "ldap": "Directory (LDAP)",
    "linux": "Linux",
    "mail": "Mail servers",
    "net": "Network devices",
    "ntp": "Time servers (NTP)",
    "rdp": "Remote Desktop",
    "smb": "File sharing (SMB)",
    "ssh": "SSH",
    "tls": "TLS",
    "web": "Web sites",
    "win": "Windows",
    "winrm": "Windows Remote Management",
}
TOPICS = {
    "acct": "accounts",
    "app": "applications",
    "auth": "log-in",
    "av": "malware protection",
    "avail": "health",
    "backup": "backups",
    "bind": "log-in",
    "boot": "start-up",
    "cert": "certificates",
    "cipher": "ciphers",
    "cookie": "cookies",
    "cred": "stored passwords",
    "device": "health",
    "disk": "disk encryption",
    "eol": "end of support",
    "exec": "running programs",
    "exposed": "reach",
    "ext": "extensions",
    "firmware": "firmware",
    "fs": "files and file systems",
    "fw": "firewall",
    "hdr": "protective headers",
    "hostkey": "host keys",
    "http": "plain HTTP",
    "hw": "hardware",
    "kex": "key exchange",
    "log": "logging",
    "mac": "access control",
    "mgmt": "management access",
    "mw": "malware protection",
    "net": "network",
    "nla": "log-in",
    "patch": "updates",
    "proto": "protocols",
    "query": "questions of strangers",
    "rdp": "Remote Desktop",
    "recursion": "recursion",
    "relay": "relaying",
    "screen": "screen lock",
    "signing": "signing",
    "snmp": "SNMP",
    "ssh": "SSH server",
    "starttls": "encryption",
    "svc": "services",
    "sysctl": "kernel settings",
    "time": "clock",
    "tls": "TLS",
    "version": "version",
    "vuln": "known attacks",
    "zone": "zones",
}
OTHERWISE = {"net.fw": "firmware", "ssh.mac": "message authentication"}  # where the same word means another thing


def part_name(product: str, issues: Sequence[Issue]) -> str:
    """Of a root cause: ``Linux: SSH server``, the name of an update unit, or the issue's title where there is none."""
    if issues[0].subject is not None:
        return product
    system, _, topic = product.partition(".")
    named = OTHERWISE.get(product) or TOPICS.get(topic)
    return f"{SYSTEMS[system]}: {named}" if named and system in SYSTEMS else prose(issues[0].title)
