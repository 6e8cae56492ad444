"""How a table becomes a page's rows."""

from __future__ import annotations

import pytest

from kiosk_agent.central.pages.tables import Cell, Column, Table

BAD = "\"><script>'&"
COLUMNS = (Column("place", is_name=True), Column("visits", is_number=True), Column("note"))


def table(*row: Cell) -> Table:
    return Table("one", "caption", COLUMNS, [row])


def test_the_first_cell_is_the_head_of_its_row_and_each_is_of_its_columns_kind() -> None:
    row = (Cell("市民課", href="/places/office/1"), Cell("3", sub="of 5"), Cell("silent", mark="bad"))
    assert table(*row).body == (
        '<tr><th scope="row" class="name"><a href="/places/office/1">市民課</a></th>'
        '<td class="number">3<small>of 5</small></td>'
        '<td><span class="mark bad">silent</span></td></tr>'
    )


@pytest.mark.parametrize("field", ["text", "sub", "href", "mark"])
def test_whatever_a_cell_is_told_is_escaped(field: str) -> None:
    body = table(Cell(**{"text": "a", field: BAD}), Cell(""), Cell("")).body
    assert "&#34;&gt;&lt;script&gt;&#39;&amp;" in body
    assert "<script" not in body


def test_a_row_that_has_not_as_many_cells_as_there_are_columns_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="longer"):
        _ = table(Cell("a")).body


def test_each_row_is_there() -> None:
    rows = [[Cell(str(number)), Cell(""), Cell("")] for number in range(3)]
    assert Table("one", "caption", COLUMNS, rows).body.count("<tr>") == 3
