#!/usr/bin/env python3
"""Notes that it was run, for which task and attempt, and passes its input on."""
import os
import sys

note = '%s.%d' % (os.environ['mapreduce_task_attempt_id'], os.getpid())
with open(os.path.join(os.environ['SHARED'], note), 'x'):
    pass
sys.stdout.write(sys.stdin.read())
