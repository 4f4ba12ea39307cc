#!/usr/bin/env python3
"""Has random creations and updates answered by kube-apiserver's own code and by Kubarium's, up to where they would be stored, and
prints how many answers are equal, every word and every default, and the first that are not.

usage: api_differential.py WRITE_VECTORS [--seed N] [--count N] [--updates] [--kinds Pod,Service,...] [--keep FILE]

Not every difference is a fault: where the real one walks a map, the order of its causes changes; it tells null and [] apart where
nothing else does; rules of Windows and of volumes of single vendors are left out here.

Needs Go; see tests/support/kubernetes_module.py for what it keeps where."""
import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, '..', '..', '..')
sys.path.insert(0, os.path.join(HERE, '..', '..', 'support'))
from kubernetes_module import KubernetesModule
from random_requests import Requests


def answers(oracle, requests):
    text = ''.join(json.dumps(request) + '\n' for request in requests)
    return subprocess.run([oracle], input=text, stdout=subprocess.PIPE, text=True, check=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('vectors', metavar='WRITE_VECTORS', help='our program')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=2000, help='of requests; default: 2000')
    parser.add_argument('--updates', action='store_true', help='of objects that the real one accepts, instead of creations')
    parser.add_argument('--kinds', help='default: all that the oracle knows')
    parser.add_argument('--keep', metavar='FILE', help='keep the answers there (*.jsonl)')
    options = parser.parse_args()
    oracle = KubernetesModule('api_oracle').oracle(os.path.join(HERE, 'oracle.go'))
    requests = Requests(TOP, options.seed)
    found = answers(oracle, requests.creations(options.count, options.kinds and options.kinds.split(',')))
    if options.updates:
        accepted = [exchange for exchange in map(json.loads, found.splitlines()) if exchange['status'] == 201]
        found = answers(oracle, requests.updates(options.count, accepted))
    with tempfile.TemporaryDirectory(prefix='kubarium-differential-') as temporary:
        kept = options.keep or os.path.join(temporary, 'answers.jsonl')
        with open(kept, 'w') as file:
            file.write(found)
        return subprocess.run([os.path.abspath(options.vectors), kept]).returncode


if __name__ == '__main__':
    sys.exit(main())
