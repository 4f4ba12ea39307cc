#!/usr/bin/env python3
"""Counts the instructions of three fixed workloads of the scheduler under valgrind, which no other program on the machine disturbs,
and prints them beside those that are recorded in instructions.json: a ratio above 1 is a regression.

usage: instructions.py SCHEDULER_BENCH [--record]
The counts depend a little on compiler and libraries; record them again (--record) when those change."""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys

RECORD = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'instructions.json')
WORKLOADS = ('basic', 'required anti-affinity', 'preferred spread')
NODES, PODS = 1000, 1000


def count(program, workload):
    result = subprocess.run(['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', program, '--no-end-to-end', '--nodes', str(NODES), '--pods', str(PODS), workload],
                            text=True, capture_output=True)
    collected = re.search(r'Collected : (\d+)', result.stderr)
    if result.returncode != 0 or not collected:
        sys.exit('valgrind failed:\n' + result.stderr[-2000:])
    return int(collected.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--record', action='store_true')
    options = parser.parse_args()
    if not shutil.which('valgrind'):
        sys.exit('valgrind is not installed: apt-get install valgrind')
    recorded = json.load(open(RECORD))['workloads'] if os.path.exists(RECORD) else {}
    print('| workload (%d Nodes, %d Pods) | instructions | recorded | ratio |\n|---|--:|--:|--:|' % (NODES, PODS))
    now = {}
    for workload in WORKLOADS:
        now[workload] = count(options.program, workload)
        before = recorded.get(workload)
        print('| %s | %d | %s | %s |' % (workload, now[workload], before or '-', '%.3f' % (now[workload] / before) if before else '-'), flush=True)
    if options.record:
        with open(RECORD, 'w') as file:
            json.dump({'nodes': NODES, 'pods': PODS, 'preset': 'release', 'workloads': now}, file, indent=2)
            file.write('\n')


if __name__ == '__main__':
    main()
