"""What devices print, made up after the documents each rule names, and what the probe reads out of it."""

import time
from dataclasses import dataclass
from textwrap import dedent

import pytest

from inventory.asset import Asset, Connection
from inventory.facts.device import Conflict, Device, Part, Source
from inventory.facts.missing import Missing, Reason
from scanner.probes.cli import templates, uptime
from scanner.probes.cli.blocks import Said
from scanner.probes.cli.commands import COMMANDS, DETECTION
from scanner.probes.cli.device import CLI_DEVICE, identify
from scanner.probes.cli.rules import BadRule, read_rules, rules
from scanner.query import Answer, CliCommand, Unreadable
from scanner.transports.cli_text import block, gap, head


@dataclass(frozen=True)
class Case:
    rule: str
    outputs: dict[str, str]
    vendor: str
    os: str
    version: str | None
    model: str | None = None
    serial: str | None = None
    boot_version: str | None = None
    hostname: str | None = None
    uptime_seconds: int | None = None


OLD_IOS = """
    Cisco Internetwork Operating System Software
    IOS (tm) C3500XL Software (C3500XL-C3H2S-M), Version 12.0(5)WC10, RELEASE SOFTWARE (fc1)
    ROM: Bootstrap program is C3500XL boot loader
    BOOTLDR: C3500XL Boot Loader (C3500XL-HBOOT-M) Version 11.2(8.5)SA6, MAINTENANCE INTERIM SOFTWARE
    stack-3 uptime is 3 weeks, 1 day
    cisco WS-C3548-XL (PowerPC403) processor (revision 0x01) with 16384K/1024K bytes of memory.
    Processor board ID FAB0525K0LS, with hardware revision 0x00
    """
XE = """
    Cisco IOS XE Software, Version 17.09.04a
    Cisco IOS Software [Cupertino], X Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 17.9.4a, RELEASE SOFTWARE (a)
    ROM: 17.6(8.1r)
    edge-1 uptime is 1 year, 2 weeks
    cisco ISR4331/K9 (1RU) processor with 1795979K/3071K bytes of memory.
    Processor board ID FDO21520TGH
    """
NXOS = """
    Cisco Nexus Operating System (NX-OS) Software
    Software
      BIOS: version 05.45
      NXOS: version 9.3(10)
      NXOS image file is: bootflash:///nxos.9.3.10.bin
    Hardware
      cisco Nexus9000 C93180YC-EX chassis
      Intel(R) Xeon(R) CPU  @ 1.80GHz with 24633488 kB of memory.
      Processor Board ID FDO21520TGH
      Device name: leaf-7
    Kernel uptime is 12 day(s), 3 hour(s), 4 minute(s), 5 second(s)
    Last reset
      Reason: Unknown
    """
N7K = """
    Cisco Nexus Operating System (NX-OS) Software
    Software
      BIOS:      version 2.12.0
      kickstart: version 6.2(20)
      system:    version 6.2(20a)
    Hardware
      cisco Nexus7000 C7009 (9 Slot) Chassis ("Supervisor Module-2")
      Processor Board ID JAF1709ABCD
      Device name: core-1
    Kernel uptime is 0 day(s), 1 hour(s), 0 minute(s), 1 second(s)
      Reason: Unknown
    """
FTD = """
    ----------------[ ftd-1.example.org ]-----------------
    Model                     : Cisco Firepower 1120 Threat Defense (78) Version 6.6.1 (Build 91)
    UUID                      : 00000000-0000-0000-0000-000000000000
    Cisco Adaptive Security Appliance Software Version 9.14(1)150
    Serial Number: JMX2222Z0AB
    """
CHASSIS = """
    Hardware inventory:
    Item             Version  Part number  Serial number     Description
    Chassis                                JN1234567AFC      MX240
    Midplane         REV 07   760-021404   ABAA1234          MX240 Backplane
    """
JUNOS = """
    Hostname: edge-2
    Model: mx240
    Junos: 20.4R3-S2
    JUNOS OS Kernel 64-bit  [20210101.aaaaaaa_builder_stable_11]
    """
PANOS = """
    hostname: fw-9
    ip-address: 192.0.2.9
    uptime: 12 days, 3:04:05
    family: 3200
    model: PA-3220
    serial: 012345678901
    sw-version: 10.1.6-h3
    platform-family: 3200
    operational-mode: normal
    """
PROCURVE = {
    "show version": """
        Image stamp:    /ws/swbuildm/rel/code/build/bom(swbuildm)
                        Jan 01 2021 01:02:03
                        KB.16.10.0012
                        123
        Boot Image:     Primary

        Boot ROM Version:    KB.16.01.0009
        Active Boot ROM:     Primary
        """,
    "show system": """
         Status and Counters - General System Information
          System Name        : closet-4
          Software revision  : KB.16.10.0012        Base MAC Addr      : 0a0b0c-0d0e0f
          ROM Version        : KB.16.01.0009        Serial Number      : SG00ABC123
          Up Time            : 41 days              Memory   - Total   : 795,353,088
        """,
    "show modules": """
         Status and Counters - Module Information
          Chassis: 5406Rzl2 J9850A         Serial Number:   SG00ABC123
          Slot  Module Description                        Serial Number
        """,
}
AOS_CX = """
    Hostname                : agg-1
    System Description      : FL.10.10.1030
    System Contact          :
    System Location         :
    Vendor                  : Aruba
    Product Name            : JL659A 6300M 48SR5 CL6 PoE 4SFP56 Swch
    Chassis Serial Nbr      : SG00KN1234
    Base MAC Address        : 0a0b0c-0d0e0f
    ArubaOS-CX Version      : FL.10.10.1030
    Time Zone               : UTC
    Up Time                 : 3 weeks, 2 days, 1 hour, 5 minutes
    """
COMWARE = {
    "display version": """
        HPE Comware Software, Version 7.1.070, Release 3208P16
        Copyright (c) 2010-2021 Hewlett Packard Enterprise Development LP
        HPE 5130-48G-4SFP+ EI uptime is 5 weeks, 0 days, 1 hour, 2 minutes
        Boot image: flash:/5130ei-cmw710-boot-r3208p16.bin
        Slot 1:
        Bootrom Version is 153
        """,
    "display device manuinfo": """
        Slot 1 CPU 0:
        DEVICE_NAME          : 5130-48G-4SFP+ EI Switch JG934A
        DEVICE_SERIAL_NUMBER : CN00ABC123
        MAC_ADDRESS          : 0A0B-0C0D-0E0F
        """,
}
VRP = {
    "display version": """
        Huawei Versatile Routing Platform Software
        VRP (R) software, Version 5.170 (S5720 V200R011C10SPC600)
        Copyright (C) 2000-2018 HUAWEI TECH CO., LTD
        HUAWEI S5720-28X-PWR-SI-AC Routing Switch uptime is 1 week, 2 days, 3 hours, 4 minutes
        """,
    "display esn": "ESN of slot 0: 2102350ABC10H1000123\n",
}
OS10 = """
    Dell EMC Networking OS10 Enterprise
    Copyright (c) 1999-2020 by Dell Inc. All Rights Reserved.
    OS Version: 10.5.2.3
    Build Version: 10.5.2.3.374
    System Type: S4148F-ON
    Architecture: x86_64
    Up Time: 2 weeks 5 days 09:10:11
    """
EXOS = """
    Switch      : 800551-00-05 1524G-12345 Rev 5.0 BootROM: 2.0.2.1    IMG: 15.3.1.4
    Image   : ExtremeXOS version 15.3.1.4 v1531b4-patch1-49 by release-manager
    """
FORTISWITCH = """
    Version: FortiSwitch-124F-POE v7.2.5,build0453,230707 (GA)
    Serial-Number: S124FPTF00000001
    Hostname: fsw-1
    """
FORTIMANAGER = """
    Platform Type                   : FMG-VM64
    Platform Full Name              : FortiManager-VM64
    Version                         : v7.0.5-build0365 220817 (GA)
    Serial Number                   : FMG-VM0000000000
    Hostname                        : fmg-1
    """
# lines a later FortiOS could print: no template knows them
NEW_FORTIOS = """
    Version: FortiGate-VM64-KVM v7.9.1,build4000,270101 (GA.F)
    Something-Nobody-Knows: 1
    Serial-Number: FGVMEV0000000000
    Hostname: fw-new
    """

CASES = [
    Case("cisco-ios", {"show version": OLD_IOS}, "Cisco", "IOS", "12.0(5)WC10", "WS-C3548-XL", "FAB0525K0LS",
         hostname="stack-3", uptime_seconds=1_900_800),
    Case("cisco-ios-xe", {"show version": XE}, "Cisco", "IOS-XE", "17.9.4a", "ISR4331/K9", "FDO21520TGH",
         "17.6(8.1r)", "edge-1", 32_745_600),
    Case("cisco-nx-os", {"show version": NXOS}, "Cisco", "NX-OS", "9.3(10)", "Nexus9000 C93180YC-EX", "FDO21520TGH",
         "05.45", "leaf-7", 1_047_845),
    Case("cisco-nx-os", {"show version": N7K}, "Cisco", "NX-OS", "6.2(20a)", "Nexus7000 C7009", "JAF1709ABCD",
         "2.12.0", "core-1", 3601),
    Case("cisco-ftd", {"show version": FTD}, "Cisco", "Firepower Threat Defense", "6.6.1 (Build 91)",
         "Cisco Firepower 1120", "JMX2222Z0AB", hostname="ftd-1.example.org"),
    Case("juniper-junos", {"show version": JUNOS, "show chassis hardware": CHASSIS}, "Juniper", "Junos", "20.4R3-S2",
         "mx240", "JN1234567AFC", hostname="edge-2"),
    Case("paloalto-panos", {"show system info": PANOS}, "Palo Alto Networks", "PAN-OS", "10.1.6-h3", "PA-3220",
         "012345678901", hostname="fw-9", uptime_seconds=1_047_845),
    Case("hpe-procurve", PROCURVE, "HPE", "ArubaOS-Switch", "KB.16.10.0012", "5406Rzl2 J9850A", "SG00ABC123",
         "KB.16.01.0009", "closet-4", 3_542_400),
    Case("aruba-cx", {"show system": AOS_CX}, "Aruba", "ArubaOS-CX", "FL.10.10.1030",
         "JL659A 6300M 48SR5 CL6 PoE 4SFP56 Swch", "SG00KN1234", hostname="agg-1", uptime_seconds=1_991_100),
    Case("hpe-comware", COMWARE, "HPE", "Comware", "7.1.070, Release 3208P16", "5130-48G-4SFP+ EI", "CN00ABC123",
         "153", uptime_seconds=3_027_720),
    Case("huawei-vrp", VRP, "Huawei", "VRP", "5.170 (S5720 V200R011C10SPC600)", "S5720-28X-PWR-SI-AC",
         "2102350ABC10H1000123", uptime_seconds=788_640),
    Case("dell-os10", {"show version": OS10}, "Dell", "OS10", "10.5.2.3", "S4148F-ON", uptime_seconds=1_674_611),
    Case("extreme-exos", {"show version": EXOS}, "Extreme Networks", "EXOS", "15.3.1.4", serial="1524G-12345",
         boot_version="2.0.2.1"),
    Case("fortinet-fortiswitch", {"get system status": FORTISWITCH}, "Fortinet", "FortiSwitchOS", "7.2.5",
         "FortiSwitch-124F-POE", "S124FPTF00000001", hostname="fsw-1"),
    Case("fortinet-fortimanager", {"get system status": FORTIMANAGER}, "Fortinet", "FortiManager/FortiAnalyzer",
         "v7.0.5-build0365", "FortiManager-VM64", "FMG-VM0000000000", hostname="fmg-1"),
    Case("fortinet-fortigate", {"get system status": NEW_FORTIOS}, "Fortinet", "FortiOS",
         "v7.9.1,build4000,270101 (GA.F)", "FortiGate-VM64-KVM", "FGVMEV0000000000", hostname="fw-new"),
]  # fmt: skip


def said(outputs: dict[str, str]) -> Said:
    return Said(None, {command: dedent(text) for command, text in outputs.items()})


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.version}")
def test_what_a_device_prints(case: Case) -> None:
    device = identify([said(case.outputs)])
    fields = ("rule", "vendor", "os", "version", "model", "serial", "boot_version", "hostname", "uptime_seconds")
    assert {name: getattr(device, name) for name in fields} == {name: getattr(case, name) for name in fields}
    assert device.conflicts == ()
    told = {source.field for source in device.evidence}
    assert told >= {name for name in ("version", "model", "serial") if getattr(case, name)}
    assert all(source.oid in case.outputs for source in device.evidence)


def test_two_readings_that_differ_give_no_value() -> None:
    """A boot loader's line stands below in the words of the image's: the template takes the last one."""
    text = dedent(OLD_IOS) + "BOOTLDR: 3500 Software (C3500-BOOT-M), Version 11.2(1), RELEASE SOFTWARE (fc1)\n"
    device = identify([said({"show version": text})])
    assert device.version is None
    assert device.model == "WS-C3548-XL"
    one = Source("version", "show version", "12.0(5)WC10")
    other = Source("version", "show version, ntc-templates VERSION", "11.2(1)")
    assert device.conflicts == (Conflict("version", (one, other)),)


def test_what_the_device_itself_disputes_is_not_taken_from_another_output() -> None:
    text = dedent(OLD_IOS).replace("FAB0525K0LS", "-")
    parts = 'NAME: "1", DESCR: "chassis"\nPID: WS-C3548-XL , VID: V1, SN: FAB0525K0LS\n'
    device = identify([said({"show version": text, "show inventory": parts})])
    assert device.serial == "FAB0525K0LS"
    assert device.parts == (Part(1, "chassis", "1", "WS-C3548-XL", "FAB0525K0LS", "V1"),)
    boot = "BOOTLDR: 3500 Software (C3500-BOOT-M), Version 11.2(1), RELEASE SOFTWARE (fc1)\n"
    assert identify([said({"show version": text + boot, "show inventory": parts})]).version is None


@pytest.mark.parametrize("word", ["unknown", "N/A", "None", "-", "unspecified"])
def test_words_for_nothing_are_no_value(word: str) -> None:
    device = identify([said({"show system info": dedent(PANOS).replace("012345678901", word)})])
    assert (device.serial, device.version) == (None, "10.1.6-h3")


def test_the_members_of_a_stack() -> None:
    stack = dedent(XE) + dedent("""
        Switch Ports Model              SW Version        SW Image              Mode
        Switch 02
        ---------
        Model Number                       : C9300-48P
        System Serial Number               : FCW0000A0BC
        """)
    device = identify([said({"show version": stack})])
    assert device.parts == (
        Part(1, "stack", model="ISR4331/K9", serial="FDO21520TGH"),
        Part(2, "stack", model="C9300-48P", serial="FCW0000A0BC"),
    )


@pytest.mark.parametrize(
    "text", ["", "\n\n", "% Invalid input detected at '^' marker.", "Linux sw1 5.10.0", "x" * 70_000]
)
def test_what_no_rule_knows_is_not_guessed(text: str) -> None:
    with pytest.raises(Unreadable, match="no rule knows what the device printed to show version") as raised:
        identify([said({"show version": text})])
    assert raised.value.missing.reason is Reason.OUTPUT_UNREADABLE
    assert "name its platform in the inventory" in str(raised.value)


def test_a_platform_that_was_named_and_is_another_one() -> None:
    """What is printed counts, not what was said of it."""
    assert identify([said({"show version": NXOS})], "cisco_ios").os == "NX-OS"
    with pytest.raises(Unreadable, match="of platform cisco_ios prints was expected"):
        identify([said({"show version": "hello"})], "cisco_ios")


@pytest.mark.parametrize(
    "hostile",
    [
        "Cisco IOS Software " * 5_000,
        "Cisco IOS Software (a), Version " * 3_000,
        "cisco " + "(" * 60_000,
        "Cisco IOS Software\n" + "cisco X (" * 7_000,
        'NAME: "a", DESCR: "b"\nPID: ' * 3_000,
        "sw-version: 1\nvm-mode: " + "a " * 30_000,
        "Vendor : " + "a " * 30_000 + "\nArubaOS-CX Version : 1",
        "Image   : ExtremeXOS version 1\n" + "Chassis : a " * 6_000,
        "Version: FortiGate-1 v1" + ",a" * 30_000,
        ("Cisco IOS Software, X (" + "a" * 480 + "\n") * 130,
        ("uptime is " * 50 + "\n") * 130 + "Cisco IOS Software",
        ("NAME: a, DESCR: " + " " * 480 + "~\n") * 130,
        ("NAME: " + "," * 480 + " DESCR: \n") * 130,
        "Cisco NX-OS\n" + ("  cisco Nexus" + " " * 480 + "~\n") * 130,
        "VRP (R) software, Version 1\n" + ("HUAWEI " + "\t" * 480 + "~\n") * 130,
    ],
    ids=range(15),
)
def test_hostile_outputs_are_read_in_bounded_time(hostile: str) -> None:
    asked = {command: hostile for commands in COMMANDS.values() for command in commands}
    begun = time.monotonic()
    try:
        device = identify([Said(None, asked)])
    except Unreadable:
        device = Device()
    assert all(len(source.raw) <= 512 for source in device.evidence)
    assert time.monotonic() - begun < 10.0


def test_spans_of_time() -> None:
    assert uptime.seconds("2 years, 31 weeks, 6 days, 9 hours, 55 minutes") == 82_374_900
    assert uptime.seconds("2 days, 2:38:49") == 182_329
    assert uptime.seconds("23 day(s), 10 hour(s), 59 minute(s)") == 2_026_740
    assert uptime.seconds("less than a minute") is None


def asset(platform: str | None) -> Asset:
    return Asset("sw", Connection("cli", "192.0.2.1"), platform=platform)


def test_a_platform_is_asked_its_commands_once() -> None:
    query = CLI_DEVICE.query(asset("cisco_nxos"), ())
    assert query == CliCommand("device", ("show version", "show inventory"))
    given = Answer("device", head("cisco_nxos") + block("show version", dedent(NXOS)))
    assert CLI_DEVICE.query(asset("cisco_nxos"), (given,)) is None
    assert CLI_DEVICE.parse(asset("cisco_nxos"), (given,)).version == "9.3(10)"


def test_without_a_platform_it_is_found_out() -> None:
    assert CLI_DEVICE.query(asset(None), ()) == CliCommand("device", DETECTION, until_one_answers=True)
    first = Answer("device", head(None) + block("show version", dedent(JUNOS)))
    assert CLI_DEVICE.query(asset(None), (first,)) == CliCommand("device", ("show chassis hardware",))
    second = Answer("device", head(None) + block("show chassis hardware", dedent(CHASSIS)))
    assert CLI_DEVICE.query(asset(None), (first, second)) is None
    assert CLI_DEVICE.parse(asset(None), (first, second)).serial == "JN1234567AFC"
    foreign = Answer("device", head(None) + block("show version", "hello"))
    assert CLI_DEVICE.query(asset(None), (foreign,)) is None
    missing = Answer("device", missing=Missing(Reason.TIMED_OUT, "late"))
    assert CLI_DEVICE.query(asset(None), (missing,)) is None


def test_what_did_not_come_is_a_gap() -> None:
    late = gap("show inventory", Missing(Reason.TIMED_OUT, "no prompt"))
    given = Answer("device", head("cisco_nxos") + block("show version", dedent(NXOS)) + late)
    assert CLI_DEVICE.parse(asset("cisco_nxos"), (given,)).gaps == ("show inventory: timed out: no prompt",)


def test_without_the_templates_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the same evidence would give another fact on another machine."""

    def gone(_package: str) -> None:
        raise ModuleNotFoundError

    monkeypatch.setattr(templates, "files", gone)
    templates._text.cache_clear()
    with pytest.raises(Unreadable, match=r"pip install 'estatecheck\[network-cli\]'") as raised:
        identify([said({"show version": NXOS})])
    assert raised.value.missing.reason is Reason.NOT_ATTEMPTED
    templates._text.cache_clear()


def test_every_rule_names_its_source_and_its_template_exists() -> None:
    names = [rule.name for rule in rules()]
    assert len(names) == len(set(names)) > 30
    assert all(rule.source for rule in rules())
    columns = {
        (rule.name, column)
        for rule in rules()
        if rule.template
        for _, place in rule.places()
        for column in place.column
        if f" {column.upper()} (" not in templates._text(rule.template)
    }
    assert columns == set()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vendor: X\nrules: []", "at least 1 item"),
        ("vendor: X\nrules: [{name: a, source: s, commands: show version, shows: '('}]", "no regular expression"),
        ("vendor: X\nrules: [{name: a, source: s, commands: show version, shows: x}]", "needs vendor, os and version"),
        ("vendor: X\nrules: [{name: a, source: s, commands: c, shows: x, adds: true, hue: 1}]", "Extra inputs"),
        ("vendor: X\nrules: [{name: a, source: s, commands: c, shows: x, adds: true, serial: {column: s, line: x}}]",
         "a column needs a template"),
        ("vendor: [", "while parsing"),
    ],
)  # fmt: skip
def test_a_bad_rule_is_told_with_its_file(text: str, words: str) -> None:
    with pytest.raises(BadRule, match=words) as raised:
        read_rules("x.yaml", text)
    assert str(raised.value).startswith("x.yaml")
