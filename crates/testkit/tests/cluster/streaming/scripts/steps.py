#!/usr/bin/env python3
"""A job as a class whose script is its own mapper, combiner and reducer: `steps.py --step-num=0 --mapper`.

Keys and values between the phases are JSON, as in such libraries.
"""
import argparse
import itertools
import json
import re
import sys


class Lengths:
    """Computes the number of words of each length, and the first of them in byte order."""

    def mapper(self, _, line):
        for word in re.findall(r'[a-z]+', line.lower()):
            yield len(word), [1, word]
            sys.stderr.write('reporter:counter:Lengths,%s,1\n' % ('long' if len(word) > 7 else 'short'))

    def combiner(self, length, values):
        yield length, self.united(values)

    def reducer(self, length, values):
        count, first = self.united(values)
        yield length, {'count': count, 'first': first}

    @staticmethod
    def united(values):
        values = list(values)
        return [sum(count for count, _ in values), min(word for _, word in values)]


def read(lines):
    for line in lines:
        key, value = line.rstrip('\n').split('\t')
        yield json.loads(key), json.loads(value)


def run(job, part):
    if part == 'mapper':
        found = (pair for line in sys.stdin for pair in job.mapper(None, line.rstrip('\n')))
    else:
        groups = itertools.groupby(read(sys.stdin), key=lambda pair: pair[0])
        method = getattr(job, part)
        found = (out for key, group in groups for out in method(key, (value for _, value in group)))
    for key, value in found:
        print('%s\t%s' % (json.dumps(key), json.dumps(value)))


parser = argparse.ArgumentParser()
parser.add_argument('--step-num', type=int, default=0)
for name in ('mapper', 'combiner', 'reducer'):
    parser.add_argument('--' + name, dest='part', action='store_const', const=name)
options = parser.parse_args()
run(Lengths(), options.part)
