"""From bytes to text: byte-order marks, UTF-8, UTF-16, Windows-1252, and files that mix them."""

from __future__ import annotations

import codecs
import re

from voltloop.errors import InputError

__all__ = ["MIXED", "decode"]

MIXED = "UTF-8 and Windows-1252 mixed"

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with byte-order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32 with byte-order mark"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16 with byte-order mark"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16 with byte-order mark"),
)


def decode(data: bytes, name: str) -> tuple[str, str]:
    """Give the text of a file and the name of its encoding.

    Raises
    ------
    InputError
        ``binary-file``: the bytes are no text in any of the encodings.

    Notes
    -----
    Lists are often glued together from two programs. Where most lines with special letters are UTF-8, the others are
    read as Windows-1252; five bytes that have no meaning in it become U+FFFD.
    """
    for mark, codec, label in _MARKS:
        if data.startswith(mark):
            text = data.decode(codec, errors="replace").removeprefix("\ufeff")
            return _readable(text, name), label
    wide = _wide(data)
    if wide:
        return _readable(data.decode(wide, errors="replace"), name), f"{wide.upper()} without byte-order mark"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _by_line(data, name)
    return _readable(text, name), "ASCII" if text.isascii() else "UTF-8"


def _by_line(data: bytes, name: str) -> tuple[str, str]:
    lines: list[str] = []
    wide = narrow = 0
    for line in data.split(b"\n"):
        try:
            lines.append(line.decode("utf-8"))
            wide += not line.isascii()
        except UnicodeDecodeError:
            lines.append("".join(_SINGLE[byte] for byte in line))
            narrow += 1
    if wide > narrow:
        return _readable("\n".join(lines), name), MIXED
    # The few lines of UTF-8 then look garbled, and are mended cell by cell, each with a finding.
    return _readable("".join(_SINGLE[byte] for byte in data), name), "Windows-1252"


def _single(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return "\ufffd"


_SINGLE = [_single(byte) for byte in range(256)]


def _wide(data: bytes) -> str | None:
    """Tell UTF-16 without a mark by the side on which nearly all of its zero bytes stand."""
    head = data[:4096]
    if len(head) < 4 or head.count(0) < len(head) * 0.3:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 20 * even:
        return "utf-16-le"
    if even > 20 * odd:
        return "utf-16-be"
    return None


def _readable(text: str, name: str) -> str:
    head = text[:65536]
    odd = len(_CONTROL.findall(head)) + head.count("\ufffd")
    if odd > max(2, len(head) // 50):
        raise InputError(
            f"{name} is not a text file and not a known kind of table: {odd} of its first {len(head)} characters "
            "are no text. Give the list as CSV, TSV, XLSX, Parquet or JSON lines.",
            code="binary-file",
        )
    return _CONTROL.sub("", text) if _CONTROL.search(text) else text
