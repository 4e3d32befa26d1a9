"""How a caller wants its answer: the headers of a request, declared, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Request
from sqlalchemy import Connection

from voltloop.ledger.prefixes import company_prefixes
from voltloop.server.negotiation import JSON_TYPES, XML_TYPES, best, is_xml
from voltloop.server.problems import HttpProblem
from voltloop.server.versions import check_range, check_version, read_extensions

__all__ = ["DocumentVersion", "JsonPreferences", "Preferences", "PreferencesOf"]

EpcFormat = Literal["No_Preference", "Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates"]
CbvXmlFormat = Literal["No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates"]


def _described(words: str, pattern: str) -> Any:
    """Describe a header for the OpenAPI; what it holds is checked by ourselves, which says more than a pattern."""
    return Header(description=words, json_schema_extra={"pattern": pattern})


_AT_MOST_2_0 = r"^([01](\.[0-9]{1,9})*|2(\.0(\.[0-9]{1,9})*)?)$"
_AT_LEAST_2_0 = r"^([2-9]|[1-9][0-9]{1,8})(\.[0-9]{1,9})*$"
_FROM_1_2_TO_2_0 = r"^(1\.([2-9]|[1-9][0-9]{1,8})(\.[0-9]{1,9})*|2(\.0(\.[0-9]{1,9})*)?)$"
_PREFIXES = r"^[a-z][a-z0-9]*=[a-z]+:[A-Za-z0-9/._-]+$"

_Low = Annotated[str | None, _described("Lowest version that the caller takes; 2.0 or less.", _AT_MOST_2_0)]
_High = Annotated[
    str | None, _described("Highest version that the caller takes; 2.0 or more.", _AT_LEAST_2_0)
]
_Written = Annotated[
    str | None, _described("Version that the document is written in, 1.2 to 2.0.", _FROM_1_2_TO_2_0)
]
_Extensions = Annotated[
    str | None,
    _described(
        "Prefixes of extensions used in the request: prefix=namespace, with commas between.", _PREFIXES
    ),
]


@dataclass(frozen=True)
class Preferences:
    """What the headers of a request ask for.

    Parameters
    ----------
    media_type
        Of the answer, one of ``application/json``, ``application/ld+json``, ``application/xml``, ``text/xml``.
    epc_format
        Spelling of identifiers in the answer.
    cbv_xml_format
        Spelling of words of the vocabulary in an answer in XML.
    extensions
        Prefix and namespace of extensions that the caller uses in its query.
    """

    media_type: str
    epc_format: EpcFormat
    cbv_xml_format: CbvXmlFormat
    extensions: Mapping[str, str]

    @property
    def is_xml(self) -> bool:
        """Whether the answer is to be XML."""
        return is_xml(self.media_type)

    def prefixes(self, connection: Connection) -> Collection[str]:
        """Give the company prefixes without which identifiers cannot be told as the caller wants them."""
        return company_prefixes(connection) if self.epc_format == "Always_EPC_URN" else ()


def _reader(offers: tuple[str, ...]) -> Callable[..., Preferences]:
    """Give the dependency that reads the headers where the resource can answer in the media types ``offers``."""

    def read(
        request: Request,
        extensions: Annotated[_Extensions, Header(alias="GS1-Extensions")] = None,
        epcis_min: Annotated[_Low, Header(alias="GS1-EPCIS-Min")] = None,
        epcis_max: Annotated[_High, Header(alias="GS1-EPCIS-Max")] = None,
        cbv_min: Annotated[_Low, Header(alias="GS1-CBV-Min")] = None,
        cbv_max: Annotated[_High, Header(alias="GS1-CBV-Max")] = None,
        epc_format: Annotated[
            EpcFormat, Header(alias="GS1-EPC-Format", description="Spelling of identifiers in the answer.")
        ] = "Always_GS1_Digital_Link",
        cbv_xml_format: Annotated[
            CbvXmlFormat,
            Header(alias="GS1-CBV-XML-Format", description="Spelling of the vocabulary's words in XML."),
        ] = "No_Preference",
    ) -> Preferences:
        check_range("EPCIS", epcis_min, epcis_max)
        check_range("CBV", cbv_min, cbv_max)
        accept = request.headers.get("accept")
        media_type = best(accept, offers)
        if media_type is None:
            raise HttpProblem(
                "NotAcceptableException",
                f'Header Accept: "{accept}" takes none of the media types that there are here: {", ".join(offers)}.',
            )
        return Preferences(media_type, epc_format, cbv_xml_format, read_extensions(extensions))

    return read


def _document_version(
    extensions: Annotated[_Extensions, Header(alias="GS1-Extensions")] = None,
    epcis: Annotated[_Written, Header(alias="GS1-EPCIS-Version")] = None,
    cbv: Annotated[_Written, Header(alias="GS1-CBV-Version")] = None,
) -> Mapping[str, str]:
    """Check the versions that the document in the body is written in, and give the caller's extensions."""
    check_version("GS1-EPCIS-Version", epcis)
    check_version("GS1-CBV-Version", cbv)
    return read_extensions(extensions)


PreferencesOf = Annotated[Preferences, Depends(_reader((*JSON_TYPES, *XML_TYPES)))]
"""Preferences for a resource that answers in JSON and in XML."""
JsonPreferences = Annotated[Preferences, Depends(_reader(JSON_TYPES))]
"""Preferences for a resource that answers in JSON only."""
DocumentVersion = Annotated[Mapping[str, str], Depends(_document_version)]
"""The extensions that a request with a document declares, its versions checked."""
