"""Writes the expected result of each case in a folder: `main.py FOLDER`.

Each sub-folder has a description `case.json` and the input files. The result goes to `expected` there. It shares no code
with the program: the rules are those of `docs/guide`.
"""

import json
import os
import sys

import jobs
import results
import tables


def evaluate(folder):
    with open(os.path.join(folder, "case.json"), encoding="utf-8") as file:
        case = json.load(file)
    inputs = [tables.read(os.path.join(folder, at["folder"]), at) for at in case["inputs"]]
    result = jobs.JOBS[case["job"]](inputs, case["params"])
    text = results.write(result, case["output"])
    with open(os.path.join(folder, "expected"), "wb") as file:
        file.write(text.encode())


def main(root):
    for name in sorted(os.listdir(root)):
        try:
            evaluate(os.path.join(root, name))
        except Exception as error:
            error.add_note(f"case {name}")
            raise


main(sys.argv[1])
