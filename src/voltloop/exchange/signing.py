"""Signatures of what we send, by which a receiver knows that it is from us, whole, and not a repetition.

Two kinds go with every delivery: those of Standard Webhooks (``webhook-id``, ``webhook-timestamp``,
``webhook-signature``), and ``GS1-Signature``, whose method EPCIS 2.0 leaves free: ``sha256=`` and the hexadecimal
HMAC-SHA-256 of the body.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from voltloop.errors import InputError

__all__ = ["headers_of", "key_of_token", "new_token"]

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64


def key_of_token(token: str) -> bytes:
    """Give the key that a ``signatureToken`` stands for.

    Parameters
    ----------
    token
        ``whsec_`` and 24 to 64 bytes in Base64 as Standard Webhooks has it; any other text stands for its UTF-8 bytes.

    Raises
    ------
    InputError
        ``bad-signature-token``: empty, or no Base64 of a fitting length behind ``whsec_``.
    """
    if not token.startswith(_PREFIX):
        if not token:
            raise InputError(
                "signatureToken: it is empty. Give a secret text, or leave it out for deliveries without signature.",
                code="bad-signature-token",
            )
        return token.encode()
    try:
        key = base64.b64decode(token.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise InputError(
            f"signatureToken: behind {_PREFIX} stand {len(key)} bytes of Base64. Expected {_SHORTEST} to {_LONGEST}.",
            code="bad-signature-token",
        )
    return key


def new_token() -> str:
    """Make a secret: 32 random bytes, written as Standard Webhooks has it.

    Examples
    --------
    >>> len(key_of_token(new_token()))
    32
    """
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers_of(keys: Sequence[bytes], delivery_id: str, sent_s: int, body: bytes) -> dict[str, str]:
    """Give the headers that name and sign a delivery.

    Parameters
    ----------
    keys
        Keys to sign with, the newest first; two while a key is being changed, none for no signature.
    delivery_id
        The same for every attempt at one delivery.
    sent_s
        Unix time of the attempt in seconds.
    body
        Body, to the byte.

    References
    ----------
    Standard Webhooks, "Signature scheme"; EPCIS 2.0 REST binding, header ``GS1-Signature``.

    Examples
    --------
    >>> headers_of([b"key"], "msg_1", 1700000000, b"{}")["webhook-signature"]
    'v1,XaXLFEFQ69Q4+demDWPEv5ydXczDW2mM5crCUEFcFBA='
    """
    found = {"webhook-id": delivery_id, "webhook-timestamp": str(sent_s)}
    if not keys:
        return found
    signed = f"{delivery_id}.{sent_s}.".encode() + body
    marks = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)
    found["webhook-signature"] = " ".join(f"v1,{mark}" for mark in marks)
    found["GS1-Signature"] = ",".join(
        f"sha256={hmac.digest(key, body, hashlib.sha256).hex()}" for key in keys
    )
    return found
