#!/usr/bin/env python3
import sys

for line in sys.stdin:
    place, degrees = line.split(",")
    print(f"{place}\t{float(degrees)}")
