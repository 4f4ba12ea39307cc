"""Plays recorded scenarios of a real kubelet against this project's engine with real containers and compares what a watch sees.

    pod_vectors.py KUBARIUM WEB FILE-OR-FOLDER...      WEB: the static test server (tests/e2e/pod_web.cpp)
    -j N  so many scenarios side by side (4)    -v  every difference, not only the first three    KUBECTL: the kubectl to use

Compared per Pod: the states that all recorded runs went through, in their order (others may come between), and the final one; the
Events that all runs had; what exec, logs and refused requests answered, where all runs agreed. Left out is what the machine decides:
uids, times, addresses, durations, the runtime's own words, control group files (this machine's may be of another version), and
files below the kubelet's folder. A scenario that differs is played once more, alone: a busy machine merges states. Scenarios whose images must be pulled, or that need a gRPC server, are listed as not playable."""
import concurrent.futures
import gzip
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import pod_images
from api import Api
from machine import Machine, wait_until

SKIPPED = 77
NOT_PLAYABLE = {
    "image-pull-ok": "pulls images", "image-404": "pulls images", "probe-grpc": "needs the gRPC test server",
    "dns-policies": "shows the recording machine's resolv.conf", "env-fieldrefs": "shows the recording machine's disk", "kubelet-restart": "the kubelet is part of the engine",
}
POD = "/api/v1/namespaces/{}/pods"
PLURALS = {"Pod": ("/api/v1", "pods"), "ConfigMap": ("/api/v1", "configmaps"), "Secret": ("/api/v1", "secrets"), "Service": ("/api/v1", "services"),
           "PersistentVolumeClaim": ("/api/v1", "persistentvolumeclaims"), "PersistentVolume": ("/api/v1", None), "RuntimeClass": ("/apis/node.k8s.io/v1", None)}
CLUSTER_WIDE = {"PersistentVolume": "/api/v1/persistentvolumes", "RuntimeClass": "/apis/node.k8s.io/v1/runtimeclasses"}
PATCHES = {"merge": "application/merge-patch+json", "strategic": "application/strategic-merge-patch+json", "json": "application/json-patch+json"}


def pick(source, *names):
    return {name: source[name] for name in names if source.get(name) not in (None, "", [])}


def state_of_container(state):
    return {kind: pick(value, "reason", "message", "signal") | ({"exitCode": value["exitCode"]} if "exitCode" in value else {}) for kind, value in (state or {}).items()}


def container(status):
    shown = {name: status[name] for name in ("name", "ready", "restartCount", "started", "image") if name in status}
    shown["state"] = state_of_container(status.get("state"))
    if status.get("lastState"):
        shown["lastState"] = state_of_container(status["lastState"])
    for name in ("allocatedResources", "resources"):
        if status.get(name):
            shown[name] = status[name]
    mounts = [mount for mount in status.get("volumeMounts", []) if "kube-api-access" not in mount["name"]]
    if mounts:
        shown["volumeMounts"] = mounts
    return shown | {name: bool(status.get(name)) for name in ("containerID", "imageID")}


def pod_state(pod):
    """A Pod in the form of the recordings (their README)."""
    status, meta = pod.get("status", {}), pod["metadata"]
    state = pick(status, "phase", "reason", "message", "qosClass", "observedGeneration")
    state |= {"startTime": bool(status.get("startTime")), "podIP": bool(status.get("podIP")), "hostIP": bool(status.get("hostIP"))}
    state |= {"generation": meta.get("generation"), "nodeName": pod["spec"].get("nodeName")}
    state["conditions"] = [pick(one, "type", "status", "reason", "message", "observedGeneration") for one in status.get("conditions", [])]
    for kind in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"):
        if status.get(kind):
            state[kind] = [container(one) for one in status[kind]]
    if meta.get("deletionTimestamp"):
        state |= {"deleting": True, "deletionGracePeriodSeconds": meta.get("deletionGracePeriodSeconds")}
    return state | pick(meta, "finalizers")


RUNTIME_WORDS = re.compile(r"(container not running|exec: \"|open executable|failed to create containerd task|failed to create shim|failed to start container|OCI runtime|failed to exec in container|rpc error).*", re.S)


def normal(value, key=""):
    """What differs from machine to machine becomes a placeholder; the same for both sides."""
    if isinstance(value, str):
        value = re.sub(r"(?<![a-z0-9-])v-[a-z0-9-]+-[xy](?![a-z0-9-])", "<ns>", value)
        value = re.sub(r"\b[0-9a-f]{64}\b|<cid>", "<id>", value)
        value = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-fN]{1,12}\b", "<uid>", value)  # a scenario makes an N of long numbers, also within one
        value = re.sub(r"\b10\.(244|96|97|90)\.\d+\.\d+\b|\b172\.(30|31)\.\d+\.\d+\b|<podIP>|<clusterIP>", "<ip>", value)
        value = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)", "<time>", value)
        value = re.sub(r"/\S*/host/<ns>", "<hostdir>", value)
        value = re.sub(r"\.\.\d{4}_\d\d_\d\d_[0-9_.]+|\.\.<timestamped-dir>", "<timestamped>", value)
        value = re.sub(r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d\b", "<date>", value)  # of ls -l
        value = re.sub(r"(?<=:)\d{4,5}(?=->|: |/)|<port>", "<port>", value)
        return RUNTIME_WORDS.sub("<runtime>", value)
    if isinstance(value, list):
        made = [normal(one) for one in value]
        return sorted(made, key=lambda one: json.dumps(one, sort_keys=True)) if key == "conditions" else made
    if isinstance(value, dict):
        # Counted otherwise where the kubelet and its runtime are two: not what the scenarios are about.
        return {name: normal(one, name) for name, one in value.items() if one not in (None, {}, []) and name not in ("metadata", "user")}
    return value


class Watch(threading.Thread):
    """Every state of the Pods of a namespace, as a watch from its beginning sees them."""

    def __init__(self, kubeconfig, namespace):
        super().__init__(daemon=True)
        self.api, self.namespace = Api(kubeconfig), namespace
        self.states, self.begun = {}, time.monotonic()
        self.since = self.api.call("GET", POD.format(namespace))[1]["metadata"]["resourceVersion"]
        self.changed = threading.Condition()
        self.over = False

    def run(self):
        try:
            self.api.connection.request("GET", POD.format(self.namespace) + f"?watch=true&resourceVersion={self.since}")
            answer = self.api.connection.getresponse()
            for line in answer:
                if self.over:
                    return
                event = json.loads(line)
                pod = event["object"]
                name, state = pod["metadata"].get("name"), normal(pod_state(pod))
                with self.changed:
                    known = self.states.setdefault(name, [])
                    if not known or known[-1][2] != state or event["type"] == "DELETED":
                        known.append((time.monotonic() - self.begun, event["type"], state))
                    self.changed.notify_all()
        except (OSError, ssl.SSLError, ValueError):
            pass


def running(state):
    """The phase that is held until nothing runs any more is Pending only where the recorded kubelet was too slow to see the Pod run."""
    ended = any(one.get("reason") in ("PodCompleted", "PodFailed") for one in state.get("conditions", []))
    return state | {"phase": "Running"} if ended and state.get("phase") == "Pending" else state


def missing(recorded, stable, seen, before=None):
    """(index, expected) of the first state that did not come in its order, or None. `before`: only states recorded before that time."""
    at = 0
    for index in stable.get("common", []):
        entry = recorded[index]
        if before is not None and entry["t_ms"] >= before:
            break
        if entry["op"] == "DELETED":
            continue
        expected = normal(entry["state"])
        while at < len(seen) and seen[at][2] not in (expected, running(expected)):
            at += 1
        if at == len(seen):
            return index, expected
    return None


class Scenario:
    def __init__(self, document, machine, kubeconfig, path, kubectl, attempt):
        self.document, self.machine, self.kubeconfig, self.path, self.kubectl = document, machine, kubeconfig, path, kubectl
        self.namespace = f"v-{document['id']}-{attempt}"
        self.api = Api(kubeconfig)
        self.observations, self.differences = [], []
        self.folder = machine.state / "host" / self.namespace
        self.run = document["runs"][0]

    def call(self, method, path, body=None, kind="application/json"):
        return self.api.call(method, path, body, kind)

    def real(self, value):
        text = json.dumps(value).replace("<ns>", self.namespace).replace("10.90.0.1", self.node_ip)
        return json.loads(text.replace("<hostdir>", str(self.folder)))

    def play(self):
        self.folder.mkdir(parents=True)
        if '"hostPath"' in json.dumps([action["manifest"]["spec"] for action in self.document["actions"] if action.get("manifest", {}).get("kind") == "Pod"]):
            for name in ("dir", "none"):  # what the recorder had made for the hostPath volumes of Pods
                (self.folder / name).mkdir()
            (self.folder / "file").write_text("f")
        node = self.call("GET", "/api/v1/nodes/node1")[1]
        self.node_ip = next(one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP")
        self.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        for path in ("serviceaccounts/default", "configmaps/kube-root-ca.crt"):
            wait_until(path, lambda: self.call("GET", f"/api/v1/namespaces/{self.namespace}/{path}")[0] == 200)
        self.watch = Watch(self.kubeconfig, self.namespace)
        self.watch.start()
        try:
            for action in self.document["actions"]:
                self.await_states(action["t_ms"])
                self.act(self.real(action))
            self.await_states(self.run["end_ms"] + 1)
            time.sleep(1)  # the Events of the last states
            self.compare()
        finally:
            self.watch.over = True
            self.clean()

    def await_states(self, before):
        """Until what had been seen before an action has been seen here, then the time that had passed since."""
        begun = max([action["t_ms"] for action in self.document["actions"] if action["t_ms"] < before], default=0)
        latest, deadline = 0, time.monotonic() + 10 + 1.2 * (before - begun) / 1000
        for name, recorded in self.run["pods"].items():
            stable = self.document["stable"]["pods"].get(name, {})
            times = [recorded[i]["t_ms"] for i in stable.get("common", []) if recorded[i]["t_ms"] < before]
            latest = max([latest, *times])
            with self.watch.changed:
                while missing(recorded, stable, self.watch.states.get(name, []), before) and time.monotonic() < deadline:
                    self.watch.changed.wait(max(0, min(1, deadline - time.monotonic())))
        # The clock as well: actions without states between them, and delays that are part of the scenario.
        since = [action["t_ms"] for action in self.document["actions"] if action["t_ms"] < before]
        pause = (before - max([latest, *since[-1:]])) / 1000
        time.sleep(max(0, min(pause, 30)))
        self.api = Api(self.kubeconfig)  # the server closes a connection that is idle for a minute

    def act(self, action):
        kind = action["action"]
        pods = POD.format(self.namespace)
        if kind == "create":
            manifest = action["manifest"]
            path = CLUSTER_WIDE.get(manifest["kind"]) or "{}/namespaces/{}/{}".format(PLURALS[manifest["kind"]][0], self.namespace, PLURALS[manifest["kind"]][1])
            self.note_refusal("create-error", self.call("POST", path, manifest))
        elif kind == "patch":
            base = f"/api/v1/namespaces/{self.namespace}/{action['resource']}/{action['name']}"
            base += "/" + action["subresource"] if action.get("subresource") else ""
            self.note_refusal("patch-error", self.call("PATCH", base, action["patch"], PATCHES[action["patchType"]]))
        elif kind == "delete":
            options = pick(action, "propagationPolicy") | ({"gracePeriodSeconds": action["gracePeriodSeconds"]} if action.get("gracePeriodSeconds") is not None else {})
            path = f"/api/v1/namespaces/{self.namespace}/{action['resource']}/{action['name']}"
            self.call("DELETE", CLUSTER_WIDE.get(action.get("kind"), path), options or None)
        elif kind == "post":
            code, body = self.call("POST", action["path"], action["body"])
            self.observations.append({"what": "evict", "value": {"code": code, "body": body.get("kind")}})
        elif kind == "exec":
            words = [self.kubectl, "--kubeconfig", self.path, "-n", self.namespace, "exec", action["pod"]]
            words += ["-c", action["container"]] if action.get("container") else []
            done = subprocess.run([*words, "--", *action["command"]], capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=60)
            value = {"pod": action["pod"], "command": action["command"], "exitCode": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
            self.observations.append({"what": "exec", "value": value})
        elif kind == "logs":
            query = urllib.parse.urlencode(action.get("params") or {})
            self.api.connection.request("GET", f"{pods}/{action['pod']}/log" + (f"?{query}" if query else ""))
            answer = self.api.connection.getresponse()
            value = {"pod": action["pod"], "params": action.get("params") or {}, "code": answer.status, "body": answer.read().decode(errors="replace")}
            self.observations.append({"what": "logs", "value": value})
        elif kind == "kill-container-init-process":
            self.machine.kubarium("fault", "container-kill", action["pod"], "-n", self.namespace, "-c", action["container"])
        elif kind == "exec-stdin":
            self.observations.append({"what": "stdin", "value": None})
        else:
            self.differences.append(f"action {kind} cannot be played")

    def note_refusal(self, what, answer):
        code, body = answer
        if code >= 400:
            self.observations.append({"what": what, "value": {"code": code, "reason": body.get("reason"), "message": body.get("message")}})

    def compare(self):
        stable = self.document["stable"]
        for name, recorded in self.run["pods"].items():
            known, seen = stable["pods"].get(name, {}), self.watch.states.get(name, [])
            gap = missing(recorded, known, seen)
            if gap:
                self.differences.append(f"Pod {name}: state {gap[0]} did not come in its order\n" + self.nearest(gap[1], seen))
            elif known.get("final_same") and (recorded[-1]["op"] == "DELETED") != (seen[-1][1] == "DELETED"):
                self.differences.append(f"Pod {name}: ends as {seen[-1][1]}, recorded {recorded[-1]['op']}")
        self.compare_events(stable)
        self.compare_observations(stable)

    def nearest(self, expected, seen):
        def leaves(value, path=""):
            if isinstance(value, (dict, list)):
                for key, one in value.items() if isinstance(value, dict) else enumerate(value):
                    yield from leaves(one, f"{path}/{key}")
            else:
                yield path, value

        wanted = dict(leaves(expected))
        best = min((dict(leaves(state)) for _, _, state in seen), key=lambda one: len(set(one.items()) ^ set(wanted.items())), default={})
        lines = [f"      {path}: expected {wanted.get(path)!r}, got {best.get(path)!r}" for path in sorted({*wanted, *best}) if wanted.get(path) != best.get(path)]
        return "\n".join(lines[:12] or ["      (all states came, but not in this order)"])

    def compare_events(self, stable):
        items = self.call("GET", f"/api/v1/namespaces/{self.namespace}/events")[1]["items"]
        seen = set()
        for event in items:
            about = event["involvedObject"]
            seen.add((f"{about['kind']}/{about['name']}", event["type"], event["reason"], normal(event["message"]), about.get("fieldPath") or ""))
        for event in stable["events"]:
            key = (event["object"], event["type"], event["reason"], normal(event["message"]), event.get("fieldPath") or "")
            if event["in_all"] and key not in seen:
                alike = [one[3] for one in seen if one[:3] == key[:3]]
                self.differences.append(f"event missing: {key[0]} {key[1]} {key[2]} {key[4]} {key[3]!r}; with that reason: {alike}")

    def compare_observations(self, stable):
        compared = {"exec", "logs", "evict", "create-error", "patch-error"}
        expected = [(entry["value"], same) for entry, same in zip(self.run["observations"], stable["observations_same"] + [False] * 99)
                    if entry["what"] != "log-dir" and re.sub(r"^(resolv|identity|status|log|logs)-.*", "exec", entry["what"]) in compared]  # log-dir: the kubelet's own folder
        ours = [entry["value"] for entry in self.observations if entry["what"] in compared]
        for (value, same), mine in zip(expected, ours):
            if not same:
                continue
            wanted = normal(value if isinstance(value, dict) else {"stdout": value})
            got = normal({name: mine.get(name) for name in wanted} if isinstance(mine, dict) else {})
            if isinstance(value, str):
                got = normal({"stdout": mine.get("stdout") or mine.get("body")})
            wanted.pop("details", None), got.pop("details", None)
            if wanted != got:
                self.differences.append("answer:\n" + "\n".join(f"      {name}: expected {wanted.get(name)!r}\n      {' ' * len(name)}       got {got.get(name)!r}"
                                                                 for name in wanted if wanted.get(name) != got.get(name)))

    def clean(self):
        self.api = Api(self.kubeconfig)  # the other one may be in the middle of an answer
        for kind, path in CLUSTER_WIDE.items():
            for action in self.document["actions"]:
                if action["action"] == "create" and action["manifest"]["kind"] == kind:
                    self.call("DELETE", f"{path}/{self.real(action['manifest'])['metadata']['name']}")
        self.call("DELETE", f"/api/v1/namespaces/{self.namespace}")


def load(path):
    with (gzip.open(path) if path.suffix == ".gz" else open(path, "rb")) as file:
        return json.load(file)


def main():
    words = sys.argv[1:]
    verbose = "-v" in words and not words.remove("-v")
    beside = 4
    if "-j" in words:
        beside = int(words.pop(words.index("-j") + 1))
        words.remove("-j")
    program, web, *places = words
    files = sorted(file for place in map(pathlib.Path, places) for file in ([place] if place.is_file() else [*place.glob("*.json"), *place.glob("*.json.gz")]))
    kubectl = os.environ.get("KUBECTL") or shutil.which("kubectl")
    machine = Machine(program, "vectors")
    equal = played = 0
    try:
        nodes = machine.state / "nodes.yaml"
        nodes.write_text("- name: node1\n  cpu: 2\n  memory: 25171652608\n")
        machine.kubarium("up", "--detach", "--nodes-file", nodes)
        level = json.loads(machine.kubarium("status", "-o", "json").stdout)["level"]
        if level != "full" or not kubectl:
            print(f"skipped: real containers with limits and kubectl are needed; this machine: {level}, kubectl {kubectl}")
            return SKIPPED
        with tempfile.TemporaryDirectory() as folder:
            for archive in pod_images.make(pathlib.Path(folder), web):
                machine.kubarium("image", "load", archive)
        path = machine.kubarium("kubeconfig", "--path").stdout.strip()
        kubeconfig = pathlib.Path(path).read_text()

        def once(document, attempt):
            scenario = Scenario(document, machine, kubeconfig, path, kubectl, attempt)
            try:
                scenario.play()
            except Exception as error:  # one scenario must not end the others
                scenario.differences.append(f"{type(error).__name__}: {error}")
            return scenario.differences

        def one(file):
            document = load(file)
            return document, None if document["id"] in NOT_PLAYABLE else once(document, "x")

        with concurrent.futures.ThreadPoolExecutor(beside) as pool:
            results = list(pool.map(one, files))
        for document, differences in results:
            name = document["id"]
            if differences:
                wait_until("the Pods of the scenario before are gone", lambda: not Api(kubeconfig).call("GET", "/api/v1/pods?fieldSelector=metadata.namespace!=kube-system")[1]["items"], 60)
                again = once(document, "y")
                differences = min(differences, again, key=len)
            if differences is None:
                print(f"{name:34} not played: {NOT_PLAYABLE[name]}", flush=True)
                continue
            played += 1
            equal += not differences
            print(f"{name:34} {'equal' if not differences else f'{len(differences)} differences'}", flush=True)
            for text in differences if verbose else differences[:3]:
                print("    " + text, flush=True)
    finally:
        machine.kubarium("down", "--purge", check=False)
        machine.expect_nothing_left()
        machine.remove()
    print(f"{equal}/{played} scenarios equal")
    return 0 if equal == played else 1


if __name__ == "__main__":
    sys.exit(main())
