"""Probers: one look at one thing that is watched. To add a kind: write its file, add its line here."""

from collections.abc import Mapping

from inventory.facts.availability import Sample
from inventory.watch import Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.call import call
from scanner.transports.endpoints.databases import mysql, postgresql, redis, sql_server
from scanner.transports.endpoints.dns import dns_question
from scanner.transports.endpoints.http import http
from scanner.transports.endpoints.icmp import icmp
from scanner.transports.endpoints.ldap import ldap
from scanner.transports.endpoints.mail import imap, pop3, smtp
from scanner.transports.endpoints.ntp import ntp
from scanner.transports.endpoints.sampling import Prober, sampled
from scanner.transports.endpoints.sip import sip
from scanner.transports.endpoints.ssh import ssh
from scanner.transports.endpoints.tcp import tcp
from scanner.transports.endpoints.tls import tls
from scanner.transports.endpoints.transaction import transaction
from scanner.transports.endpoints.udp import udp
from scanner.transports.endpoints.windows import rdp, smb

PROBERS: Mapping[str, Prober] = {
    "call": call,
    "dns": dns_question,
    "http": http,
    "https": http,
    "icmp": icmp,
    "imap": imap,
    "ldap": ldap,
    "mysql": mysql,
    "ntp": ntp,
    "pop3": pop3,
    "postgresql": postgresql,
    "rdp": rdp,
    "redis": redis,
    "sip": sip,
    "smb": smb,
    "smtp": smtp,
    "sql-server": sql_server,
    "ssh": ssh,
    "tcp": tcp,
    "tls": tls,
    "transaction": transaction,
    "udp": udp,
}


async def probe(watch: Watch, around: Around) -> Sample:
    """Look once, within the watch's time limit. Never raises but for cancellation."""
    return await sampled(PROBERS[watch.kind], watch, around)
