"""The code that a scanner reads: a QR code as a vector drawing."""

from __future__ import annotations

import io
from functools import lru_cache

__all__ = ["qr_svg"]


@lru_cache(maxsize=4096)
def qr_svg(text: str) -> str:
    """Give a QR code of ``text`` as SVG, with its quiet zone, error correction M (15 % may be lost).

    The drawing has no size of its own; the paper gives it one. At 30 mm and more a phone reads up to 60 characters.
    """
    import segno

    out = io.BytesIO()
    # One fixed mask: choosing the best of eight takes six times as long, and readers need none of it.
    code = segno.make_qr(text, error="M", boost_error=False, mask=3)
    code.save(out, kind="svg", scale=1, border=4, xmldecl=False, svgclass=None, lineclass=None, omitsize=True)
    return out.getvalue().decode("utf-8")
