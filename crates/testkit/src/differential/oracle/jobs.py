"""The table jobs: functions from inputs and parameters to results."""

import math
import re
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction

import tables
from joins import join
from numerals import Format, Number, decimal_text, mean, order, total
from results import NUMBER, TEXT, Result
from tables import found, result_name, single, split_list


def is_set(params, name):
    return params.get(name, "false") == "true"


def by_bytes(cells):
    return [(cell or "").encode() for cell in cells]


def group_by(inputs, params):
    (files,) = inputs
    form = Format(params)
    keys = split_list(params["key"])
    lists = [(name, split_list(params.get(name, ""))) for name in ("sum", "min", "max", "mean", "distinct")]
    wanted = keys + [name for _, names in lists for name in names]
    groups = defaultdict(list)
    for cells in tables.cells(files, wanted):
        groups[tuple(cell or "" for cell in cells[: len(keys)])].append(cells[len(keys):])
    columns = [(result_name(files, key), TEXT) for key in keys]
    has_count = is_set(params, "count") or not any(names for _, names in lists)
    columns += [("count", NUMBER)] * has_count
    for aggregate, names in lists:
        columns += [(f"{aggregate}_{result_name(files, name)}", NUMBER) for name in names]
    rows = []
    for key in sorted(groups, key=by_bytes):
        row = list(key) + [str(len(groups[key]))] * has_count
        nth = 0
        for aggregate, names in lists:
            for _ in names:
                row.append(aggregated(aggregate, [cells[nth] or "" for cells in groups[key]], form))
                nth += 1
        rows.append(row)
    return Result(columns, rows)


def aggregated(aggregate, cells, form):
    if aggregate == "distinct":
        return str(len({cell for cell in cells if cell}))
    numbers = [number for cell in cells if (number := Number.read(cell, form))]
    if aggregate == "sum":
        return total(numbers)
    if not numbers:
        return None
    if aggregate == "mean":
        return mean(numbers)
    end = min if aggregate == "min" else max
    return end(numbers, key=Number.order).text()


def distinct(inputs, params):
    (files,) = inputs
    names = split_list(params["columns"])
    values = {tuple(cell or "" for cell in cells) for cells in tables.cells(files, names)}
    if params.get("mode", "exact") == "list":
        columns = [(result_name(files, name), TEXT) for name in names]
        return Result(columns, [list(value) for value in sorted(values, key=by_bytes)])
    return Result([("distinct", NUMBER)], [[str(len(values))]])


def ranked(counts):
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0].encode()))
    return [[key, str(count)] for key, count in rows]


def top(inputs, params):
    (files,) = inputs
    key = single(params["key"])
    weight = single(params["weight"]) if "weight" in params else None
    counts = Counter()
    for cell, *weights in tables.cells(files, [key] + [weight] * (weight is not None)):
        text = (weights[0] or "").strip(" \t\n\f\r") if weights else "1"
        if cell is not None and re.fullmatch("[+]?[0-9]+", text):
            counts[cell] += int(text)
    value = "count" if weight is None else f"sum_{result_name(files, weight)}"
    counts = {cell: count for cell, count in counts.items() if count}
    return Result([(result_name(files, key), TEXT), (value, NUMBER)], ranked(counts)[: int(params.get("k", 10))])


def histogram(inputs, params):
    (files,) = inputs
    form, width = Format(params), Decimal(params.get("width", "1"))
    counts = Counter()
    for (cell,) in tables.cells(files, [single(params["column"])]):
        number = Number.read(cell or "", form)
        if number is None:
            continue
        if is_set(params, "log2"):
            counts[power_of_two(Fraction(number.value))] += 1
            continue
        # A float is only the nearest number, but the bucket is that of the text.
        value = Fraction(Decimal(form.plain(cell))) if number.places is None else number.value
        bucket = math.floor(value / Fraction(width))
        # Greater numbers of buckets are counted as out of range.
        if -(2**63) <= bucket < 2**63:
            counts[bucket] += 1
    rows = [[bound_text(bucket, params, width), str(counts[bucket])] for bucket in sorted(counts)]
    return Result([("bucket", NUMBER), ("count", NUMBER)], rows)


def power_of_two(value):
    """Returns the power of two of a bucket, with the sign of the number."""
    size, power = abs(value), 0
    if not size:
        return Fraction(0)
    power = size.numerator.bit_length() - size.denominator.bit_length()
    power -= Fraction(2) ** power > size
    return Fraction(2) ** power * (1 if value > 0 else -1)


def bound_text(bucket, params, width):
    if not is_set(params, "log2"):
        places = max(0, -width.as_tuple().exponent)
        return decimal_text(Fraction(width) * bucket, places)
    if bucket.denominator == 1 and abs(bucket) < 2**128:
        return str(bucket)
    return format(Decimal(repr(float(bucket))).normalize(), "f")


def sort(inputs, params):
    (files,) = inputs
    columns, form = tables.union(files), Format(params)
    keys = split_list(params.get("key", ""))

    def applies(option, key):
        text = params.get(option, "false")
        return text == "true" or (text != "false" and key in split_list(text))

    named = [(key, found(columns, key)) for key in keys] or [("", nth) for nth in range(len(columns))]
    parts = []
    for key, index in named:
        options = {option: applies(option, key) for option in ("numeric", "version", "ignore_case", "reverse")}
        parts.append((index, options))
    rows = list(tables.records(files))
    # Python's sort is stable, also in reverse. Therefore the least important key is sorted first.
    for index, options in reversed(parts):
        rows.sort(key=lambda row: sort_key(row[index] or "", options, form), reverse=options["reverse"])
    if is_set(params, "unique"):
        kept = {}
        for row in rows:
            kept.setdefault(tuple(sort_key(row[index] or "", options, form) for index, options in parts), row)
        rows = list(kept.values())
    return Result([(name, TEXT) for name in columns], rows)


def sort_key(cell, options, form):
    if options["numeric"]:
        return order(cell, form)
    text = (cell.lower() if options["ignore_case"] else cell).encode()
    return (version(text), text) if options["version"] else text


def version(text):
    """Splits text into bytes and numbers. A number counts as one digit, with the order of the numbers."""
    runs = re.findall(rb"[0-9]+|[^0-9]", text)
    return tuple((0x30, int(run)) if run.isdigit() else (run[0], 0) for run in runs)


def grep(inputs, params):
    (files,) = inputs
    pattern = re.compile(params["pattern"], re.IGNORECASE if is_set(params, "ignore_case") else 0)
    columns = tables.union(files)
    named = [columns[found(columns, name)] for name in split_list(params.get("columns", ""))]
    searched = [columns.index(name) for name in named] or range(len(columns))
    places = [(file.name, str(line)) for file in files for line in file.lines]
    counts, rows = Counter(), []
    for row, place in zip(tables.records(files), places, strict=True):
        cells = [row[index] for index in searched if row[index] is not None]
        counts.update(match for cell in cells for match in pattern.findall(cell) if match)
        if any(map(pattern.search, cells)) != is_set(params, "invert"):
            rows.append(list(place) * is_set(params, "names") + row)
    if params.get("output") == "counts":
        return Result([("match", TEXT), ("count", NUMBER)], ranked(counts))
    location = [("file", TEXT), ("line", NUMBER)] * is_set(params, "names")
    return Result(location + [(name, TEXT) for name in columns], rows)


JOBS = {
    "group-by": group_by,
    "distinct": distinct,
    "top": top,
    "histogram": histogram,
    "sort": sort,
    "grep": grep,
    "join": join,
}
