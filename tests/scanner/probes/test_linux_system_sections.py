"""The sections run for real: on this machine, and on made-up trees of files, in every shell that is here."""

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from inventory.asset import Asset, Connection, Privilege
from inventory.facts.kernel import Kernel
from inventory.facts.logs import Logs
from inventory.facts.missing import Reason
from inventory.facts.packages import Packages, Updates
from scanner.probes import PROBES
from scanner.query import Answer, NotHere, Unreadable

NAMES = (
    *("arrays", "audit", "boot", "clock", "hardware", "identity", "kernel", "logs"),
    *("packages", "reboot", "repositories", "services", "stale_libraries", "system", "updates"),
)
ASSET = Asset("here", Connection("local", "localhost"))
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def each_once(*shells: list[str]) -> list[list[str]]:
    """Those that are here; of two names of one program, as sh is often dash, the first."""
    found = ((shell, shutil.which(shell[0])) for shell in reversed(shells))
    return list(reversed({(Path(at).resolve(), *shell[1:]): shell for shell, at in found if at}.values()))


SHELLS = each_once(["sh"], ["dash"], ["bash", "--posix"], ["busybox", "ash"])
NOBODY = 65534
ROOT = Path("/")
IS_ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not IS_ROOT, reason="needs root")
on_dpkg = pytest.mark.skipif(not Path("/var/lib/dpkg/status").exists(), reason="needs a host with dpkg")
in_every_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)


def run(
    name: str, shell: list[str], *, plain: bool = False, body: str = "", path: str = PATH, cwd: Path = ROOT
) -> Answer:
    query = PROBES[name].query(ASSET, [])
    assert query is not None
    become = NOBODY if plain and IS_ROOT else None
    asked_at = time.time()
    done = subprocess.run(
        [*shell, "-c", body or query.body],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={"LC_ALL": "C", "PATH": path},
        timeout=60,
        user=become,
        group=become,
        extra_groups=None if become is None else [],
        cwd=cwd,
    )
    assert b"yntax error" not in done.stderr
    assert b"bad substitution" not in done.stderr.lower()
    assert len(done.stdout) <= query.max_bytes
    return Answer(name, done.stdout, done.returncode, asked_at=asked_at, answered_at=time.time())


def parsed(answer: Answer) -> Any:  # noqa: ANN401 - which fact it is depends on the probe
    """The fact, or what the parser raised."""
    try:
        return PROBES[answer.query].parse(ASSET, [answer])
    except (Unreadable, NotHere) as raised:
        return raised


def reason(result: object) -> Reason | None:
    return result.missing.reason if isinstance(result, Unreadable) else None


FAST = [name for name in NAMES if name != "updates"]


@in_every_shell
@pytest.mark.parametrize("plain", [pytest.param(False, marks=as_root), True])
def test_every_section_is_answered_here(shell: list[str], plain: bool) -> None:
    for name in FAST:
        result = parsed(run(name, shell, plain=plain))
        if plain and PROBES[name].privilege is Privilege.ROOT:
            assert reason(result) is Reason.PRIVILEGE_TOO_LOW, f"{name} must not answer a plain user"
        else:
            assert reason(result) in (None, Reason.COLLECTOR_MISSING), f"{name}: {result!r}"


@on_dpkg
def test_a_plain_user_gets_the_same_packages_in_every_shell() -> None:
    answers = [parsed(run("packages", shell, plain=plain)) for shell in SHELLS for plain in (IS_ROOT, True)]
    assert isinstance(answers[0], Packages)
    assert "dpkg" in answers[0].names
    assert all(answer == answers[0] for answer in answers)


@on_dpkg
def test_apt_is_asked_without_touching_the_host() -> None:
    cache = Path("/var/cache/apt/pkgcache.bin")
    before = cache.stat().st_mtime_ns if cache.exists() else None
    result = parsed(run("updates", SHELLS[0], plain=not IS_ROOT))
    assert isinstance(result, Updates)
    assert result.manager == "apt"
    assert (cache.stat().st_mtime_ns if cache.exists() else None) == before


def test_the_running_kernel_is_this_one() -> None:
    result = parsed(run("kernel", SHELLS[0]))
    assert isinstance(result, Kernel)
    assert (result.running, result.version) == (os.uname().release, os.uname().version)


def test_the_clock_of_this_machine_is_not_off() -> None:
    assert parsed(run("clock", SHELLS[0])).skew_seconds == 0.0


# ------------------------------------------------------------------ on made-up trees of files


# The place before every absolute path that a section reads.
MOVED = re.compile(r"(?<![\w.*\])])(?=/(?:\.dockerenv|(?:etc|boot|efi|var|run|sys|proc|lib|usr)/))")
BACK = re.compile(rb"(?<![\w.])\.(?=/(?:etc|boot|efi|var|run|sys|proc|lib|usr)/)")


@dataclass
class Tree:
    """A folder that plays the root directory, and tools that play the ones in PATH."""

    root: Path
    tools: tuple[str, ...] = ("awk", "cat", "date", "grep", "id", "od", "sed", "stat", "tr", "uname")
    bin: Path = field(init=False)

    def __post_init__(self) -> None:
        self.root.chmod(0o755)
        self.bin = self.root / "bin"
        self.bin.mkdir()
        for tool in self.tools:
            (self.bin / tool).symlink_to(shutil.which(tool) or "/missing")
        for folder in ("etc", "proc/1", "run", "sys/class", "sys/module", "var/lib", "var/log"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "proc/1/comm").write_text("systemd\n")

    def file(self, path: str, text: str | bytes, mode: int = 0o644) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)
        target.chmod(mode)

    def tool(self, name: str, text: str) -> None:
        self.file(f"bin/{name}", f"#!/bin/sh\n{text}\n", 0o755)

    def answer(self, name: str, shell: list[str], *, plain: bool = False) -> Answer:
        """The section with every absolute path made relative to the tree, which the shell starts in.

        So a plain user need not get through the private folders above it.
        """
        query = PROBES[name].query(ASSET, [])
        assert query is not None
        program = [shutil.which(shell[0]) or shell[0], *shell[1:]]
        body = MOVED.sub(".", query.body)
        told = run(name, program, plain=plain, body=body, path="./bin", cwd=self.root)
        return Answer(
            name, BACK.sub(b"", told.output), told.exit_code, asked_at=told.asked_at, answered_at=told.answered_at
        )


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def deb(tree: Tree) -> None:
    tree.file("var/lib/dpkg/status", "Package: bash\n")
    tree.tool("apt-config", "echo 'APT::Architecture \"amd64\";'")


@in_every_shell
def test_passwords_in_sources_stay_on_the_host(tree: Tree, shell: list[str]) -> None:
    deb(tree)
    tree.file("etc/apt/sources.list", "deb https://bearer:s3cret@apt.example.net/debian bookworm main\n")
    tree.file("etc/apt/sources.list.d/x.sources", "Types: deb\nURIs: https://u:s3cret@b.example.net/\nSuites: ./\n")
    answer = tree.answer("repositories", shell)
    assert b"s3cret" not in answer.output
    names = [item.name for item in parsed(answer).items]
    assert names == ["https://apt.example.net/debian bookworm", "https://b.example.net/ ./"]


@in_every_shell
def test_passwords_in_repo_files_stay_on_the_host(tree: Tree, shell: list[str]) -> None:
    tree.tool("rpm", "exit 0")
    tree.file("etc/dnf/dnf.conf", "[main]\ngpgcheck=1\nproxy_password=s3cret\n")
    tree.file("etc/yum.repos.d/a.repo", "[a]\nbaseurl=https://u:s3cret@x/\npassword = s3cret\n\n[b]\ngpgcheck=0\n")
    answer = tree.answer("repositories", shell)
    assert b"s3cret" not in answer.output
    assert [(item.name, item.verified) for item in parsed(answer).items] == [("a", True), ("b", False)]


@in_every_shell
@pytest.mark.parametrize(
    ("newer", "used"),
    [
        ("", True),
        ("etc/apt/sources.list", False),
        ("etc/apt/sources.list.d/own.sources", False),
        ("var/lib/dpkg/arch", False),
        ("var/lib/dpkg/status", False),
        ("var/lib/apt/lists", False),
        ("var/cache/apt/pkgcache.bin", True),
    ],
)
@pytest.mark.parametrize("name", ["updates", "origins"])
def test_apts_cache_is_left_alone_where_apt_would_write_it_anew(
    tree: Tree, shell: list[str], name: str, newer: str, used: bool
) -> None:
    """It does so as root when anything that the cache is made from has changed since."""
    deb(tree)
    for path in ("etc/apt/sources.list", "etc/apt/sources.list.d/own.sources", "var/lib/dpkg/arch"):
        tree.file(path, "")
    (tree.root / "var/lib/apt/lists").mkdir(parents=True)
    made_from = [*(tree.root / "etc").rglob("*"), *(tree.root / "var").rglob("*")]
    tree.file("var/cache/apt/pkgcache.bin", "")
    for path in made_from:
        os.utime(path, (1_000, 1_000))
    if newer:
        later = time.time() + 60
        os.utime(tree.root / newer, (later, later))
    for tool in ("apt-get", "apt-cache"):
        tree.tool(tool, 'echo "$*" >>asked')
    tree.tool("dpkg-query", "echo ii bash")
    tree.answer(name, shell)
    asked = (tree.root / "asked").read_text()
    assert ("Dir::Cache::pkgcache= " in asked) is not used


@in_every_shell
def test_a_source_that_may_not_be_read_is_not_an_empty_one(tree: Tree, shell: list[str]) -> None:
    deb(tree)
    tree.file("etc/apt/sources.list.d/private.list", "deb https://u:s3cret@x.example.net ./\n", 0o000)
    assert reason(parsed(tree.answer("repositories", shell, plain=True))) is Reason.PRIVILEGE_TOO_LOW


RSYSLOG = """
module(load="imuxsock")
# *.* @@old.example.net:514
*.*  @@(z9)logs.example.net:6514;RSYSLOG_SyslogProtocol23Format
auth.*\t@192.0.2.7
*.* :omrelp:relp.example.net:2514
*.* action(type="ommysql" server="db.example.net" uid="logger" pwd="s3cret@home")
action(type="omfwd"
       Target="collector.example.net" port="514" protocol="tcp")
mail.*  -/var/log/mail.log
"""


@in_every_shell
def test_log_targets_are_found_and_passwords_stay(tree: Tree, shell: list[str]) -> None:
    tree.file("proc/1/comm", "systemd\n")
    tree.file("proc/80/comm", "rsyslogd\n")
    tree.file("proc/81/comm", "systemd-journal\n")
    tree.file("run/systemd/journal/socket", "")
    tree.file("etc/rsyslog.conf", RSYSLOG)
    tree.file("etc/systemd/journald.conf", "[Journal]\n#Storage=auto\nStorage=volatile\n")
    tree.file("etc/systemd/journald.conf.d/50-keep.conf", "[Journal]\nStorage=persistent\n")
    tree.file("etc/systemd/journal-upload.conf", "[Upload]\nURL=https://u:s3cret@up.example.net\n")
    tree.file("var/log/journal/5c1e/system.journal", "x")
    tree.file("var/log/auth.log", "x", 0o644)
    tree.file("var/log/secure", "x", 0o600)
    answer = tree.answer("logs", shell)
    assert b"s3cret" not in answer.output
    logs = parsed(answer)
    assert isinstance(logs, Logs)
    assert logs.daemons == ("rsyslogd", "systemd-journald")
    assert logs.remote_targets == (
        "192.0.2.7",
        "collector.example.net",
        "https://up.example.net",
        "logs.example.net:6514",
        "relp.example.net:2514",
    )
    assert (logs.journal_storage, logs.journal_persistent) == ("persistent", True)
    assert [(f.path, f.world_readable) for f in logs.sensitive_files] == [
        ("/var/log/auth.log", True),
        ("/var/log/secure", False),
    ]


@in_every_shell
def test_a_log_configuration_that_may_not_be_read_is_said(tree: Tree, shell: list[str]) -> None:
    tree.file("proc/80/comm", "rsyslogd\n")
    tree.file("etc/rsyslog.conf", RSYSLOG, 0o000)
    assert parsed(tree.answer("logs", shell, plain=True)).remote_targets is None


SYSLOG_NG = 'source s { network(ip("0.0.0.0")); };\ndestination d { network("192.0.2.9" port(514)); };\n'


@in_every_shell
def test_other_syslog_daemons(tree: Tree, shell: list[str]) -> None:
    tree.file("proc/80/comm", "syslog-ng\n")
    tree.file("proc/81/comm", "syslogd\n")
    tree.file("etc/syslog-ng/syslog-ng.conf", SYSLOG_NG)
    tree.file("etc/conf.d/syslog", '# -R none\nSYSLOGD_OPTS="-t -R logs.example.net:514"\n')
    assert parsed(tree.answer("logs", shell)).remote_targets == ("192.0.2.9", "logs.example.net:514")


RED_HAT = """if [ -f ${prefix}/user.cfg ]; then
  source ${prefix}/user.cfg
  if [ -n "${GRUB2_PASSWORD}" ]; then
    set superusers="root"
    password_pbkdf2 root ${GRUB2_PASSWORD}
"""
HASH = "grub.pbkdf2.sha512.10000.0123456789ABCDEF.FEDCBA"


@as_root
@in_every_shell
@pytest.mark.parametrize(
    ("files", "password"),
    [
        pytest.param({"boot/grub/grub.cfg": "menuentry 'x' {\n}\n"}, False, id="none"),
        pytest.param({"boot/grub2/grub.cfg": RED_HAT}, False, id="a variable is no password"),
        pytest.param(
            {"boot/grub2/grub.cfg": RED_HAT, "boot/grub2/user.cfg": f"GRUB2_PASSWORD={HASH}\n"}, True, id="el"
        ),
        pytest.param(
            {"boot/grub/grub.cfg": f'set superusers="admin"\npassword_pbkdf2 admin {HASH}\n'}, True, id="debian"
        ),
        pytest.param(
            {"boot/grub/grub.cfg": f"password_pbkdf2 admin {HASH}\n"}, False, id="without superusers it is idle"
        ),
        pytest.param({"boot/grub/grub.cfg": 'set superusers="a"\npassword a s3cret\n'}, True, id="plain text"),
        pytest.param({}, None, id="no loader"),
    ],
)
def test_password_of_the_boot_loader(
    tree: Tree, shell: list[str], files: dict[str, str], password: bool | None
) -> None:
    for path, text in files.items():
        tree.file(path, text)
    answer = tree.answer("boot", shell)
    assert parsed(answer).loader_password is password
    assert b"pbkdf2" not in answer.output
    assert b"s3cret" not in answer.output


@as_root
@in_every_shell
@pytest.mark.parametrize(("last", "on"), [(b"\x01", True), (b"\x00", False)])
def test_secure_boot_is_the_last_byte_of_its_variable(tree: Tree, shell: list[str], last: bytes, on: bool) -> None:
    variable = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    tree.file(variable, b"\x06\x00\x00\x00" + last)
    fact = parsed(tree.answer("boot", shell))
    assert (fact.uefi, fact.secure_boot) == (True, on)


@as_root
def test_a_container_has_no_boot(tree: Tree) -> None:
    tree.file(".dockerenv", "")
    assert isinstance(parsed(tree.answer("boot", SHELLS[0])), NotHere)


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


@in_every_shell
def test_identity(tree: Tree, shell: list[str]) -> None:
    tree.file("etc/machine-id", "5c1e0d7ab3f94e2f8a6b1c0d9e8f7a6b\n")
    tree.file("sys/class/dmi/id/product_uuid", "4C4C4544-0038-5A10-8052-B4C04F4A3132\n")
    tree.file("etc/ssh/ssh_host_ed25519_key.pub", f"{KEY} root@harbour-01\n")
    answer = tree.answer("identity", shell)
    fact = parsed(answer)
    assert b"harbour-01" not in answer.output, "a key's comment stays on the host"
    assert (fact.machine_id, fact.smbios_uuid) == (
        "5c1e0d7ab3f94e2f8a6b1c0d9e8f7a6b",
        "4c4c4544-0038-5a10-8052-b4c04f4a3132",
    )
    assert fact.ssh_host_keys == (FINGERPRINT,)


FINGERPRINT = "SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA"  # as ssh-keygen -l prints it


@in_every_shell
def test_hardware(tree: Tree, shell: list[str]) -> None:
    for name, value in {"sys_vendor": "QEMU", "product_name": "Standard PC", "chassis_type": "1"}.items():
        tree.file(f"sys/class/dmi/id/{name}", f"{value}\n")
    tree.file("proc/cpuinfo", "flags\t\t: fpu vme hypervisor lahf_lm\n")
    fact = parsed(tree.answer("hardware", shell))
    assert (fact.vendor, fact.virtual, fact.chassis, fact.serial) == ("QEMU", True, "virtual", None)


@in_every_shell
def test_hardware_without_smbios(tree: Tree, shell: list[str]) -> None:
    tree.file("proc/device-tree/model", b"Raspberry Pi 4\x00")
    assert parsed(tree.answer("hardware", shell)).model == "Raspberry Pi 4"


@in_every_shell
def test_a_restart_is_told_only_where_somebody_tells(tree: Tree, shell: list[str]) -> None:
    deb(tree)
    assert parsed(tree.answer("reboot", shell)).required is None
    tree.file("etc/kernel/postinst.d/unattended-upgrades", "")
    assert parsed(tree.answer("reboot", shell)).required is False
    tree.file("run/reboot-required", "")
    tree.file("run/reboot-required.pkgs", "libc6\n")
    fact = parsed(tree.answer("reboot", shell))
    assert (fact.required, fact.packages) == (True, ("libc6",))


@in_every_shell
@pytest.mark.parametrize(("code", "required"), [(102, True), (0, False)])
def test_a_restart_as_zypper_tells(tree: Tree, shell: list[str], code: int, required: bool) -> None:
    tree.tool("rpm", "exit 0")
    tree.tool("zypper", f'[ "$4" = "" ] && exit {code}; exit 9')
    assert parsed(tree.answer("reboot", shell)).required is required


@in_every_shell
def test_updates_of_dnf(tree: Tree, shell: list[str]) -> None:
    tree.tool("rpm", "exit 0")
    tree.tool(
        "dnf",
        """case "$*" in
"-C -q updateinfo list --security") echo 'ALSA-2024:2447 Low/Sec. lantern-libs-1:3.0.7-27.el9.noarch' ;;
"-C -q check-update") printf '\\nlantern-libs.noarch 1:3.0.7-27.el9 baseos\\n'; exit 100 ;;
*) exit 1 ;; esac""",
    )
    tree.file("var/cache/dnf/baseos-6254d099/repodata/repomd.xml", "x")
    tree.file("etc/dnf/automatic.conf", "[commands]\napply_updates = yes\n")
    tree.file("etc/systemd/system/timers.target.wants/dnf-automatic.timer", "")
    fact = parsed(tree.answer("updates", shell))
    assert [update.name for update in fact.security] == ["lantern-libs"]
    assert fact.automatic is True
    assert 0 <= fact.metadata_age_seconds <= 60


@in_every_shell
def test_updates_of_apk(tree: Tree, shell: list[str]) -> None:
    tree.file("lib/apk/db/installed", "P:busybox\n")
    tree.tool("apk", """[ "$*" = "--no-network version -l <" ] && echo 'busybox-1.36.1-r15   < 1.36.1-r19 '""")
    fact = parsed(tree.answer("updates", shell))
    assert [(u.name, u.installed, u.candidate) for u in fact.pending] == [("busybox", "1.36.1-r15", "1.36.1-r19")]
    assert fact.metadata_age_seconds is None


@in_every_shell
@pytest.mark.parametrize("name", ["packages", "updates", "repositories", "services"])
def test_a_host_without_the_tool_is_not_assessed(tree: Tree, shell: list[str], name: str) -> None:
    assert reason(parsed(tree.answer(name, shell))) is Reason.COLLECTOR_MISSING


@in_every_shell
def test_packages_of_alpine(tree: Tree, shell: list[str]) -> None:
    tree.file("lib/apk/db/installed", "C:Q1=\nP:busybox\nV:1.36.1-r15\nA:x86_64\no:busybox\nF:bin\nR:busybox\n\n")
    tree.file("etc/apk/world", "busybox=1.36.1-r15\n")
    (package,) = parsed(tree.answer("packages", shell)).items
    assert (package.name, package.version, package.held) == ("busybox", "1.36.1-r15", True)


RPM = """if [ "$1" = --querytags ]; then echo NAME; [ -e "${0%rpm}/modular" ] && echo MODULARITYLABEL; exit 0; fi
case "$3" in *MODULARITYLABEL*) label='nodejs:18:8:a' ;; *) label= ;; esac
printf 'nodejs\\t1:18.20-1\\tx86_64\\tnodejs-18.20-1.src.rpm\\tRocky\\t%s\\n' "$label"
"""


@in_every_shell
def test_rpm_is_asked_for_modules_only_where_it_knows_them(tree: Tree, shell: list[str]) -> None:
    tree.tool("rpm", RPM)
    tree.file("etc/dnf/plugins/versionlock.list", "nodejs-1:18.20-1.*\n")
    (package,) = parsed(tree.answer("packages", shell)).items
    assert (package.version, package.module, package.held) == ("1:18.20-1", "", True)
    tree.file("bin/modular", "")
    (package,) = parsed(tree.answer("packages", shell)).items
    assert package.module == "nodejs:18:8:a"


@as_root
@in_every_shell
def test_stale_libraries(tree: Tree, shell: list[str]) -> None:
    tree.file("proc/612/comm", "sshd\n")
    tree.file("proc/612/maps", MAPS)
    answer = tree.answer("stale_libraries", shell)
    (item,) = parsed(answer).items
    assert (item.command, item.library, item.processes) == ("sshd", "/usr/lib64/libssl.so.3", 1)


MAPS = """7f00-7f01 r--p 00000000 fe:01 1311 /usr/lib64/libssl.so.3 (deleted)
7f01-7f02 r-xp 00001000 fe:01 1311 /usr/lib64/libssl.so.3 (deleted)
7f02-7f03 r-xp 00001000 fe:01 1400 /usr/lib64/libz.so.1
7f03-7f04 r-xp 00001000 00:01 1 /memfd:jit.so (deleted)
"""


@in_every_shell
def test_chrony_comes_before_the_others(tree: Tree, shell: list[str]) -> None:
    tree.tool("chronyc", "echo 'Leap status     : Not synchronised'")
    fact = parsed(tree.answer("clock", shell))
    assert (fact.synchronised, fact.source) == (False, "chrony")
    tree.tool("chronyc", "echo '506 Cannot talk to daemon'; exit 1")
    tree.tool("ntpq", "echo 'status=c016 leap_alarm, sync_unspec, 1 event, restart,'")
    fact = parsed(tree.answer("clock", shell))
    assert (fact.synchronised, fact.source) == (False, "ntpq")


@in_every_shell
def test_a_pool_that_cannot_be_listed_is_not_no_pool(tree: Tree, shell: list[str]) -> None:
    assert isinstance(parsed(tree.answer("arrays", shell)), NotHere)
    tree.file("proc/mdstat", "Personalities : \nunused devices: <none>\n")
    assert parsed(tree.answer("arrays", shell)).items == ()
    tree.file("sys/module/zfs/version", "2.2\n")
    assert reason(parsed(tree.answer("arrays", shell))) is Reason.COLLECTOR_MISSING
    tree.tool("zpool", "printf 'tank\\tDEGRADED\\n'")
    assert [array.degraded for array in parsed(tree.answer("arrays", shell)).items] == [True]


@in_every_shell
def test_mandatory_access_control(tree: Tree, shell: list[str]) -> None:
    tree.file("proc/vmstat", "nr_free_pages 1\noom_kill 3\n")
    tree.file("sys/module/apparmor/parameters/enabled", "Y\n")
    tree.file("sys/fs/selinux/enforce", "1")
    fact = parsed(tree.answer("kernel", shell))
    assert (fact.apparmor, fact.selinux, fact.oom_kills, fact.installed) == (True, "enforcing", 3, ())


@in_every_shell
def test_services_of_a_running_systemd(tree: Tree, shell: list[str]) -> None:
    tree.file("run/systemd/system/x", "")
    tree.tool(
        "systemctl",
        """case $1 in list-units) echo 'cron.service loaded active running Cron' ;;
*) echo 'cron.service enabled enabled' ;; esac""",
    )
    (unit,) = parsed(tree.answer("services", shell)).units
    assert (unit.name, unit.active, unit.enabled) == ("cron.service", "active", "enabled")


@as_root
@in_every_shell
def test_audit(tree: Tree, shell: list[str]) -> None:
    tree.file("proc/80/comm", "auditd\n")
    tree.tool("auditctl", """case $1 in -s) echo 'enabled 1' ;; *) echo 'No rules' ;; esac""")
    fact = parsed(tree.answer("audit", shell))
    assert (fact.daemon_running, fact.enabled, fact.rules) == (True, True, 0)
