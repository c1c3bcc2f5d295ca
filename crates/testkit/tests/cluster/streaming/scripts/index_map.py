#!/usr/bin/env python3
"""Words with the name of the file that they are in."""
import os
import sys

name = os.path.basename(os.environ['mapreduce_map_input_file'])
for line in sys.stdin:
    for word in line.split():
        print('%s\t%s' % (word, name))
