"""What a simulated Linux server answers to each section of the visit's script, in the form that real ones give.

``HostState`` says what is wrong with it on the day; a healthy host of the same release answers the same without it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from examples.simulated.software import Installed

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Release:
    """``kernel``: of the running image; the file of the feed knows it under ``id``."""

    id: str
    version: str
    codename: str
    name: str
    kernel: str


RELEASES = {
    "debian:10": Release("debian", "10", "buster", "Debian GNU/Linux 10 (buster)", "4.19.0-27-amd64"),
    "debian:11": Release("debian", "11", "bullseye", "Debian GNU/Linux 11 (bullseye)", "5.10.0-35-amd64"),
    "debian:12": Release("debian", "12", "bookworm", "Debian GNU/Linux 12 (bookworm)", "6.1.0-38-amd64"),
    "debian:13": Release("debian", "13", "trixie", "Debian GNU/Linux 13 (trixie)", "6.12.0-12-amd64"),
}


@dataclass(frozen=True, slots=True)
class HostState:
    """One server on one day. ``ill``: words of ``timeline.DEFECTS``."""

    name: str
    release: Release
    at: datetime
    ill: frozenset[str]
    installed: tuple[Installed, ...]
    role: str = "web"
    booted_days: int = 20

    @property
    def now(self) -> int:
        return int(self.at.timestamp())

    def own(self, what: str) -> str:
        """32 hexadecimal digits that only this host has."""
        return hashlib.sha256(f"simulated {self.name} {what}".encode()).hexdigest()[:32]

    def has(self, defect: str) -> bool:
        return defect in self.ill


def system(host: HostState) -> str:
    boot, release = host.own(f"boot {host.booted_days}"), host.release
    return f"""architecture=x86_64
hostname={host.name}
uptime={host.booted_days * DAY}
boot_id={boot[:8]}-{boot[8:12]}-4{boot[13:16]}-a{boot[17:20]}-{boot[20:32]}
init=systemd
container=
=os-release=
PRETTY_NAME="{release.name}"
NAME="Debian GNU/Linux"
VERSION_ID="{release.version}"
VERSION_CODENAME={release.codename}
ID={release.id}
"""


def identity(host: HostState) -> str:
    return f"""machine_id={host.own("machine")}
smbios_uuid=
=keys=
{host_key_line(host)}
=keys:0=
"""


def host_key_line(host: HostState) -> str:
    """A line as OpenSSH writes a public key; nobody holds the other half."""
    import base64

    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes.fromhex(host.own("key") + host.own("key 2"))
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


def hardware(_: HostState) -> str:
    return "sys_vendor=QEMU\nproduct_name=Standard PC (Q35 + ICH9, 2009)\nvirtualisation=kvm\nflags=hypervisor\n"


def clock(host: HostState) -> str:
    kept = "no" if host.has("clock") else "yes"
    local = f"{host.at:%a %Y-%m-%d %H:%M:%S} UTC"
    return f"""now={host.now}
=timedatectl=
               Local time: {local}
           Universal time: {local}
                 RTC time: {local[:-4]}
                Time zone: Etc/UTC (UTC, +0000)
System clock synchronized: {kept}
              NTP service: {"inactive" if host.has("clock") else "active"}
          RTC in local TZ: no
=timedatectl:0=
"""


def kernel(host: HostState) -> str:
    version = host.release.kernel
    return f"""uname={version} #1 SMP PREEMPT_DYNAMIC Debian {version.split("-", maxsplit=1)[0]}-1 (2025-09-01)
apparmor={"N" if host.has("apparmor") else "Y"}
enforced={0 if host.has("apparmor") else 38}
oom_kill {3 if host.has("oom") else 0}

=vulnerabilities=
/sys/devices/system/cpu/vulnerabilities/meltdown:Mitigation: PTI
/sys/devices/system/cpu/vulnerabilities/spectre_v2:Mitigation: Retpolines; STIBP: disabled; RSB filling
=vulnerabilities:0=
=deb=
ii 	linux-image-{version}	{version.split("-", maxsplit=1)[0]}-1
=deb:0=
"""


def boot(_: HostState) -> str:
    return "uefi=no\nloader=grub\npassword=yes\nend=yes\n"


def packages(host: HostState) -> str:
    rows = [f"ii \t{p.name}\t{p.version}\tamd64\t{p.source}\t{p.version}\t" for p in host.installed]
    image = f"linux-image-{host.release.kernel}\t{host.release.kernel.partition('-')[0]}-1"
    rows.append(f"ii \t{image}\tamd64\tlinux-signed-amd64\t{host.release.kernel.partition('-')[0]}+1\t")
    return "\n".join(["=deb=", *rows, "=deb:0=", ""])


def origins(host: HostState) -> str:
    rows = [f"{p.name}\tsame\t1" for p in host.installed]
    code = host.release.codename
    return "\n".join(
        [
            f"changed={host.now - 3 * DAY}",
            "lists=3",
            "=packages=",
            *rows,
            "=packages:0=",
            "=origins=",
            f"1\tDebian\tstable\t{code}\tDebian\tmain\tdeb.vale.example",
            "=origins:0=",
            "",
        ]
    )


def entitlements(host: HostState) -> str:
    code, lists = host.release.codename, "/etc/apt/sources.list"
    return f"""=host=
VERSION_CODENAME={code}
ID=debian
=repositories=
{lists}\t\tdeb.vale.example/debian\t{code}
{lists}\t\tdeb.vale.example/debian-security\t{code}-security
=repositories:0=
"""


def updates(host: HostState) -> str:
    """Lists that are read every day, unless nobody does."""
    age = 40 * DAY if host.has("lists-stale") else DAY // 2
    auto = "" if host.has("no-auto-updates") else "timer=apt-daily-upgrade.timer\nmechanism=unattended-upgrades\n"
    switched = "0" if host.has("no-auto-updates") else "1"
    pending = [p for p in host.installed if p.newer]
    lines = [f"Inst {p.name} [{p.version}] ({p.newer} Debian-Security:stable-security [amd64])" for p in pending]
    return f"""{auto}now={host.now}
=times=
{host.now - age}
=times:0=
=lists=
/var/lib/apt/lists/deb.vale.example_debian_dists_{host.release.codename}_main_binary-amd64_Packages.lz4
=periodic=
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "{switched}";
=apt=
Reading package lists...
Building dependency tree...
Calculating upgrade...
{len(pending)} upgraded, 0 newly installed, 0 to remove and 0 not upgraded.
{chr(10).join(lines)}
=apt:0=
"""


def repositories(host: HostState) -> str:
    code, file = host.release.codename, "/etc/apt/sources.list.d/debian.sources"
    trusted = (
        f"{file}:Trusted: yes\n" if host.has("unsigned-repo") else f"{file}:Signed-By: /usr/share/keyrings/k.gpg\n"
    )
    return f"""=apt=
{file}:Types: deb
{file}:URIs: https://deb.vale.example/debian
{file}:Suites: {code} {code}-updates {code}-security
{file}:Components: main
{trusted}=apt:0=
=options=
Acquire::AllowInsecureRepositories "0";
"""


def reboot(host: HostState) -> str:
    return "=mark=\nrequired\n=packages=\nlibc6\n" if host.has("reboot") else "=mark=\n=packages=\n"


def stale_libraries(_: HostState) -> str:
    return "=maps=\n\n=comm=\n/proc/1/comm:systemd\n/proc/612/comm:sshd\n"


def services(host: HostState) -> str:
    state = "failed   failed " if host.has("failed-unit") else "active   running"
    return f"""=units=
cron.service                     loaded    active   running Regular background program processing daemon
lantern-agent.service            loaded    {state} Lantern agent
ssh.service                      loaded    active   running OpenBSD Secure Shell server
systemd-journald.service         loaded    active   running Journal Service
=units:0=
=files=
cron.service                               enabled         enabled
lantern-agent.service                      enabled         enabled
ssh.service                                enabled         enabled
systemd-journald.service                   static          -
=files:0=
"""


def logs(host: HostState) -> str:
    target = "" if host.has("no-remote-log") else "classic:/etc/rsyslog.d/90-remote.conf:@@logs.vale.example:6514\n"
    return f"""=daemons=
rsyslogd
systemd-journal
=targets=
{target}storage:/etc/systemd/journald.conf:Storage=persistent
=targets:0=
=journal=
journald
persistent
=files=
640 /var/log/auth.log
640 /var/log/syslog
660 /var/log/btmp
=files:0=
"""


def audit(host: HostState) -> str:
    if host.has("no-audit"):
        return "=daemon=\n=looked=\n=status=\n=status:0=\n=rules=\n=rules:0=\n"
    return """=daemon=
auditd
=looked=
=status=
enabled 1
failure 1
pid 612
backlog_limit 8192
lost 0
backlog 0
=status:0=
=rules=
-w /etc/passwd -p wa
=rules:0=
"""


def arrays(host: HostState) -> str:
    if host.role != "database":
        return "=md=\nPersonalities : \nunused devices: <none>\n=md:0=\n"
    mark = "[2/1] [U_]" if host.has("raid") else "[2/2] [UU]"
    return f"""=md=
Personalities : [raid1]
md0 : active raid1 sdb1[1] sda1[0]
      976630464 blocks super 1.2 {mark}

unused devices: <none>
=md:0=
"""


def sysctl(host: HostState) -> str:
    loose = "1" if host.has("sysctl") else "0"
    return f"""=settings=
net/ipv4/ip_forward:0
net/ipv6/conf/all/forwarding:0
net/ipv4/conf/all/accept_redirects:{loose}
net/ipv4/conf/default/accept_redirects:{loose}
net/ipv6/conf/all/accept_redirects:{loose}
net/ipv6/conf/default/accept_redirects:{loose}
net/ipv4/conf/all/send_redirects:0
net/ipv4/conf/all/accept_source_route:0
net/ipv4/conf/default/accept_source_route:0
net/ipv6/conf/all/accept_source_route:0
net/ipv6/conf/default/accept_source_route:0
net/ipv4/conf/all/rp_filter:1
net/ipv4/conf/default/rp_filter:1
net/ipv4/tcp_syncookies:1
net/ipv4/conf/all/log_martians:1
kernel/randomize_va_space:{"0" if host.has("aslr") else "2"}
kernel/yama/ptrace_scope:1
fs/suid_dumpable:0
fs/protected_hardlinks:1
fs/protected_symlinks:1
kernel/kptr_restrict:1
kernel/dmesg_restrict:1
kernel/unprivileged_bpf_disabled:2
=interfaces=
=denied=
=end=
"""


def interfaces(_: HostState) -> str:
    return "=flags=\neth0 0x1003 own\nlo 0x9 own\n=end=\n"


def sockets(host: HostState) -> str:
    place = "0.0.0.0" if host.has("db-open") else "127.0.0.1"  # noqa: S104 (a line of a simulated host)
    more = ""
    if host.role == "database":
        more = f'tcp   LISTEN 0      128 {place}:5432 0.0.0.0:* users:(("postgres",pid=800,fd=5))\n'
    if host.role == "web":
        more = 'tcp   LISTEN 0      511 0.0.0.0:443 0.0.0.0:* users:(("harbourd",pid=700,fd=6))\n'
    return f"""=ss=
Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess
tcp   LISTEN 0      128          0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=612,fd=3))
{more}=end=
"""


def firewall(host: HostState) -> str:
    rules = (
        ""
        if host.has("no-firewall")
        else """table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state established,related accept
		tcp dport { 22, 443, 5432 } accept
	}
}
"""
    )
    return f"=nft=\n{rules}=end=\n"


def sshd(host: HostState) -> str:
    def word(defect: str) -> str:
        return "yes" if host.has(defect) else "no"

    weak = ",aes128-cbc" if host.has("ssh-cbc") else ""
    return f"""=version=
OpenSSH_9.2, OpenSSL 3.0.19 27 Jan 2026
=config=
port 22
usepam yes
logingracetime 60
maxauthtries {6 if host.has("ssh-tries") else 3}
clientaliveinterval 300
clientalivecountmax 3
permitrootlogin {word("root-login")}
pubkeyauthentication yes
passwordauthentication {word("ssh-password")}
kbdinteractiveauthentication no
x11forwarding {word("x11")}
permitemptypasswords no
ciphers aes256-gcm@openssh.com,aes256-ctr{weak}
macs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com
hostkeyalgorithms ssh-ed25519
kexalgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256
banner /etc/issue.net
loglevel VERBOSE
=match=
=end=
"""


def accounts(host: HostState) -> str:
    extra = "toor:0:0:/root:/bin/bash\n" if host.has("second-root") else ""
    return f"""=passwd=
root:0:0:/root:/bin/bash
{extra}daemon:1:1:/usr/sbin:/usr/sbin/nologin
nobody:65534:65534:/nonexistent:/usr/sbin/nologin
keeper:1000:1000:/home/keeper:/bin/bash
=group=
root:0:
sudo:27:keeper
keeper:1000:
=settings=
/etc/nsswitch.conf:passwd:         files systemd
/etc/nsswitch.conf:group:          files systemd
/etc/nsswitch.conf:shadow:         files systemd
/etc/login.defs:UMASK		027
sssd:no
=path=
755 root root /usr/local/sbin
755 root root /usr/local/bin
755 root root /usr/sbin
755 root root /usr/bin
=end=
"""


def shadow(host: HostState) -> str:
    scheme = "md5" if host.has("weak-hash") else "yescrypt"
    return f"=passwd=\n=shadow=\nroot:locked:20228:99999\ndaemon:locked:20228:99999\nkeeper:{scheme}:20263:90\n=end=\n"


def password_policy(host: HostState) -> str:
    lockout = (
        ""
        if host.has("no-lockout")
        else (
            "/etc/pam.d/common-auth:auth	required	pam_faillock.so preauth deny=5 unlock_time=900\n"
            "/etc/pam.d/common-auth:auth	[default=die]	pam_faillock.so authfail deny=5 unlock_time=900\n"
        )
    )
    return f"""=denied=
=lines=
/etc/login.defs:PASS_MAX_DAYS	90
{lockout}/etc/pam.d/common-auth:auth	[success=1 default=ignore]	pam_unix.so
/etc/pam.d/common-password:password	requisite	pam_pwquality.so retry=3 minlen=14 enforce_for_root
/etc/pam.d/common-password:password	[success=1 default=ignore]	pam_unix.so obscure yescrypt
/etc/pam.d/passwd:@include common-password
/etc/pam.d/sshd:@include common-auth
/etc/pam.d/sshd:@include common-password
=end=
"""


def logins(host: HostState) -> str:
    days = 120 if host.has("dormant") else 3
    last = datetime.fromtimestamp(host.now - days * DAY, host.at.tzinfo)
    return f"""=now=
{host.now}
=accounts=
root::
keeper::key
=shadow=
root:locked:20228:
daemon:locked:20228:
keeper:yescrypt:20263:
=lastlog=
root
daemon
keeper {last:%b} {last.day} {last:%Y}
=end=
"""


def authorized_keys(host: HostState) -> str:
    line = host_key_line(host)
    return f"""=elsewhere=
=files=
keeper	/home/keeper/.ssh/authorized_keys
=keys=
/home/keeper/.ssh/authorized_keys	{line}
=end=
"""


def sudoers(host: HostState) -> str:
    loose = "/etc/sudoers.d/10-deploy\t1\tkeeper ALL=(ALL) NOPASSWD:ALL\n" if host.has("nopasswd") else ""
    return f"""=files=
/etc/sudoers
/etc/sudoers.d/10-deploy
=directory=
=lines=
/etc/sudoers	9	Defaults	env_reset
/etc/sudoers	47	root	ALL=(ALL:ALL) ALL
/etc/sudoers	50	%sudo	ALL=(ALL:ALL) ALL
/etc/sudoers	54	@includedir /etc/sudoers.d
{loose}=end=
"""


def critical_files(host: HostState) -> str:
    return f"""=files=
644 root root /etc/passwd
644 root root /etc/group
{"644" if host.has("shadow-open") else "640"} root shadow /etc/shadow
755 root root /etc/cron.d
644 root root /etc/cron.d/backup
600 root root /etc/ssh/ssh_host_ed25519_key
644 root root /etc/ssh/sshd_config
440 root root /etc/sudoers
755 root root /etc/sudoers.d
700 root root /root
=closed=
=end=
"""


def mounts(host: HostState) -> str:
    used = 94 if host.has("disk-full") else 41
    return f"""=mounts=
0:23 tmpfs /dev/shm rw,nosuid,nodev tmpfs
254:0 ext4 / rw,relatime /dev/vda1
0:30 tmpfs /tmp rw,nosuid,nodev,noexec tmpfs
=df=
Filesystem              1024-blocks     Used Available Capacity Mounted on
tmpfs                      24684096        0  24684096       0% /dev/shm
/dev/vda1                 100000000 {used}000000 {100 - used}000000      {used}% /
tmpfs                      24684096        0  24684096       0% /tmp
=inodes=
Filesystem                Inodes  IUsed    IFree IUse% Mounted on
tmpfs                    3085512      1  3085511    1% /dev/shm
/dev/vda1               16777216 419904 16357312    3% /
tmpfs                    3085512      1  3085511    1% /tmp
=blocks=
254:0 vda1 plain /dev/vda1 vda
=end=
"""


def exports(_: HostState) -> str:
    return "=lines=\n=end=\n"


def backups(host: HostState) -> str:
    age = 9 * DAY if host.has("backup-stale") else 6 * 3600
    return f"=now=\n{host.now}\n=marks=\n> {host.now - age} /var/backups/last-run\n=end=\n"


ANSWERS: dict[str, Callable[[HostState], str]] = {
    one.__name__: one
    for one in (
        system,
        identity,
        hardware,
        clock,
        kernel,
        boot,
        packages,
        origins,
        entitlements,
        updates,
        repositories,
        reboot,
        stale_libraries,
        services,
        logs,
        audit,
        arrays,
        sysctl,
        interfaces,
        sockets,
        firewall,
        sshd,
        accounts,
        shadow,
        password_policy,
        logins,
        authorized_keys,
        sudoers,
        critical_files,
        mounts,
        exports,
        backups,
    )
}
