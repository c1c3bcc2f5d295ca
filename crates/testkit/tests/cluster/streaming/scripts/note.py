#!/usr/bin/env python3
"""Creates a file named by its attempt and process, then copies its input."""
import os
import sys

note = '%s.%d' % (os.environ['mapreduce_task_attempt_id'], os.getpid())
with open(os.path.join(os.environ['SHARED'], note), 'x'):
    pass
sys.stdout.write(sys.stdin.read())
