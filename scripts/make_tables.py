#!/usr/bin/env python
"""Write the SQL of the first revision of the ledger's tables from their description; ``--check`` only compares.

Later revisions are written by hand: they change what is there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from voltloop.ledger.partitions import edge_statements
from voltloop.ledger.tables import metadata

TARGET = Path(__file__).parents[1] / "src/voltloop/ledger/migrations/versions/tables_0001.sql"


def statements() -> list[str]:
    """Give the statements that make every table, index and edge partition."""
    dialect = postgresql.dialect()
    made: list[str] = []
    for table in sorted(metadata.tables.values(), key=lambda table: table.name):
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
        made += edge_statements(table)
    return ["\n".join(line.rstrip().replace("\t", "  ") for line in one.strip().splitlines()) for one in made]


def script() -> str:
    """Give the whole text of the file."""
    return "".join(f"{statement};\n\n" for statement in statements()).rstrip("\n") + "\n"


def main() -> int:
    if "--check" not in sys.argv:
        TARGET.write_text(script())
    elif TARGET.read_text() != script():
        print(f"{TARGET.name} is stale. Run: python scripts/make_tables.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
