"""Sealing of guests: a random data key for each, wrapped by the master key (AES-256-GCM).

Owns: every use of a cipher, the master keys, and the store's own keys under them.
Must not: know what is sealed; must not let a key out, or into an error.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES = 32, 12


class MasterKeyError(Exception):
    """There is no master key, it is malformed, or it is not the one of this store."""


class DamagedError(Exception):
    """Sealed data was changed, belongs to someone else, or its key is not known."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A key that wraps keys. Its id tells which one wrapped; it does not tell the key."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """16 hexadecimal digits."""
        return hashlib.sha256(b"redcrown guests master key\n" + self.secret).hexdigest()[:16]

    @classmethod
    def read(cls, text: str, where: str) -> MasterKey:
        """From 32 bytes in base64. Raises MasterKeyError, which names `where` it was looked for."""
        try:
            secret = base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError):
            secret = b""
        if len(secret) != KEY_BYTES:
            raise MasterKeyError(f"{where}: write {KEY_BYTES} random bytes in base64 there")
        return cls(secret)


def new_master_key() -> str:
    """A master key as it is written to a file."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is stored of a guest: without the wrapped key, `content` is noise for ever."""

    key_id: str
    wrapped: bytes
    content: bytes


class Vault:
    """Seals, opens and rewraps. `others` are master keys that may still have wrapped something."""

    def __init__(self, current: MasterKey, others: Sequence[MasterKey] = ()) -> None:
        self.key_id = current.id
        self._masters = {one.id: AESGCM(one.secret) for one in (*others, current)}

    def random(self, many: int) -> bytes:
        """Bytes that nobody can guess: every key and every nonce is made of them."""
        return os.urandom(many)

    def seal(self, about: str, content: bytes) -> Sealed:
        """Encrypt under a new key. `about` says whose it is; under another name it never opens."""
        key = self.random(KEY_BYTES)
        sealed = self._encrypt(AESGCM(key), content, f"content\n{about}")
        return Sealed(self.key_id, self.wrap(about, key), sealed)

    def open(self, about: str, sealed: Sealed) -> bytes:
        """Decrypt. Raises DamagedError."""
        key = self.unwrap(about, sealed.key_id, sealed.wrapped)
        return _decrypt(AESGCM(key), sealed.content, f"content\n{about}")

    def wrap(self, about: str, key: bytes) -> bytes:
        """A key under the current master key."""
        return self._encrypt(self._masters[self.key_id], key, f"key\n{about}")

    def unwrap(self, about: str, key_id: str, wrapped: bytes) -> bytes:
        """A key from under the master key that wrapped it. Raises DamagedError."""
        master = self._masters.get(key_id)
        if master is None:
            raise DamagedError(f"wrapped by the master key {key_id}, which is not here")
        return _decrypt(master, wrapped, f"key\n{about}")

    def rewrap(self, about: str, key_id: str, wrapped: bytes) -> bytes:
        """The same key under the current master key; what it sealed stays as it is."""
        return self.wrap(about, self.unwrap(about, key_id, wrapped))

    def _encrypt(self, cipher: AESGCM, plain: bytes, about: str) -> bytes:
        nonce = self.random(NONCE_BYTES)
        return nonce + cipher.encrypt(nonce, plain, about.encode())


def blind(key: bytes, *parts: str) -> str:
    """A keyed print of a text: equal texts are found, and nothing is read from it."""
    return hmac.new(key, "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def _decrypt(cipher: AESGCM, sealed: bytes, about: str) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode())
    except (InvalidTag, ValueError) as error:
        raise DamagedError("changed, or of someone else") from error
