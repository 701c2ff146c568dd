"""Sections about accounts, keys, sockets, files ... run for real: on this machine and on made-up trees of files."""

import base64
import os
import shlex
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inventory.asset import Asset, Connection, Privilege
from inventory.facts.missing import Reason
from inventory.facts.table import FACTS
from scanner.probes import PROBES
from scanner.probes.linux.accounts import umask_of
from scanner.probes.linux.sshd_config import SHELL as SSHD_CONFIG
from scanner.query import Answer, NotHere, Unreadable
from tests.lab.sshd import SshdFactory, keygen
from tests.scanner.probes.test_linux_system_sections import each_once

NAMES = (
    *("accounts", "authorized_keys", "backups", "certificates", "critical_files", "exports", "firewall", "interfaces"),
    *("logins", "mounts", "password_policy", "shadow", "sockets", "sshd", "sudoers", "sysctl"),  # but not file_walk
)
ASSET = Asset("here", Connection("local", "localhost"), certificates=("/nowhere/c.pem",), backup_marks=("/etc/passwd",))
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SHELLS = each_once(["sh"], ["dash"], ["bash", "--posix"], ["busybox", "sh"])
IS_ROOT = os.geteuid() == 0
PLAIN = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
as_root = pytest.mark.skipif(not IS_ROOT, reason="needs root")
in_every_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
PASSWD = (
    "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000:Alice Example,,,:{home}:/bin/sh\ngames:x:5:60::/x:/bin/false\n"
)


def ask(
    name: str, shell: list[str], *, asset: Asset = ASSET, plain: bool = False, path: str = PATH, **moved: str
) -> Answer:
    """``moved``: what to look at instead; ``etc="/tmp/x"`` reads /tmp/x where the section reads /etc."""
    query = PROBES[name].query(asset, [])
    assert query is not None
    body = query.body
    for place, instead in moved.items():
        body = body.replace(f"/{place.replace('_', '/')}", instead)
    before = PLAIN if plain and IS_ROOT else []
    environment = {"LC_ALL": "C", "PATH": path}
    done = subprocess.run(
        [*before, *shell], input=body.encode(), capture_output=True, env=environment, cwd="/", timeout=60
    )
    assert b"yntax" not in done.stderr
    assert b"bad " not in done.stderr.lower()
    assert len(done.stdout) <= query.max_bytes
    return Answer(name, done.stdout, done.returncode)


def fact(name: str, answer: Answer, asset: Asset = ASSET) -> Any:  # noqa: ANN401 (which fact it is depends on the probe)
    return PROBES[name].parse(asset, [answer])


def outcome(name: str, answer: Answer) -> str:
    """Either "fact" or "absent", or the name of the reason why there is neither."""
    try:
        assert type(fact(name, answer)) is FACTS[name]
    except NotHere:
        return "absent"
    except Unreadable as gap:
        return gap.missing.reason.name
    return "fact"


@pytest.mark.parametrize("name", NAMES)
@in_every_shell
@as_root
def test_as_root(name: str, shell: list[str]) -> None:
    became = outcome(name, ask(name, shell))
    # what this machine may lack: a packet filter's tool, a record of log-ins, a running sshd, exports, sudo
    lacking = ("COLLECTOR_MISSING", "OUTPUT_UNREADABLE") if name in ("firewall", "logins", "sshd") else ()
    assert became in ("fact", *lacking) or (became == "absent" and name in ("exports", "sshd", "sudoers"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.skipif(IS_ROOT and not shutil.which("setpriv"), reason="cannot become a plain user")
def test_as_a_plain_user_nothing_looks_empty(name: str) -> None:
    answer = ask(name, ["sh"], plain=True)
    became = outcome(name, answer)
    query = PROBES[name].query(ASSET, [])
    if query is not None and query.privilege is Privilege.USER:
        assert became == "fact" or (became == "absent" and name == "exports")
    else:
        assert became == "PRIVILEGE_TOO_LOW" or (became == "absent" and name == "sudoers")
        assert became == "absent" or answer.output == b""


def test_nothing_is_asked_where_the_inventory_names_nothing() -> None:
    for name in ("backups", "certificates"):
        assert PROBES[name].query(Asset("bare", Connection("local", "localhost")), []) is None
        assert "the inventory names no" in getattr(PROBES[name], "nothing_asked", "")


def write(folder: Path, **files: str) -> str:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(folder)


@in_every_shell
def test_no_hash_leaves_the_host(tmp_path: Path, shell: list[str]) -> None:
    fields = {
        "yescrypt": "$y$j9T$SECRETsalt$SECRETSECRET",
        "sha512": "$6$rounds=5000$SECRET$SECRET",
        "md5": "$1$SECRET$SECRETSECRET",
        "unknown": "$SECRETwithoutend",
        "des": "SECRETSECRETS",
        "locked": "!$6$SECRET$SECRET",
        "nologin": "*",
        "short": "x",
        "empty": "",
        "back\\slash": "!!",
    }
    shadow = "".join(f"{name}:{field}:19000:0:99999:7:::\n" for name, field in fields.items())
    passwd = "direct:$6$SECRET$SECRET:5:5::/:/bin/sh\nopen::6:6::/:/bin/sh\nroot:x:0:0::/root:/bin/sh"
    answer = ask("shadow", shell, etc=write(tmp_path, passwd=passwd, shadow=shadow))
    assert b"SECRET" not in answer.output
    states = {entry.name: entry.scheme or entry.state for entry in fact("shadow", answer).entries}
    assert states == {name: name for name in ("yescrypt", "sha512", "md5", "unknown", "des", "locked", "empty")} | {
        "nologin": "locked",
        "short": "locked",
        "back\\slash": "locked",
        "direct": "sha512",
        "open": "empty",
    }


@in_every_shell
def test_full_names_and_group_passwords_stay_on_the_host(tmp_path: Path, shell: list[str]) -> None:
    etc = write(
        tmp_path,
        passwd=PASSWD.format(home="/home/alice"),
        group="root:x:0:\nstaff:$6$SECRET:50:alice,bob\n",
        environment=f'PATH="/usr/bin:{tmp_path}/odd dir"\n',
        login__defs="",
        **{"pam.d__common-session": "session optional pam_umask.so umask=077\n"},
    )
    (tmp_path / "odd dir").mkdir(mode=0o777)
    (tmp_path / "odd dir").chmod(0o777)
    answer = ask("accounts", shell, etc=etc)
    assert b"Example" not in answer.output
    assert b"SECRET" not in answer.output
    accounts = fact("accounts", answer)
    assert [(user.name, user.interactive) for user in accounts.users] == [
        ("root", True),
        ("alice", True),
        ("games", False),
    ]
    assert accounts.groups[1].members == ("alice", "bob")
    assert accounts.umask == "0077"


@pytest.mark.parametrize(
    ("lines", "umask"),
    [
        (("umask 027",), "0027"),
        (("umask 027", "umask 077"), "0027"),
        (("umask 022", "umask 077"), None),  # which one holds is not known
        (("umask",), "0077"),  # prints the mask, sets nothing: login.defs counts
        (("umask -S",), "0077"),
        (("umask u=rwx,g=rx,o=",), None),
        (("umask 8",), None),
        (('umask "$1"',), None),
    ],
)
def test_what_a_profile_says_of_the_umask(lines: tuple[str, ...], umask: str | None) -> None:
    settings = [("/etc/login.defs", "UMASK 077"), *(("/etc/profile", line) for line in lines)]
    assert umask_of(settings) == umask


@in_every_shell
@as_root
def test_keys_come_without_comments_and_options(tmp_path: Path, shell: list[str]) -> None:
    keygen(tmp_path / "one")
    keygen(tmp_path / "two", "rsa", "", "-b", "1024")
    one, two = ((tmp_path / f"{name}.pub").read_text().replace(" lab", " alice@laptop") for name in ("one", "two"))
    home = tmp_path / "home with space"
    write(home, **{".ssh__authorized_keys": f'# {two}from="192.0.2.1",command="echo a b" {one}\n\n{two}rubbish\n'})
    write(tmp_path / "keys", alice=one)
    config = "authorizedkeysfile .ssh/authorized_keys %h/../keys/%u none\n"
    etc = write(tmp_path / "etc", passwd=PASSWD.format(home=home), ssh__sshd_config=config)
    answer = ask("authorized_keys", shell, etc=etc)
    for private in (b"laptop", b"192.0.2.1", b"command"):
        assert private not in answer.output
    items = fact("authorized_keys", answer).items
    shown = subprocess.run(["ssh-keygen", "-lf", tmp_path / "two.pub"], capture_output=True, check=True).stdout.decode()
    assert [(k.account, Path(k.file).name, k.type, k.weak) for k in items] == [
        ("alice", "authorized_keys", "ED25519", False),
        ("alice", "authorized_keys", "RSA", True),
        ("alice", "alice", "ED25519", False),
    ]
    assert shown.split()[:2] == [str(items[1].bits), items[1].fingerprint]


@in_every_shell
@as_root
def test_sudoers_and_what_they_include(tmp_path: Path, shell: list[str]) -> None:
    folder = tmp_path / "etc"
    main = "# Jane's rules\nroot ALL=(ALL) ALL # trailing words\n#1000 ALL=ALL\n@include local\n"
    write(
        folder,
        sudoers=f"{main}#includedir {folder}/sudoers.d\n",
        local="%wheel ALL=(ALL) NOPASSWD: ALL\n",
        **{
            "sudoers.d__b": "bob ALL=(root) \\\n  /bin/ls\n",
            "sudoers.d__a": "#\n",
            "sudoers.d__c.old": "eve ALL=ALL\n",
        },
    )
    answer = ask("sudoers", shell, etc=str(folder))
    assert b"Jane" not in answer.output
    assert b"trailing" not in answer.output
    rules = fact("sudoers", answer).rules
    assert [(rule.who, rule.unrestricted, rule.nopasswd, rule.line) for rule in rules] == [
        ("root", True, False, 2),
        ("#1000", True, False, 3),
        ("%wheel", True, True, 1),
        ("bob", False, False, 1),
    ]


@in_every_shell
def test_password_policy_of_a_tree(tmp_path: Path, shell: list[str]) -> None:
    etc = write(
        tmp_path,
        **{
            "login.defs": "PASS_MAX_DAYS\t120\n",
            "pam.d__passwd": "@include common-password\n",
            "pam.d__sshd": "auth include common-auth\naccount required pam_mysql.so passwd=SECRET\n",
            "pam.d__common-password": "# minlen=99\npassword requisite pam_pwquality.so \\\n  retry=3 minlen=13\n",
            "pam.d__common-auth": "auth required pam_faillock.so authfail\n",
            "security__faillock.conf": "# deny = 9\ndeny = 4\n",
        },
    )
    answer = ask("password_policy", shell, etc=etc)
    assert b"SECRET" not in answer.output
    text = answer.output.replace(str(tmp_path).encode(), b"/etc")  # the parser knows the files by their real names
    policy = fact("password_policy", replace(answer, output=text))
    assert (policy.min_length, policy.lockout_after, policy.max_age_days) == (13, 4, 120)


@in_every_shell
def test_exports_of_a_tree(tmp_path: Path, shell: list[str]) -> None:
    etc = write(tmp_path, exports="# all\n/srv\\040a *(rw)", **{"exports.d__x.exports": "/b host\n"})
    assert [(e.path, e.open_to_all) for e in fact("exports", ask("exports", shell, etc=etc)).items] == [
        ("/srv a", True),
        ("/b", False),
    ]


@in_every_shell
@as_root
def test_no_private_key_leaves_the_host(tmp_path: Path, shell: list[str]) -> None:
    if not shutil.which("openssl"):
        pytest.skip("needs openssl to make a certificate")
    key, pem, der = tmp_path / "k.pem", tmp_path / "it's a cert.pem", tmp_path / "c.der"
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ed25519",
        "-nodes",
        "-keyout",
        str(key),
        "-out",
        str(pem),
        "-subj",
        "/CN=lab",
    ]
    subprocess.run(make, check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-in", pem, "-outform", "DER", "-out", der], check=True)
    secret = "".join(key.read_text().split("\n")[1:-2])
    pem.write_text(f"-----BEGIN CERTIFICATE-----\nAAAA\n{key.read_text()}{pem.read_text()}{key.read_text()}")
    (tmp_path / "raw.key").write_bytes(base64.b64decode(secret))
    paths = tuple(str(tmp_path / name) for name in (pem.name, "c.der", "k.pem", "raw.key", "gone"))
    asset = replace(ASSET, certificates=paths)
    answer = ask("certificates", shell, asset=asset)
    assert secret.encode() not in answer.output
    certificates = fact("certificates", answer, asset)
    assert [(c.path, c.subject) for c in certificates.items] == [(path, "CN=lab") for path in paths[:2]]
    assert certificates.unreadable == paths[2:]


@in_every_shell
def test_backup_marks(tmp_path: Path, shell: list[str]) -> None:
    mark = tmp_path / "it's $(done)"
    mark.touch()
    asset = replace(ASSET, backup_marks=(str(mark), str(tmp_path / "no" / "where")))
    backups = fact("backups", ask("backups", shell, asset=asset))
    assert [(m.path, m.exists) for m in backups.marks] == [
        (asset.backup_marks[0], True),
        (asset.backup_marks[1], False),
    ]
    assert backups.marks[0].age_seconds < 300


@as_root
@pytest.mark.skipif(not shutil.which("setpriv"), reason="cannot become a plain user")
def test_a_mark_out_of_sight_is_not_a_missing_mark(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0o700)
    asset = replace(ASSET, backup_marks=(str(tmp_path / "shut" / "mark"),))
    with pytest.raises(Unreadable) as gap:
        fact("backups", ask("backups", ["sh"], asset=asset, plain=True))
    assert gap.value.missing.reason is Reason.PRIVILEGE_TOO_LOW


@in_every_shell
@as_root
def test_the_walk(tmp_path: Path, shell: list[str]) -> None:
    tree = tmp_path / "tree"
    write(tree, plain="", suid="", **{"in side__sgid": "", "old": "", ".snapshots__suid": ""})
    for name, mode in (("suid", 0o4755), ("in side/sgid", 0o2711), (".snapshots/suid", 0o4755)):
        (tree / name).chmod(mode)
    os.chown(tree / "old", 54321, 0)
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(f"1 1 8:1 / {tree} rw - ext4 /dev/x rw\n2 1 0:5 / /proc rw shared:1 - proc proc rw\n")
    items = fact("file_walk", ask("file_walk", shell, proc_self_mountinfo=str(mountinfo))).items
    assert [(Path(item.path).name, item.kind, item.mode) for item in items] == [
        ("sgid", "sgid", "2711"),
        ("old", "unowned", "0644"),
        ("suid", "suid", "4755"),
    ]


@in_every_shell
def test_last_log_ins(tmp_path: Path, shell: list[str]) -> None:
    lines = (
        "Username         Port     From                                       Latest",
        "root             pts/0    192.0.2.7                                  Mon Jun  3 10:11:12 +0200 2024",
        "alice                                                               **Never logged in**",
    )
    tools = tmp_path / "bin"
    write(tools, lastlog=f"#!/bin/sh\nprintf '%s\\n' {shlex.join(lines)}\n", date="#!/bin/sh\necho 1717632000\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    etc = write(tmp_path, passwd=PASSWD.format(home=tmp_path), shadow="root:$6$a$b:19800:\nalice:*:19800:\n")
    answer = ask("logins", shell, etc=etc, path=f"{tools}:{PATH}", var="/nowhere")
    assert b"192.0.2.7" not in answer.output
    assert [(i.name, i.days_ago, i.account_age_days) for i in fact("logins", answer).items] == [("root", 3, 80)]


@pytest.mark.parametrize("there", ["ss", "netstat", ""])
def test_every_way_to_sockets_finds_the_same(tmp_path: Path, there: str) -> None:
    """With the tools taken away one by one; what the kernel shows in the end is the truth."""
    if there and not shutil.which(there):
        pytest.skip(f"needs {there}")
    for tool in filter(None, (there, "sh")):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    answer = ask("sockets", ["/bin/sh"], path=str(tmp_path))
    assert answer.output.startswith(f"={there or 'proc'}=".encode())
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listeners = fact("sockets", ask("sockets", ["/bin/sh"], path=str(tmp_path))).listeners
        mine = [found for found in listeners if found.port == listening.getsockname()[1]]
    assert [(found.address, found.exposed) for found in mine] == [("127.0.0.1", False)]


NFT = "table inet f {\n\tchain i {\n\t\ttype filter hook input priority 0; policy drop;\n\t}\n}"


@pytest.mark.parametrize(
    ("tools", "backend", "filtering"),
    [
        ({"nft": NFT}, "nftables", True),
        ({"nft": ""}, "nftables", False),
        ({"iptables-save": "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\nCOMMIT"}, "iptables", True),
        ({"iptables-save": "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT", "ip6tables-save": "*filter"}, "iptables", False),
    ],
)
@in_every_shell
@as_root
def test_packet_filters(tmp_path: Path, shell: list[str], tools: dict[str, str], backend: str, filtering: bool) -> None:
    for tool, says in tools.items():
        (tmp_path / tool).write_text(f"#!/bin/sh\nprintf '%s\\n' '{says}'\n")
        (tmp_path / tool).chmod(0o755)
    for tool in ("awk", "id", "sh", *(word for word in shell if not word.startswith("-"))):
        if not (tmp_path / tool).exists():
            (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    found = fact("firewall", ask("firewall", shell, path=str(tmp_path), proc_net="/nowhere"))
    assert (found.backend, found.filtering) == (backend, filtering)


@as_root
def test_a_packet_filter_that_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "nft").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "nft").chmod(0o755)
    with pytest.raises(Unreadable) as gap:
        fact("firewall", ask("firewall", ["sh"], path=f"{tmp_path}:{PATH}"))
    assert gap.value.missing.reason is Reason.PRIVILEGE_TOO_LOW


@pytest.mark.lab
@as_root
def test_the_server_that_let_us_in_counts(sshd_factory: SshdFactory, tmp_path: Path) -> None:
    """Its configuration is in a file of its own; the machine's own one says otherwise."""
    server = sshd_factory("MaxAuthTries 3", "Match User nobody", "MaxAuthTries 1", "Match all")
    query = PROBES["sshd"].query(ASSET, [])
    assert query is not None
    options = (
        "StrictHostKeyChecking=no",
        f"UserKnownHostsFile={tmp_path / 'known'}",
        "BatchMode=yes",
        "LogLevel=ERROR",
    )
    way = ["-F", "none", "-i", str(server.folder / "client"), "-p", str(server.port)]
    way += [word for option in options for word in ("-o", option)]
    command = ["ssh", *way, "root@127.0.0.1", "sh -s"]
    done = subprocess.run(command, input=query.body.encode(), capture_output=True, timeout=30)
    sshd = fact("sshd", Answer("sshd", done.stdout, done.returncode))
    assert sshd.ports == (server.port,)
    assert sshd.max_auth_tries == 3
    assert ("maxauthtries", "1") in [(setting.keyword, setting.value) for setting in sshd.match_settings]
    assert sshd.most_auth_tries == 3
    assert not sshd.password_authentication


@in_every_shell
@as_root
def test_what_stands_under_match_lines(tmp_path: Path, shell: list[str]) -> None:
    """In the file, in what it includes, and in what is included under a Match line."""
    keygen(tmp_path / "one")
    home = tmp_path / "home"
    write(home, **{".ssh__authorized_keys": (tmp_path / "one.pub").read_text()})
    etc = tmp_path / "etc"
    write(
        etc,
        passwd=PASSWD.format(home=home),
        ssh__sshd_config="Include sshd_config.d/*.conf\nMaxAuthTries 3 # few\nMatch User bob\n"
        f'  PermitRootLogin=yes\n  AuthorizedKeysFile "/srv/%u"\n  Include {etc}/ssh/under\n',
        ssh__under="X11Forwarding yes\n",
        **{"ssh__sshd_config.d__a.conf": "match all\n passwordauthentication YES\n"},
    )
    script = f"{SSHD_CONFIG}\nssh_settings /etc/ssh/sshd_config '[a-z0-9]+'\n".replace("/etc", str(etc))
    done = subprocess.run(shell, input=script.encode(), capture_output=True, env={"PATH": PATH}, cwd="/", check=True)
    found = [line.replace(f"{etc}/ssh/", "").split("\t") for line in done.stdout.decode().splitlines()]
    assert found == [
        ["always", "sshd_config:2", "maxauthtries", "3"],
        ["match", "sshd_config:3", "permitrootlogin", "yes"],
        ["match", "sshd_config:3", "authorizedkeysfile", "/srv/%u"],
        ["match", "sshd_config.d/a.conf:1", "passwordauthentication", "YES"],
        ["match", "under:1", "x11forwarding", "yes"],
    ]
    keys = fact("authorized_keys", ask("authorized_keys", shell, etc=str(etc)))
    assert [key.account for key in keys.items] == ["alice"]  # the usual places count beside those under Match lines
    assert keys.elsewhere == ()


@in_every_shell
@as_root
@pytest.mark.skipif(not shutil.which("setpriv"), reason="cannot give up root's right to look everywhere")
def test_a_directory_that_is_closed_to_us_is_said(tmp_path: Path, shell: list[str]) -> None:
    """Without its capabilities, root is an owner like others, and the mode counts (but not to busybox's test)."""
    if shell[0] == "busybox":
        pytest.skip("busybox takes root's word for it")
    write(tmp_path, passwd="", **{"cron.d__job": "", "cron.daily__job": ""})
    (tmp_path / "cron.d").chmod(0o010)
    answer = ask("critical_files", ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *shell], etc=str(tmp_path))
    closed = answer.output.decode().partition("=closed=\n")[2].split()
    assert f"{tmp_path}/cron.d" in closed
    assert f"{tmp_path}/cron.daily" not in closed


def test_the_name_of_a_process_hides_no_socket() -> None:
    """Any account may give its process such a name (prctl(2), PR_SET_NAME)."""
    if not shutil.which("ss"):
        pytest.skip("needs ss")
    code = (
        "import ctypes, socket, sys\n"
        "held = socket.create_server(('127.0.0.1', 0))\n"
        "ctypes.CDLL(None).prctl(15, b'a\",\\n=end=\\nb', 0, 0, 0)\n"
        "print(held.getsockname()[1], flush=True)\n"
        "sys.stdin.read()\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as other:
        renamed = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with renamed:
            assert renamed.stdout is not None
            ports = {int(renamed.stdout.readline()), other.getsockname()[1]}
            found = fact("sockets", ask("sockets", ["sh"]))
            renamed.communicate(b"")
    assert ports <= {listener.port for listener in found.listeners}
