#!/usr/bin/env python3
"""Decides mutants of the recorded cases (tests/golden/scheduler) with kube-scheduler's own code and with Kubarium's, and prints how
many decisions are equal in every detail, and the first that are not.

usage: scheduler_differential.py SCHEDULER_VECTORS [--seed N] [--count N] [--keep DIR]

Ends with 1 when a decision differs. Not every difference is a fault: where the real one depends on the order of a map or on the
time of day (Pods of one priority that have not started, images whose size Nodes disagree about, pod-level requests with an overhead,
which it adds again at every look), a mutant can differ from one run to the next.

Needs Go; see tests/support/kubernetes_module.py for what it keeps where."""
import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'support'))
from kubernetes_module import KubernetesModule
from mutation import Mutation, read_cases


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('vectors', metavar='SCHEDULER_VECTORS', help='our program')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=2000, help='of mutants; default: 2000')
    parser.add_argument('--keep', metavar='DIR', help='keep the decided mutants there (mutants.jsonl.gz)')
    options = parser.parse_args()
    oracle = KubernetesModule('scheduler_oracle').oracle(os.path.join(HERE, 'oracle.go'))
    with tempfile.TemporaryDirectory(prefix='kubarium-differential-') as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        asked, decided = os.path.join(temporary, 'asked.jsonl'), os.path.join(folder, 'mutants.jsonl.gz')
        with open(asked, 'w') as file:
            for case in Mutation(read_cases(os.path.join(HERE, '..', '..', 'golden', 'scheduler')), options.seed).mutants(options.count):
                file.write(json.dumps(case) + '\n')
        with open(asked) as file:
            answers = subprocess.run([oracle], stdin=file, stdout=subprocess.PIPE, check=True).stdout
        with gzip.open(decided, 'wb') as file:
            file.write(answers)
        return subprocess.run([os.path.abspath(options.vectors), folder]).returncode


if __name__ == '__main__':
    sys.exit(main())
