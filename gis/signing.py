"""Who vouches for a statement? Keys of Ed25519 (RFC 8032), one of them live, the others retired.

Signing is deterministic: the same statement under the same key has the same signature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gis.errors import Unavailable
from gis.ownership import Signature, SignedStatement, Statement, canonical, instant, sum_of

if TYPE_CHECKING:
    from datetime import datetime

ALGORITHM: Final = "Ed25519"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What is published of a key. It has signed from `since` on, not after `until` (UTC)."""

    key_id: str
    public_key: str
    since: str
    until: str | None


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """The keys of a deployment, the newest first. Only the newest can still sign."""

    live: Ed25519PrivateKey
    public: tuple[PublicKey, ...]

    def sign(self, statement: Statement) -> SignedStatement:
        """The statement with its sum and the signature of the live key."""
        value = base64.b64encode(self.live.sign(canonical(statement))).decode()
        signature = Signature(ALGORITHM, self.public[0].key_id, value)
        return SignedStatement(statement, sum_of(statement), signature)

    def rotated(self, now: datetime) -> KeyRing:
        """A ring with a new live key; the private part of the old one is gone."""
        retired = replace(self.public[0], until=instant(now))
        fresh = new_ring(now)
        return KeyRing(fresh.live, (*fresh.public, retired, *self.public[1:]))

    def written(self) -> str:
        """The ring as text; whoever reads it can sign."""
        private = base64.b64encode(self.live.private_bytes_raw()).decode()
        return json.dumps({"private": private, "keys": [asdict(one) for one in self.public]})


def new_ring(now: datetime) -> KeyRing:
    """A ring with one new key."""
    live = Ed25519PrivateKey.generate()
    raw = live.public_key().public_bytes_raw()
    public = PublicKey(key_id_of(raw), base64.b64encode(raw).decode(), instant(now), None)
    return KeyRing(live, (public,))


def read_ring(text: str) -> KeyRing:
    """The ring that was written. Raises Unavailable when it isn't one."""
    try:
        held = json.loads(text)
        live = Ed25519PrivateKey.from_private_bytes(base64.b64decode(held["private"]))
        public = tuple(PublicKey(**one) for one in held["keys"])
    except (ValueError, KeyError, TypeError):
        raise Unavailable("error.signing_key_broken") from None
    own = key_id_of(live.public_key().public_bytes_raw())
    if not public or public[0].key_id != own:
        raise Unavailable("error.signing_key_broken")
    return KeyRing(live, public)


def key_id_of(public_key: bytes) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a raw public key (32 bytes)."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def is_genuine(signed: SignedStatement, public_key: str) -> bool:
    """Do sum and signature fit the statement under a published key (Base64)?"""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signed.signature.value), canonical(signed.statement))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return signed.sha256 == sum_of(signed.statement)
