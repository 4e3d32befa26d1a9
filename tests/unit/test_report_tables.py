"""Tables of the page."""

from __future__ import annotations

from datetime import date

import polars as pl

from voltloop.documents.report.tables import build


def test_columns_come_in_their_order_with_units_and_empty_ones_are_left_out() -> None:
    frame = pl.DataFrame(
        {
            "km": [12.0],
            "tour_id": ["T1"],
            "driver_id": [None],
            "starts_at": [""],
            "unheard_of": ["x"],
            "day": [date(2026, 11, 24)],
        }
    )
    table = build("tours", "Tours", frame)
    assert [column.heading for column in table.columns] == ["Tour", "Day", "Distance (km)"]
    assert table.rows[0][1].sort == "2026-11-24"


def test_a_long_table_is_cut_and_says_so() -> None:
    table = build("held", "Held", pl.DataFrame({"row": range(10)}), limit=3, rest_in="held.csv")
    assert (len(table.rows), table.total, table.rest_in) == (3, 10, "held.csv")
    assert table.keys == ["0", "1", "2"]


def test_values_lead_to_where_they_belong() -> None:
    frame = pl.DataFrame({"load_id": ["L1", "L2"], "tour_id": ["T1", None]})
    table = build("loads", "Loads", frame, links={"tour_id": {"T1": "#tour-0"}})
    assert [row[1].links for row in table.rows] == [(("T1", "#tour-0"),), ()]


def test_papers_are_links_into_the_plan_folder_only() -> None:
    frame = pl.DataFrame({"load_id": ["L1"], "documents": ["documents/a b.pdf; javascript:alert(1);"]})
    links = build("loads", "Loads", frame).rows[0][1].links
    assert links == (
        ("a b.pdf", "./documents/a%20b.pdf"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
    )


def test_an_empty_frame_gives_a_table_without_rows() -> None:
    table = build("tours", "Tours", pl.DataFrame())
    assert (table.rows, table.total, table.columns) == ([], 0, [])
