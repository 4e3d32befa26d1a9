"""Signatures of passport versions: JSON Web Signatures by Ed25519 (RFC 7515, RFC 8037).

The private key lies in a file beside the ledger's data, never in the database or a backup of it; the public keys lie
in the database, so that every old signature can be checked after a new key has come.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voltloop.errors import LedgerError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["Signer", "open_signer", "verified"]

_FILE = "passport-signing-key.pem"


@dataclass(frozen=True)
class Signer:
    """Who signs versions.

    Attributes
    ----------
    key_id
        Thumbprint of the public key (RFC 7638).
    jwk
        The public key.
    """

    key_id: str
    jwk: dict[str, str]
    _key: Ed25519PrivateKey

    def sign(self, statement: dict[str, Any]) -> str:
        """Give a compact JWS over a statement."""
        header = {"alg": "EdDSA", "kid": self.key_id, "typ": "JWT"}
        signed = f"{_encoded(_text(header))}.{_encoded(_text(statement))}"
        return f"{signed}.{_encoded(self._key.sign(signed.encode()))}"


def open_signer(folder: Path) -> Signer:
    """Give the signer of a ledger; the first call makes its key.

    Parameters
    ----------
    folder
        Folder on this machine that belongs to the ledger.

    Raises
    ------
    LedgerError
        ``passport-key``: the file cannot be read or written, or holds another kind of key.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = folder / _FILE
    try:
        if not path.exists():
            _make(path)
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise LedgerError(
            f"{path}: the key that signs passports cannot be used: {error}. A private key of Ed25519 in PEM was "
            "expected. Put back the file, or move it away to let a new key be made; old signatures stay good.",
            code="passport-key",
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError(
            f"{path}: this key is none of Ed25519, and passports are signed by no other. Put back the file, or move "
            "it away to let a new key be made.",
            code="passport-key",
        )
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": _encoded(raw)}
    return Signer(_encoded(hashlib.sha256(_text(jwk)).digest()), jwk, key)


def _make(path: Path) -> None:
    """Write a new key, whole or not at all, readable by its owner only; the first of several makers wins."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def verified(signature: str, jwk: dict[str, str]) -> dict[str, Any] | None:
    """Give the statement of a JWS, or None where it was not signed by the key, or not by EdDSA.

    Parameters
    ----------
    signature
        A compact JWS.
    jwk
        Public key of Ed25519.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        header, payload, signed = signature.split(".")
        if json.loads(_decoded(header)).get("alg") != "EdDSA":
            return None
        key = Ed25519PublicKey.from_public_bytes(_decoded(jwk["x"]))
        key.verify(_decoded(signed), f"{header}.{payload}".encode())
        statement: dict[str, Any] = json.loads(_decoded(payload))
    except (ValueError, KeyError, AttributeError, InvalidSignature):
        return None
    return statement


def _text(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
