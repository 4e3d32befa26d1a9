"""Where a delivery may go: to addresses of the open network, not into the house's own.

A caller names the address, and the server connects to it: without this check any caller could make the server ask
machines that only it can reach.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from voltloop.errors import InputError

__all__ = ["Destination", "check_destination", "resolve"]

_LONGEST = 2048
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Destination:
    """A checked address of a receiver.

    Attributes
    ----------
    url
        As given.
    host, port
        Where it is.
    address
        The IP address that was checked: connect to this one, so that no later answer of the name service counts.
    """

    url: str
    host: str
    port: int
    address: str


def check_destination(url: str, *, may_be_private: bool) -> tuple[str, int]:
    """Check an address by its text and give host and port.

    Parameters
    ----------
    url
        Absolute URL.
    may_be_private
        Whether plain ``http`` and addresses of the own network are permitted.

    Raises
    ------
    InputError
        ``bad-destination``: no such URL, with user or password, not ``https``, or an IP address of a private, local or
        reserved network.
    """
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise InputError(
            f"dest: {url[:100]!r} is no URL. Expected printable ASCII without blanks, {_LONGEST} characters at most; "
            "write other characters percent-encoded.",
            code="bad-destination",
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or parts.fragment:
        raise InputError(
            f'dest: "{url}" cannot be delivered to. Expected an absolute https URL without user, password and '
            "fragment.",
            code="bad-destination",
        )
    if parts.scheme == "http" and not may_be_private:
        raise InputError(
            f'dest: "{url}" is not https. Deliveries go over https only; a server on your own network may permit '
            "others with VOLTLOOP_WEBHOOK_PRIVATE=1.",
            code="bad-destination",
        )
    if not may_be_private:
        _refuse_closed(host, [host])
    return host, port or (443 if parts.scheme == "https" else 80)


def resolve(url: str, *, may_be_private: bool) -> Destination:
    """Ask the name service where an address is, and check that.

    Raises
    ------
    InputError
        ``bad-destination`` as :func:`check_destination`; also where the name is unknown, or any of its addresses lies
        in a private, local or reserved network.
    """
    host, port = check_destination(url, may_be_private=may_be_private)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InputError(
            f'dest: the name service does not know "{host}" ({error}). Check the address.',
            code="bad-destination",
        ) from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not may_be_private:
        _refuse_closed(host, addresses)
    return Destination(url, host, port, addresses[0])


def _refuse_closed(host: str, addresses: Sequence[str]) -> None:
    for text in addresses:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue  # a name, not an address yet
        if not _is_open(address):
            raise InputError(
                f'dest: "{host}" is {text}, an address of a private, local or reserved network. Deliveries go to '
                "addresses of the open network; a server on your own network may permit others with "
                "VOLTLOOP_WEBHOOK_PRIVATE=1.",
                code="bad-destination",
            )


def _is_open(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether an address, or the IPv4 address that it stands for, is one of the open network."""
    inner = None
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    found = inner or address
    return found.is_global and not found.is_multicast
