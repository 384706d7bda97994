"""RS256 in pure Python, for the tokens of the tests: slow, not constant in time, and never for a secret.

Spec: RFC 8017, section 8.2.1 (RSASSA-PKCS1-v1_5); RFC 7515 for the compact form.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
_PEM = re.compile(rb"-----BEGIN [A-Z ]+-----(.*?)-----END", re.DOTALL)


def signed_token(header: Mapping[str, object], claims: Mapping[str, object], key: Path) -> str:
    """Return a JSON web token signed with a PKCS #8 key in PEM."""
    signed = f"{_part(_json(header))}.{_part(_json(claims))}"
    return f"{signed}.{_part(sign(signed.encode(), key))}"


def sign(message: bytes, key: Path) -> bytes:
    """Return the RS256 signature of a message."""
    modulus, exponent = _private_key(der_of(key))
    size_bytes = (modulus.bit_length() + 7) // 8
    end = _SHA256_PREFIX + hashlib.sha256(message).digest()
    padded = b"\0\1" + b"\xff" * (size_bytes - len(end) - 3) + b"\0" + end
    return pow(int.from_bytes(padded, "big"), exponent, modulus).to_bytes(size_bytes, "big")


def der_of(pem: Path) -> bytes:
    """Return the first block of a PEM file."""
    found = _PEM.search(pem.read_bytes())
    assert found is not None, f"{pem}: expected PEM"
    return base64.b64decode(found[1])


def _private_key(der: bytes) -> tuple[int, int]:
    """Modulus and private exponent: PKCS #8 wraps version, algorithm and an RSAPrivateKey."""
    _, _, wrapped = _fields(_fields(der)[0])[:3]
    version_n_e_d = _fields(_fields(wrapped)[0])
    return int.from_bytes(version_n_e_d[1], "big"), int.from_bytes(version_n_e_d[3], "big")


def _fields(der: bytes) -> list[bytes]:
    """The contents of the DER values that follow each other."""
    found, position = [], 0
    while position < len(der):
        size, position = der[position + 1], position + 2
        if size & 0x80:
            start, position = position, position + (size & 0x7F)
            size = int.from_bytes(der[start:position], "big")
        found.append(der[position : position + size])
        position += size
    return found


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
