#!/usr/bin/env python3
"""Copies its input, or fails or stalls, depending on a hash of task and attempt. The fourth attempt succeeds.

Output and counters of a failed attempt must not count.
"""
import os
import signal
import sys
import zlib

kind, task, attempt = os.environ['mapreduce_task_attempt_id'].rsplit('_', 3)[-3:]
mood = zlib.crc32(('%s %s %s' % (kind, task, attempt)).encode()) % 16 if int(attempt) < 3 else 15
text = sys.stdin.read()
sys.stderr.write('reporter:counter:Moody,Lines,%d\n' % text.count('\n'))
sys.stderr.flush()
if mood < 6:
    sys.stdout.write(text[:len(text) // 2])
    sys.exit(17)
if mood < 7:
    os.kill(os.getpid(), signal.SIGKILL)
if mood < 8:
    sys.stdout.flush()
    signal.pause()
sys.stdout.write(text)
