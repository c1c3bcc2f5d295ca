# The same word count in DuckDB; usage: count_duckdb.py FILE COLUMN THREADS OUTPUT
import sys

import duckdb

file, column, threads, output = sys.argv[1:]


def quoted(path):
    return "'" + path.replace("'", "''") + "'"


connection = duckdb.connect()
connection.execute(f"PRAGMA threads={int(threads)}")
connection.execute(
    f"""
    COPY (
        SELECT word, count(*) AS n
        FROM (
            SELECT unnest(string_split("{column}", ' ')) AS word
            FROM read_csv({quoted(file)}, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')
        )
        GROUP BY word
        ORDER BY n DESC, word
    ) TO {quoted(output)} (HEADER true)
    """
)
