"""Several requests that share cookies, in order: open the portal, log in, see a word. The first failure is told."""

import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from inventory.watch import Http, Step, Transaction, Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.faults import Blind, ProbeFault, Unexpected
from scanner.transports.endpoints.http import REDIRECTS, Goal, Reply, elsewhere, fetch, goal_of
from scanner.transports.endpoints.patterns import found
from scanner.transports.endpoints.sampling import REFERENCES, Seen, value_of

MAX_STEPS = 20
MAX_REDIRECTS = 5
MAX_COOKIES = 50  # of one side
MAX_COOKIE = 4_096  # bytes, as browsers have it
MAX_KEPT = 4_096  # characters of a kept value
_NAME = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_EACH = ("dns", "connect", "tls", "first_byte")


@dataclass(slots=True)
class _Session:
    """What the steps share; no longer than the transaction. Cookies go back to the very host that set them only."""

    watch: Watch
    around: Around
    seen: Seen
    kept: dict[str, str] = field(default_factory=dict)
    jar: dict[tuple[str, bool], dict[str, str]] = field(default_factory=dict)  # of a host, inside TLS or not

    def cookies(self, goal: Goal) -> dict[str, str]:
        """Those that came inside TLS are not sent in the clear."""
        inside = self.jar.get((goal.host, True), {}) if goal.secure else {}
        return {**self.jar.get((goal.host, False), {}), **inside}

    def store(self, goal: Goal, reply: Reply) -> None:
        own = self.jar.setdefault((goal.host, goal.secure), {})
        for name, value in reply.headers:
            key, equals, told = value.partition(";")[0].strip().partition("=")
            room = key in own or len(own) < MAX_COOKIES
            if name == "set-cookie" and key and equals and room and len(value) <= MAX_COOKIE:
                own[key] = told


async def transaction(watch: Watch, around: Around, seen: Seen) -> None:
    ask = watch.ask if isinstance(watch.ask, Transaction) else Transaction(())
    if not 1 <= len(ask.steps) <= MAX_STEPS:
        raise Blind(f"a transaction has 1 to {MAX_STEPS} steps, and this one {len(ask.steps)}")
    session, started = _Session(watch, around, seen), time.perf_counter()
    for number, step in enumerate(ask.steps, start=1):
        begun = time.perf_counter()
        try:
            reply = await _done(step, session)
            _judge(step, reply)
            _keep(step, reply, session)
        except ProbeFault as fault:
            raise type(fault)(f"step {number} of {len(ask.steps)}: {fault}") from fault
        finally:
            seen.evidence = b""  # a page behind a log-in is nobody's business
        for name in _EACH:
            seen.timings.pop(name, None)
        seen.timings[f"step_{number}"] = (time.perf_counter() - begun) * 1e3
    took = time.perf_counter() - started
    if ask.slow_seconds is not None and took > ask.slow_seconds:
        seen.slow = seen.slow or f"it took {took:.2f} s; more than {ask.slow_seconds:g} s is slow"


async def _done(step: Step, session: _Session) -> Reply:
    """One step with the redirects it leads through."""
    goal, method = goal_of(_filled(step.url, session)), step.method
    form = [(name, _value(value, session)) for name, value in step.form]
    body = urlencode(form) if method == "POST" else ""
    for _ in range(MAX_REDIRECTS + 1):
        ask = Http(method, goal.path, _headers(goal, body, session), body_has="")
        reply = await fetch(goal, ask, session.watch.tls, session.around, session.seen, body.encode())
        session.store(goal, reply)
        if reply.status not in REDIRECTS or reply.status in step.status:
            return reply
        before, goal = goal, elsewhere(goal, reply)
        if before.secure and not goal.secure:
            raise Unexpected("it leads from https to http")
        if reply.status in (301, 302, 303):
            method, body = "GET", ""
        elif body and (goal.host, goal.port) != (before.host, before.port):
            raise Unexpected("it would send the form to another server")
    raise Unexpected(f"it redirects more than {MAX_REDIRECTS} times")


def _headers(goal: Goal, body: str, session: _Session) -> tuple[tuple[str, str], ...]:
    cookies = "; ".join(f"{name}={value}" for name, value in session.cookies(goal).items() if value.isprintable())
    form = (("content-type", "application/x-www-form-urlencoded"),) if body else ()
    return (*form, *((("cookie", cookies),) if cookies else ()))


def _judge(step: Step, reply: Reply) -> None:
    good = reply.status in step.status if step.status else 200 <= reply.status < 300
    if not good:
        raise Unexpected(f"status {reply.status}")
    if step.has is not None and not found(step.has, reply.body):
        raise Unexpected(f"the page ({len(reply.body)} bytes) lacks {step.has!r}")


def _keep(step: Step, reply: Reply, session: _Session) -> None:
    for name, pattern in step.keep:
        match = found(pattern, reply.body)
        if not match or not match.groups():
            raise Unexpected(f"the page holds nothing for {name!r}")
        session.kept[name] = (match[1] or b"").decode("utf-8", "replace")[:MAX_KEPT]


def _filled(text: str, session: _Session) -> str:
    return _NAME.sub(lambda match: session.kept.get(match[1], match[0]), text)


def _value(value: str, session: _Session) -> str:
    """Only what the inventory itself says is a reference: a page cannot make us read a secret."""
    return value_of(value, session.around, session.seen) if value.startswith(REFERENCES) else _filled(value, session)
