"""How often somebody may try to log in before he has to wait."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from openconnector.errors import LoginRefused, TooManyTries
from openconnector.messages import Message, t
from openconnector.ports import Clock

WINDOW = timedelta(minutes=15)

PER_ADDRESS = 10
"""Failed tries from one address of a client, or from one of the networks that IPv6 clients are given whole."""

CLIENT_BITS = 64
"""How much of an IPv6 address tells one client from another; the rest it may choose."""

PER_NAME = 30
"""Failed tries for one name from anywhere. It closes this door alone: the host's own login stays open to its owner."""

KEPT = 10_000
"""How many addresses and how many names are remembered; the longest untried are forgotten first."""

ADDRESS_REFUSED = t("This address has failed to log in too often; wait {seconds} seconds")
NAME_REFUSED = t("This name has failed to log in too often; wait {seconds} seconds")


class Tries:
    """Counts tries that failed, in this process. A try counts from its beginning, so that many at once are many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._addresses = Counted(PER_ADDRESS, ADDRESS_REFUSED)
        self._names = Counted(PER_NAME, NAME_REFUSED)

    @contextmanager
    def counted(self, name: str, address: str) -> Iterator[None]:
        """Count what happens within as a try, unless it ends otherwise than in `LoginRefused`.

        Raises `TooManyTries`. An address that is not known ("") has no limit of its own.
        """
        now, name, address = self._clock.now(), name.casefold(), _client(address)
        if address:
            self._addresses.add(address, now)
        try:
            self._names.add(name, now)
        except TooManyTries:
            self._addresses.take_back(address)
            raise
        try:
            yield
        except LoginRefused:
            raise
        except BaseException:  # nobody has judged the password
            self._take_back(name, address)
            raise
        self._take_back(name, address)

    def _take_back(self, name: str, address: str) -> None:
        self._addresses.take_back(address)
        self._names.take_back(name)


class Counted:
    """The moments of tries by key, no older than the window."""

    def __init__(self, limit: int, refusal: str) -> None:
        self._limit = limit
        self._refusal = refusal
        self._moments: OrderedDict[str, deque[datetime]] = OrderedDict()

    def add(self, key: str, now: datetime) -> None:
        """Count a try. Raises `TooManyTries` when the limit is reached; such a try is not counted."""
        moments = self._moments.setdefault(key, deque())
        self._moments.move_to_end(key)
        while moments and moments[0] <= now - WINDOW:
            moments.popleft()
        if len(moments) >= self._limit:
            wait = (moments[0] + WINDOW - now).total_seconds()
            raise TooManyTries(
                Message(self._refusal, {"seconds": round(wait)}),
                retry_after_seconds=wait,
            )
        moments.append(now)
        if len(self._moments) > KEPT:
            self._moments.popitem(last=False)

    def __len__(self) -> int:
        return len(self._moments)

    def take_back(self, key: str) -> None:
        """Forget the last try, if it has not been forgotten already."""
        if moments := self._moments.get(key):
            moments.pop()


def _client(address: str) -> str:
    """Return what stays the same however a client chooses among its addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), CLIENT_BITS), strict=False))
