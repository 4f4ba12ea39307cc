#!/usr/bin/env python3
"""Runs the real kube-scheduler's own benchmark (test/integration/scheduler_perf of Kubernetes 1.34, with API server and etcd) and
Kubarium's on the same workloads and this machine, and prints both side by side with the ratio.

usage: scheduler_reference.py SCHEDULER_BENCH [--nodes 500|5000] [--full] [WORKLOAD...]

Both make the same Nodes and as many Pods, before the measurement and in it. Upstream's operations of each workload are taken as they
are, with the feature gates at their defaults; only the numbers are given here. What upstream lets come between the measured Pods at
fixed intervals comes here once for as many measured Pods as kube-scheduler had placed meanwhile, so that both do it equally often.
Upstream has no workload with taints.

Needs Go; see tests/support/kubernetes_module.py for what it keeps where."""
import argparse
import glob
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from kubernetes_module import KUBERNETES, KubernetesModule, run

ETCD = 'package main\n\nimport "go.etcd.io/etcd/server/v3/etcdmain"\nimport "os"\n\nfunc main() { etcdmain.Main(os.Args) }\n'
# Our workload: package of scheduler_perf, test case, by size what is made (Nodes, Pods before, Pods measured), and how many seconds pass
# from one thing that comes between to the next.
WORKLOADS = {
    'basic': ('misc', 'SchedulingBasic', {'500': (500, 500, 1000), '5000': (5000, 1000, 1000), 'full': (5000, 1000, 10000)}, None),
    'required anti-affinity': ('affinity', 'SchedulingPodAntiAffinity', {'500': (500, 100, 400), '5000': (5000, 1000, 1000), 'full': (5000, 1000, 2000)}, None),
    'required affinity': ('affinity', 'SchedulingPodAffinity', {'500': (500, 500, 1000), '5000': (5000, 5000, 1000), 'full': (5000, 5000, 5000)}, None),
    'preferred affinity': ('affinity', 'SchedulingPreferredPodAffinity', {'500': (500, 500, 1000), '5000': (5000, 5000, 1000), 'full': (5000, 5000, 5000)}, None),
    'preferred anti-affinity': ('affinity', 'SchedulingPreferredPodAntiAffinity', {'500': (500, 500, 1000), '5000': (5000, 5000, 1000), 'full': (5000, 5000, 5000)}, None),
    'node affinity': ('affinity', 'SchedulingNodeAffinity', {'500': (500, 500, 1000), '5000': (5000, 5000, 1000), 'full': (5000, 5000, 10000)}, None),
    'required spread': ('topology_spreading', 'TopologySpreading', {'500': (500, 1000, 1000), '5000': (5000, 5000, 2000), 'full': (5000, 5000, 5000)}, None),
    'preferred spread': ('topology_spreading', 'PreferredTopologySpreading', {'500': (500, 1000, 1000), '5000': (5000, 5000, 2000), 'full': (5000, 5000, 5000)}, None),
    'preemption': ('misc', 'PreemptionBasic', {'500': (500, 2000, 500), '5000': (5000, 20000, 500), 'full': (5000, 20000, 5000)}, None),
    'preemption between others': ('misc', 'PreemptionAsync', {'500': (500, 2000, 500), '5000': (5000, 20000, 1000), 'full': (5000, 20000, 5000)}, 0.2),
    'unschedulable backlog': ('misc', 'Unschedulable', {'500': (500, 10, 1000), '5000': (5000, 100, 1000), 'full': (5000, 100, 10000)}, 0.2),
    'mixed churn': ('misc', 'SchedulingWithMixedChurn', {'500': (500, 0, 1000), '5000': (5000, 0, 2000), 'full': (5000, 0, 10000)}, 1),
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

    def configuration(self, package, case, nodes, initial, pods):
        """Upstream's of that case, with one workload of these numbers."""
        with open(os.path.join(self.sources, 'test/integration/scheduler_perf', package, 'performance-config.yaml')) as file:
            cases = re.split(r'(?m)^(?=- name: )', file.read())
        operations = next(text for text in cases if text.startswith('- name: %s\n' % case)).split('  workloads:\n')[0]
        params = ''.join('      %s: %d\n' % param for param in (('initNodes', nodes), ('initPods', initial), ('measurePods', pods)) if '$' + param[0] in operations)
        return operations + '  workloads:\n  - name: chosen\n    labels: [performance]\n    params:\n' + params

    def measure(self, package, case, nodes, initial, pods):
        """Pods per second, on average and in the best seconds (95th percentile), or None if that did not work."""
        with tempfile.TemporaryDirectory(prefix='kubarium-reference-') as directory:
            # Templates are named relative to where the program runs.
            os.symlink(os.path.join(self.sources, 'test/integration/scheduler_perf/templates'), os.path.join(directory, 'templates'))
            here, results = os.path.join(directory, package), os.path.join(directory, 'results')
            os.mkdir(here)
            os.mkdir(results)
            with open(os.path.join(here, 'performance-config.yaml'), 'w') as file:
                file.write(self.configuration(package, case, nodes, initial, pods))
            environment = dict(self.environment, PATH=self.directory + ':' + os.environ['PATH'], TMPDIR=results)
            subprocess.run([self.program(package), '-test.run=^$', '-test.benchtime=1ns', '-test.timeout=30m', '-test.bench=^BenchmarkPerfScheduling$/^%s$/^chosen$' % case,
                            '-perf-scheduling-label-filter=', '-data-items-dir=' + results, '-v=0'], cwd=here, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for name in glob.glob(os.path.join(results, '*.json')):
                with open(name) as file:
                    for item in json.load(file)['dataItems']:
                        if item['labels'].get('Metric') == 'SchedulingThroughput' and '/chosen/' in item['labels'].get('Name', ''):
                            return item['data']['Average'], item['data']['Perc95']
        return None


def ours(program, name, nodes, initial, pods, tick_every):
    """Pods per second end to end: the median of five runs, each of which is short beside one of kube-scheduler's."""
    ticks = ['--tick-every', str(tick_every)] if tick_every else []
    figures = []
    for _ in range(5):
        output = run([program, '--no-decisions', '--nodes', str(nodes), '--initial', str(initial), '--pods', str(pods), *ticks, name], stdout=subprocess.PIPE).stdout
        row = re.search(r'^\| %s \| %d \| \d+ \| (\d+) \|' % (re.escape(name), nodes), output, re.M)
        if not row:
            return None
        figures.append(float(row.group(1)))
    return statistics.median(figures)


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
    print('| workload | Nodes | Pods | kube-scheduler %s, Pods/s | in its best seconds | Kubarium, Pods/s | ratio |\n|---|--:|--:|--:|--:|--:|--:|' % KUBERNETES)
    for name in chosen:
        package, case, sizes, interval = WORKLOADS[name]
        nodes, initial, pods = sizes['full' if options.full else str(options.nodes)]
        theirs, best = reference.measure(package, case, nodes, initial, pods) or (None, None)
        mine = ours(options.program, name, nodes, initial, pods, max(1, round(theirs * interval)) if theirs and interval else None)
        shown = ['%.0f' % value if value is not None else 'failed' for value in (theirs, best, mine)]
        print('| %s | %d | %d | %s | %s | %s | %s |' % (name, nodes, pods, *shown, '%.1f' % (mine / theirs) if theirs and mine else '-'), flush=True)


if __name__ == '__main__':
    main()
