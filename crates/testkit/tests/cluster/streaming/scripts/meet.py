#!/usr/bin/env python3
"""Waits until another attempt runs at the same time, then copies its input."""
import os
import sys
import time

# Ends the script if the attempts run one after the other.
DEADLINE = 60
folder = os.environ['SHARED']
here = os.path.join(folder, os.environ['mapreduce_task_attempt_id'])
with open(here, 'x'):
    pass
end = time.monotonic() + DEADLINE
while len(os.listdir(folder)) < 2:
    if time.monotonic() > end:
        sys.exit('no other attempt within %d s' % DEADLINE)
    time.sleep(0.005)
sys.stdout.write(sys.stdin.read())
