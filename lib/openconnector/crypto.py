"""Sealing and opening secrets: AES-256-GCM, bound to the row they belong to, with keys outside the database."""

import base64
import binascii
import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openconnector.errors import ConfigurationError

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_BYTES = 4
OWNER_ONLY = 0o600

UNREADABLE = (OSError, KeyError, TypeError, AttributeError, ValueError, binascii.Error)
"""What reading a file that holds no keys may raise."""


class KeyRing:
    """The keys of an installation: the newest seals, every one opens.

    A sealed value is key id, nonce and ciphertext. ``binding`` names where it belongs (table, id, field) and is
    authenticated with it, so that a value copied to another row does not open there. Another process may change the
    file meanwhile: it is read again before anything is sealed with a key that no longer is the newest.
    """

    def __init__(self, keys: dict[bytes, bytes], current: bytes) -> None:
        self._path: Path | None = None
        self._stamp: tuple[int, ...] = ()
        self._take(keys, {}, current)

    @classmethod
    def load(cls, path: Path) -> "KeyRing":
        """Return the ring in this file, an empty one when there is no such file. Raises `ConfigurationError`."""
        ring = cls({}, b"")
        ring._path = path
        if path.exists():
            ring._read(path)
        return ring

    @property
    def is_empty(self) -> bool:
        """Whether it can neither seal nor open anything: `create` was not called yet."""
        return not self._keys

    @property
    def ids(self) -> frozenset[bytes]:
        """The ids of every key."""
        return frozenset(self._keys)

    @property
    def current(self) -> bytes:
        """The id of the key that seals; it begins every value that key has sealed."""
        return self._current

    @property
    def newest(self) -> bytes:
        """The id of the key that was made last, in use or not."""
        return max(self._made, key=self._made.__getitem__, default=self._current)

    @property
    def current_since(self) -> datetime | None:
        """When the key that seals was made; None for the one an installation began with."""
        return self._made.get(self._current)

    def create(self, path: Path) -> None:
        """Make the file (mode 0600) with a new key, or take what another process put there first.

        Raises `ConfigurationError`. What an earlier, lost key sealed never opens again: look for that before.
        """
        self._path = path
        if not path.exists():
            name, key = _new_key()
            _create(path, _body({name: key}, {}, name))
        self._read(path)

    def prepare(self, now: datetime) -> bytes:
        """Add a new key that opens and does not seal yet, and return its id. Raises `ConfigurationError`."""
        name, key = _new_key()
        self._replace({**self._keys, name: key}, {**self._made, name: now}, self._current)
        return name

    def promote(self, name: bytes) -> None:
        """Seal with this key from now on, in every process. Raises `ConfigurationError`."""
        self._replace(self._keys, self._made, name)

    def retire(self) -> None:
        """Drop every key but the one that seals. What they sealed never opens again: look for that before."""
        self._replace({self._current: self._keys[self._current]}, self._made, self._current)

    def adopt(self, content: bytes) -> None:
        """Add the keys of another key file; the one that seals stays, where there is one.

        Raises `ConfigurationError`.
        """
        try:
            keys, made, current = _parsed(content)
        except UNREADABLE as error:
            raise ConfigurationError(f"These are no keys: {_plainly(error)}") from error
        self._look_again()  # a key that was made meanwhile may have sealed something already
        self._replace({**keys, **self._keys}, {**made, **self._made}, self._current or current)

    def content(self) -> bytes:
        """Return the keys as a key file holds them."""
        return _body(self._keys, self._made, self._current)

    def seal(self, value: bytes, binding: str) -> bytes:
        """Return the value encrypted and bound."""
        self._look_again()
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, value, binding.encode())
        return self._current + nonce + sealed

    def open(self, sealed: bytes, binding: str) -> bytes:
        """Return what was sealed. Raises `ConfigurationError` for another binding, key or a changed byte."""
        name, nonce = key_id(sealed), sealed[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        if name not in self._ciphers:
            self._look_again()
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

    def _read(self, path: Path) -> None:
        try:
            stamp = _stamp(path)
            self._take(*_parsed(path.read_bytes()))
        except UNREADABLE as error:
            raise ConfigurationError(
                f"The key file {path} cannot be read: {_plainly(error)}. Secrets cannot be opened without it; "
                "restore it from the backup that belongs to this database and make it readable for this user"
            ) from error
        self._stamp = stamp

    def _take(self, keys: dict[bytes, bytes], made: dict[bytes, datetime], current: bytes) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._keys, self._made, self._current = keys, made, current

    def _look_again(self) -> None:
        if self._path is None:
            return
        # A file that was taken away or broken meanwhile is no reason to lose what we hold.
        with suppress(OSError, ConfigurationError):
            if _stamp(self._path) != self._stamp:
                self._read(self._path)

    def _replace(
        self, keys: dict[bytes, bytes], made: dict[bytes, datetime], current: bytes
    ) -> None:
        made = {name: moment for name, moment in made.items() if name in keys}
        if self._path is None:
            raise ConfigurationError("These keys are in no file, so they cannot be changed")
        path = self._path.resolve()  # a link stays one, and what it leads to has every key
        aside = _aside(path)
        try:
            _write(aside, _body(keys, made, current))
            aside.replace(path)
            _keep_entry(path)
        except OSError as error:
            raise _unwritable(path, error) from error
        finally:
            _forget(aside)
        self._read(self._path)


def key_id(sealed: bytes) -> bytes:
    """Return the id of the key that sealed a value."""
    return sealed[:KEY_ID_BYTES]


def _create(path: Path, content: bytes) -> None:
    # Written aside and linked into place: two processes that start together must end up with one key.
    aside = _aside(path)
    try:
        _write(aside, content)
        os.link(aside, path)
        _keep_entry(path)
    except FileExistsError:
        return
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        _forget(aside)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _keep_entry(path: Path) -> None:
    """Have the file's name outlive a power cut: what its key seals is in a database that does."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _forget(aside: Path) -> None:
    with suppress(OSError):
        aside.unlink(missing_ok=True)


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.{secrets.token_hex(4)}")


def _unwritable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The key file {path} cannot be written: {_plainly(error)}. Make its folder writable for this user"
    )


def _new_key() -> tuple[bytes, bytes]:
    return os.urandom(KEY_ID_BYTES), os.urandom(KEY_BYTES)


def _body(keys: dict[bytes, bytes], made: dict[bytes, datetime], current: bytes) -> bytes:
    body: dict[str, object] = {
        "current": current.hex(),
        "keys": {name.hex(): base64.b64encode(key).decode() for name, key in keys.items()},
    }
    if made:
        body["made"] = {name.hex(): moment.isoformat() for name, moment in made.items()}
    return orjson.dumps(body)


def _parsed(content: bytes) -> tuple[dict[bytes, bytes], dict[bytes, datetime], bytes]:
    stored = orjson.loads(content)
    keys = {bytes.fromhex(name): base64.b64decode(key) for name, key in stored["keys"].items()}
    made = {
        bytes.fromhex(name): datetime.fromisoformat(moment).astimezone(UTC)
        for name, moment in stored.get("made", {}).items()
    }
    current = bytes.fromhex(stored["current"])
    for name in (current, *keys):
        AESGCM(keys[name])  # a ring without its newest key is no ring, nor is one with broken keys
    return keys, made, current


def _stamp(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _plainly(error: Exception) -> str:
    return (
        error.strerror or "it cannot be read" if isinstance(error, OSError) else "it holds no keys"
    )
