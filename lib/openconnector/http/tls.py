"""Whom we trust and who we are on TLS: the system's store, an own CA bundle, a client certificate."""

import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from openconnector.errors import ConfigurationError
from openconnector.messages import t


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsIdentity:
    """What a source adds to the system's store; all of it PEM text."""

    ca_bundle: str | None = None
    """Certificates of authorities trusted besides the system's."""
    certificate: str | None = None
    """Our client certificate, followed by its chain."""
    key: SecretStr | None = None
    """The private key of the client certificate, not encrypted."""

    def context(self) -> ssl.SSLContext:
        """Return the verifying TLS context. Reads and writes files. Raises `ConfigurationError`."""
        context = ssl.create_default_context()
        try:
            if self.ca_bundle:
                context.load_verify_locations(cadata=self.ca_bundle)
        except (ssl.SSLError, ValueError):
            raise ConfigurationError(t("The CA bundle holds no certificate in PEM form")) from None
        if self.certificate and self.key:
            _load(context, self.certificate, self.key)
        elif self.certificate or self.key:
            raise ConfigurationError(t("A client certificate and its key belong together"))
        return context


def _load(context: ssl.SSLContext, certificate: str, key: SecretStr) -> None:
    # The ssl module reads a client certificate from files only; these are ours alone and gone at once.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "identity.pem"
        path.touch(mode=0o600)
        path.write_text(f"{key.get_secret_value()}\n{certificate}\n")
        try:
            # An encrypted key would otherwise ask for its passphrase on the terminal.
            context.load_cert_chain(path, password="")
        except (ssl.SSLError, ValueError):
            raise ConfigurationError(
                t(
                    "The client certificate and its key cannot be used: both must be PEM, and belong together"
                )
            ) from None
