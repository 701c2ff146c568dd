"""The running kernel (uname(1)), the installed ones, processor weaknesses and mandatory access control.

Sources: kernel docs admin-guide/hw-vuln and admin-guide/LSM, selinux(8), proc_vmstat(5); package names as the
distributions give them. Releases are worked out from the package's name or version, the way each family builds them.
"""

import re

from inventory.facts.kernel import CpuVulnerability, InstalledKernel, Kernel
from scanner.probes.linux.sections import Parts, bounded, parts
from scanner.probes.script import ScriptProbe, fields, number
from scanner.query import Script, Unreadable

MAX_KERNELS = 500

# selinuxfs files end without a newline: `read` fails but has read.
BODY = r"""
echo "uname=$(uname -rv)"
file=/sys/module/apparmor/parameters/enabled
[ -r $file ] && read -r on <$file && echo "apparmor=$on"
profiles=/sys/kernel/security/apparmor/policy/profiles
if [ "${on:-}" = Y ] && [ -r $profiles ] && [ -x $profiles ]; then
  set -- $profiles/*/mode
  if [ ! -e "$1" ]; then echo enforced=0
  elif [ -r "$1" ]; then echo "enforced=$(grep -hsxE 'enforce|kill' "$@" | grep -c .)"
  fi
fi
if [ -r /sys/fs/selinux/enforce ]; then read -r on </sys/fs/selinux/enforce; echo "enforce=$on"; fi
[ -e /etc/selinux/config ] && echo "selinux_config=yes"
grep '^oom_kill ' /proc/vmstat
awk -F ': *' '/^microcode/ {print "microcode=" $2; exit}' /proc/cpuinfo
echo
if [ -d /sys/devices/system/cpu/vulnerabilities ]; then
  echo =vulnerabilities=; grep -H . /sys/devices/system/cpu/vulnerabilities/*; echo "=vulnerabilities:$?="
fi
if [ -s /var/lib/dpkg/status ]; then
  echo =deb=
  dpkg-query -W -f='${db:Status-Abbrev}\t${Package}\t${Version}\n' 'linux-image-[0-9u]*' 'p*-kernel-[0-9]*' 2>/dev/null
  echo "=deb:$?="
elif [ -s /lib/apk/db/installed ]; then
  echo =apk=
  awk '/^P:/ {name = $0} /^V:/ && name ~ /^P:linux-/ {print name; print}' /lib/apk/db/installed
  echo "=apk:$?="
elif command -v rpm >/dev/null; then
  echo =rpm=
  rpm -qa --qf '%{NAME}\t%{VERSION}-%{RELEASE}\t%{ARCH}\t%{VENDOR}\n' 'kernel*'
  echo "=rpm:$?="
fi
exit 0
"""

DEB_PREFIXES = ("linux-image-unsigned-", "linux-image-", "proxmox-kernel-", "pve-kernel-")
DEB_SUFFIXES = ("-unsigned", "-signed")
DEB_DEBUG = ("-dbg", "-dbgsym")
# The packages that own a kernel image; kernel-headers, kernel-tools and the like do not. "" is plain `kernel`.
EL_FLAVOURS = {"": "", "rt": "+rt", "64k": "+64k", "rt-64k": "+rt-64k", "debug": "+debug"}
EL_OTHER = ("uek", "lt", "ml", "plus", "PAE", "longterm")  # their releases carry no suffix
SUSE_FLAVOURS = (
    "default",
    "default-base",
    "azure",
    "preempt",
    "rt",
    "64kb",
    "pae",
    "xen",
    "debug",
    "kvmsmall",
    "longterm",
)
APK_FLAVOURS = ("lts", "virt", "edge", "stable", "vanilla", "hardened", "rpi", "rpi2", "rpi4", "asahi", "openpax")


def read_kernel(text: str) -> Kernel:
    said = parts(text)
    head = fields(said.text(""))
    release, _, version = head.get("uname", "").partition(" ")
    if not release:
        raise Unreadable("uname did not name the running kernel")
    installed = {kernel.release: kernel for kernel in _installed(said)}  # core and meta package: one release
    bounded(len(installed), MAX_KERNELS, "installed kernels")
    newest_first = sorted(installed.values(), key=lambda k: (_order(k.version), k.release == release), reverse=True)
    return Kernel(
        running=release,
        version=version,
        installed=tuple(newest_first),
        cpu_vulnerabilities=_vulnerabilities(said),
        apparmor={"Y": True, "N": False}.get(head.get("apparmor", "")),
        selinux=_selinux(head),
        apparmor_enforced=number(head.get("enforced", "")),
        microcode=head.get("microcode", "")[:40] or None,
        oom_kills=next((number(ln[9:]) for ln in said.lines("") if ln.startswith("oom_kill ")), None),
    )


def _selinux(head: dict[str, str]) -> str | None:
    """Without a mounted selinuxfs SELinux is off, whatever its configuration asks for."""
    if "enforce" in head:
        return {"1": "enforcing", "0": "permissive"}.get(head["enforce"])
    return "disabled" if "selinux_config" in head else None


def _vulnerabilities(said: Parts) -> tuple[CpuVulnerability, ...] | None:
    if "vulnerabilities" not in said:
        return None
    pairs = [line.partition(":") for line in said.closed("vulnerabilities").lines]
    named = [(file.rpartition("/")[2], status) for file, sign, status in pairs if sign]
    return tuple(CpuVulnerability(name, status, _vulnerable(status)) for name, status in named)


def _vulnerable(status: str) -> bool | None:
    """True for "Vulnerable: ..." and itlb_multihit's "KVM: Vulnerable".

    "Unknown: Dependent on hypervisor status" and "Unknown: No mitigations" are what a guest, and a processor that its
    maker no longer looks after, say: nobody knows. "SMT vulnerable" behind a mitigation is mitigated.
    """
    bare = status.removeprefix("KVM: ")
    return None if bare.startswith("Unknown") else bare.startswith("Vulnerable")


def _installed(said: Parts) -> list[InstalledKernel]:
    if "deb" in said:  # dpkg-query ends with 1 when a pattern matches nothing
        return [k for line in said.closed("deb", 0, 1).lines if (k := _deb(line))]
    if "rpm" in said:
        lines = sorted(said.closed("rpm").lines)  # kernel before kernel-core, so that the owner of the image stays
        return [k for line in lines if (k := _rpm(line))]
    if "apk" in said:
        lines = said.closed("apk").lines
        return [k for p, v in zip(lines[::2], lines[1::2], strict=False) if (k := _apk(p[2:], v[2:]))]
    return []


def _deb(line: str) -> InstalledKernel | None:
    """linux-image-6.1.0-31-amd64 runs as 6.1.0-31-amd64; linux-image-amd64 is a meta package."""
    state, _, rest = line.partition("\t")
    name, _, version = rest.partition("\t")
    prefix = next((p for p in DEB_PREFIXES if name.startswith(p)), None)
    if prefix is None or state[1:2] in ("n", "c") or name.endswith(DEB_DEBUG):
        return None
    release = name.removeprefix(prefix)
    for suffix in DEB_SUFFIXES:
        release = release.removesuffix(suffix)
    return InstalledKernel(name, version, release) if release[:1].isdigit() and "." in release else None


def _rpm(line: str) -> InstalledKernel | None:
    columns = line.split("\t")
    if len(columns) != 4:
        raise Unreadable("the list of kernel packages has a line that is no package")
    name, version, architecture, vendor = columns
    if "SUSE" in vendor:
        flavour = name.removeprefix("kernel-")
        release = f"{version.rpartition('.')[0]}-{flavour.removesuffix('-base')}"  # the rebuild count is dropped
        return InstalledKernel(name, version, release) if flavour in SUSE_FLAVOURS else None
    flavour = re.sub(r"^kernel[0-9.]*-?", "", name).removesuffix("core").removesuffix("-")
    suffix = "" if flavour in EL_OTHER else EL_FLAVOURS.get(flavour)
    # EL 8's real-time kernel has "rt" in its release instead of a suffix.
    suffix = "" if suffix == "+rt" and ".rt" in version else suffix
    return None if suffix is None else InstalledKernel(name, version, f"{version}.{architecture}{suffix}")


def _apk(name: str, version: str) -> InstalledKernel | None:
    """linux-lts 6.6.71-r0 runs as 6.6.71-0-lts."""
    flavour = name.removeprefix("linux-")
    if flavour not in APK_FLAVOURS:
        return None
    return InstalledKernel(name, version, f"{version.replace('-r', '-')}-{flavour}")


def _order(version: str) -> tuple[tuple[int, int, str], ...]:
    """Numbers as numbers, ``~`` before everything, words between: enough for versions of one distribution's kernel.

    Verdicts on patch levels use the package manager's exact order; this one only sorts a handful of kernels.
    """
    runs = re.findall(r"[0-9]+|[a-z]+|~", version.lower())
    return (*(_rank(run) for run in runs), (0, 0, ""))


def _rank(run: str) -> tuple[int, int, str]:
    if run == "~":
        return (-1, 0, "")
    # A run of digits of absurd length compares by length, then as text: no huge integers.
    return (2, len(run.lstrip("0")), run.lstrip("0")) if run[0].isdigit() else (1, 0, run)


KERNEL = ScriptProbe("kernel", Script("kernel", BODY), read_kernel)
