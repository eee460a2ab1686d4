"""Check a 《网格归属核查单》 by itself: python check_statement.py statement.json keys.json

statement.json is the answer of /api/v1/ownership, keys.json that of /api/v1/ownership-keys, fetched
from the service or kept from an earlier day. Needs `pip install cryptography`.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

signed, published = (json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:3])
keys = {key["key_id"]: base64.b64decode(key["public_key"]) for key in published["keys"]}
content = json.dumps(
    signed["statement"], ensure_ascii=False, sort_keys=True, separators=(",", ":")
).encode()
if hashlib.sha256(content).hexdigest() != signed["sha256"]:
    sys.exit("The statement was changed: its SHA-256 is another.")
if signed["signature"]["key_id"] not in keys:
    sys.exit("The key isn't among the published ones.")
try:
    key = Ed25519PublicKey.from_public_bytes(keys[signed["signature"]["key_id"]])
    key.verify(base64.b64decode(signed["signature"]["value"]), content)
except InvalidSignature:
    sys.exit("The signature isn't by that key.")
print("Genuine:", signed["sha256"])
