"""How fast a cluster is on this machine: start, Pods one by one and at once, deletion, restart, memory and idle CPU.
Usage: cluster_bench.py PATH/TO/kubarium [Pods, 100]. Real containers where the machine allows them."""
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from api import Api

KUBARIUM = str(pathlib.Path(sys.argv[1]).resolve())
PODS = int(sys.argv[2]) if len(sys.argv) > 2 else 100
STATE = tempfile.mkdtemp(prefix="kubarium-bench-")
ENV = {**os.environ, "KUBARIUM_STATE": STATE, "KUBARIUM_NAME": "bench"}


def kubarium(*words):
    return subprocess.run([KUBARIUM, *words], env=ENV, check=True, capture_output=True, text=True).stdout


class Cluster(Api):
    """The API over one kept-alive connection, and a watch of all Pods on another."""

    def __init__(self):
        super().__init__(kubarium("kubeconfig"))
        self.seen, self.changed, self.pods = {}, threading.Condition(), {}
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        connection = self.connect()
        connection.request("GET", "/api/v1/pods?watch=1")
        stream = connection.getresponse()
        for line in stream:
            event = json.loads(line)
            name, now = event["object"]["metadata"].get("name"), time.perf_counter()
            with self.changed:
                if event["type"] == "DELETED":
                    self.pods.pop(name, None)
                    self.seen[name, "gone"] = now
                else:
                    self.pods[name] = event["object"]
                    status = event["object"].get("status", {})
                    self.seen.setdefault((name, status.get("phase")), now)
                    for container in status.get("containerStatuses", []):
                        if container.get("state", {}).get("running"):
                            self.seen.setdefault((name, "restarts", container["restartCount"]), now)
                self.changed.notify_all()

    def wait(self, key, seconds=60):
        with self.changed:
            if not self.changed.wait_for(lambda: key in self.seen, seconds):
                raise SystemExit(f"{key} did not come within {seconds} s: {json.dumps(self.pods.get(key[0], {}).get('status', {}))[:600]}")
            return self.seen[key]


def pod(name):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
            "spec": {"terminationGracePeriodSeconds": 5, "tolerations": [{"operator": "Exists"}],
                     "containers": [{"name": "c", "image": "kubarium/web:1.0", "resources": {"requests": {"cpu": "5m", "memory": "4Mi"}}}]}}


def row(what, value, goal=""):
    print(f"{what:<52} {value:>24}  {goal}", flush=True)


def spread(values):
    ordered = sorted(values)
    return f"p50 {statistics.median(ordered) * 1000:.1f}  p99 {ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000:.1f} ms"


def resident(pid):
    """Resident memory of the engine and of its supervisor's processes, in MB: other clusters on this machine have theirs."""
    total = 0
    family = [str(pid)]
    for process in family:
        family += subprocess.run(["pgrep", "-P", process, "-f", "supervisor"], capture_output=True, text=True).stdout.split()
    for process in family:
        try:
            total += int(re.search(r"Rss:\s+(\d+)", open(f"/proc/{process}/smaps_rollup").read()).group(1))
        except (OSError, AttributeError):
            pass
    return total / 1024


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def podman(*words):
    """Where version 2 of the control groups owns some controllers beside version 1, crun refuses to start unless that tree is hidden."""
    hide = []
    if os.geteuid() == 0 and os.path.isdir("/sys/fs/cgroup/unified"):
        hide = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys/fs/cgroup/unified && exec "$@"', "sh"]
    return subprocess.run([*hide, "podman", "--cgroup-manager=cgroupfs", *words], capture_output=True, text=True)


def podman_reference():
    """The same root file system with `podman run -d`, in the same run."""
    if not shutil.which("podman"):
        return row("podman run -d (reference)", "podman is not installed")
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(root + "/bin")
        shutil.copy("/bin/busybox", root + "/bin/busybox")
        times = []
        for _ in range(10):
            begin = time.perf_counter()
            done = podman("run", "-d", "--network=none", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--rootfs", root, "/bin/busybox", "sleep", "60")
            if done.returncode != 0:
                lines = done.stderr.strip().splitlines() or ["it says nothing"]
                return row("podman run -d (reference)", f"does not run here: {lines[-1]}")
            times.append(time.perf_counter() - begin)
            podman("rm", "-f", "-t", "0", done.stdout.strip())
        row("podman run -d of the same program (reference)", spread(times))
        return statistics.median(times)


def main():
    begin = time.perf_counter()
    subprocess.run([KUBARIUM, "up", "--detach", "--nodes", "3", "--node-cpu", "2", "--node-memory", "2Gi"], env=ENV, check=True, capture_output=True)
    first = time.perf_counter() - begin
    kubarium("down")
    begin = time.perf_counter()
    subprocess.run([KUBARIUM, "up", "--detach", "--nodes", "3", "--node-cpu", "2", "--node-memory", "2Gi"], env=ENV, check=True, capture_output=True)
    again = time.perf_counter() - begin
    status = json.loads(kubarium("status", "-o", "json"))
    row("level", status["level"])
    row("up --detach, first time (certificates, images)", f"{first:.2f} s")
    row("up --detach: API answers, 3 Nodes Ready", f"{again:.2f} s", "goal 1 s")
    time.sleep(3)
    before, begin = cpu_seconds(status["pid"]), time.perf_counter()
    time.sleep(5)
    row("idle: resident (engine and supervisor)", f"{resident(status['pid']):.0f} MB", "goal 60 MB")
    row("idle: CPU of the engine", f"{100 * (cpu_seconds(status['pid']) - before) / (time.perf_counter() - begin):.2f} %", "goal 1 %")
    api = Cluster()
    time.sleep(0.3)
    running, gone = [], []
    for i in range(PODS):
        begin = time.perf_counter()
        code, answer = api.call("POST", "/api/v1/namespaces/default/pods", pod(f"one-{i}"))
        if code != 201:
            raise SystemExit(f"POST: {code} {answer}")
        running.append(api.wait((f"one-{i}", "Running")) - begin)
        begin = time.perf_counter()
        api.call("DELETE", f"/api/v1/namespaces/default/pods/one-{i}")
        gone.append(api.wait((f"one-{i}", "gone")) - begin)
    row(f"POST -> Running, {PODS} Pods one by one", spread(running), "goal p50 60, p99 150 ms")
    row("DELETE -> gone (obeys TERM)", spread(gone), "goal p50 60 ms")
    reference = podman_reference()
    if reference:
        row("POST -> Running as a ratio to podman run", f"{statistics.median(running) / reference:.2f}")
    begin = time.perf_counter()
    for i in range(PODS):
        api.call("POST", "/api/v1/namespaces/default/pods", pod(f"all-{i}"))
    last = max(api.wait((f"all-{i}", "Running")) for i in range(PODS))
    row(f"{PODS} Pods at once: all Running", f"{last - begin:.2f} s", "goal 2.5 s")
    row(f"with {PODS} Pods: resident", f"{resident(status['pid']):.0f} MB", "goal 100 MB")
    restarts = []
    for i in range(5):
        api.wait((f"all-{i}", "restarts", 0))
        begin = time.perf_counter()
        api.call("POST", "/apis/kubarium.dev/v1alpha1/faults", {"apiVersion": "kubarium.dev/v1alpha1", "kind": "Fault", "metadata": {"name": f"kill-{i}"},
                 "spec": {"type": "ContainerKill", "pod": {"namespace": "default", "name": f"all-{i}"}}})
        restarts.append(api.wait((f"all-{i}", "restarts", 1)) - begin)
    row("container killed -> running again", spread(restarts), "goal 100 ms")
    begin = time.perf_counter()
    kubarium("down", "--purge")
    row(f"down with {PODS} Pods", f"{time.perf_counter() - begin:.2f} s")


try:
    main()
finally:
    subprocess.run([KUBARIUM, "down", "--purge"], env=ENV, capture_output=True)
    shutil.rmtree(STATE, ignore_errors=True)
