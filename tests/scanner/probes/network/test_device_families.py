"""The widespread families by what their MIBs and manuals say they answer: also those the recorded walks do not hold."""

import pytest

from inventory.facts.device import VersionKind
from scanner.probes.network.identify import identify
from scanner.probes.network.varbinds import VarBinds
from tests.scanner.probes.network.answers import agent, entity

IOS = "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E3, RELEASE SOFTWARE (fc3)"
XE = "Cisco IOS Software [Gibraltar], ASR1000 Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 16.12.4, RELEASE"
XE3 = (
    "Cisco IOS Software, IOS-XE Software, Catalyst 4500 L3 Switch Software (cat4500e-UNIVERSALK9-M), Version 15.2(4)E7"
)
XR = "Cisco IOS XR Software (Cisco ASR9K Series),  Version 6.1.4[Default]\r\nCopyright (c) 2017 by Cisco Systems, Inc."
NX = "Cisco NX-OS(tm) n5000, Software (n5000-uk9), Version 7.3(3)N1(1), RELEASE SOFTWARE Copyright (c) 2002-2012"
JUNOS = (
    "Juniper Networks, Inc. ex3400-48p Ethernet Switch, kernel JUNOS 20.4R3-S2, Build date: 2022-02-10 UTC Copyright"
)
PROCURVE = (
    "HP J9729A 2920-48G-PoE+ Switch, revision WB.16.10.0012, ROM WB.16.03 (/ws/swbuildm/rel_yakima_qaoff/code/build)"
)
H3C = "HPE Comware Platform Software, Software Version 7.1.070, Release 3208P03\r\nHPE 5130 24G 4SFP+ EI Switch"
VRP = "S5720-56C-PWR-EI-AC\nHuawei Versatile Routing Platform Software \r\n VRP (R) software,Version 5.170 "
VRP += "(S5720 V200R010C00SPC600)"
EXOS = "ExtremeXOS (X440G2-48t-10G4) version 22.5.1.7 22.5.1.7-patch1-3 by release-manager on Tue Jul 10 2018"
ICX = "Brocade Communications Systems, Inc. ICX7450-48, IronWare Version 08.0.61T213 Compiled on Apr 10 2017"
SONIC = "SonicWALL TZ 570 (SonicOS 7.0.1-R1456)"
WIN = "Hardware: Intel64 Family 6 Model 63 Stepping 2 AT/AT COMPATIBLE - Software: Windows Version 6.3 "
WIN += "(Build 20348 Multiprocessor Free)"
LINUX = "Linux web1 5.14.0-362.8.1.el9_3.x86_64 #1 SMP PREEMPT_DYNAMIC Tue Oct 3 11:12:36 EDT 2023 x86_64"
OS10 = "Dell EMC Networking OS10 Enterprise.\r\nCopyright (c) 1999-2020 by Dell Inc.\r\nSystem Description: "
OS10 += "OS10 Enterprise.\r\nOS Version: 10.5.1.3\r\nSystem Type: S4148F-ON"
OS9 = (
    "Dell Networking OS\r\nOperating System Version: 2.0\r\nApplication Software Version: 9.14(1.7)\r\nSeries: S4048-ON"
)
NMC = "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.4.0 PN:apc_hw05_aos_640.bin AF1:v6.4.6 "
NMC += "AN1:apc_hw05_sumx_646.bin MN:AP9631 HR:05 SN: 5A1 MD:06/12/2012)"
UAP = "Linux UAP-AC-Pro 3.3.8 #1 Mon Jan 1 00:00:00 UTC 2018 mips"

# what it answers, and: vendor, os, model, version, serial
CASES: dict[str, tuple[VarBinds, tuple[str | None, ...]]] = {
    "ios": (agent("9.1.1208", IOS), ("Cisco", "IOS", "cat29xxStack", "15.2(7)E3", None)),
    "ios-xe": (agent("9.1.923", XE), ("Cisco", "IOS-XE", None, "16.12.4", None)),
    "ios-xe-3": (
        entity(agent("9.1.875", XE3), 1, 3, model="WS-C4507R+E", software="03.08.07.E", serial="FOX1"),
        ("Cisco", "IOS-XE", "WS-C4507R+E", "03.08.07.E", "FOX1"),
    ),
    "ios-xr": (agent("9.1.1017", XR), ("Cisco", "IOS-XR", None, "6.1.4", None)),
    "nx-os": (agent("9.12.3.1.3.1084", NX), ("Cisco", "NX-OS", None, "7.3(3)N1(1)", None)),
    "asa": (
        entity(
            agent("9.1.669", "Cisco Adaptive Security Appliance Version 9.8(2)20"), 1, 3, model="ASA5510", serial="JMX1"
        ),
        ("Cisco", "ASA", "ASA5510", "9.8(2)20", "JMX1"),
    ),
    "junos": (
        agent("2636.1.1.1.2.131", JUNOS, _2636_3_1_3_0="NW0218040001"),
        ("Juniper", "Junos", "ex3400-48p", "20.4R3-S2", "NW0218040001"),
    ),
    "fortios": (
        entity(
            agent(
                "12356.101.1.641", "", _12356_101_4_1_1_0="v7.0.5,build0304,220208 (GA)", _12356_100_1_1_1_0="FGT60F1"
            ),
            1,
            3,
            model="FGT_60F",
        ),
        ("Fortinet", "FortiOS", "FGT_60F", "v7.0.5,build0304,220208 (GA)", "FGT60F1"),
    ),
    "pan-os": (
        agent(
            "25461.2.3.38",
            "Palo Alto Networks PA-220 series firewall",
            _25461_2_1_2_1_1_0="10.1.6-h3",
            _25461_2_1_2_1_3_0="012801000000",
            _25461_2_1_2_2_1_0="PA-220",
        ),
        ("Palo Alto Networks", "PAN-OS", "PA-220", "10.1.6-h3", "012801000000"),
    ),
    "procurve": (
        agent("11.2.3.7.11.152", PROCURVE, _11_2_36_1_1_2_9_0="SG48FLXXXX"),
        ("HPE", "ArubaOS-Switch", "2920-48G-PoE+", "WB.16.10.0012", "SG48FLXXXX"),
    ),
    "comware": (
        agent("25506.11.1.181", H3C),
        ("HPE", "Comware", "5130 24G 4SFP+ EI Switch", "7.1.070 Release 3208P03", None),
    ),
    "arubaos": (
        agent("14823.1.1.32", "ArubaOS (MODEL: Aruba7210), Version 8.5.0.11 (77542)"),
        ("Aruba", "ArubaOS", "Aruba7210", "8.5.0.11", None),
    ),
    "aruba-cx": (
        entity(
            agent("47196.4.1.1.1.50", "Aruba JL635A 8325 GL.10.06.0110"),
            1,
            3,
            descr="Aruba 8325-48Y8C",
            software="GL.10.06.0110",
            serial="TW1",
        ),
        ("Aruba", "ArubaOS-CX", "Aruba 8325-48Y8C", "GL.10.06.0110", "TW1"),
    ),
    "eos": (
        entity(
            agent(
                "30065.1.3011.7048.427.3648",
                "Arista Networks EOS version 4.25.4M running on an Arista Networks DCS-7048T-A",
            ),
            1,
            3,
            serial="JPE1",
        ),
        ("Arista", "EOS", "DCS-7048T-A", "4.25.4M", "JPE1"),
    ),
    "routeros": (
        agent(
            "14988.1",
            "RouterOS RB4011iGS+",
            _14988_1_1_4_4_0="6.49.10",
            _14988_1_1_7_3_0="B8",
            _14988_1_1_7_4_0="6.48.6",
        ),
        ("MikroTik", "RouterOS", "RB4011iGS+", "6.49.10", "B8"),
    ),
    "edgeswitch": (
        agent("4413", "US-24-250W, 5.43.18.12487, Linux 3.6.5"),
        ("Ubiquiti", "EdgeSwitch/UniFi Switch", "US-24-250W", "5.43.18.12487", None),
    ),
    "edgeos": (
        agent("41112.1.5", "EdgeOS v1.10.5.5098939.180605.2015"),
        ("Ubiquiti", "EdgeOS", None, "1.10.5.5098939.180605.2015", None),
    ),
    "unifi": (
        agent(
            "8072.3.2.10",
            UAP,
            _41112_1_6_3_3_0="UAP-AC-Pro",
            _41112_1_6_3_6_0="4.3.28.11361",
        ),
        ("Ubiquiti", "UniFi", "UAP-AC-Pro", "4.3.28.11361", None),
    ),
    "dell-os9": (
        agent(
            "6027.1.3.20",
            OS9,
        ),
        ("Dell", "Dell Networking OS (FTOS)", "S4048-ON", "9.14(1.7)", None),
    ),
    "dell-os10": (agent("674.11000.5000.100.2.1.4", OS10), ("Dell", "OS10", "S4148F-ON", "10.5.1.3", None)),
    "powerconnect": (
        agent(
            "674.10895.3042",
            "Dell Networking N2048, 6.3.2.3, Linux 3.6.5",
            _674_10895_3000_1_2_100_1_0="N2048",
            _674_10895_3000_1_2_100_4_0="6.3.2.3",
            _674_10895_3000_1_2_100_8_1_4_1="ABC1234",
        ),
        ("Dell", "Dell Networking N/PowerConnect", "N2048", "6.3.2.3", "ABC1234"),
    ),
    "vrp": (agent("2011.2.23.291", VRP), ("Huawei", "VRP", "S5720-56C-PWR-EI-AC", "5.170 (V200R010C00SPC600)", None)),
    "exos": (agent("1916.2.219", EXOS), ("Extreme Networks", "EXOS", "X440G2-48t-10G4", "22.5.1.7", None)),
    "fabric-os": (
        agent("1588.2.1.1.71", "Fibre Channel Switch.", _1588_2_1_1_1_1_6_0="v7.4.1d", _1588_2_1_1_1_1_10_0="ALJ1"),
        ("Brocade", "Fabric OS", None, "v7.4.1d", "ALJ1"),
    ),
    "ironware": (
        agent("1991.1.3.61.1.2.1.1", ICX, _1991_1_1_1_1_2_0="CYT1"),
        ("Brocade", "IronWare", "ICX7450-48", "08.0.61T213", "CYT1"),
    ),
    "gaia": (
        agent(
            "2620.1.6.123.1.62",
            "Linux fw 3.10.0-957.21.3cpx86_64 #1 SMP Wed Nov 25 09:11:18 IST 2020 x86_64",
            _2620_1_6_4_1_0="R81.10",
            _2620_1_6_16_7_0="Check Point 6200",
            _2620_1_6_16_3_0="SN123",
        ),
        ("Check Point", "Gaia", "Check Point 6200", "R81.10", "SN123"),
    ),
    "gaia-scalars-refused": (
        agent("2620.1.6.123.1.62", "Linux fw 3.10.0-957.21.3cpx86_64 #1 SMP Wed Nov 25 09:11:18 IST 2020 x86_64"),
        ("Check Point", "Gaia", None, None, None),
    ),
    "tmos": (
        agent(
            "3375.2.1.3.4.43",
            "Linux bigip 3.10.0-862.14.4.el7.ve.x86_64 #1 SMP Fri Jan 15 15:00:00 PST 2021 x86_64",
            _3375_2_1_4_2_0="15.1.2",
            _3375_2_1_3_5_2_0="BIG-IP Virtual Edition",
            _3375_2_1_3_3_3_0="423a",
        ),
        ("F5", "TMOS", "BIG-IP Virtual Edition", "15.1.2", "423a"),
    ),
    "ilo": (
        agent(
            "232.9.4.10",
            "Integrated Lights-Out 5 2.72 Sep 04 2022",
            _232_2_2_4_2_0="ProLiant DL380 Gen10",
            _232_2_2_2_1_0="CZ1",
        ),
        ("HPE", "iLO", "ProLiant DL380 Gen10", "2.72", "CZ1"),
    ),
    "idrac": (
        agent(
            "674.10892.5",
            "",
            _674_10892_5_1_1_8_0="6.10.30.00",
            _674_10892_5_1_3_12_0="PowerEdge R740",
            _674_10892_5_1_3_2_0="ABC1234",
        ),
        ("Dell", "iDRAC", "PowerEdge R740", "6.10.30.00", "ABC1234"),
    ),
    "esxi": (
        agent(
            "6876.4.1",
            "VMware ESXi 7.0.3 build-19482537 VMware, Inc. x86_64",
            _6876_1_2_0="7.0.3",
            _6876_1_4_0="19482537",
        ),
        ("VMware", "ESXi", None, "7.0.3", None),
    ),
    "apc": (
        agent(
            "318.1.3.27",
            NMC,
            _318_1_4_2_4_1_4_1="v6.4.0",
            _318_1_4_2_4_1_4_2="v6.4.6",
            _318_1_1_1_1_1_1_0="Smart-UPS 1500",
            _318_1_1_1_1_2_3_0="AS1",
        ),
        ("APC", "AOS", "Smart-UPS 1500", "AOS v6.4.0 / App v6.4.6", "AS1"),
    ),
    "eaton": (
        agent("534.1", "Eaton 5PX 1500", _534_1_1_2_0="Eaton 5PX 1500", _534_1_1_3_0="02.08.0015", _534_1_1_6_0="G1"),
        ("Eaton", "Network card", "Eaton 5PX 1500", "02.08.0015", "G1"),
    ),
    "synology": (
        agent(
            "8072.3.2.10",
            "Linux nas 4.4.180+ #42962 SMP Tue Sep 20 22:35:50 CST 2022 x86_64",
            _6574_1_5_1_0="DS920+",
            _6574_1_5_2_0="20C0",
            _6574_1_5_3_0="DSM 7.1-42962",
        ),
        ("Synology", "DSM", "DS920+", "7.1-42962", "20C0"),
    ),
    "qnap": (
        agent(
            "55062.1",
            "Linux TS-X41 5.2.5.3145",
            _55062_1_12_3_0="TS-431P",
            _55062_1_12_5_0="Q193C",
            _55062_1_12_6_0="5.2.5.3145",
        ),
        ("QNAP", "QTS", "TS-431P", "5.2.5.3145", "Q193C"),
    ),
    "ontap": (
        agent(
            "789.2.5",
            "NetApp Release 9.8P6: Thu Aug 05 2021",
            _789_1_1_2_0="NetApp Release 9.8P6: Thu Aug 05 2021",
            _789_1_1_5_0="FAS2720",
            _789_1_1_9_0="951",
        ),
        ("NetApp", "Data ONTAP", "FAS2720", "9.8P6", "951"),
    ),
    "jetdirect": (
        agent(
            "11.2.3.9.1",
            "HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD153,EEPROM JSI24090012,CIDATE 09/10/2019",
            _11_2_3_9_4_2_1_1_3_5_0="20230102",
            oid_1_3_6_1_2_1_25_3_2_1_3_1="HP LaserJet M506",
            oid_1_3_6_1_2_1_43_5_1_1_17_1="PH1",
        ),
        ("HP", "JetDirect printer", "LaserJet M506", "20230102", "PH1"),
    ),
    "lexmark": (
        agent(
            "641.6", "Lexmark MS810 version NH.HS50.N434 kernel 2.6.28.10 All-N-1", oid_1_3_6_1_2_1_43_5_1_1_17_1="4062"
        ),
        ("Lexmark", "Lexmark printer", "MS810", "NH.HS50.N434", "4062"),
    ),
    "windows-2022": (agent("311.1.1.3.1.2", WIN), ("Microsoft", "Windows", "Intel x64", "Server 2022", None)),
    "linux": (agent("8072.3.2.10", LINUX), (None, "Linux", "Generic x86 64-bit", "5.14.0-362.8.1.el9_3.x86_64", None)),
    "sonicwall": (
        agent("8741.1", SONIC, _8741_2_1_1_1_0="TZ 570", _8741_2_1_1_2_0="2CB8", _8741_2_1_1_3_0="SonicOS 7.0.1-R1456"),
        ("SonicWall", "SonicOS", "TZ 570", "SonicOS 7.0.1-R1456", "2CB8"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_device_is_what_its_vendor_says_it_answers(case: str) -> None:
    answered, wanted = CASES[case]
    device = identify(answered)
    assert (device.vendor, device.os, device.model, device.version, device.serial) == wanted
    assert device.rule is not None
    assert device.conflicts == ()


def test_a_kernels_version_is_marked_as_one() -> None:
    device = identify(CASES["linux"][0])
    assert device.version_kind is VersionKind.KERNEL
    assert device.model_is_architecture is True


def test_a_release_name_is_marked_as_one() -> None:
    assert identify(CASES["windows-2022"][0]).version_kind is VersionKind.RELEASE


def test_a_board_computers_kernel_is_not_its_firmwares_version() -> None:
    device = identify(agent("8072.3.2.10", "Linux box 2.6.36 #1 Mon Jan 1 00:00:00 UTC 2018 mips"))
    assert (device.os, device.version) == ("Linux", None)


def test_the_boot_version_is_kept_apart() -> None:
    assert identify(CASES["procurve"][0]).boot_version == "WB.16.03"
    assert identify(CASES["routeros"][0]).boot_version == "6.48.6"
