#!/usr/bin/env python3
"""Runs the real kube-scheduler's own benchmark (test/integration/scheduler_perf of Kubernetes 1.34, with API server and etcd) and
Kubarium's on the same workloads and this machine, and prints both side by side with the ratio.

usage: scheduler_reference.py SCHEDULER_BENCH [--nodes 500|5000] [--full] [WORKLOAD...]

Both make the same Nodes and as many Pods, before the measurement and in it. Upstream has no workload with taints.

Needs Go; see tests/support/kubernetes_module.py for what it keeps where."""
import argparse
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from kubernetes_module import KUBERNETES, KubernetesModule, run

ETCD = 'package main\n\nimport "go.etcd.io/etcd/server/v3/etcdmain"\nimport "os"\n\nfunc main() { etcdmain.Main(os.Args) }\n'
# Our workload: package of scheduler_perf, test case, and by size its workload with what that makes: Nodes, Pods before, Pods measured.
WORKLOADS = {
    'basic': ('misc', 'SchedulingBasic', {'500': ('500Nodes', 500, 500, 1000), '5000': ('5000Nodes', 5000, 1000, 1000), 'full': ('5000Nodes_10000Pods', 5000, 1000, 10000)}),
    'required anti-affinity': ('affinity', 'SchedulingPodAntiAffinity',
                               {'500': ('500Nodes', 500, 100, 400), '5000': ('5000Nodes', 5000, 1000, 1000), 'full': ('5000Nodes_2000Pods', 5000, 1000, 2000)}),
    'required affinity': ('affinity', 'SchedulingPodAffinity',
                          {'500': ('500Nodes', 500, 500, 1000), '5000': ('5000Nodes', 5000, 5000, 1000), 'full': ('5000Nodes_5000Pods', 5000, 5000, 5000)}),
    'preferred affinity': ('affinity', 'SchedulingPreferredPodAffinity',
                           {'500': ('500Nodes', 500, 500, 1000), '5000': ('5000Nodes', 5000, 5000, 1000), 'full': ('5000Nodes_5000Pods', 5000, 5000, 5000)}),
    'preferred anti-affinity': ('affinity', 'SchedulingPreferredPodAntiAffinity',
                                {'500': ('500Nodes', 500, 500, 1000), '5000': ('5000Nodes', 5000, 5000, 1000), 'full': ('5000Nodes_5000Pods', 5000, 5000, 5000)}),
    'node affinity': ('affinity', 'SchedulingNodeAffinity',
                      {'500': ('500Nodes', 500, 500, 1000), '5000': ('5000Nodes', 5000, 5000, 1000), 'full': ('5000Nodes_10000Pods', 5000, 5000, 10000)}),
    'required spread': ('topology_spreading', 'TopologySpreading',
                        {'500': ('500Nodes', 500, 1000, 1000), '5000': ('5000Nodes', 5000, 5000, 2000), 'full': ('5000Nodes_5000Pods', 5000, 5000, 5000)}),
    'preferred spread': ('topology_spreading', 'PreferredTopologySpreading',
                         {'500': ('500Nodes', 500, 1000, 1000), '5000': ('5000Nodes', 5000, 5000, 2000), 'full': ('5000Nodes_5000Pods', 5000, 5000, 5000)}),
    'preemption': ('misc', 'PreemptionAsync', {'500': ('500Nodes', 500, 2000, 500), '5000': ('5000Nodes', 5000, 20000, 5000), 'full': ('5000Nodes', 5000, 20000, 5000)}),
    'unschedulable backlog': ('misc', 'Unschedulable', {'500': ('500Nodes/10Init/1kPods', 500, 0, 1000), '5000': ('5kNodes/100Init/1kPods', 5000, 0, 1000),
                                                        'full': ('5kNodes/100Init/10kPods', 5000, 0, 10000)}),
    'mixed churn': ('misc', 'SchedulingWithMixedChurn', {'500': ('1000Nodes', 1000, 0, 1000), '5000': ('5000Nodes', 5000, 0, 2000), 'full': ('5000Nodes_10000Pods', 5000, 0, 10000)}),
}


class Reference(KubernetesModule):
    def __init__(self):
        super().__init__('scheduler_reference', ['go.etcd.io/etcd/server/v3 v3.6.4'])

    def prepare(self):
        super().prepare(ETCD)
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


def ours(program, name, nodes, initial, pods):
    """Pods per second end to end."""
    output = run([program, '--no-decisions', '--nodes', str(nodes), '--initial', str(initial), '--pods', str(pods), name], stdout=subprocess.PIPE).stdout
    row = re.search(r'^\| %s \| %d \| \d+ \| (\d+) \|' % (re.escape(name), nodes), output, re.M)
    return float(row.group(1)) if row else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--nodes', type=int, choices=(500, 5000), default=5000)
    parser.add_argument('--full', action='store_true', help='with as many Pods as upstream measures at 5,000 Nodes for its record: up to 10,000 instead of 1,000 (long)')
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
    print('| workload | Nodes | Pods | kube-scheduler %s, Pods/s | Kubarium, Pods/s | ratio |\n|---|--:|--:|--:|--:|--:|' % KUBERNETES)
    for name in chosen:
        package, case, sizes = WORKLOADS[name]
        workload, nodes, initial, pods = sizes['full' if options.full else str(options.nodes)]
        theirs = reference.measure(package, case, workload)
        mine = ours(options.program, name, nodes, initial, pods)
        shown = ['%.0f' % value if value is not None else 'failed' for value in (theirs, mine)]
        print('| %s | %d | %d | %s | %s | %s |' % (name, nodes, pods, *shown, '%.1f' % (mine / theirs) if theirs and mine else '-'), flush=True)


if __name__ == '__main__':
    main()
