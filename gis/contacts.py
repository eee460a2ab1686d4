"""How is a reporter's contact sealed, so that the database and its copies can't be read?

Fernet (AES-128-CBC with HMAC-SHA256) under a key that isn't in the database. Several keys may be
live: the first one seals, the others still open what they sealed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken

from gis.errors import BadInput, Unavailable
from gis.intake import Contact


@dataclass(frozen=True, slots=True)
class Sealed:
    """A contact as it is kept; `key_id` says which key opens it and tells nothing about the key."""

    key_id: str
    token: bytes


class ContactSeal:
    """Seals and opens contacts. Keys never show in its text form."""

    def __init__(self, keys: list[str]) -> None:
        """Keys as `new_key` makes them, the newest first. Raises BadInput for anything else."""
        if not keys:
            raise BadInput("error.contact_key")
        try:
            self._keys = {_id_of(key): Fernet(key) for key in keys}
        except ValueError:
            raise BadInput("error.contact_key") from None
        self._newest = _id_of(keys[0])

    def seal(self, contact: Contact) -> Sealed:
        """The contact under the newest key."""
        plain = json.dumps([contact.name, contact.phone], ensure_ascii=False).encode()
        return Sealed(self._newest, self._keys[self._newest].encrypt(plain))

    def open(self, sealed: Sealed) -> Contact:
        """The contact again. Raises Unavailable where its key is missing or it was changed."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise Unavailable("error.contact_key_missing", key_id=sealed.key_id)
        try:
            name, phone = json.loads(key.decrypt(sealed.token))
        except InvalidToken:
            raise Unavailable("error.contact_broken") from None
        return Contact(name, phone)


def new_key() -> str:
    """A random key, as text."""
    return Fernet.generate_key().decode()


def _id_of(key: str) -> str:
    return hashlib.sha256(key.strip().encode()).hexdigest()[:8]
