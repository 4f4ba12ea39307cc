"""End to end: 'kubarium scheduler' schedules for a cluster whose own scheduler is off, over HTTPS and elected by Lease; a second
one takes over. Usage: scheduler_test.py PATH/TO/kubarium"""
import pathlib
import signal
import subprocess
import sys
import unittest

from api import Api
from machine import Machine, wait_until

MACHINE = Machine(sys.argv.pop(), "scheduler")
kubarium = MACHINE.kubarium
CONFIG = """apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaseDuration: 3s, renewDeadline: 2s, retryPeriod: 200ms}
profiles: [{schedulerName: default-scheduler}, {schedulerName: second}]
"""


def write(name, text):
    path = MACHINE.state / name
    path.write_text(text)
    return path


class StandaloneScheduler(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.running = []
        cls.addClassCleanup(cls.stop)  # also if this fails
        kubarium("up", "--detach", "--simulated", "--nodes", "0", "--simulated-nodes", "2", "--no-scheduler")
        cls.kubeconfig = kubarium("kubeconfig", "--path").stdout.strip()
        cls.api = Api(pathlib.Path(cls.kubeconfig).read_text())
        cls.config = write("config.yaml", CONFIG)

    @classmethod
    def stop(cls):
        for process in cls.running:
            process.kill()
            process.wait()
            process.stdout.close()
        kubarium("down", "--purge", check=False)
        MACHINE.expect_nothing_left()
        MACHINE.remove()

    def call(self, method, path, body=None):
        code, answer = self.api.call(method, path, body)
        self.assertLess(code, 300, f"{method} {path}: {answer}")
        return answer

    def pod(self, name, scheduler="default-scheduler"):
        self.call("POST", "/api/v1/namespaces/default/pods", {"metadata": {"name": name}, "spec": {"schedulerName": scheduler, "containers": [{"name": "c", "image": "busybox", "command": ["sleep", "1000"]}]}})

    def node_of(self, name):
        return self.call("GET", f"/api/v1/namespaces/default/pods/{name}")["spec"].get("nodeName")

    def holder(self):
        return self.call("GET", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler")["spec"].get("holderIdentity")

    def start_scheduler(self):
        process = subprocess.Popen([str(MACHINE.program), "scheduler", "--kubeconfig", self.kubeconfig, "--config", str(self.config)],
                                   stdout=subprocess.PIPE, text=True, env=MACHINE.environment)
        self.running.append(process)
        self.assertIn("Candidate", process.stdout.readline())
        return process

    def test_one_leads_and_the_next_takes_over(self):
        self.pod("waits")
        first = self.start_scheduler()
        wait_until("the Pod is placed", lambda: self.node_of("waits"))
        leader = self.holder()
        second = self.start_scheduler()
        self.pod("by-profile", "second")
        wait_until("a Pod of the second profile is placed", lambda: self.node_of("by-profile"))
        self.assertEqual(self.holder(), leader, "the second one waits")
        first.send_signal(signal.SIGTERM)
        self.assertEqual(first.wait(timeout=30), 0)
        wait_until("the second one leads", lambda: self.holder() not in (leader, "", None))
        self.pod("after")
        wait_until("the second one schedules", lambda: self.node_of("after"))
        second.send_signal(signal.SIGTERM)
        self.assertEqual(second.wait(timeout=30), 0)

    def test_a_configuration_that_is_not_valid_is_refused_at_once(self):
        done = kubarium("scheduler", "--kubeconfig", self.kubeconfig, "--config", write("bad.yaml", CONFIG + "parallelism: -1\n"), check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("parallelism: Invalid value: -1: should be an integer value greater than zero", done.stderr)

    def test_whose_configuration_it_is_is_said(self):
        self.pod("explained", "second")
        why = kubarium("why", "explained", "--recompute", "--scheduler-config", self.config).stdout
        self.assertIn("spec.schedulerName is second", why)
        assumed = kubarium("schedule", "-f", "-", stdin="apiVersion: v1\nkind: Pod\nmetadata: {name: new}\nspec: {containers: [{name: c, image: busybox}]}").stdout
        self.assertIn("no scheduler of its own (--no-scheduler)", assumed)


if __name__ == "__main__":
    unittest.main()
