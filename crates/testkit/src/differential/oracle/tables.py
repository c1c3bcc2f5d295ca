"""Reads tables, and finds their columns."""

import csv
import gzip
import json
import os
import re

csv.field_size_limit(1 << 30)

# White space of Unicode. `str.strip` without an argument also strips the separators U+001C to U+001F.
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


class File:
    """A file with its columns. The cells of its rows are texts; a missing one is None."""

    def __init__(self, name, columns, rows, lines):
        self.name, self.columns, self.rows, self.lines = name, columns, rows, lines


class Pointers(File):
    """A file of JSON lines, whose columns are pointers."""


def read(folder, layout):
    """Returns the files of an input in the order of their names."""
    return [read_file(os.path.join(folder, name), layout) for name in sorted(os.listdir(folder), key=str.encode)]


def read_file(path, layout):
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    text = data.decode("utf-8-sig")
    name = os.path.basename(path)
    if layout["format"] == "ndjson":
        return Pointers(name, [], list(objects(text)), [])
    records, starts = [], []
    # A line ends with LF or CR LF; the reader counts the lines that it takes.
    reader = csv.reader(re.findall(r"[^\n]*\n|[^\n]+", text), delimiter=layout["delimiter"])
    before = 0
    for record in reader:
        if record:
            records.append(record)
            starts.append(before + 1)
        before = reader.line_num
    if not records:
        return File(name, [], [], [])
    if layout["header"]:
        columns = distinct(records.pop(0))
        starts.pop(0)
    else:
        columns = [f"c{number}" for number in range(1, len(records[0]) + 1)]
    width = len(columns)
    rows = [record[:width] + [None] * (width - len(record)) for record in records]
    return File(name, columns, rows, starts)


class Digits(str):
    """The text of a number in JSON."""


def objects(text):
    decoder = json.JSONDecoder(parse_float=Digits, parse_int=Digits)
    for line in text.split("\n"):
        if line.strip(" \t\r"):
            try:
                yield decoder.decode(line.strip(" \t\r"))
            except json.JSONDecodeError:
                pass


def member(value, name):
    """Returns the text of a member of an object, or of an element of an array."""
    if isinstance(value, dict) and name in value:
        return json_text(value[name])
    if isinstance(value, list) and re.fullmatch("0|[1-9][0-9]*", name) and int(name) < len(value):
        return json_text(value[int(name)])
    return None


def json_text(value):
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, list):
        return "[" + ",".join(map(json_part, value)) + "]"
    return "{" + ",".join(f"{json_part(name)}:{json_part(part)}" for name, part in value.items()) + "}"


def json_part(value):
    if isinstance(value, str) and not isinstance(value, Digits):
        return json.dumps(value, ensure_ascii=False)
    return json_text(value)


def distinct(names):
    """Gives a number to each name that an earlier column has too."""
    found = []
    for name in names:
        if name in found:
            numbered = (f"{name}_{number}" for number in range(2, 1000))
            name = next(other for other in numbered if other not in found and other not in names)
        found.append(name)
    return found


def split_list(text):
    """Returns the items of a list. The comma separates them, and quotes may enclose them."""
    items = []
    while text:
        quoted = re.match(r'\s*"((?:[^"]|"")*)"\s*(?:,|$)', text)
        if quoted:
            items.append(quoted[1].replace('""', '"'))
            text = text[quoted.end():]
            continue
        item, _, text = text.partition(",")
        if item.strip(SPACES):
            items.append(item.strip(SPACES))
    return items


def single(text):
    """Returns the only name in a parameter, which may be in quotes."""
    return split_list(text)[0] if text.lstrip(SPACES).startswith('"') else text


def find(columns, wanted):
    """Returns the index of a column by name, by its name without the spaces around it, or by its number."""
    if wanted in columns:
        return columns.index(wanted)
    trimmed = [nth for nth, name in enumerate(columns) if wanted and name.strip(SPACES) == wanted]
    if len(trimmed) == 1:
        return trimmed[0]
    if re.fullmatch("[0-9]+", wanted) and 1 <= int(wanted) <= len(columns):
        return int(wanted) - 1
    return None


def found(columns, wanted):
    index = find(columns, wanted)
    assert index is not None, f"no column {wanted!r} in {columns}"
    return index


def result_name(files, wanted):
    """Returns the name of a column in the result: that in the input."""
    if isinstance(files[0], Pointers):
        return wanted
    for file in files:
        if file.columns:
            return file.columns[found(file.columns, wanted)]
    return wanted


def cells(files, wanted):
    """Returns the cells of columns, for each record of all files."""
    for file in files:
        if isinstance(file, Pointers):
            for row in file.rows:
                yield [member(row, name) for name in wanted]
        elif file.columns:
            indexes = [found(file.columns, name) for name in wanted]
            for row in file.rows:
                yield [row[index] for index in indexes]


def union(files):
    """Returns the columns of all files, in the order of their first occurrence."""
    return list(dict.fromkeys(name for file in files for name in file.columns))


def records(files):
    """Returns each record of all files as cells of the columns of all files."""
    columns = union(files)
    for file in files:
        indexes = [file.columns.index(name) if name in file.columns else None for name in columns]
        for row in file.rows:
            yield [None if index is None else row[index] for index in indexes]
