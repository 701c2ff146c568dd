"""How each real server of the probers' lab is configured: loopback only, its own ports and folder, no accounts."""

import getpass
import os
import shutil
from pathlib import Path

from tests.lab.daemons import Recipe, Setting

ZONE = "lab.example"
SERIAL = 2026010101
MANY = 60  # TXT records of one name, more than fit into one datagram


def _written(setting: Setting, text: str, name: str = "conf") -> str:
    place = setting.folder / name
    place.write_text(text)
    return str(place)


def _dnsmasq(setting: Setting) -> list[str]:
    many = "\n".join(f"txt-record=many.{ZONE},record number {n}" for n in range(MANY))
    config = _written(
        setting,
        f"""no-resolv
no-hosts
port={setting.ports[0]}
listen-address=127.0.0.1
bind-interfaces
host-record=portal.{ZONE},192.0.2.10
cname=www.{ZONE},portal.{ZONE}
mx-host={ZONE},mail.{ZONE},10
auth-zone={ZONE}
auth-server=ns.{ZONE}
auth-soa={SERIAL}
{many}
""",
    )
    return [setting.program, "-k", "-C", config, f"--user={getpass.getuser()}", "--pid-file=", "--log-facility=-"]


def _resolver(setting: Setting) -> list[str]:
    """A resolver that asks another server, both dnsmasq: nothing leaves the machine."""
    here, behind = setting.ports
    common = f"--no-hosts --pid-file= --listen-address=127.0.0.1 --bind-interfaces --user={getpass.getuser()}"
    upstream = (
        f"{setting.program} -C /dev/null --no-resolv {common} --port={behind} --host-record=example.com,192.0.2.80"
    )
    open_ = f"{setting.program} -k -C /dev/null --no-resolv {common} --port={here} --server=127.0.0.1#{behind}"
    return ["/bin/sh", "-c", f"{upstream} -k & exec {open_}"]


def _zone(setting: Setting) -> list[str]:
    """Answers for its own zone alone, and gives it away to whoever asks."""
    config = _written(
        setting,
        f"""no-resolv
no-hosts
port={setting.ports[0]}
listen-address=127.0.0.1
bind-interfaces
host-record=portal.{ZONE},192.0.2.10
auth-zone={ZONE}
auth-server=ns.{ZONE},lo
auth-peer=127.0.0.1
auth-soa={SERIAL}
txt-record={ZONE},"v=spf1 -all"
""",
    )
    return [setting.program, "-k", "-C", config, f"--user={getpass.getuser()}", "--pid-file=", "--log-facility=-"]


def _chronyd(synchronised: bool) -> "Recipe":
    def prepare(setting: Setting) -> list[str]:
        config = _written(
            setting,
            f"""port {setting.ports[0]}
bindaddress 127.0.0.1
allow 127.0.0.1
cmdport 0
bindcmdaddress /
pidfile {setting.folder}/pid
{"local stratum 5" if synchronised else ""}
""",
        )
        return [setting.program, "-n", "-x", "-U", "-u", getpass.getuser(), "-f", config]

    return Recipe("chronyd", "chrony", prepare, udp=True)


def _postgres(with_tls: bool) -> Recipe:
    def prepare(setting: Setting) -> list[str]:
        data = setting.folder / "data"
        script = (
            f"{Path(setting.program).with_name('initdb')} -D {data} -A trust --no-sync -E UTF8 --locale=C && "
            f"exec {setting.program} -D {data} -p {setting.ports[0]} -k {setting.folder} -c fsync=off"
            " -c listen_addresses=127.0.0.1"
        )
        if with_tls:
            key = setting.folder / "own.key"  # PostgreSQL takes no key that others may read
            key.write_bytes(setting.certified.key.read_bytes())
            key.chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(key, "nobody")
            script += f" -c ssl=on -c ssl_cert_file={setting.certified.certificate} -c ssl_key_file={key}"
        return ["/bin/sh", "-c", script]

    return Recipe("postgres", "postgresql", prepare, user="nobody")


def _mariadb(with_tls: bool) -> Recipe:
    def prepare(setting: Setting) -> list[str]:
        keys = [f"--ssl-cert={setting.certified.certificate}", f"--ssl-key={setting.certified.key}"]
        return [*_mariadb_words(setting), *(keys if with_tls else ())]

    return Recipe("mariadbd", "mariadb-server-core", prepare)


def _mariadb_words(setting: Setting) -> list[str]:
    """Without system tables, which the greeting does not need: nobody could log in."""
    (setting.folder / "data" / "mysql").mkdir(parents=True)
    return [
        setting.program,
        "--no-defaults",
        f"--datadir={setting.folder}/data",
        f"--user={getpass.getuser()}",
        f"--port={setting.ports[0]}",
        "--bind-address=127.0.0.1",
        f"--socket={setting.folder}/socket",
        f"--pid-file={setting.folder}/pid",
        "--skip-grant-tables",
        "--skip-networking=0",
        "--skip-innodb",
        "--default-storage-engine=MyISAM",
        "--max-connections=10",
    ]


def _redis(*settings: str) -> Recipe:
    def prepare(setting: Setting) -> list[str]:
        own = ["--port", str(setting.ports[0]), "--bind", "127.0.0.1", "--dir", str(setting.folder), "--save", ""]
        return [setting.program, *own, *settings]

    return Recipe("redis-server", "redis-server", prepare)


def _samba(*settings: str) -> Recipe:
    def prepare(setting: Setting) -> list[str]:
        kinds = ("private dir", "lock directory", "state directory", "cache directory", "pid directory", "ncalrpc dir")
        places = "\n".join(f"{kind} = {setting.folder}/{kind.split()[0]}" for kind in kinds)
        for kind in kinds:
            (setting.folder / kind.split()[0]).mkdir()
        config = _written(
            setting,
            f"""[global]
netbios name = LAB
server role = standalone server
smb ports = {setting.ports[0]}
interfaces = 127.0.0.1
bind interfaces only = yes
{places}
log file = {setting.folder}/log
disable spoolss = yes
load printers = no
{chr(10).join(settings)}
""",
        )
        return [setting.program, "-F", "--no-process-group", "-s", config]

    return Recipe("smbd", "samba", prepare)


def _xrdp(layer: str) -> Recipe:
    def prepare(setting: Setting) -> list[str]:
        certified = setting.certified
        config = _written(
            setting,
            f"""[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:{setting.ports[0]}
security_layer={layer}
certificate={certified.certificate}
key_file={certified.key}
ssl_protocols=TLSv1.2, TLSv1.3
[Logging]
LogFile={setting.folder}/log
LogLevel=INFO
EnableSyslog=false
[Xorg]
name=Xorg
lib=libxup.so
""",
            "xrdp.ini",
        )
        return [setting.program, "-n", "-c", config]

    return Recipe("xrdp", "xrdp", prepare)


PASSWORDS = """begin authenticators
plain:
driver = plaintext
public_name = PLAIN
server_condition = no
"""
TAKES_ALL = """acl_smtp_rcpt = everybody
begin acl
everybody:
accept
"""


def _exim(with_tls: bool, extra: str = "", acl: str = "begin acl\n") -> Recipe:
    def prepare(setting: Setting) -> list[str]:
        (setting.folder / "spool").mkdir()
        me = getpass.getuser()
        config = _written(
            setting,
            f"""primary_hostname = mail.{ZONE}
spool_directory = {setting.folder}/spool
log_file_path = {setting.folder}/%slog
pid_file_path = {setting.folder}/pid
exim_user = {me}
exim_group = {me}
never_users =
smtp_accept_max = 100
local_interfaces = 127.0.0.1
daemon_smtp_ports = {" : ".join(map(str, setting.ports))}
{f"tls_on_connect_ports = {setting.ports[1]}" if with_tls else ""}
tls_advertise_hosts = {"*" if with_tls else ""}
tls_certificate = {setting.certified.certificate}
tls_privatekey = {setting.certified.key}
host_lookup =
keep_environment =
{acl}begin routers
begin transports
{extra}""",
        )
        return [setting.program, "-C", config, "-bdf"]

    return Recipe("exim4", "exim4-daemon-light", prepare, ports=2 if with_tls else 1)


def _dovecot(*settings: str) -> Recipe:
    return Recipe("dovecot", "dovecot-imapd dovecot-pop3d", lambda setting: _dovecot_words(setting, *settings), ports=4)


def _dovecot_words(setting: Setting, *settings: str) -> list[str]:
    me, them = getpass.getuser(), "dovenull" if os.geteuid() == 0 else getpass.getuser()
    names = ("imap", "imaps", "pop3", "pop3s")
    listeners = dict(zip(names, setting.ports, strict=True))

    def service(*kinds: str) -> str:
        inner = "\n".join(f"inet_listener {kind} {{\nport = {listeners[kind]}\n}}" for kind in kinds)
        return f"service {kinds[0]}-login {{\n{inner}\nchroot =\n}}"

    config = _written(
        setting,
        f"""base_dir = {setting.folder}/base
log_path = {setting.folder}/log
protocols = imap pop3
listen = 127.0.0.1, 127.0.0.2
ssl = yes
{chr(10).join(settings)}
ssl_cert = <{setting.certified.certificate}
ssl_key = <{setting.certified.key}
default_login_user = {them}
default_internal_user = {me}
default_internal_group = {me}
service anvil {{
chroot =
}}
{service("imap", "imaps")}
{service("pop3", "pop3s")}
passdb {{
driver = static
args = password=nobody-logs-in
}}
userdb {{
driver = static
args = uid={me} gid={me} home={setting.folder}
}}
""",
    )
    return [setting.program, "-F", "-c", config]


def _slapd(*settings: str) -> Recipe:
    """With one entry. Without settings anybody may read it, as OpenLDAP has it where nobody says otherwise."""
    return Recipe("slapd", "slapd", lambda setting: _slapd_words(setting, *settings), ports=2)


def _slapd_words(setting: Setting, *settings: str) -> list[str]:
    (setting.folder / "db").mkdir()
    entry = _written(
        setting, "dn: dc=lab,dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: lab\no: Lab\n", "ldif"
    )
    config = _written(
        setting,
        f"""include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {setting.folder}/pid
argsfile {setting.folder}/args
TLSCertificateFile {setting.certified.certificate}
TLSCertificateKeyFile {setting.certified.key}
database mdb
directory {setting.folder}/db
suffix "dc=lab,dc=example"
{chr(10).join(settings)}
""",
    )
    plain, secure = setting.ports
    urls = f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{secure}"
    fill = f"{setting.program} -T add -f {config} -l {entry}"
    return ["/bin/sh", "-c", f"{fill} && exec {setting.program} -d 0 -f {config} -h '{urls}'"]


def _sipp(status: str) -> Recipe:
    """The answerer of sip-tester, with a scenario of our own: it answers OPTIONS, which its built-in ones do not."""

    def prepare(setting: Setting) -> list[str]:
        scenario = _written(
            setting,
            f"""<?xml version="1.0" encoding="us-ascii"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="answerer">
<recv request="OPTIONS"/>
<send><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
""",
            "scenario.xml",
        )
        words = ["-sf", scenario, "-i", "127.0.0.1", "-p", str(setting.ports[0]), "-nostdin"]
        return [setting.program, *words]

    return Recipe("sipp", "sip-tester", prepare, udp=True)


RECIPES = {
    "dns": Recipe("dnsmasq", "dnsmasq-base", _dnsmasq),
    "ntp": _chronyd(synchronised=True),
    "ntp-alone": _chronyd(synchronised=False),
    "dns-open": Recipe("dnsmasq", "dnsmasq-base", _resolver, ports=2),
    "dns-zone": Recipe("dnsmasq", "dnsmasq-base", _zone),
    "postgresql": _postgres(with_tls=False),
    "postgresql-tls": _postgres(with_tls=True),
    "mysql": _mariadb(with_tls=False),
    "mysql-tls": _mariadb(with_tls=True),
    "redis": _redis(),
    "redis-password": _redis("--requirepass", "made-up"),
    "smb": _samba(),
    "smb-signed": _samba("server signing = mandatory"),
    "smb-old": _samba("server min protocol = NT1", "ntlm auth = yes"),
    "smb-new": _samba("server min protocol = SMB3_11"),
    "rdp": _xrdp("negotiate"),
    "rdp-old": _xrdp("rdp"),
    "smtp": _exim(with_tls=True),
    "smtp-clear": _exim(with_tls=False),
    "smtp-passwords": _exim(with_tls=True, extra=PASSWORDS),
    "smtp-relay": _exim(with_tls=False, acl=TAKES_ALL),
    "mailbox": _dovecot(),
    "mailbox-closed": _dovecot("disable_plaintext_auth = yes"),  # dovecot trusts a client on its own address
    "ldap": _slapd(),
    "ldap-closed": _slapd("require authc"),
    "sip": _sipp("200 OK"),
    "sip-busy": _sipp("503 Service Unavailable"),
}
