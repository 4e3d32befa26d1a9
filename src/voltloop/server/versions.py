"""Which versions of EPCIS and its vocabulary the server speaks, and the headers that tell and ask for them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from voltloop.server.problems import HttpProblem

__all__ = [
    "ANSWERED",
    "CAPTURED",
    "DISCOVERED",
    "EXTENSIONS",
    "check_range",
    "check_version",
    "read_extensions",
]

EXTENSIONS: Mapping[str, str] = {"voltloop": "https://voltloop.org/epcis/"}
"""Prefix and namespace of our own extension of EPCIS."""

_SPOKEN = (2, 0)
_EXTENSIONS_TOLD = ", ".join(f"{prefix}={namespace}" for prefix, namespace in EXTENSIONS.items())

ANSWERED: Mapping[str, str] = {
    "GS1-EPCIS-Version": "2.0.0",
    "GS1-CBV-Version": "2.0.0",
    "GS1-Extensions": _EXTENSIONS_TOLD,
}
"""Headers of every answer under ``/epcis``."""

DISCOVERED: Mapping[str, str] = {
    "GS1-EPCIS-Min": "2.0.0",
    "GS1-EPCIS-Max": "2.0.0",
    "GS1-CBV-Min": "2.0.0",
    "GS1-CBV-Max": "2.0.0",
    "GS1-EPC-Format": "No_Preference",
    "GS1-CBV-XML-Format": "No_Preference",
}
"""Headers that OPTIONS tells besides; ``No_Preference`` says that every format can be asked for."""

CAPTURED: Mapping[str, str] = {"GS1-EPCIS-Min": "1.2.0", "GS1-CBV-Min": "1.2.0"}
"""Where ``/capture`` differs: documents of EPCIS 1.2 in XML are read too."""

_CAPTURED = ((1, 2), (2, 0))
_VERSION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})*", re.ASCII)
_PREFIX = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


def _release(header: str, version: str) -> tuple[int, ...]:
    if not _VERSION.fullmatch(version):
        raise HttpProblem(
            "NotAcceptableException",
            f'Header {header}: "{version}" is not a version. Expected numbers with points between, such as 2.0.0.',
        )
    return (*(int(part) for part in version.split(".")), 0)[:2]


def check_version(header: str, version: str | None) -> None:
    """Refuse a document in a version that the server cannot read.

    Parameters
    ----------
    header
        Name of the header, for the message.
    version
        Numbers with points between, or None where the header is absent.

    Raises
    ------
    HttpProblem
        NotAcceptableException: the version is below 1.2 or above 2.0.
    """
    if version is not None and not _CAPTURED[0] <= _release(header, version) <= _CAPTURED[1]:
        raise HttpProblem(
            "NotAcceptableException",
            f'Header {header}: version "{version}" is not read here. '
            "Documents of versions 1.2 to 2.0 are; send one of these.",
        )


def check_range(standard: str, low: str | None, high: str | None) -> None:
    """Refuse a request that takes only answers in other versions than 2.0.

    Parameters
    ----------
    standard
        ``EPCIS`` or ``CBV``, for the message.
    low, high
        Versions that the caller takes, each end included; None is open.

    Raises
    ------
    HttpProblem
        NotAcceptableException: 2.0 is not between them.
    """
    wrong = None
    if low is not None and _release(f"GS1-{standard}-Min", low) > _SPOKEN:
        wrong = f'Header GS1-{standard}-Min: "{low}"'
    elif high is not None and _release(f"GS1-{standard}-Max", high) < _SPOKEN:
        wrong = f'Header GS1-{standard}-Max: "{high}"'
    if wrong:
        raise HttpProblem(
            "NotAcceptableException",
            f"{wrong} leaves out version 2.0, the only one that answers are given in. "
            "Widen the range, or leave the header out.",
        )


def read_extensions(text: str | None) -> dict[str, str]:
    """Give the prefixes and namespaces of the header ``GS1-Extensions``: ``prefix=namespace``, with commas between.

    Raises
    ------
    HttpProblem
        ValidationException: an entry has no prefix or no namespace, or a prefix stands for two namespaces.

    Examples
    --------
    >>> read_extensions("a=https://a.example/, b=https://b.example/")
    {'a': 'https://a.example/', 'b': 'https://b.example/'}
    """
    found: dict[str, str] = {}
    for entry in (text or "").split(","):
        if not entry.strip():
            continue
        prefix, _, namespace = (part.strip() for part in entry.partition("="))
        if not _PREFIX.fullmatch(prefix) or ":" not in namespace or found.get(prefix, namespace) != namespace:
            raise HttpProblem(
                "ValidationException",
                f'Header GS1-Extensions: "{entry.strip()}" cannot be used. Expected a list of prefix=namespace with '
                "commas between, such as example=https://ns.example.com/epcis/, each prefix once.",
            )
        found[prefix] = namespace
    return found
