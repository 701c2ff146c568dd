"""How each real server of the probers' lab is configured: loopback only, its own ports and folder, no accounts."""

import getpass
import os
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


def _postgres(setting: Setting) -> list[str]:
    data = setting.folder / "data"
    script = (
        f"{Path(setting.program).with_name('initdb')} -D {data} -A trust --no-sync -E UTF8 --locale=C && "
        f"exec {setting.program} -D {data} -p {setting.ports[0]} -k {setting.folder} -c fsync=off"
        " -c listen_addresses=127.0.0.1"
    )
    return ["/bin/sh", "-c", script]


def _mariadb(setting: Setting) -> list[str]:
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


def _exim(with_tls: bool) -> Recipe:
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
local_interfaces = 127.0.0.1
daemon_smtp_ports = {" : ".join(map(str, setting.ports))}
{f"tls_on_connect_ports = {setting.ports[1]}" if with_tls else ""}
tls_advertise_hosts = {"*" if with_tls else ""}
tls_certificate = {setting.certified.certificate}
tls_privatekey = {setting.certified.key}
host_lookup =
keep_environment =
begin acl
begin routers
begin transports
""",
        )
        return [setting.program, "-C", config, "-bdf"]

    return Recipe("exim4", "exim4-daemon-light", prepare, ports=2 if with_tls else 1)


def _dovecot(setting: Setting) -> list[str]:
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
listen = 127.0.0.1
ssl = yes
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


def _slapd(setting: Setting) -> list[str]:
    (setting.folder / "db").mkdir()
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
""",
    )
    plain, secure = setting.ports
    return [setting.program, "-d", "0", "-f", config, "-h", f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{secure}"]


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
    "postgresql": Recipe("postgres", "postgresql", _postgres, user="nobody"),
    "mysql": Recipe("mariadbd", "mariadb-server-core", _mariadb),
    "redis": _redis(),
    "redis-password": _redis("--requirepass", "made-up"),
    "smb": _samba(),
    "smb-signed": _samba("server signing = mandatory"),
    "smb-new": _samba("server min protocol = SMB3_11"),
    "rdp": _xrdp("negotiate"),
    "rdp-old": _xrdp("rdp"),
    "smtp": _exim(with_tls=True),
    "smtp-clear": _exim(with_tls=False),
    "mailbox": Recipe("dovecot", "dovecot-imapd dovecot-pop3d", _dovecot, ports=4),
    "ldap": Recipe("slapd", "slapd", _slapd, ports=2),
    "sip": _sipp("200 OK"),
    "sip-busy": _sipp("503 Service Unavailable"),
}
