"""Computes the expected results of jobs independently: `expected.py FUNCTION INPUT...` prints the result.

The module csv reads tables. SQLite evaluates them where SQL can express the result.
"""

import csv
import json
import math
import os
import sqlite3
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction


def files(path):
    if os.path.isfile(path):
        return [path]
    return [os.path.join(path, name) for name in sorted(os.listdir(path))]


def lines(path):
    with open(path, encoding="utf-8", errors="replace", newline="\n") as file:
        for line in file:
            line = line[:-1] if line.endswith("\n") else line
            yield line[:-1] if line.endswith("\r") else line


def words(line):
    for word in line.lower().split():
        word = "".join(filter(str.isalnum, word))
        if word:
            yield word


def rows(path):
    for name in files(path):
        with open(name, encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def database(*paths):
    """Returns a database with a table of text, t1, t2, ..., for each path."""
    found = sqlite3.connect(":memory:")
    for nth, path in enumerate(paths, 1):
        records = list(rows(path))
        names = list(records[0])
        columns = ", ".join(f'"{name}" text' for name in names)
        found.execute(f"create table t{nth} ({columns})")
        marks = ", ".join("?" * len(names))
        found.executemany(
            f"insert into t{nth} values ({marks})",
            ([record[name] for name in names] for record in records),
        )
    return found


def by_bytes(text):
    return text.encode()


def as_json(data):
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def tell(key_name, value_name, counts):
    print(f"{key_name}\t{value_name}")
    for key, count in sorted(counts, key=lambda row: (-row[1], by_bytes(row[0]))):
        print(f"{key}\t{count}")


def word_count(path):
    tell("word", "count", Counter(word for name in files(path) for line in lines(name) for word in words(line)).items())


def top_words(path):
    counts = Counter(word for name in files(path) for line in lines(name) for word in words(line))
    tell("word", "count", sorted(counts.items(), key=lambda row: (-row[1], by_bytes(row[0])))[:20])


def index(path):
    places = defaultdict(set)
    for name in files(path):
        for line in lines(name):
            for word in words(line):
                places[word].add(os.path.basename(name))
    for word in sorted(places, key=by_bytes):
        print(as_json({"word": word, "files": sorted(places[word])}))


def index_lines(path):
    places = defaultdict(set)
    for name in files(path):
        for number, line in enumerate(lines(name), 1):
            for word in words(line):
                places[word].add((os.path.basename(name), number))
    for word in sorted(places, key=by_bytes):
        print(as_json({"word": word, "lines": sorted(places[word])}))


def number(cell):
    cell = cell.strip()
    return Decimal(cell) if cell else None


def group(path):
    means = defaultdict(list)
    for row in rows(path):
        cell = number(row["airline_sentiment_confidence"])
        if cell is not None:
            means[row["airline"]].append(Fraction(cell))
    query = """
        select airline, count(*), sum(cast(retweet_count as integer)),
            min(cast(retweet_count as integer)), max(cast(retweet_count as integer)),
            count(distinct nullif(user_timezone, '')), count(distinct nullif(name, ''))
        from t1 group by airline order by cast(airline as blob)
    """
    for key, count, total, least, greatest, zones, people in database(path).execute(query):
        print(as_json({
            "airline": key, "count": count, "sum_retweet_count": total, "min_retweet_count": least,
            "max_retweet_count": greatest,
            "mean_airline_sentiment_confidence": float(sum(means[key]) / len(means[key])),
            "distinct_user_timezone": zones, "distinct_name": people,
        }))


def group_by_two(path):
    cells = defaultdict(list)
    for row in rows(path):
        cells[row["airline"], row["airline_sentiment"]].append(number(row["negativereason_confidence"]))
    for key in sorted(cells, key=lambda key: [by_bytes(part) for part in key]):
        numbers = [cell for cell in cells[key] if cell is not None]
        # The sum has as many decimal places as the number with the most.
        total = format(sum(numbers, Decimal(0)), "f")
        row = as_json({
            "airline": key[0], "airline_sentiment": key[1], "count": len(cells[key]),
            "sum_negativereason_confidence": "SUM",
        })
        print(row.replace('"SUM"', total))


def top_cells(path):
    query = """
        select user_timezone, count(*) as n from t1
        group by 1 order by n desc, cast(user_timezone as blob) limit 7
    """
    print("user_timezone\tcount")
    for key, count in database(path).execute(query):
        print(f"{key}\t{count}")


def top_weights(path):
    query = """
        select name, sum(cast(retweet_count as integer)) as n from t1
        group by 1 order by n desc, cast(name as blob) limit 5
    """
    print("name\tsum_retweet_count")
    for key, count in database(path).execute(query):
        print(f"{key}\t{count}")


def distinct(path):
    query = "select count(*) from (select distinct airline, user_timezone from t1)"
    print(f"distinct\n{database(path).execute(query).fetchone()[0]}")


def different_names(path):
    print(database(path).execute("select count(distinct name) from t1").fetchone()[0])


def distinct_list(path):
    for (name,) in database(path).execute("select distinct name from t1 order by cast(name as blob)"):
        print(name)


def histogram(path):
    width = Decimal("0.05")
    cells = (number(row["negativereason_confidence"]) for row in rows(path))
    buckets = Counter(math.floor(cell / width) for cell in cells if cell is not None)
    print("bucket\tcount")
    for bucket in sorted(buckets):
        print(f"{bucket * width}\t{buckets[bucket]}")


def histogram_of_powers(path):
    cells = (int(row["retweet_count"]) for row in rows(path))
    buckets = Counter(1 << (cell.bit_length() - 1) if cell else 0 for cell in cells)
    print("bucket\tcount")
    for bucket in sorted(buckets):
        print(f"{bucket}\t{buckets[bucket]}")


def numeric(path):
    """Prints the rows of a table by the number in their third column, in descending order."""
    def key(row):
        try:
            return (1, Fraction(Decimal(row[2].strip())))
        except (ArithmeticError, ValueError):
            return (0, 0)
    header, *found = [row for name in files(path) for row in csv.reader(open(name, encoding="utf-8", newline="")) if row]
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(header)
    for row in sorted(found, key=key, reverse=True):
        table.writerow(row)


def join(left, right, kind="inner"):
    found = database(left, right)
    found.row_factory = sqlite3.Row
    query = f"""
        select t1.rowid as l, t2.rowid as r, t1.airline as k
        from t1 {kind} join t2 on t1.airline = t2.airline
        order by cast(k as blob), r, l
    """
    def columns(table):
        header = found.execute(f"select * from {table} limit 1").fetchone().keys()
        return [name for name in header if name != "airline"]
    def cells(table, row):
        record = found.execute(f"select * from {table} where rowid = ?", [row]).fetchone()
        return {name: record and record[name] for name in columns(table)}
    for l, r, key in found.execute(query):
        row = {"airline": key, **cells("t1", l)}
        for name, cell in cells("t2", r).items():
            row[f"right.{name}" if name in row else name] = cell
        print(as_json(row))


sys.stdout.reconfigure(encoding="utf-8", newline="\n")
globals()[sys.argv[1]](*sys.argv[2:])
