"""Webhooks: one POST, whatever the receiver does; and the ladder of attempts."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from delivery_cases import Receiver, receiving, signature
from voltloop.exchange.webhooks import ATTEMPTS, Reply, Sender, next_pause_s

BODY = b'{"type":"EPCISQueryDocument"}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def post(url: str, *, keys: tuple[bytes, ...] = (), patience_s: float = 10, private: bool = True) -> Reply:
    async def once() -> Reply:
        sender = Sender(may_be_private=private, patience_s=patience_s)
        try:
            return await sender.post(url, BODY, keys, "msg_1")
        finally:
            await sender.close()

    return asyncio.run(once())


def test_a_delivery_arrives_to_the_byte_and_signed(receiver: Receiver) -> None:
    reply = post(receiver.address.replace("127.0.0.1", "localhost") + "?of=us", keys=(b"new", b"old"))
    assert reply.is_accepted
    assert reply.status == 204
    (got,) = receiver.got
    assert (got.path, got.body, got.id) == ("/hook?of=us", BODY, "msg_1")
    assert got.headers["Host"].startswith("localhost:")
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["webhook-signature"].split() == [signature(key, got) for key in (b"new", b"old")]
    assert got.headers["GS1-Signature"].startswith("sha256=")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(receiver: Receiver, status: int) -> None:
    receiver.script = [(status, {"Location": receiver.address})]
    reply = post(receiver.address)
    assert (reply.status, reply.is_accepted, len(receiver.got)) == (status, False, 1)


def test_a_private_receiver_is_not_even_connected_to(receiver: Receiver) -> None:
    reply = post(receiver.address.replace("http:", "https:"), private=False)
    assert (reply.status, receiver.got) == (None, [])
    assert "private, local or reserved" in reply.note


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("120", 120, 120),
        ("in an hour", 3000, 3600),
        ("Mon, 23 Nov 2020 12:00:00 GMT", 0, 0),
        ("soon", None, None),
    ],
)
def test_retry_after_is_read(receiver: Receiver, value: str, least: float | None, most: float | None) -> None:
    if value == "in an hour":
        value = (datetime.now(UTC) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    receiver.script = [(503, {"Retry-After": value})]
    found = post(receiver.address).retry_after_s
    if least is None or most is None:
        assert found is None
    else:
        assert found is not None
        assert least <= found <= most


def test_nobody_there_is_a_reply_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    reply = post(f"http://127.0.0.1:{port}/")
    assert reply.status is None
    assert "ConnectError" in reply.note


def test_a_receiver_that_drips_is_given_up_in_time() -> None:
    """Every piece comes before a timeout of one read would end; the attempt as a whole has its end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not done.wait(0.05):
                    try:
                        connection.sendall(b"x-more: y\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        reply = post(f"http://127.0.0.1:{server.getsockname()[1]}/", patience_s=0.5)
        done.set()
        thread.join()
    assert reply.status is None
    assert reply.note == "There was no answer within 0.5 s."


def test_the_rest_of_a_long_answer_is_left(receiver: Receiver) -> None:
    receiver.script = [(500, {"Content-Length": str(1 << 40)})]
    assert post(receiver.address, patience_s=5).status in {500, None}


def test_an_answer_that_is_no_http_is_a_reply_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"hello\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        reply = post(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert reply.status is None
    assert "RemoteProtocolError" in reply.note


def test_the_certificate_is_judged_by_the_name_not_by_the_address(tmp_path: Path) -> None:
    """The connection goes to the checked address, and yet the name is offered (SNI) and verified."""
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_certificate(tmp_path, "elsewhere.example.com"))
    context.sni_callback = lambda _socket, name, _context: names.append(name)  # type: ignore[assignment]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=answer)
        thread.start()
        reply = post(f"https://localhost:{server.getsockname()[1]}/")
        thread.join()
    assert names == ["localhost"]
    assert reply.status is None
    assert "certificate" in reply.note.lower()


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, private


def test_the_ladder_takes_about_three_days() -> None:
    """The pauses of Standard Webhooks, each up to a fifth longer."""
    refused = Reply(500)
    plain = [next_pause_s(attempts, refused, 0.0) for attempts in range(1, ATTEMPTS)]
    assert plain == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    for attempts, pause_s in enumerate(plain, 1):
        assert next_pause_s(attempts, refused, 1.0) == pytest.approx(1.2 * pause_s)
    assert next_pause_s(ATTEMPTS, refused, 0.5) is None


@pytest.mark.parametrize(
    ("reply", "pause_s"),
    [
        (Reply(410), None),
        (Reply(None), 5),
        (Reply(404), 5),
        (Reply(429), 60),
        (Reply(502), 60),
        (Reply(504), 60),
        (Reply(429, retry_after_s=7), 60),
        (Reply(503, retry_after_s=7), 7),
        (Reply(503, retry_after_s=10**9), 86400),
    ],
)
def test_some_answers_change_the_pause(reply: Reply, pause_s: float | None) -> None:
    assert next_pause_s(1, reply, 0.0) == pause_s
