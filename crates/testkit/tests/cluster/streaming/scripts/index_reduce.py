#!/usr/bin/env python3
"""The files of each word, and how many they are."""
import sys

last, names = None, set()


def tell():
    if last is not None:
        print('%s\t%d %s' % (last, len(names), ','.join(sorted(names))))


for line in sys.stdin:
    word, name = line.rstrip('\n').split('\t')
    if word != last:
        tell()
        last, names = word, set()
    names.add(name)
tell()
