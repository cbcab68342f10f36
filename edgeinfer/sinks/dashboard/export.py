"""Export: all events in one file, as a table or as JSON, written as it is read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edgeinfer.sinks.dashboard.events import Row

_COLUMNS = ("time", "rule", "kind", "label", "words", "facts", "id")


@dataclass(frozen=True, slots=True)
class Form:
    """`write` makes the text of one event; `between` stands between two of them."""

    ending: str
    media: str
    write: Callable[[Row], str]
    head: str
    between: str = ""
    foot: str = ""

    def texts(self, pieces: Iterator[list[Row]]) -> Iterator[bytes]:
        """Piece by piece, the head first."""
        lead = self.head
        for rows in pieces:
            text = lead + self.between.join(map(self.write, rows))
            yield text.encode(errors="replace")
            lead = self.between
        yield ((self.head if lead is self.head else "") + self.foot).encode()


def _line(row: Row) -> str:
    document = row.document
    facts = json.dumps(document["facts"], ensure_ascii=False)
    sheet = io.StringIO(newline="")
    cells = (
        document["time"],
        document["rule"],
        document["kind"],
        row.label,
        row.words,
        facts,
        row.id,
    )
    csv.writer(sheet).writerow([_cell(str(cell)) for cell in cells])
    return sheet.getvalue()


def _cell(text: str) -> str:
    """A spreadsheet would take a name that begins so for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _object(row: Row) -> str:
    return json.dumps({**row.document, "words": row.words}, ensure_ascii=False)


CSV = Form("csv", "text/csv; charset=utf-8", _line, ",".join(_COLUMNS) + "\r\n")
JSON = Form("json", "application/json", _object, '{"events": [\n', ",\n", "\n]}\n")
