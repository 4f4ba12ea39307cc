#!/usr/bin/env python3
"""Runs the real kube-scheduler's own benchmark (test/integration/scheduler_perf of Kubernetes 1.34, with API server and etcd) and
Kubarium's on the same workloads and this machine, and prints both side by side with the ratio.

usage: scheduler_reference.py SCHEDULER_BENCH [--nodes 500|5000] [WORKLOAD...]

Needs Go. Modules are downloaded by Go, and what is built from them is kept in ${XDG_CACHE_HOME:-~/.cache}/kubarium/scheduler_reference
(some 400 MB; the build takes minutes, and is done once). Nothing is written into the repository."""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

KUBERNETES = 'v1.34.4'
STAGING = 'v0.' + KUBERNETES[3:]
# Our workload: package of scheduler_perf, test case, and its workloads at 500 and at 5,000 Nodes.
WORKLOADS = {
    'basic': ('misc', 'SchedulingBasic', '500Nodes', '5000Nodes_10000Pods'),
    'required anti-affinity': ('affinity', 'SchedulingPodAntiAffinity', '500Nodes', '5000Nodes_2000Pods'),
    'required affinity': ('affinity', 'SchedulingPodAffinity', '500Nodes', '5000Nodes_5000Pods'),
    'preferred affinity': ('affinity', 'SchedulingPreferredPodAffinity', '500Nodes', '5000Nodes_5000Pods'),
    'preferred anti-affinity': ('affinity', 'SchedulingPreferredPodAntiAffinity', '500Nodes', '5000Nodes_5000Pods'),
    'node affinity': ('affinity', 'SchedulingNodeAffinity', '500Nodes', '5000Nodes_10000Pods'),
    'required spread': ('topology_spreading', 'TopologySpreading', '500Nodes', '5000Nodes_5000Pods'),
    'preferred spread': ('topology_spreading', 'PreferredTopologySpreading', '500Nodes', '5000Nodes_5000Pods'),
    'preemption': ('misc', 'PreemptionBasic', '500Nodes', '5000Nodes'),
    'unschedulable backlog': ('misc', 'Unschedulable', '500Nodes/200InitPods', '5000Nodes/200InitPods'),
    'mixed churn': ('misc', 'SchedulingWithMixedChurn', '1000Nodes', '5000Nodes_10000Pods'),
}


def run(command, **options):
    result = subprocess.run(command, text=True, **options)
    if result.returncode != 0:
        sys.exit('%s failed (exit code %d)' % (' '.join(command), result.returncode))
    return result


class Reference:
    def __init__(self):
        if not shutil.which('go'):
            sys.exit('Go is not installed: the real scheduler cannot be built. Install Go 1.24 or later (https://go.dev/dl) and run this again.')
        base = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
        self.directory = os.path.join(base, 'kubarium', 'scheduler_reference', KUBERNETES)
        os.makedirs(self.directory, exist_ok=True)
        self.environment = dict(os.environ, GOFLAGS='-mod=mod', GOTOOLCHAIN='auto')

    def go(self, *arguments, capture=False):
        return run(['go', *arguments], cwd=self.directory, env=self.environment, stdout=subprocess.PIPE if capture else None).stdout

    def prepare(self):
        """A module that depends on k8s.io/kubernetes, whose own replacements for its staging modules do not count for others."""
        if not os.path.exists(os.path.join(self.directory, 'go.mod')):
            with open(os.path.join(self.directory, 'go.mod'), 'w') as file:
                file.write('module reference\n\ngo 1.24.0\n')
        module = json.loads(self.go('mod', 'download', '-json', 'k8s.io/kubernetes@' + KUBERNETES, capture=True))
        with open(module['GoMod']) as file:
            text = file.read()
        go_version = re.search(r'^go (\S+)', text, re.M).group(1)
        staging = sorted(set(re.findall(r'^\s*(k8s\.io/\S+) => ./staging', text, re.M)))
        with open(os.path.join(self.directory, 'go.mod'), 'w') as file:
            file.write('module reference\n\ngo %s\n\ngodebug default=go%s\n\nrequire (\n\tk8s.io/kubernetes %s\n\tgo.etcd.io/etcd/server/v3 v3.6.4\n)\n\n' %
                       (go_version, '.'.join(go_version.split('.')[:2]), KUBERNETES))
            for name in staging:
                file.write('replace %s => %s %s\n' % (name, name, STAGING))
        self.sources = module['Dir']
        with open(os.path.join(self.directory, 'main.go'), 'w') as file:
            file.write('package main\n\nimport "go.etcd.io/etcd/server/v3/etcdmain"\nimport "os"\n\nfunc main() { etcdmain.Main(os.Args) }\n')
        if not os.path.exists(os.path.join(self.directory, 'etcd')):
            print('building etcd ...', file=sys.stderr)
            self.go('build', '-o', 'etcd', 'main.go')

    def program(self, package):
        program = os.path.join(self.directory, package + '.test')
        if not os.path.exists(program):
            print('building scheduler_perf/%s (minutes) ...' % package, file=sys.stderr)
            self.go('test', '-c', '-o', program, 'k8s.io/kubernetes/test/integration/scheduler_perf/' + package)
        return program

    def measure(self, package, case, workload):
        """Pods per second, or None if that did not work."""
        with tempfile.TemporaryDirectory(prefix='kubarium-reference-') as results:
            environment = dict(self.environment, PATH=self.directory + ':' + os.environ['PATH'], TMPDIR=results)
            subprocess.run([self.program(package), '-test.run=^$', '-test.benchtime=1ns', '-test.timeout=30m', '-test.bench=^BenchmarkPerfScheduling$/^%s$/^%s$' % (case, workload.replace('/', '$/^')),
                            '-perf-scheduling-label-filter=', '-data-items-dir=' + results, '-v=0'],
                           cwd=os.path.join(self.sources, 'test/integration/scheduler_perf', package), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for name in glob.glob(os.path.join(results, '*.json')):
                with open(name) as file:
                    for item in json.load(file)['dataItems']:
                        if item['labels'].get('Metric') == 'SchedulingThroughput' and item['labels'].get('Name', '').find(workload) >= 0:
                            return item['data']['Average']
        return None


def ours(program, workload, nodes):
    """Pods per second end to end."""
    output = run([program, '--no-decisions', '--nodes', str(nodes), workload], stdout=subprocess.PIPE).stdout
    row = re.search(r'^\| %s \| %d \| \d+ \| (\d+) \|' % (re.escape(workload), nodes), output, re.M)
    return float(row.group(1)) if row else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--nodes', type=int, choices=(500, 5000), default=5000)
    parser.add_argument('--build', action='store_true', help='only build the reference')
    parser.add_argument('workloads', nargs='*', metavar='WORKLOAD', help='default: all. ' + ', '.join(WORKLOADS))
    options = parser.parse_intermixed_args()
    unknown = [name for name in options.workloads if name not in WORKLOADS]
    if unknown:
        sys.exit('There is no workload "%s". There are: %s' % (unknown[0], ', '.join(WORKLOADS)))
    chosen = options.workloads or list(WORKLOADS)
    reference = Reference()
    reference.prepare()
    for package in sorted({WORKLOADS[name][0] for name in chosen}):
        reference.program(package)
    if options.build:
        return
    print('| workload | Nodes | kube-scheduler %s, Pods/s | Kubarium, Pods/s | ratio |\n|---|--:|--:|--:|--:|' % KUBERNETES)
    for name in chosen:
        package, case, *at = WORKLOADS[name]
        theirs = reference.measure(package, case, at[options.nodes == 5000])
        mine = ours(options.program, name, options.nodes)
        shown = ['%.0f' % value if value is not None else 'failed' for value in (theirs, mine)]
        print('| %s | %d | %s | %s | %s |' % (name, options.nodes, *shown, '%.1f' % (mine / theirs) if theirs and mine else '-'), flush=True)


if __name__ == '__main__':
    main()
