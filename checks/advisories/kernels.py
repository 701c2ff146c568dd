"""Which packages are the kernel's, and which one owns the kernel that runs (patch-levels rule 3).

Names as the distributions give them. Releases are compared whole, never by a part of them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from inventory.facts.kernel import InstalledKernel, Kernel
from inventory.facts.packages import Package

# Flavours that a Red Hat family release names before its architecture, or behind it after a plus.
_MARKS = re.compile(r"uek|elrepo|\.rt[0-9]|\.plus|PAE|\+(?:rt-64k|rt|64k|debug)")
_DEB = re.compile(
    r"linux-(?:(?:signed-|unsigned-)?image|modules|headers|libc-dev|kbuild|compiler|tools|cloud-tools|source|doc|config"
    r"|support|buildinfo|perf|cpupower|lib-rust|virtual|generic|lowlatency|(?:aws|azure|gcp|gke|kvm|oem|oracle|raspi)$)"
    r"|(?:proxmox|pve)-(?:kernel|headers)-|raspberrypi-kernel|bpftool$|usbip$|hyperv-daemons$"
)
_RPM = re.compile(r"kernel(?:-.*)?|(?:python3?-)?perf|bpftool|rtla|rv|libperf(?:-devel)?|kernel[0-9.]+")
_RPM_NOT = re.compile(r"kernel-(?:firmware|srpm-macros|rpm-macros).*")
_APK = re.compile(r"linux-(?:lts|virt|edge|stable|vanilla|hardened|rpi[0-9]*|asahi|openpax)(?:-.*)?")
_DEBIAN_BUILD = re.compile(r"\bDebian ([0-9]\S*)")
_UBUNTU_BUILD = re.compile(r"^#([0-9]+)(~\S+?)?-Ubuntu\b")
_UBUNTU_VERSION = re.compile(r"(.+-[0-9]+)\.([0-9]+)(~\S+)?")


def is_kernel(manager: str, package: Package) -> bool:
    """An image, or what is built with it (headers, tools): none of them says which kernel runs."""
    name = package.name
    if manager == "deb":
        return package.source == "linux" or bool(_DEB.match(name)) or package.source.startswith("linux-signed")
    if manager == "rpm":
        return name.startswith(("kernel", "perf", "bpftool", "python", "rtla", "rv", "libperf")) and bool(
            _RPM.fullmatch(name) and not _RPM_NOT.fullmatch(name)
        )
    return bool(_APK.fullmatch(name))


@dataclass(frozen=True, slots=True)
class Image:
    """An installed kernel with its package; ``build`` is what runs, where that is told apart from what is on disk."""

    release: str
    package: Package
    build: str = ""  # the source version that runs


def running_image(kernel: Kernel, packages: Iterable[Package]) -> Image | None:
    """None: no package owns the running kernel (self-built, or of the machine around a container)."""
    owners = [installed for installed in kernel.installed if installed.release == kernel.running]
    images = _images(owners, packages)
    return Image(images[0].release, images[0].package, build_of(kernel.version, images[0].package)) if images else None


def images_alike(kernel: Kernel, packages: Iterable[Package]) -> list[Image]:
    """Every installed kernel of the running one's flavour, in no order."""
    wanted = flavour(kernel.running)
    return _images([one for one in kernel.installed if flavour(one.release) == wanted], packages)


def _images(kernels: Sequence[InstalledKernel], packages: Iterable[Package]) -> list[Image]:
    wanted = {kernel.package for kernel in kernels}
    by_name: dict[str, list[Package]] = {}
    for package in (package for package in packages if package.name in wanted):
        by_name.setdefault(package.name, []).append(package)
    found = []
    for kernel in kernels:
        alike = [p for p in by_name.get(kernel.package, ()) if _bare(p.version) == _bare(kernel.version)]
        found += [Image(kernel.release, alike[0])] if alike else []
    return found


def _bare(version: str) -> str:
    """Without an epoch, which the list of kernels leaves out."""
    return version.partition(":")[2] or version


def build_of(uname: str, package: Package) -> str:
    """The version that runs by uname -v, where the distribution writes it there: a package may be replaced under it."""
    if debian := _DEBIAN_BUILD.search(uname):
        return debian[1]
    ubuntu, version = _UBUNTU_BUILD.search(uname), _UBUNTU_VERSION.fullmatch(package.version)
    return f"{version[1]}.{ubuntu[1]}{ubuntu[2] or ''}" if ubuntu and version else ""


def flavour(release: str) -> tuple[str, ...]:
    """``amd64`` of 6.1.0-31-amd64, ``rpi-v8`` of 6.6.51+rpt-rpi-v8, ``uek`` of 5.15.0-209.el9uek.x86_64."""
    words = dropwhile(lambda word: not word[:1].isalpha(), release.split("-"))
    return (*words, *_MARKS.findall(release))
