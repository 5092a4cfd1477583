"""Sealing and opening secrets: AES-256-GCM, bound to the row they belong to, with keys outside the database."""

import base64
import binascii
import os
import secrets
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openconnector.errors import ConfigurationError

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_BYTES = 4
OWNER_ONLY = 0o600


class KeyRing:
    """The keys of an installation: the newest seals, every one opens.

    A sealed value is key id, nonce and ciphertext. ``binding`` names where it belongs (table, id, field) and is
    authenticated with it, so that a value copied to another row does not open there.
    """

    def __init__(self, keys: dict[bytes, bytes], current: bytes) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._current = current

    @classmethod
    def load(cls, path: Path) -> "KeyRing":
        """Return the ring in this file, an empty one when there is no such file. Raises `ConfigurationError`."""
        ring = cls({}, b"")
        if path.exists():
            ring._read(path)
        return ring

    @property
    def is_empty(self) -> bool:
        """Whether it can neither seal nor open anything: `create` was not called yet."""
        return not self._ciphers

    def create(self, path: Path) -> None:
        """Make the file (mode 0600) with a new key, or take what another process put there first.

        Raises `ConfigurationError`. What an earlier, lost key sealed never opens again: look for that before.
        """
        if not path.exists():
            _create(path)
        self._read(path)

    def _read(self, path: Path) -> None:
        try:
            stored = orjson.loads(path.read_bytes())
            keys = {
                bytes.fromhex(name): base64.b64decode(key) for name, key in stored["keys"].items()
            }
            current = bytes.fromhex(stored["current"])
            keys[current]  # a ring without its newest key is no ring
            self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
            self._current = current
        except (OSError, KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
            raise ConfigurationError(
                f"The key file {path} cannot be read: {_plainly(error)}. Secrets cannot be opened without it; "
                "restore it from the backup that belongs to this database and make it readable for this user"
            ) from error

    def seal(self, value: bytes, binding: str) -> bytes:
        """Return the value encrypted and bound."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, value, binding.encode())
        return self._current + nonce + sealed

    def open(self, sealed: bytes, binding: str) -> bytes:
        """Return what was sealed. Raises `ConfigurationError` for another binding, key or a changed byte."""
        name, nonce = sealed[:KEY_ID_BYTES], sealed[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise ConfigurationError(
                f"{binding} was sealed with key {name.hex()}, which is not in the key file; enter the secret again"
            )
        try:
            return cipher.decrypt(nonce, sealed[KEY_ID_BYTES + NONCE_BYTES :], binding.encode())
        except (InvalidTag, ValueError) as error:
            raise ConfigurationError(
                f"{binding} does not open: it was changed or belongs elsewhere; enter the secret again"
            ) from error


def _create(path: Path) -> None:
    name = secrets.token_hex(KEY_ID_BYTES)
    key = base64.b64encode(os.urandom(KEY_BYTES)).decode()
    body = orjson.dumps({"current": name, "keys": {name: key}})
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked into place: two processes that start together must end up with one key.
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)
    except FileExistsError:
        return
    except OSError as error:
        raise ConfigurationError(
            f"The key file {path} cannot be created: {_plainly(error)}. Make its folder writable for this user"
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def _plainly(error: Exception) -> str:
    return (
        error.strerror or "it cannot be read" if isinstance(error, OSError) else "it holds no keys"
    )
