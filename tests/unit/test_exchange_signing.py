"""Signatures: those of the published method, for one key or two."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from voltloop.errors import InputError
from voltloop.exchange.signing import headers_of, key_of_token

TOKEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_published_example_is_met() -> None:
    """The example of the Standard Webhooks libraries."""
    told = headers_of(
        [key_of_token(TOKEN)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert told["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert told["webhook-timestamp"] == "1614265330"
    assert told["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_keys_give_two_signatures_the_newest_first() -> None:
    body = b"{}"
    told = headers_of([b"new", b"old"], "msg_1", 7, body)
    singles = [headers_of([key], "msg_1", 7, body) for key in (b"new", b"old")]
    assert told["webhook-signature"] == " ".join(one["webhook-signature"] for one in singles)
    assert told["GS1-Signature"].split(",") == [
        f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}" for key in (b"new", b"old")
    ]


def test_without_a_key_nothing_is_signed() -> None:
    assert set(headers_of([], "msg_1", 7, b"{}")) == {"webhook-id", "webhook-timestamp"}


def test_a_plain_token_stands_for_its_bytes() -> None:
    assert key_of_token("13df38d8275b13f0") == b"13df38d8275b13f0"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "whsec_",
        "whsec_no base64",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
    ],
)
def test_a_token_that_is_none_is_refused_without_being_repeated(token: str) -> None:
    with pytest.raises(InputError, match="signatureToken") as raised:
        key_of_token(token)
    assert raised.value.code == "bad-signature-token"
    assert not token.removeprefix("whsec_") or token not in raised.value.message
