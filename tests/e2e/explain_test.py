"""End to end: 'kubarium why', 'schedule' and 'snapshot' against a live cluster of simulated Nodes. Usage: explain_test.py PATH/TO/kubarium"""
import contextlib
import json
import pathlib
import sys
import unittest

from api import Api
from foreign import ForeignCluster
from machine import Machine, wait_until

MACHINE = Machine(sys.argv.pop(), "explain")
kubarium = MACHINE.kubarium
ZONE = "topology.kubernetes.io/zone"
NODES = f"""
- {{name: a1, cpu: "2", memory: 4Gi, simulated: true, labels: {{{ZONE}: a}}}}
- {{name: a2, cpu: "2", memory: 4Gi, simulated: true, labels: {{{ZONE}: a}}}}
- {{name: b1, cpu: "2", memory: 4Gi, simulated: true, labels: {{{ZONE}: b}}}}
"""
HEADER = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
# Fills one Node after the other, where the default spreads.
PACKING = HEADER + """profiles:
- schedulerName: default-scheduler
  plugins: {score: {disabled: [{name: NodeResourcesBalancedAllocation}, {name: PodTopologySpread}]}}
  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}]}}
"""
SUCCESS, FAILURE, USAGE, NOT_RUNNING, UNSCHEDULABLE = range(5)


def pod(name, cpu, **spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
            "spec": {"containers": [{"name": "c", "image": "busybox", "resources": {"requests": {"cpu": cpu}}}], **spec}}


def deployment(name, replicas, cpu):
    template = {"metadata": {"labels": {"app": name}}, "spec": pod(name, cpu)["spec"]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}}


def file(name, content):
    path = MACHINE.state / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


class Explain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(cls.stop)  # also if this fails
        kubarium("up", "--detach", "--simulated", "--nodes-file", file("nodes.yaml", NODES), "--scheduler-config", file("packing.yaml", PACKING))
        cls.kubeconfig = kubarium("kubeconfig", "--path").stdout.strip()
        cls.api = Api(pathlib.Path(cls.kubeconfig).read_text())
        cls.call("POST", "/apis/apps/v1/namespaces/default/deployments", deployment("web", 2, "500m"))
        wait_until("web runs", lambda: len([p for p in cls.pods() if p["status"].get("phase") == "Running"]) == 2)
        cls.call("POST", "/api/v1/namespaces/default/pods", pod("big", "3"))
        wait_until("big was tried", lambda: any(p["metadata"]["name"] == "big" and p["status"].get("conditions") for p in cls.pods()))

    @classmethod
    def stop(cls):
        kubarium("down", "--purge")
        MACHINE.expect_nothing_left()
        MACHINE.remove()

    @classmethod
    def call(cls, method, path, body=None):
        code, answer = cls.api.call(method, path, body)
        assert code < 300, f"{method} {path}: {answer}"
        return answer

    @classmethod
    def pods(cls):
        return cls.call("GET", "/api/v1/namespaces/default/pods")["items"]

    def everything(self):
        """What a what-if must not touch, with its revision; Leases, Events and Nodes change all the time by themselves."""
        return [(o["metadata"]["name"], o["metadata"]["resourceVersion"]) for kind in ("pods", "persistentvolumeclaims", "services") for o in self.call("GET", f"/api/v1/{kind}")["items"]]

    def schedule(self, *words, code=SUCCESS):
        before = self.everything()
        done = kubarium("schedule", *words, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(self.everything(), before, "schedule changes nothing")
        return done

    def review(self, *words, code=SUCCESS):
        return json.loads(self.schedule(*words, "-o", "json", code=code).stdout)["status"]

    # ---- schedule

    def test_a_pod_that_does_not_exist_is_placed_as_the_clusters_own_scheduler_would(self):
        busy = next(p["spec"]["nodeName"] for p in self.pods() if p["metadata"]["name"].startswith("web"))
        manifest = file("one.json", pod("one", "100m"))
        # The engine runs with PACKING, which nobody says again here.
        self.assertEqual(self.review("-f", manifest)["placements"][0]["node"], busy)
        self.assertEqual(self.review("-f", manifest)["assumptions"], [])
        spreading = self.review("-f", manifest, "--scheduler-config", file("default.yaml", HEADER))["placements"][0]["node"]
        self.assertNotEqual(spreading, busy)
        text = self.schedule("-f", manifest).stdout
        self.assertIn("default/one: Scheduled", text)
        self.assertIn("The Pod would find a Node. Nothing was changed.", text)

    def test_the_configmap_changes_what_schedule_says_without_a_word_from_the_user(self):
        manifest = file("one.json", pod("one", "100m"))
        packed = self.review("-f", manifest)["placements"][0]["node"]
        maps = "/api/v1/namespaces/kube-system/configmaps"
        self.call("POST", maps, {"metadata": {"name": "kube-scheduler"}, "data": {"config.yaml": HEADER}})
        try:
            wait_until("the default is in force", lambda: "profiles" not in self.call("GET", "/configz")["kubescheduler.config.k8s.io"])
            self.assertNotEqual(self.review("-f", manifest)["placements"][0]["node"], packed)
        finally:
            self.call("DELETE", maps + "/kube-scheduler")
        wait_until("the first is in force again", lambda: "profiles" in self.call("GET", "/configz")["kubescheduler.config.k8s.io"])
        self.assertEqual(self.review("-f", manifest)["placements"][0]["node"], packed)

    def test_pods_see_each_other_and_what_does_not_fit_is_told(self):
        status = self.review("-f", file("many.json", deployment("many", 8, "900m")), code=UNSCHEDULABLE)
        self.assertEqual((status["pods"], status["placed"]), (8, sum(p["node"] != "" for p in status["placements"])))
        self.assertLess(status["placed"], 8)
        text = self.schedule("-f", file("many.json", deployment("many", 8, "900m")), code=UNSCHEDULABLE).stdout
        self.assertIn("Insufficient cpu", text)

    def test_a_drain_moves_what_a_controller_starts_again(self):
        node = next(p["spec"]["nodeName"] for p in self.pods() if p["metadata"]["name"].startswith("web"))
        status = self.review("--drain", node)
        moved = {p["name"] for p in status["displaced"]}
        self.assertTrue(moved)
        self.assertTrue(all(name.startswith("web") for name in moved))
        self.assertTrue(all(p["node"] not in ("", node) for p in status["placements"]))
        self.assertIn("nobody", self.schedule("--drain", "nobody", code=FAILURE).stderr)

    def test_a_lost_zone_takes_its_nodes(self):
        status = self.review("--without-zone", "a", "-f", file("one.json", pod("one", "100m")))
        self.assertTrue(all(p["node"] == "b1" for p in status["placements"]), status["placements"])
        self.assertEqual(self.schedule("--without-zone", "nowhere", code=FAILURE).stdout, "")

    def test_a_node_that_does_not_exist_yet_takes_the_pod(self):
        manifest = file("huge.json", pod("huge", "6"))
        self.review("-f", manifest, code=UNSCHEDULABLE)
        size = {"cpu": "8", "memory": "8Gi", "pods": "110"}
        node = file("node.json", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "new"}, "status": {"allocatable": size, "capacity": size}})
        self.assertEqual(self.review("-f", manifest, "--add-node", node)["placements"][0]["node"], "new")

    def test_two_configurations_are_compared(self):
        words = ("-f", file("four.json", deployment("four", 4, "100m")), "--compare", file("a.yaml", PACKING), file("b.yaml", HEADER))
        comparison = self.review(*words)["comparison"]
        self.assertLess(comparison["a"]["nodesUsed"], comparison["b"]["nodesUsed"])
        self.assertTrue(comparison["differences"])
        self.assertTrue(all(d["explanation"]["en"] and d["explanation"]["zh_CN"] for d in comparison["differences"]))
        self.assertIn("Pods land elsewhere", self.schedule(*words).stdout)

    def test_yaml_and_json_say_the_same_and_chinese_is_spoken(self):
        manifest = file("huge.json", pod("huge", "6"))
        as_yaml = self.schedule("-f", manifest, "-o", "yaml", code=UNSCHEDULABLE).stdout
        self.assertIn("kind: SchedulingReview", as_yaml)
        self.assertIn("placed: 0", as_yaml)
        chinese = self.schedule("-f", manifest, "--lang", "zh_CN", code=UNSCHEDULABLE).stdout
        self.assertIn("个 Node 都不能运行", chinese)
        self.assertNotIn("Smallest change", chinese)

    def test_wrong_input_has_its_own_exit_code_and_names_the_place(self):
        for name, content, complaint in (("bad.yaml", "kind: [", "bad.yaml"), ("service.yaml", "kind: Service\nmetadata: {name: s}", "Service"),
                                         ("empty.json", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": []}}, "containers")):
            done = self.schedule("-f", file(name, content), code=USAGE)
            self.assertIn(complaint, done.stderr)
        self.schedule(code=USAGE)
        self.assertEqual(kubarium("schedule", "-f", file("one.json", pod("one", "1")), "--name", "nobody", check=False).returncode, NOT_RUNNING)

    # ---- snapshot

    def test_a_snapshot_answers_as_the_cluster_does_also_without_it(self):
        path = MACHINE.state / "snapshot.yaml"
        kubarium("snapshot", "export", "-o", path)
        self.assertIn("kind: KubeSchedulerConfiguration", path.read_text())
        self.assertIn("3 Nodes, 3 Pods (1 of them waits for a Node), with a KubeSchedulerConfiguration", kubarium("snapshot", "check", path).stdout)
        manifest = file("one.json", pod("one", "100m"))
        live = self.review("-f", manifest)
        nowhere = {**MACHINE.environment, "KUBARIUM_STATE": str(MACHINE.state / "none"), "KUBARIUM_NAME": "none"}
        offline = json.loads(kubarium("schedule", "-f", manifest, "--snapshot", path, "-o", "json", environment=nowhere).stdout)["status"]
        self.assertEqual(offline["placements"], live["placements"])
        self.assertEqual(offline["decisions"][0]["status"]["nodes"], live["decisions"][0]["status"]["nodes"])
        why = kubarium("why", "big", "--snapshot", path, check=False, environment=nowhere)
        self.assertEqual(why.returncode, UNSCHEDULABLE)
        self.assertIn("Insufficient cpu", why.stdout)
        self.assertIn("3 Nodes, 3 Pods", kubarium("snapshot", "check", "-", stdin=kubarium("snapshot", "export").stdout).stdout)
        bad = kubarium("snapshot", "check", file("bad.yaml", "- 1\n"), check=False)
        self.assertEqual(bad.returncode, USAGE)
        self.assertIn("bad.yaml", bad.stderr)

    # ---- why

    def test_why_tells_the_decision_that_was_made(self):
        placed = next(p["metadata"]["name"] for p in self.pods() if p["metadata"]["name"].startswith("web"))
        done = kubarium("why", placed)
        self.assertIn("Scheduled", done.stdout)
        self.assertNotIn("assumes", done.stdout)
        waiting = kubarium("why", "big", check=False)
        self.assertEqual(waiting.returncode, UNSCHEDULABLE)
        self.assertIn("Lower the cpu request of container c from 3 to 2", waiting.stdout)
        decision = json.loads(kubarium("why", "big", "-o", "json", check=False).stdout)
        self.assertEqual(decision["kind"], "SchedulingDecision")
        self.assertTrue(decision["status"]["smallestChanges"]["alternatives"])
        self.assertIn("kind: SchedulingDecision", kubarium("why", "big", "-o", "yaml", check=False).stdout)
        self.assertEqual(kubarium("why", "nobody", check=False).returncode, FAILURE)

    def test_why_not_on_that_node(self):
        fits = kubarium("why", next(p["metadata"]["name"] for p in self.pods() if p["metadata"]["name"].startswith("web")), "--node", "b1")
        self.assertIn("fits on b1 as things are", fits.stdout)
        self.assertNotIn("Smallest change", fits.stdout, "none is needed")
        self.assertNotIn("configuration", fits.stdout, "it is known")
        self.assertEqual(kubarium("why", "big", "--node", "b1", check=False).returncode, UNSCHEDULABLE)

    def test_a_foreign_cluster_is_explained_by_lists_alone(self):
        foreign = ForeignCluster(self.kubeconfig, MACHINE.state)
        try:
            placed = next(p for p in self.pods() if p["metadata"]["name"].startswith("web"))
            before = self.everything()
            done = kubarium("why", placed["metadata"]["name"], "--kubeconfig", foreign.kubeconfig)
            self.assertIn("was worked out here from what can be listed", done.stdout)
            self.assertIn(f"It is on {placed['spec']['nodeName']}", done.stdout)
            self.assertIn("default-scheduler", done.stdout)
            self.assertIn("taken to be the default of kube-scheduler 1.34", done.stdout)
            waiting = kubarium("why", "big", "--kubeconfig", foreign.kubeconfig, "-o", "json", check=False)
            self.assertEqual(waiting.returncode, UNSCHEDULABLE)
            status = json.loads(waiting.stdout)["status"]
            self.assertTrue(status["smallestChanges"]["alternatives"])
            self.assertTrue(any("configuration" in each for each in status["assumptions"]))
            self.assertEqual({method for method, path in foreign.asked}, {"GET"})
            self.assertEqual(self.everything(), before)
            # What is given is no assumption.
            given = kubarium("why", "big", "--kubeconfig", foreign.kubeconfig, "--scheduler-config", MACHINE.state / "packing.yaml", check=False)
            self.assertNotIn("configuration", given.stdout.split("It assumes:")[-1])
        finally:
            foreign.close()

    def test_what_may_not_be_listed_is_named(self):
        def why(*forbidden):
            with contextlib.closing(ForeignCluster(self.kubeconfig, MACHINE.state, forbidden)) as foreign:
                return kubarium("why", "big", "--kubeconfig", foreign.kubeconfig, check=False)

        waiting = why("priorityclasses", "csinodes")
        self.assertEqual(waiting.returncode, UNSCHEDULABLE)
        self.assertIn("priorityclasses.scheduling.k8s.io, csinodes.storage.k8s.io may not be listed with this kubeconfig; it is taken that there are none", waiting.stdout)
        failed = why("nodes")
        self.assertEqual(failed.returncode, FAILURE)
        self.assertIn("kubectl create clusterrole", failed.stderr)


if __name__ == "__main__":
    unittest.main()
