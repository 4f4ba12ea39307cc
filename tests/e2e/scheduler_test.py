"""End to end: 'kubarium scheduler' schedules for a cluster whose own scheduler is off, over HTTPS and elected by Lease; a second
one takes over. Usage: scheduler_test.py PATH/TO/kubarium"""
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

KUBARIUM = pathlib.Path(sys.argv.pop()).resolve()
STATE = tempfile.TemporaryDirectory(prefix="kubarium-scheduler-")
NAME = f"sched-{os.getpid()}"
ENV = {**os.environ, "KUBARIUM_STATE": STATE.name, "KUBARIUM_NAME": NAME}
CONFIG = """apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaseDuration: 3s, renewDeadline: 2s, retryPeriod: 200ms}
profiles: [{schedulerName: default-scheduler}, {schedulerName: second}]
"""


def kubarium(*words, check=True):
    done = subprocess.run([str(KUBARIUM), *words], capture_output=True, text=True, env=ENV, timeout=120)
    if check and done.returncode != 0:
        raise AssertionError(f"{words} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def wait_until(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")


class StandaloneScheduler(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        pathlib.Path(STATE.name, "tokens.csv").write_text('secret,admin,admin,"system:masters"\n')
        pathlib.Path(STATE.name, "config.yaml").write_text(CONFIG)
        kubarium("up", "--detach", "--simulated", "--nodes", "0", "--simulated-nodes", "2", "--no-scheduler", "--token-auth-file", str(pathlib.Path(STATE.name, "tokens.csv")))
        cls.kubeconfig = kubarium("kubeconfig", "--path").stdout.strip()
        text = pathlib.Path(cls.kubeconfig).read_text()
        cls.server = next(line.split("server:")[1].strip().strip('"') for line in text.splitlines() if "server:" in line)
        cls.running = []

    @classmethod
    def tearDownClass(cls):
        for process in cls.running:
            process.kill()
            process.wait()
            process.stdout.close()
        kubarium("down", "--purge", check=False)
        STATE.cleanup()

    def call(self, method, path, body=None):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        request = urllib.request.Request(self.server + path, method=method, data=json.dumps(body).encode() if body else None,
                                         headers={"Authorization": "Bearer secret", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            return json.load(answer)

    def pod(self, name, scheduler="default-scheduler"):
        self.call("POST", "/api/v1/namespaces/default/pods", {"metadata": {"name": name}, "spec": {"schedulerName": scheduler, "containers": [{"name": "c", "image": "busybox", "command": ["sleep", "1000"]}]}})

    def node_of(self, name):
        return self.call("GET", f"/api/v1/namespaces/default/pods/{name}")["spec"].get("nodeName")

    def holder(self):
        return self.call("GET", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler")["spec"].get("holderIdentity")

    def start_scheduler(self):
        process = subprocess.Popen([str(KUBARIUM), "scheduler", "--kubeconfig", self.kubeconfig, "--config", str(pathlib.Path(STATE.name, "config.yaml"))],
                                   stdout=subprocess.PIPE, text=True, env=ENV)
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
        bad = pathlib.Path(STATE.name, "bad.yaml")
        bad.write_text(CONFIG + "parallelism: -1\n")
        done = kubarium("scheduler", "--kubeconfig", self.kubeconfig, "--config", str(bad), check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("parallelism: Invalid value: -1: should be an integer value greater than zero", done.stderr)


if __name__ == "__main__":
    unittest.main()
