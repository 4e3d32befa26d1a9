"""Addresses of receivers: the open network only, checked as text and as the name service answers."""

from __future__ import annotations

import socket

import pytest

from voltloop.errors import InputError
from voltloop.exchange.addresses import Destination, check_destination, resolve

CLOSED = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::a00:1",
]


def answering(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def answer(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(None, None, None, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize("address", CLOSED)
def test_closed_addresses_are_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written as a number, and as what a harmless name stands for, also behind an open one."""
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(InputError, match="private, local or reserved") as raised:
        check_destination(f"https://{host}/hook", may_be_private=False)
    assert raised.value.code == "bad-destination"
    answering(monkeypatch, "93.184.215.14", address)
    with pytest.raises(InputError, match="private, local or reserved"):
        resolve("https://hook.example.com/", may_be_private=False)
    assert resolve("http://hook.example.com/", may_be_private=True).address == "93.184.215.14"


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1"])
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(InputError, match=r"private, local or reserved|does not know"):
        resolve(f"https://{host}/hook", may_be_private=False)


def test_an_open_address_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://hook.example.com:8443/a?b=c"
    answering(monkeypatch, "93.184.215.14", "2606:2800:21f:cb07::1")
    assert resolve(url, may_be_private=False) == Destination(url, "hook.example.com", 8443, "93.184.215.14")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook.example.com",
        "ftp://hook.example.com/",
        "file:///etc/passwd",
        "https://",
        "https://user:pass@hook.example.com/",
        "https://hook.example.com/#part",
        "https://hook.example.com:99999/",
        "https://[::1/",
        "http://hook.example.com/",
        "https://hook.exam\nple.com/",
        "https://hook.example.com/ a",
        "https://hook.example.com/" + "a" * 3000,
        "https://höök.example.com/",
    ],
)
def test_what_is_no_address_for_deliveries_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="dest: ") as raised:
        check_destination(url, may_be_private=False)
    assert raised.value.code == "bad-destination"
    assert len(raised.value.message) < 400


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(InputError, match=r'the name service does not know "nowhere\.invalid"'):
        resolve("https://nowhere.invalid/", may_be_private=False)
