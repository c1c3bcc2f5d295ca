# The same word count in Polars; usage: count_polars.py FILE COLUMN THREADS OUTPUT
import os
import sys

file, column, threads, output = sys.argv[1:]
# Polars reads it when it is imported.
os.environ["POLARS_MAX_THREADS"] = threads

import polars

(
    polars.scan_csv(file, infer_schema=False, empty_string_is_null=False)
    .select(polars.col(column).str.split(" ").explode().alias("word"))
    .group_by("word")
    .agg(polars.len().alias("n"))
    .sort(["n", "word"], descending=[True, False])
    .sink_csv(output, engine="streaming")
)
