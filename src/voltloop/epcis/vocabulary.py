"""The words of the Core Business Vocabulary, and the three spellings in which they travel.

A word is bare in JSON (``shipping``), a URN in older XML (``urn:epcglobal:cbv:bizstep:shipping``) and a Web URI
in linked data (``https://ref.gs1.org/cbv/BizStep-shipping``). The words lie in ``catalogue/traceability``, one
file a vocabulary; ``vocabularies.csv`` there names the kinds: ``bizStep``, ``disposition``,
``bizTransactionType``, ``sourceDestinationType``, ``errorReason``, ``measurementType``, ``sensorAlert`` and
``component``.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = [
    "Vocabulary",
    "bare_word",
    "catalogue_rows",
    "standard_namespaces",
    "urn",
    "vocabularies",
    "web_uri",
]


@dataclass(frozen=True)
class Vocabulary:
    """One vocabulary of the CBV: its kind, its English name, its words and the stems of its URIs.

    ``urn_stem`` is empty where the CBV gives no URN (measurement types and sensor alerts).
    """

    kind: str
    name: str
    words: frozenset[str]
    urn_stem: str
    web_stem: str
    source: str


def catalogue_rows(name: str) -> list[dict[str, str]]:
    """Give the rows of a CSV file of ``catalogue/traceability``."""
    text = (resources.files("voltloop.catalogue") / "traceability" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@cache
def vocabularies() -> dict[str, Vocabulary]:
    """Every vocabulary of the CBV by its kind.

    Examples
    --------
    >>> len(vocabularies()["bizStep"].words)
    41
    """
    return {
        row["kind"]: Vocabulary(
            kind=row["kind"],
            name=row["name"],
            words=frozenset(word["word"] for word in catalogue_rows(row["file"])),
            urn_stem=row["urn"],
            web_stem=row["web_uri"],
            source=row["source"],
        )
        for row in catalogue_rows("vocabularies.csv")
    }


@cache
def standard_namespaces() -> dict[str, str]:
    """Give the prefixes that the standard's own JSON-LD context defines, with their namespaces.

    Examples
    --------
    >>> standard_namespaces()["cbvmda"]
    'urn:epcglobal:cbv:mda:'
    """
    return {row["prefix"]: row["namespace"] for row in catalogue_rows("namespaces.csv")}


@cache
def _spellings(kind: str) -> dict[str, str]:
    """Every accepted spelling of every word of a vocabulary, to its bare word."""
    vocabulary = vocabularies()[kind]
    stems = [vocabulary.web_stem, vocabulary.web_stem.replace("https://", "http://")]
    if vocabulary.web_stem == "https://gs1.org/voc/":
        stems += ["https://www.gs1.org/voc/", "http://www.gs1.org/voc/", "gs1:"]
    else:  # the Web URI's host in drafts of CBV 2.0, and the prefix of the standard's context
        tail = vocabulary.web_stem.removeprefix("https://ref.gs1.org/cbv/")
        stems += [f"https://ns.gs1.org/cbv/{tail}", f"http://ns.gs1.org/cbv/{tail}", f"cbv:{tail}"]
    if vocabulary.urn_stem:
        stems.append(vocabulary.urn_stem)
    return {stem + word: word for word in vocabulary.words for stem in ("", *stems)}


def bare_word(kind: str, text: str) -> str:
    """Give the bare CBV word for any of its spellings; a user's own word comes back unchanged.

    Parameters
    ----------
    kind
        Which vocabulary, see :func:`vocabularies`. An unknown kind raises ``KeyError``.
    text
        Bare word, CBV URN, CBV or GS1 Web URI (http or https), compact ``cbv:`` or ``gs1:`` form, or a URI of
        one's own.

    References
    ----------
    CBV 2.0 section 7; the compact forms are those of the EPCIS 2.0 JSON-LD context.

    Examples
    --------
    >>> bare_word("bizStep", "urn:epcglobal:cbv:bizstep:shipping")
    'shipping'
    >>> bare_word("disposition", "https://ref.gs1.org/cbv/Disp-in_transit")
    'in_transit'
    >>> bare_word("measurementType", "gs1:Temperature")
    'Temperature'
    >>> bare_word("bizStep", "https://example.com/steps/crushing")
    'https://example.com/steps/crushing'
    """
    return _spellings(kind).get(text, text)


def urn(kind: str, word: str) -> str:
    """Give the URN of a bare CBV word, the Web URI where the CBV has no URN; other text comes back unchanged.

    Examples
    --------
    >>> urn("disposition", "active")
    'urn:epcglobal:cbv:disp:active'
    >>> urn("measurementType", "Temperature")
    'https://gs1.org/voc/Temperature'
    """
    vocabulary = vocabularies()[kind]
    return (vocabulary.urn_stem or vocabulary.web_stem) + word if word in vocabulary.words else word


def web_uri(kind: str, word: str) -> str:
    """Give the Web URI of a bare CBV word; other text comes back unchanged.

    Examples
    --------
    >>> web_uri("bizStep", "shipping")
    'https://ref.gs1.org/cbv/BizStep-shipping'
    >>> web_uri("sensorAlert", "ALARM_CONDITION")
    'https://gs1.org/voc/ALARM_CONDITION'
    """
    vocabulary = vocabularies()[kind]
    return vocabulary.web_stem + word if word in vocabulary.words else word
