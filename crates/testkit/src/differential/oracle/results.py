"""Writes results: their columns and rows in each format."""

import json

from tables import distinct


class Result:
    """Columns and rows of a result. Each column is TEXT or NUMBER, and a missing cell is None."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows


TEXT, NUMBER = "text", "number"


def write(result, output):
    kind = output["format"]
    names = [name for name, _ in result.columns]
    if kind in ("csv", "tsv"):
        delimiter = "," if kind == "csv" else "\t"
        header = [names] if output["header"] else []
        return "".join(delimited(row, delimiter) for row in header + list(result.rows))
    if kind == "txt":
        return "".join("\t".join(cell or "" for cell in row) + "\n" for row in result.rows)
    names = distinct(names)
    kinds = [cell_kind for _, cell_kind in result.columns]
    if kind == "ndjson":
        return "".join("{" + members(names, kinds, row, ":", ",") + "}\n" for row in result.rows)
    rows = ["  {" + members(names, kinds, row, ": ", ", ") + "}" for row in result.rows]
    return "[\n" + ",\n".join(rows) + "\n]\n" if rows else "[]\n"


def delimited(row, delimiter):
    line = delimiter.join(quoted(cell or "", delimiter) for cell in row)
    # Readers skip empty lines.
    return (line or '""') + "\n"


def quoted(cell, delimiter):
    if any(c in cell for c in (delimiter, '"', "\n", "\r")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def members(names, kinds, row, colon, comma):
    return comma.join(text(name) + colon + value(kind, cell) for name, kind, cell in zip(names, kinds, row, strict=True))


def value(kind, cell):
    if cell is None:
        return "null"
    return text(cell) if kind == TEXT else cell


def text(cell):
    return json.dumps(cell, ensure_ascii=False)
