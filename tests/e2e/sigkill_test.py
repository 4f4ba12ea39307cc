"""Kills the engine with SIGKILL at random moments while Pods and ConfigMaps churn: nothing may stay behind on the machine, and no
write that the API server acknowledged may be lost. Usage: sigkill_test.py PATH/TO/kubarium [KILLS, 15] [SEED]

A third of the kills come while the engine starts, the others while it works. The ledger knows for every object what was
acknowledged last and what was asked for without an answer: after a restart the object must be in one of these states."""
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

from api import Api
from machine import Machine, wait_until

GONE = "gone"
NAMESPACE = "/api/v1/namespaces/default"


class Ledger:
    """What one writer knows of its own objects. States: a ConfigMap's number, "running" or GONE of a Pod."""

    def __init__(self):
        self.states = {}   # path -> set of states that are possible
        self.revision = 0  # the highest that was acknowledged
        self.acknowledged = 0

    def write(self, path, state, call):
        """Runs call() -> (HTTP status, body); until it has answered, both the old and the new state are possible."""
        before = self.states.get(path, {GONE})
        self.states[path] = before | {state}
        status, body = call()
        if status >= 300:
            raise AssertionError(f"{path}: {status} {body}")
        self.states[path] = {state}
        self.acknowledged += 1
        self.revision = max(self.revision, int(body.get("metadata", {}).get("resourceVersion", 0)))


def pod(name):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {"terminationGracePeriodSeconds": 1, "volumes": [{"name": "v", "emptyDir": {}}],
                     "containers": [{"name": "c", "image": "busybox", "command": ["sh", "-c", "sleep 1000 & sleep 1000"],
                                     "resources": {"requests": {"cpu": "5m", "memory": "4Mi"}}, "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]}}


def churn(kubeconfig, ledger, writer, round_, rng, stop, problems):
    """Creates, changes and deletes until the connection breaks."""
    try:
        api = Api(kubeconfig, timeout=30)
        pods, number = [], 0
        counter = f"{NAMESPACE}/configmaps/counter-{writer}"
        while not stop.is_set():
            number += 1
            value = round_ * 1_000_000 + number
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"counter-{writer}"}, "data": {"n": str(value)}}
            if ledger.states.get(counter, {GONE}) == {GONE}:
                ledger.write(counter, value, lambda: api.call("POST", f"{NAMESPACE}/configmaps", body))
            else:
                ledger.write(counter, value, lambda: api.call("PUT", counter, body))
            if len(pods) < 6 and rng.random() < 0.6:
                name = f"p-{writer}-{round_}-{number}"
                ledger.write(f"{NAMESPACE}/pods/{name}", "running", lambda: api.call("POST", f"{NAMESPACE}/pods", pod(name)))
                pods.append(name)
            elif pods:
                path = f"{NAMESPACE}/pods/{pods.pop(rng.randrange(len(pods)))}"
                ledger.write(path, GONE, lambda: api.call("DELETE", path, {"gracePeriodSeconds": rng.choice([0, 1])}))
    except (OSError, http.client.HTTPException, ValueError):
        pass  # the engine was killed
    except AssertionError as error:
        problems.append(str(error))


def state_now(api, path):
    status, body = api.call("GET", path)
    if status == 404:
        return GONE
    assert status == 200, f"{path}: {status} {body}"
    if "/configmaps/" in path:
        return int(body["data"]["n"])
    return GONE if body["metadata"].get("deletionTimestamp") else "running"


def verify(kubeconfig, ledgers):
    """Every object is in one of its possible states, and revisions go on where they were."""
    api = Api(kubeconfig)
    lost = []
    for ledger in ledgers:
        for path, possible in list(ledger.states.items()):
            found = state_now(api, path)
            if found not in possible:
                lost.append(f"{path} is {found}, acknowledged was {possible}")
            ledger.states[path] = {found}
            if found == GONE and "/pods/" in path:
                del ledger.states[path]
    _, listed = api.call("GET", f"{NAMESPACE}/configmaps")
    highest = max(ledger.revision for ledger in ledgers)
    if int(listed["metadata"]["resourceVersion"]) < highest:
        lost.append(f"revision {listed['metadata']['resourceVersion']} is lower than the acknowledged {highest}")
    # Pods that outlived their round would fill the Nodes.
    for ledger in ledgers:
        for path in [path for path, possible in ledger.states.items() if "/pods/" in path and possible != {GONE}]:
            ledger.write(path, GONE, lambda: api.call("DELETE", path, {"gracePeriodSeconds": 0}))
    return lost


class Engine:
    """An engine in the foreground, as a child, so that its end is certain."""

    def __init__(self, machine):
        self.machine = machine
        self.log = open(machine.state / "up.log", "ab")
        self.process = subprocess.Popen([str(machine.program), "up", "--nodes", "2"], env=machine.environment, stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL)

    def ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the engine ended with {self.process.returncode}: {(self.machine.state / 'up.log').read_text()[-2000:]}")
        status = self.machine.kubarium("status", "-o", "json", check=False)
        return status.returncode == 0 and json.loads(status.stdout).get("readyNodes") == 2

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        begin = time.monotonic()
        self.process.wait()
        self.log.close()
        return begin


def one_round(machine, round_, rng, ledgers, problems):
    """One engine, from its start to its SIGKILL. Returns seconds until everything of it was gone."""
    engine = Engine(machine)
    if rng.random() < 1 / 3:
        time.sleep(rng.random() * 0.6)  # the moment itself is the test, nothing is waited for
    else:
        wait_until("the Nodes are Ready", engine.ready, 60)
        kubeconfig = machine.kubarium("kubeconfig").stdout
        problems += verify(kubeconfig, ledgers)
        stop = threading.Event()
        writers = [threading.Thread(target=churn, args=(kubeconfig, ledger, i, round_, random.Random(rng.random()), stop, problems)) for i, ledger in enumerate(ledgers)]
        for writer in writers:
            writer.start()
        time.sleep(0.05 + rng.random() * 1.2)
        begin = engine.kill()
        stop.set()
        for writer in writers:
            writer.join()
        machine.expect_nothing_left()
        return time.monotonic() - begin
    begin = engine.kill()
    machine.expect_nothing_left()
    return time.monotonic() - begin


def main(program, kills, seed):
    print(f"{kills} kills, seed {seed}", flush=True)
    rng, machine, problems = random.Random(seed), Machine(program, "sigkill"), []
    ledgers = [Ledger(), Ledger()]
    slowest = 0
    try:
        for round_ in range(1, kills + 1):
            slowest = max(slowest, one_round(machine, round_, rng, ledgers, problems))
            assert not problems, f"after kill {round_}, seed {seed}:\n" + "\n".join(problems)
            if round_ % 20 == 0:
                print(f"{round_} kills, {sum(ledger.acknowledged for ledger in ledgers)} acknowledged writes", flush=True)
        machine.kubarium("up", "--detach", "--nodes", "2")
        problems += verify(machine.kubarium("kubeconfig").stdout, ledgers)
        assert not problems, f"at the end, seed {seed}:\n" + "\n".join(problems)
        machine.kubarium("down")
        machine.expect_nothing_left()
        print(f"{kills} kills: nothing left behind, {sum(ledger.acknowledged for ledger in ledgers)} acknowledged writes, none lost; "
              f"everything gone {slowest:.2f} s after the slowest kill (the check included)")
    finally:
        machine.kubarium("down", "--purge", check=False)
        machine.remove()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 15, int(sys.argv[3]) if len(sys.argv) > 3 else os.getpid())
