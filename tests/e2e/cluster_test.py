"""End to end: the command line and, where it is installed, the real kubectl against a cluster on this machine; and that
nothing stays behind. Usage: cluster_test.py PATH/TO/kubarium"""
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

import pod_images
from api import Api
from machine import Machine, wait_until

MACHINE = Machine(sys.argv.pop(), "e2e")
ENV = MACHINE.environment
run, kubarium = MACHINE.run, MACHINE.kubarium


class Cluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hints = kubarium("up", "--detach").stdout
        cls.kubectl = shutil.which("kubectl")
        cls.config = kubarium("kubeconfig", "--path").stdout.strip()

    @classmethod
    def tearDownClass(cls):
        kubarium("down", "--purge")
        MACHINE.expect_nothing_left()
        MACHINE.remove()

    def k(self, *words, **options):
        if not self.kubectl:
            self.skipTest("kubectl is not installed")
        return run(self.kubectl, "--kubeconfig", self.config, *words, **options)

    def test_1_status_says_what_runs(self):
        status = json.loads(kubarium("status", "-o", "json").stdout)
        self.assertTrue(status["running"])
        self.assertEqual(status["readyNodes"], 3)
        self.assertIn(status["level"], ("full", "unlimited", "simulated"))
        kubarium("check", "--name", MACHINE.name)
        # The options of a group of commands stand before or behind the command.
        for words in (("clock", "rate", "1", "--name", MACHINE.name), ("clock", "--name", MACHINE.name, "rate", "1")):
            kubarium(*words)
        self.assertEqual(kubarium("clock", "rate", "1", "--name", "nobody", check=False).returncode, 3)

    def test_1b_the_hints_work_in_any_terminal(self):
        bare = {name: value for name, value in ENV.items() if not name.startswith("KUBARIUM_")}
        path, down = (re.search(pattern, self.hints).group(1) for pattern in (r"\$\(kubarium (kubeconfig .*)\)", r"kubarium down(.*)"))
        self.assertEqual(kubarium(*shlex.split(path), environment=bare).stdout.strip(), self.config)
        self.assertEqual(json.loads(kubarium("status", "-o", "json", *shlex.split(down), environment=bare).stdout)["readyNodes"], 3)
        fault = kubarium("fault", "node-partition", "worker-c").stdout
        undo = re.search(r"kubarium (fault undo .*)", fault).group(1)
        self.assertIn("undone", kubarium(*shlex.split(undo), environment=bare).stdout)
        # What cannot be broken is an error, and leaves nothing to undo.
        for words, reason in ((("node-power-off", "nobody"), "there is no Node nobody"), (("container-kill", "nobody"), "there is no Pod default/nobody")):
            refused = kubarium("fault", *words, check=False)
            self.assertEqual(refused.returncode, 1)
            self.assertIn(reason, refused.stderr)
        self.assertEqual(kubarium("fault", "list").stdout, "no faults\n")
        refused = kubarium("up", "--detach", check=False).stderr
        kubarium(*shlex.split(re.search(r"kubarium (status .*)", refused).group(1)), environment=bare)

    def test_1c_shells_complete_what_the_help_lists(self):
        def words(shell, line):
            if not shutil.which(shell):
                self.skipTest(f"{shell} is not installed")
            script = kubarium("completion", shell).stdout
            if shell == "fish":
                return run(shell, "-c", f"{script}\ncomplete -C '{line}'").stdout.split()
            parts = line.split(" ")
            setting = f"COMP_WORDS=({' '.join(shlex.quote(part) for part in parts)}); COMP_CWORD={len(parts) - 1}"
            return run(shell, "-c", f"{script}\n{setting}; _kubarium; printf '%s\\n' \"${{COMPREPLY[@]}}\"").stdout.split()

        for shell in ("bash", "fish"):
            with self.subTest(shell):
                self.assertEqual(words(shell, "kubarium comp"), ["completion"])
                self.assertEqual(words(shell, "kubarium image lo"), ["load"])
                self.assertEqual(words(shell, "kubarium --name two why web --context"), ["--context"])
        self.assertIn("fish", kubarium("completion", "--help").stdout)

    def test_1d_down_says_what_it_found(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertEqual(kubarium("down", "--state", empty, "--name", "nobody").stdout, "cluster nobody does not run\n")
            self.assertEqual(kubarium("down", "--state", empty, "--name", "nobody", "--purge").stdout, "cluster nobody does not run\n")
            self.assertEqual(kubarium("down", "--state", empty, "--all").stdout, "no cluster runs\n")
            (pathlib.Path(empty) / "old").mkdir()
            self.assertIn("cluster old is forgotten", kubarium("down", "--state", empty, "--name", "old", "--purge").stdout)

    def test_2_a_second_engine_of_that_name_is_refused(self):
        again = kubarium("up", "--detach", check=False)
        self.assertNotEqual(again.returncode, 0)
        self.assertIn("already runs", again.stderr)

    def test_3_a_pod_runs_is_explained_and_heals(self):
        self.k("create", "deployment", "web", "--image=kubarium/web:1.0", "--replicas=3")
        self.k("rollout", "status", "deployment/web", "--timeout=60s")
        pod = self.k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[0].metadata.name}").stdout
        self.assertIn("Scheduled", kubarium("why", pod).stdout)
        self.assertEqual(json.loads(kubarium("why", pod, "-o", "json").stdout)["spec"]["podName"], pod)
        kubarium("fault", "container-kill", pod)
        wait_until("one restart", lambda: self.k("get", "pod", pod, "-o", "jsonpath={.status.containerStatuses[0].restartCount}").stdout == "1")
        self.k("wait", "--for=condition=Ready", f"pod/{pod}", "--timeout=30s")
        self.through_the_proxy(f"/api/v1/namespaces/default/pods/{pod}:8080/proxy")
        self.k("delete", "deployment", "web")
        wait_until("no Pods", lambda: self.k("get", "pods", "-o", "name").stdout == "", 60)

    def through_the_proxy(self, path):
        def ask(method, path):
            connection = Api(pathlib.Path(self.config).read_text()).connection
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location"), answer.read()

        self.assertEqual(ask("GET", path)[:2], (301, path + "/"))
        self.assertEqual(ask("GET", path + "?x=1")[1], path + "/?x=1")
        self.assertEqual(ask("HEAD", path + "/")[0], 200)
        self.assertIn(b"web", ask("GET", path + "/")[2])

    def test_4_an_impossible_pod_is_explained(self):
        manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: huge}\nspec: {containers: [{name: c, image: busybox, resources: {requests: {cpu: '100'}}}]}"
        self.k("apply", "-f", "-", stdin=manifest)
        why = wait_until("a decision", lambda: (lambda r: r if r.returncode == 4 else None)(kubarium("why", "huge", check=False)))
        self.assertIn("Insufficient cpu", why.stdout)
        self.assertIn("100 asked", why.stdout)
        self.k("delete", "pod", "huge")

    def test_5_logs_and_exec(self):
        self.k("run", "echo", "--image=busybox", "--restart=Never", "--command", "--", "sh", "-c", "echo hello; trap 'exit 0' TERM; while true; do sleep 0.1; done")
        self.k("wait", "--for=condition=Ready", "pod/echo", "--timeout=30s")
        wait_until("the log", lambda: "hello" in self.k("logs", "echo").stdout)
        self.assertEqual(self.k("exec", "echo", "--", "cat", "/etc/hostname").stdout.strip(), "echo")
        self.k("delete", "pod", "echo", "--wait=true")

    def test_5d_what_does_not_run_is_told_in_the_kubelets_words(self):
        self.k("run", "absent", "--image=absent:1", "--restart=Never")
        wait_until("the back-off", lambda: "trying and failing to pull image" in self.k("logs", "absent", check=False).stderr)
        self.assertIn("container absent not found in pod absent_default", self.k("attach", "absent", check=False).stderr)
        self.assertIn('container not found ("absent")', self.k("exec", "absent", "--", "ls", check=False).stderr)
        self.k("delete", "pod", "absent", "--now")

    def test_5c_the_token_of_a_pod_says_whose_it_is(self):
        if json.loads(kubarium("status", "-o", "json").stdout)["level"] == "simulated":
            self.skipTest("simulated containers have no files")
        self.k("run", "who", "--image=busybox", "--command", "--", "sleep", "1000")
        self.k("wait", "--for=condition=Ready", "pod/who", "--timeout=30s")
        token = self.k("exec", "who", "--", "cat", "/var/run/secrets/kubernetes.io/serviceaccount/token").stdout
        pod = json.loads(self.k("get", "pod", "who", "-o", "json").stdout)
        node = json.loads(self.k("get", "node", pod["spec"]["nodeName"], "-o", "json").stdout)
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        whoami = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        mine = Api(kubarium("kubeconfig").stdout)
        seen = mine.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)[1]["status"]["user"]
        theirs = Api(kubarium("kubeconfig").stdout, certificate=False, headers={"Authorization": "Bearer " + token})
        self.assertEqual(theirs.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", whoami)[1]["status"]["userInfo"], seen)
        extra = {name.removeprefix("authentication.kubernetes.io/"): values for name, values in seen["extra"].items()}
        self.assertRegex(extra.pop("credential-id")[0], "^JTI=[0-9a-f-]{36}$")
        self.assertEqual(extra, {"pod-name": ["who"], "pod-uid": [pod["metadata"]["uid"]], "node-name": [node["metadata"]["name"]], "node-uid": [node["metadata"]["uid"]]})
        self.k("delete", "pod", "who", "--grace-period=0", "--force")
        self.assertFalse(mine.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)[1]["status"].get("authenticated"))

    def drop_stream(self, *words, until):
        """Starts kubectl, waits until `until(the first line it prints)` is through, and kills it in the middle of its stream."""
        client = subprocess.Popen([self.kubectl, "--kubeconfig", self.config, *words], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            until(client.stdout.readline())
        finally:
            client.kill()
            client.wait()
            client.stdout.close()

    def test_6_clients_that_drop_their_streams_do_no_harm(self):
        pid = json.loads(kubarium("status", "-o", "json").stdout)["pid"]
        self.k("run", "streams", "--image=kubarium/web:1.0")
        self.k("wait", "--for=condition=Ready", "pod/streams", "--timeout=30s")

        def forwarded(line):
            port = re.search(r"127\.0\.0\.1:(\d+)", line)
            self.assertTrue(port, f"no port in {line!r}")
            # One request answered, a second one left half said: the stream is open when the client goes.
            with socket.create_connection(("127.0.0.1", int(port[1])), timeout=10) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertIn(b"200", connection.recv(4096))
            half = socket.create_connection(("127.0.0.1", int(port[1])), timeout=10)
            self.addCleanup(half.close)
            half.sendall(b"GET / HTTP/1.1\r\n")

        for _ in range(5):
            self.drop_stream("port-forward", "pod/streams", ":8080", until=forwarded)
            self.drop_stream("logs", "-f", "streams", until=lambda line: None)
        self.k("run", "talker", "--image=busybox", "--restart=Never", "--command", "--", "sleep", "3600")
        self.k("wait", "--for=condition=Ready", "pod/talker", "--timeout=30s")
        for _ in range(5):
            self.drop_stream("exec", "talker", "--", "sh", "-c", "while true; do echo tick; done", until=lambda line: self.assertEqual(line, "tick\n"))
        self.assertEqual(self.k("exec", "talker", "--", "echo", "alive").stdout, "alive\n")
        self.assertEqual(json.loads(kubarium("status", "-o", "json").stdout)["pid"], pid)
        self.k("delete", "pod", "streams", "talker", "--grace-period=1")

    def test_5b_what_a_pod_writes_to_a_volume_the_next_one_reads(self):
        level = json.loads(kubarium("status", "-o", "json").stdout)["level"]
        if level == "simulated":
            self.skipTest("simulated containers write nothing")
        self.k("apply", "-f", "-", stdin="apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: notes}\n"
               "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Mi}}}")
        self.assertEqual(self.k("get", "pvc", "notes", "-o", "jsonpath={.spec.storageClassName} {.status.phase}").stdout, "standard Pending")
        pod = ("apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec: {restartPolicy: Never, volumes: [{name: v, persistentVolumeClaim: {claimName: notes}}], "
               "containers: [{name: c, image: busybox, command: [sh, -c, %s], volumeMounts: [{name: v, mountPath: /data}]}]}")
        self.k("apply", "-f", "-", stdin=pod % ("writer", json.dumps("echo remembered > /data/note")))
        wait_until("writer has ended", lambda: self.k("get", "pod", "writer", "-o", "jsonpath={.status.phase}").stdout == "Succeeded")
        node = self.k("get", "pod", "writer", "-o", "jsonpath={.spec.nodeName}").stdout
        self.k("delete", "pod", "writer", "--wait=true")
        self.k("apply", "-f", "-", stdin=pod % ("reader", json.dumps("cat /data/note")))
        wait_until("reader has ended", lambda: self.k("get", "pod", "reader", "-o", "jsonpath={.status.phase}").stdout == "Succeeded")
        self.assertEqual(self.k("logs", "reader").stdout, "remembered\n")
        # A volume of a Node is where its Pods go.
        self.assertEqual(self.k("get", "pod", "reader", "-o", "jsonpath={.spec.nodeName}").stdout, node)
        volume = self.k("get", "pvc", "notes", "-o", "jsonpath={.spec.volumeName}").stdout
        directory = pathlib.Path(ENV["KUBARIUM_STATE"]) / MACHINE.name / "volumes" / volume
        self.assertEqual((directory / "note").read_text(), "remembered\n")
        # In use it stays; then claim, volume and directory go together.
        self.k("delete", "pvc", "notes", "--wait=false")
        self.assertEqual(self.k("get", "pvc", "notes", "-o", "jsonpath={.status.phase}").stdout, "Bound")
        self.k("delete", "pod", "reader", "--wait=true")
        wait_until("no volume", lambda: self.k("get", "pv", "-o", "name").stdout == "")
        self.assertFalse(directory.exists())

    def test_7_a_node_loses_power_and_comes_back(self):
        kubarium("clock", "rate", "50")
        ready = "jsonpath={.status.conditions[?(@.type==\"Ready\")].status}"
        kubarium("fault", "node-power-off", "worker-b")
        wait_until("NotReady", lambda: self.k("get", "node", "worker-b", "-o", ready).stdout == "Unknown")
        kubarium("fault", "undo", "--all")
        wait_until("Ready again", lambda: self.k("get", "node", "worker-b", "-o", ready).stdout == "True")
        kubarium("clock", "rate", "1")

    def test_8_acknowledged_objects_survive_sigkill(self):
        self.k("create", "configmap", "kept", "--from-literal=a=b")
        pid = json.loads(kubarium("status", "-o", "json").stdout)["pid"]
        os.kill(pid, 9)
        wait_until("the engine is dead", lambda: kubarium("status", check=False).returncode == 3)
        kubarium("up", "--detach")
        self.assertEqual(self.k("get", "configmap", "kept", "-o", "jsonpath={.data.a}").stdout, "b")

    def test_5e_an_image_is_told_with_all_its_names(self):
        with tempfile.TemporaryDirectory() as folder:
            archive = pathlib.Path(folder) / "image.tar"
            pod_images.archive(archive, ["shop/cart:1", "shop/cart:latest"], {}, [pod_images.layer(lambda tar: pod_images.add(tar, "file", b"x"))])
            kubarium("image", "load", archive)
        lines = kubarium("image", "list").stdout.splitlines()
        self.assertEqual([line.split()[0] for line in lines if "shop/cart" in line], ["docker.io/shop/cart:1", "docker.io/shop/cart:latest"])
        for name in ("shop/cart:1", "shop/cart"):
            kubarium("image", "remove", name)
        self.assertNotIn("shop/cart", kubarium("image", "list").stdout)
        self.assertIn("there is no image docker.io/shop/cart:1", kubarium("image", "remove", "shop/cart:1", check=False).stderr)
        self.k("run", "pinned", "--image=kubarium/web:1.0")
        self.assertIn("is used by the Pod default/", kubarium("image", "remove", "kubarium/web:1.0", check=False).stderr)
        self.k("delete", "pod", "pinned", "--now")

    def test_9_nodes_take_pods_as_soon_as_up_returns(self):
        other = ("--name", MACHINE.name + "-open")
        kubarium("up", "--detach", "--simulated", "--nodes", "0", "--simulated-nodes", "300", *other)
        try:
            nodes = Api(kubarium("kubeconfig", *other).stdout).call("GET", "/api/v1/nodes")[1]["items"]
            self.assertEqual(len(nodes), 300)
            self.assertEqual([node["metadata"]["name"] for node in nodes if node["spec"].get("taints")], [])
        finally:
            kubarium("down", "--purge", *other)


if __name__ == "__main__":
    unittest.main(verbosity=2)
