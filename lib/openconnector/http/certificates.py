"""When the certificates of other systems expire, as their connections show."""

import ssl
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any, Final

from typing_extensions import override

from openconnector.http.tls import TlsIdentity

MOST_HOSTS: Final = 10_000


class Certificates:
    """The certificates this process has seen, by host; the oldest knowledge goes first when there is much."""

    def __init__(self) -> None:
        self._expiries: OrderedDict[str, datetime] = OrderedDict()
        self._usual: ssl.SSLContext | None = None

    def expiry(self, host: str) -> datetime | None:
        """Return until when the certificate is good that a host showed last; None where it showed none."""
        return self._expiries.get(host.lower())

    def note(self, host: str, shown: Any) -> None:
        """Take notice of a certificate that was found good, in the form of `SSLSocket.getpeercert`."""
        try:
            seconds = ssl.cert_time_to_seconds(shown["notAfter"])
        except (KeyError, TypeError, ValueError):
            return
        self._expiries[host.lower()] = datetime.fromtimestamp(seconds, UTC)
        self._expiries.move_to_end(host.lower())
        if len(self._expiries) > MOST_HOSTS:
            self._expiries.popitem(last=False)

    def context(self, tls: TlsIdentity | None) -> ssl.SSLContext:
        """Return the verifying TLS context of an identity, whose handshakes are noted. Reads files.

        Raises `ConfigurationError`.
        """
        if tls is not None:
            return self._watched(tls.context())
        if self._usual is None:
            self._usual = self._watched(TlsIdentity().context())
        return self._usual

    def _watched(self, context: ssl.SSLContext) -> ssl.SSLContext:
        noted = self.note

        class Watched(ssl.SSLObject):
            @override
            def do_handshake(self) -> None:
                super().do_handshake()
                noted(self.server_hostname or "", self.getpeercert())

        context.sslobject_class = Watched
        return context
