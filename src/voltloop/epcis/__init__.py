"""EPCIS 2.0 and the Core Business Vocabulary as functions: documents, validation, identifiers, hashes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voltloop.epcis.documents import Document, Limits
    from voltloop.epcis.formats import translate
    from voltloop.epcis.hashing import event_hash
    from voltloop.epcis.identifiers import canonical, key_of, to_digital_link, to_urn
    from voltloop.epcis.json_documents import open_json
    from voltloop.epcis.json_output import collection, epcis_document, query_document
    from voltloop.epcis.master_data import MasterDataElement
    from voltloop.epcis.patterns import Pattern, parse_pattern
    from voltloop.epcis.problems import Problem
    from voltloop.epcis.quantities import same_dimension, to_base
    from voltloop.epcis.validation import EventValidator, check_document
    from voltloop.epcis.vocabulary import bare_word, urn, web_uri
    from voltloop.epcis.xml_read import open_xml

__all__ = [
    "Document",
    "EventValidator",
    "Limits",
    "MasterDataElement",
    "Pattern",
    "Problem",
    "bare_word",
    "canonical",
    "check_document",
    "collection",
    "epcis_document",
    "event_hash",
    "key_of",
    "open_json",
    "open_xml",
    "parse_pattern",
    "query_document",
    "same_dimension",
    "to_base",
    "to_digital_link",
    "to_urn",
    "translate",
    "urn",
    "web_uri",
]

_HOME = {
    "Document": "documents",
    "EventValidator": "validation",
    "Limits": "documents",
    "MasterDataElement": "master_data",
    "Pattern": "patterns",
    "Problem": "problems",
    "bare_word": "vocabulary",
    "canonical": "identifiers",
    "check_document": "validation",
    "collection": "json_output",
    "epcis_document": "json_output",
    "event_hash": "hashing",
    "key_of": "identifiers",
    "open_json": "json_documents",
    "open_xml": "xml_read",
    "parse_pattern": "patterns",
    "query_document": "json_output",
    "same_dimension": "quantities",
    "to_base": "quantities",
    "to_digital_link": "identifiers",
    "to_urn": "identifiers",
    "translate": "formats",
    "urn": "vocabulary",
    "web_uri": "vocabulary",
}


def __getattr__(name: str) -> Any:
    """Give a public name from the file that has it, read only when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
