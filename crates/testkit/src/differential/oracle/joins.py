"""The job `join`."""

from collections import defaultdict
from decimal import Decimal

import tables
from numerals import Format, Number
from results import TEXT, Result
from tables import find, found, split_list

KEY, LEFT, RIGHT = "key", "left", "right"


def join(inputs, params):
    left, right = inputs
    kind, by_number = params.get("kind", "inner"), params.get("compare") == "number"
    sides = [tables.union(left), tables.union(right)]
    keys = [[found(side, name) for name in split_list(params[name_of])]
            for side, name_of in zip(sides, ("left.key", "right.key"))]
    sources = selected(sides, keys, split_list(params.get("select", "")), kind)
    rows = []
    for one, other in pairs(left, right, keys, kind, by_number):
        rows.append([cell(source, one, other, keys) for source in sources])
    return Result([(name, TEXT) for name in names(sides, keys, sources)], rows)


def key_of(row, keys, by_number):
    """Returns the key of a record, and true if no cell of it is empty."""
    cells = [row[index] or "" for index in keys]
    parts = [(0, Decimal(0), cell.encode()) for cell in cells]
    for nth, text in enumerate(cells):
        if by_number and Number.read(text, Format({})):
            parts[nth] = (1, Decimal(text.strip(" \t\n\f\r")), b"")
    return tuple(parts), all(cells)


def pairs(left, right, keys, kind, by_number):
    """Returns the pairs of records by key, then in the order of the right input, then in that of the left one."""
    groups = defaultdict(lambda: ([], [], [], []))
    for side, files in enumerate((left, right)):
        for row in tables.records(files):
            key, complete = key_of(row, keys[side], by_number)
            groups[key][side if complete else side + 2].append(row)
    for key in sorted(groups):
        ones, others, ones_alone, others_alone = groups[key]
        if kind == "semi":
            yield from ((one, None) for one in ones if others)
            continue
        if kind == "anti":
            yield from ((one, None) for one in ones_alone + (ones if not others else []))
            continue
        if ones and others:
            yield from ((one, other) for other in others for one in ones)
            ones = others = []
        if kind in ("left", "full"):
            yield from ((one, None) for one in ones_alone + ones)
        if kind in ("right", "full"):
            yield from ((None, other) for other in others_alone + others)


def cell(source, one, other, keys):
    side, index = source
    if side == KEY:
        row, key = (one, keys[0][index]) if one is not None else (other, keys[1][index])
        return row[key] or ""
    row = one if side == LEFT else other
    return None if row is None else row[index]


def selected(sides, keys, items, kind):
    """Returns the sources of the columns of the result."""
    with_right = kind not in ("semi", "anti")
    if not items:
        lefts = [(LEFT, nth) for nth in range(len(sides[0])) if nth not in keys[0]]
        rights = [(RIGHT, nth) for nth in range(len(sides[1])) if nth not in keys[1]]
        return [(KEY, nth) for nth in range(len(keys[0]))] + lefts + rights * with_right

    def source(side, name):
        index = find(sides[side], name)
        if index is None:
            return None
        if index in keys[side]:
            return KEY, keys[side].index(index)
        return (LEFT, RIGHT)[side], index

    chosen = []
    for item in items:
        bare = {source(side, item) for side in (0, 1)} - {None}
        assert len(bare) < 2, item
        side, _, name = item.partition(".")
        chosen.append(bare.pop() if bare else source(["left", "right"].index(side), name))
        assert chosen[-1] is not None, item
    return chosen


def names(sides, keys, sources):
    """Returns the names of the columns. A right one whose name is taken gets a prefix."""
    own = {KEY: lambda index: sides[0][keys[0][index]], LEFT: sides[0].__getitem__, RIGHT: sides[1].__getitem__}
    taken = [own[side](index) for side, index in sources if side != RIGHT]
    result = []
    for side, index in sources:
        name = own[side](index)
        while side == RIGHT and name in taken:
            name = f"right.{name}"
        if side == RIGHT:
            taken.append(name)
        result.append(name)
    return tables.distinct(result)
