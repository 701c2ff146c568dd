"""The firmware section, in every shell that is here.

fwupdmgr is played by a shim that prints JSON recorded from fwupd 2.0.20 (or made after an older version's form) and
refuses what that version refuses; fwupd itself needs the system bus and real hardware.
"""

from pathlib import Path

import pytest

from inventory.facts.host_firmware import HostFirmware, Remote
from inventory.facts.missing import Reason
from scanner.probes.linux.host_firmware import read_host_firmware
from scanner.query import NotHere, Unreadable
from tests.scanner.probes.test_linux_system_sections import Tree, in_every_shell, parsed, reason

RECORDED = Path(__file__).parent / "linux/host_firmware/debian-12-recorded/answer.txt"
HELP_2 = "--json --no-unreported-check --no-metadata-check --no-remote-check --no-reboot-check --no-authenticate"
HELP_1_7 = "--json --no-unreported-check --no-metadata-check --no-remote-check --no-reboot-check"
DEVICE = '"Name" : "SSD", "DeviceId" : "a45df35ac0e948ee180fe216a5f703f32dda163f"'
SECRETS = """cat <<'END'
{
  "Devices" : [
    {
      "Name" : "SSD",
      "DeviceId" : "a45df35ac0e948ee180fe216a5f703f32dda163f",
      "Serial" : "S4EVNX0M123456",
      "Description" : "<p>LONG</p>",
      "Version" : "1"
    }
  ]
}
END"""
REMOTES = """cat <<'END'
{
  "Remotes" : [
    {
      "Id" : "lvfs",
      "Kind" : "download",
      "Username" : "somebody",
      "Password" : "hunter2",
      "FilenameCache" : "/var/lib/fwupd/remotes.d/lvfs/metadata.xml.gz",
      "Enabled" : "true"
    }
  ]
}
END"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(tmp_path, tools=("cat", "grep", "sed", "stat", "tr"))
    made.file("proc/cpuinfo", "processor : 0\nflags : fpu sse\n")
    made.file("proc/xen/none", "")
    return made


def shim(tree: Tree, help_: str, devices: str, updates: str = "exit 2", remotes: str = REMOTES) -> None:
    """An fwupdmgr that knows only the switches of ``help_``, and does nothing but what may be asked."""
    tree.tool(
        "fwupdmgr",
        f"""
for word in "$@"; do
  case $word in
    --help) echo "Application Options: {help_}"; exit 0 ;;
    --version) echo '{{"Versions" : [ {{"Type" : "runtime", "AppstreamId" : "org.freedesktop.fwupd",
      "Version" : "1.9.31"}} ]}}' ;;
    --*) case " {help_} " in *" $word "*) ;; *) echo "Unknown option $word" >&2; exit 1 ;; esac ;;
    get-devices) {devices}
    ;;
    get-updates) {updates}
    ;;
    get-remotes) {remotes}
    ;;
    *) echo "asked for $word" > {tree.root}/touched; exit 1 ;;
  esac
done""",
    )


def fact(tree: Tree, shell: list[str]) -> HostFirmware:
    result = parsed(tree.answer("host_firmware", shell))
    assert isinstance(result, HostFirmware), result
    return result


@in_every_shell
@pytest.mark.parametrize("help_", [HELP_2, HELP_1_7, "--json"])
def test_only_switches_that_this_version_has_are_used(tree: Tree, shell: list[str], help_: str) -> None:
    shim(tree, help_, f"""echo '{{"Devices" : [{{{DEVICE}, "Flags" : ["supported"]}}]}}'""")
    found = fact(tree, shell)
    assert (found.fwupd, [device.name for device in found.devices], found.updates) == ("1.9.31", ["SSD"], ())
    assert not (tree.root / "touched").exists()


@in_every_shell
def test_serial_numbers_passwords_and_long_texts_stay_on_the_host(tree: Tree, shell: list[str]) -> None:
    shim(tree, HELP_2, SECRETS, SECRETS)
    tree.file("var/lib/fwupd/remotes.d/lvfs/metadata.xml.gz", "")
    answer = tree.answer("host_firmware", shell)
    assert not any(secret in answer.output for secret in (b"S4EVNX", b"LONG", b"hunter2", b"somebody"))
    found = parsed(answer)
    assert isinstance(found, HostFirmware)
    assert [(device.name, device.version) for device in found.devices] == [("SSD", "1")]
    assert found.remotes is not None
    assert [(remote.id, remote.download) for remote in found.remotes] == [("lvfs", True)]
    assert (found.updates, found.gaps) == ((), ())


@in_every_shell
def test_an_old_fwupd_is_asked_through_its_agent(tree: Tree, shell: list[str]) -> None:
    shim(tree, "--no-metadata-check", "exit 1")
    tree.file("usr/libexec/fwupd/fwupdagent", f"""#!/bin/sh\necho '{{"Devices" : [{{{DEVICE}}}]}}'\n""")
    (tree.root / "usr/libexec/fwupd/fwupdagent").chmod(0o755)
    found = fact(tree, shell)
    assert (len(found.devices), found.updates, found.remotes) == (1, (), None)


@in_every_shell
def test_an_old_fwupd_without_its_agent_cannot_be_asked(tree: Tree, shell: list[str]) -> None:
    shim(tree, "--no-metadata-check", "exit 1")
    assert reason(parsed(tree.answer("host_firmware", shell))) is Reason.COLLECTOR_MISSING


@in_every_shell
def test_a_host_without_fwupd_is_no_host_without_updates(tree: Tree, shell: list[str]) -> None:
    result = parsed(tree.answer("host_firmware", shell))
    assert reason(result) is Reason.COLLECTOR_MISSING
    assert isinstance(result, Unreadable)
    assert result.missing.detail == "fwupd is not installed"


@in_every_shell
@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("proc/cpuinfo", "flags : fpu hypervisor\n", "a virtual machine has its hypervisor's firmware"),
        ("run/.containerenv", "", "a container has no firmware of its own"),
        (".dockerenv", "", "a container has no firmware of its own"),
    ],
)
def test_what_has_no_firmware_of_its_own(tree: Tree, shell: list[str], path: str, text: str, says: str) -> None:
    tree.file(path, text)
    result = parsed(tree.answer("host_firmware", shell))
    assert isinstance(result, NotHere)
    assert result.absent.detail == says


@in_every_shell
def test_the_first_domain_of_xen_is_a_real_machine(tree: Tree, shell: list[str]) -> None:
    tree.file("proc/cpuinfo", "flags : fpu hypervisor\n")
    tree.file("proc/xen/capabilities", "control_d\n")
    shim(tree, HELP_2, """echo '{"Devices" : []}'""")
    assert fact(tree, shell).devices == ()


@pytest.mark.parametrize("cut", range(0, 4500, 211))
def test_a_recorded_answer_cut_anywhere_is_no_answer(cut: int) -> None:
    with pytest.raises(Unreadable):
        read_host_firmware(RECORDED.read_text()[:cut])


def test_what_was_recorded() -> None:
    found = read_host_firmware(RECORDED.read_text())
    assert found.updates is not None
    assert [(u.installed, u.version, u.issues) for u in found.updates] == [("1.2.2", "1.2.4", ("CVE-2026-0001",))]
    assert found.remotes == (
        Remote("vendor-directory", download=False, fetched="2026-11-22"),
        Remote("lvfs", download=True),
    )
    assert found.metadata_day == ""


@pytest.mark.parametrize(
    "devices",
    [
        '{"Devices": "x"}',
        '{"Devices": [5]}',
        "[]",
        "{}",
        '{"Devices": [{"DeviceId": "x"}]}',
        f'{{"Devices": [{", ".join(["{" + DEVICE + "}"] * 501)}]}}'.replace(", ", ",\n"),
        '{"Devices": [NaN}',
    ],
)
def test_answers_in_no_known_form(devices: str) -> None:
    with pytest.raises(Unreadable):
        read_host_firmware(f"=devices=\n{devices}\n=devices:0=\n=updates=\n=updates:2=\n=files=\n=end=\n")
