"""``voltloop certificate``: the certificate of a restored battery."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["certificate"]


def certificate(
    record: Annotated[
        Path, typer.Argument(metavar="RECORD.toml", help="Test record, grade, parts and warranty.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The PDF to write.")],
    server: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Server with the ledger; the code on the paper leads to the battery there."
        ),
    ] = None,
    us_letter: Annotated[bool, typer.Option("--us-letter", help="On US Letter in place of A4.")] = False,
    fonts: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="Folder with further fonts; may be repeated.")
    ] = None,
) -> None:
    """Write the certificate of a restored battery: test record, grade, parts replaced, standard, warranty.

    A QR code on it leads to the battery's entry in the ledger. Nothing is invented: what only a person can give is
    marked on the paper and told here. A failed test gets no certificate.

    Example: voltloop certificate C-2026-00417.toml --server https://ledger.example -o C-2026-00417.pdf
    """
    from voltloop.app.certificate import certificate_of, read_certificate_record
    from voltloop.app.files import refuse_over, write_bytes
    from voltloop.cli.lines import finding_lines

    refuse_over(out, record)
    told = read_certificate_record(record, server=server)
    made, findings = certificate_of(told, font_folders=fonts or (), paper="us-letter" if us_letter else "a4")
    write_bytes(out, made)
    lines = finding_lines((finding.severity, finding.message) for finding in findings)
    sys.stdout.write("".join(f"{line}\n" for line in [*lines, f"{told.number}: written to {out}"]))
