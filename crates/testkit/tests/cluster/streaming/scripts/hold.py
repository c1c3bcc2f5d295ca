#!/usr/bin/env python3
"""Copies its input. In the last partition, it first waits for a file `go`."""
import os
import sys
import time

# Ends the script if the test has failed.
DEADLINE = 100
text = sys.stdin.read()
end = time.monotonic() + DEADLINE
is_last = int(os.environ['mapreduce_task_partition']) + 1 == int(os.environ['mapreduce_job_reduces'])
while is_last and not os.path.exists(os.path.join(os.environ['SHARED'], 'go')):
    if time.monotonic() > end:
        sys.exit('no file `go` within %d s' % DEADLINE)
    time.sleep(0.005)
sys.stdout.write(text)
