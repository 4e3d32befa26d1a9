"""Which of the media types that the server can give does a caller like best."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["JSON_TYPES", "XML_TYPES", "best", "is_xml"]

JSON_TYPES = ("application/json", "application/ld+json")
"""Media types of JSON and JSON-LD, in and out."""
XML_TYPES = ("application/xml", "text/xml")
"""Media types of XML, in and out."""


def is_xml(media_type: str) -> bool:
    """Tell whether a media type is one of XML.

    Examples
    --------
    >>> is_xml("application/problem+xml")
    True
    """
    return media_type.endswith(("/xml", "+xml"))


def best(accept: str | None, offers: Sequence[str]) -> str | None:
    """Give the offer that an ``Accept`` header ranks highest, or None if it takes none of them.

    Parameters
    ----------
    accept
        The header's value; None or blank takes the first offer.
    offers
        Media types, the server's own preference first, which decides between equals.

    References
    ----------
    RFC 9110 section 12.5.1.

    Examples
    --------
    >>> best("application/xml;q=0.9, application/*;q=0.5", ["application/json", "application/xml"])
    'application/xml'
    >>> best("text/html", ["application/json"]) is None
    True
    """
    if accept is None or not accept.strip():
        return offers[0]
    ranges = [found for part in accept.split(",") if (found := _range(part)) is not None]
    chosen, chosen_quality = None, 0.0
    for offer in offers:
        quality = _quality(offer, ranges)
        if quality > chosen_quality:
            chosen, chosen_quality = offer, quality
    return chosen


def _range(part: str) -> tuple[str, float] | None:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    if media_range.count("/") != 1:
        return None
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return None
    return media_range, min(max(quality, 0.0), 1.0)


def _quality(offer: str, ranges: list[tuple[str, float]]) -> float:
    """Give the quality by the most specific range that covers the offer."""
    family = offer.partition("/")[0] + "/*"
    for wanted in (offer, family, "*/*"):
        for media_range, quality in ranges:
            if media_range == wanted:
                return quality
    return 0.0
