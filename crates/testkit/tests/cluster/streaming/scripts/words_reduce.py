#!/usr/bin/env python3
import sys
from itertools import groupby
from operator import itemgetter


def pairs(lines):
    for line in lines:
        yield line.rstrip('\n').split('\t', 1)


for word, group in groupby(pairs(sys.stdin), itemgetter(0)):
    print('%s\t%s' % (word, sum(int(count) for _, count in group)))
