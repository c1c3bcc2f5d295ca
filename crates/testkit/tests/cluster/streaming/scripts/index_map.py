#!/usr/bin/env python3
"""Prints each word with the name of its file."""
import os
import sys

name = os.path.basename(os.environ['mapreduce_map_input_file'])
for line in sys.stdin:
    for word in line.split():
        print('%s\t%s' % (word, name))
