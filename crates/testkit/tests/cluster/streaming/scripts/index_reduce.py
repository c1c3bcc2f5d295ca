#!/usr/bin/env python3
"""Prints the number and the names of each word's files."""
import sys

last, names = None, set()


def print_last():
    if last is not None:
        print('%s\t%d %s' % (last, len(names), ','.join(sorted(names))))


for line in sys.stdin:
    word, name = line.rstrip('\n').split('\t')
    if word != last:
        print_last()
        last, names = word, set()
    names.add(name)
print_last()
