"""What is let in: every datagram is looked at here before a library may decode it, the same for every library.

In SNMPv3 an answer counts only with this user's signature, from the engine that was asked, at the level that was
asked, and not older than what was seen already (RFC 3414, section 3.2). Reports may come unsigned, since the agent has
no key to sign with when it does not know the user; one that speaks of the time must be signed.
"""

from collections import OrderedDict

from scanner.transports import snmp_ber as ber
from scanner.transports.snmp_faults import NOT_IN_TIME_WINDOW, Forged, Garbled
from scanner.transports.snmp_session import SnmpLogin
from scanner.transports.snmp_usm import Keys, keys

KNOWN_ENGINES = 10_000
WINDOW_SECONDS = 150  # RFC 3414, section 2.2.3


Place = tuple[str, int]

_engines: OrderedDict[Place, bytes] = OrderedDict()  # the engine ids that were given there last time


class Gate:
    """For one device: what answers to this log-in."""

    def __init__(self, login: SnmpLogin, place: Place) -> None:
        self._user, self._place = login.user, place
        self._community = (login.community or "").encode()
        self._keys: Keys | None = None
        self._clock = (0, 0)  # boots and time of the latest signed message
        if place in _engines:
            self.meet(_engines[place])

    @property
    def engine_id(self) -> bytes:
        """Empty when it is not known, and in v2c."""
        return self._keys.engine_id if self._keys else b""

    def admit(self, data: bytes) -> tuple[ber.Message, ber.Pdu]:
        """The message and its PDU. Raises :class:`Garbled` or :class:`Forged`."""
        message = ber.message(data)
        if (message.version == ber.V3) != (self._user is not None):
            raise Garbled("what came is another version of SNMP than was asked")
        if self._user is None:
            if message.user != self._community:
                raise Garbled("an answer came with another community than the one that was asked with")
            return message, _plain(message)
        if message.flags & ber.AUTH_FLAG and self._user.auth:
            return message, self._signed(data, message)
        found = _plain(message)
        if found.kind != ber.REPORT and (self._user.auth or message.engine_id != self.engine_id):
            raise Forged("an answer came that this user's key did not sign")
        if found.kind == ber.REPORT and self._user.auth and found.report == NOT_IN_TIME_WINDOW:
            raise Forged("a report about the time came that this user's key did not sign")
        return message, found

    def meet(self, engine_id: bytes) -> None:
        """Take this as the engine id of the device."""
        if self._user is None or engine_id == self.engine_id:
            return
        self._keys, self._clock = keys(self._user, engine_id), (0, 0)
        _engines[self._place] = engine_id
        _engines.move_to_end(self._place)
        if len(_engines) > KNOWN_ENGINES:
            _engines.popitem(last=False)

    def forget(self) -> None:
        """The device says that it is another one by now."""
        self._keys = None
        _engines.pop(self._place, None)

    def _signed(self, data: bytes, message: ber.Message) -> ber.Pdu:
        known = self._keys
        if known is None or message.engine_id != known.engine_id:
            raise Forged("an answer came from another SNMP engine than the one that was asked")
        if not known.signed(data, message) or message.user != known.user.name.encode():
            raise Forged("an answer came that this user's key did not sign")
        self._in_time(message)
        if message.flags & ber.PRIV_FLAG:
            return known.decrypted(message)
        found = _plain(message)
        if known.user.priv and found.kind != ber.REPORT:
            raise Forged("an answer came in clear text although it was asked for encrypted")
        return found

    def _in_time(self, message: ber.Message) -> None:
        """A recorded answer that is played again is old."""
        boots, time = self._clock
        if message.boots < boots or (message.boots == boots and message.time < time - WINDOW_SECONDS):
            raise Forged("an answer came that was signed some time ago")
        self._clock = max(self._clock, (message.boots, message.time))


def _plain(message: ber.Message) -> ber.Pdu:
    if message.pdu is None:
        raise Garbled("what came is encrypted in a way that was not asked for")
    return message.pdu
