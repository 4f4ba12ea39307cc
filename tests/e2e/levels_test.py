"""How real a cluster is, by what the machine allows: each level is made by dropping privileges here, so that one machine shows all of
them. Usage: levels_test.py PATH/TO/kubarium full|unlimited|simulated|locked-root|no-runtime
Exit status 77 with a sentence when this machine cannot show the level."""
import ctypes
import json
import os
import pathlib
import platform
import shutil
import struct
import subprocess
import sys

from api import Api
from machine import Machine, wait_until

SKIPPED = 77
SOMEBODY = 51234  # an account of nobody's
UNSHARE = {"x86_64": 272, "aarch64": 97}
PODS = "/api/v1/namespaces/default/pods"


class Skip(Exception):
    pass


def forbid_unshare():
    """A seccomp filter as locked-down containers have: unshare(2) fails with EPERM, also for every child."""
    libc = ctypes.CDLL(None, use_errno=True)
    load, equal, answer = 0x20, 0x15, 0x06
    program = [(load, 0, 0, 0), (equal, 0, 1, UNSHARE[platform.machine()]), (answer, 0, 0, 0x00050000 | 1), (answer, 0, 0, 0x7FFF0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    filters = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    if libc.prctl(no_new_privileges, 1, 0, 0, 0) != 0 or libc.prctl(set_seccomp, filter_mode, filters, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def hide_runtimes():
    """A mount namespace in which crun and runc are no programs."""
    libc = ctypes.CDLL(None, use_errno=True)
    new_mounts, private, bind = 0x20000, 0x44000, 0x1000
    if libc.unshare(new_mounts) != 0 or libc.mount(None, b"/", None, private, None) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for name in ("crun", "runc"):
        while (path := shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/bin:/sbin:/bin")) is not None:
            if libc.mount(b"/dev/null", path.encode(), None, bind, None) != 0:
                raise OSError(ctypes.get_errno(), f"hiding {path}")


def become_somebody():
    os.setgroups([])
    os.setgid(SOMEBODY)
    os.setuid(SOMEBODY)


class Level:
    """A command line that runs with fewer rights than this test."""

    def __init__(self, program, ordinary_user=False, before=None):
        self.machine = Machine(program, "level")
        self.before = before
        self.ordinary_user = ordinary_user and os.geteuid() == 0
        self.environment = dict(self.machine.environment)
        if ordinary_user:
            self.environment.pop("XDG_RUNTIME_DIR", None)
            self.environment["HOME"] = str(self.machine.state)
        if self.ordinary_user:
            for path in (self.machine.state, self.machine.temporary):
                os.chown(path, SOMEBODY, SOMEBODY)
            readable = subprocess.run([str(self.machine.program), "version"], preexec_fn=self.drop, capture_output=True, env=self.environment) if self.reachable() else None
            if readable is None or readable.returncode != 0:
                raise Skip(f"other users may not run {self.machine.program}")

    def reachable(self):
        return all(os.stat(folder).st_mode & 0o001 for folder in self.machine.program.parents)

    def drop(self):
        if self.before:
            self.before()
        if self.ordinary_user:
            become_somebody()

    def kubarium(self, *words, check=True):
        done = subprocess.run([str(self.machine.program), *words], preexec_fn=self.drop, env=self.environment, capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"{words} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def checked(self):
        """What `kubarium check` finds, and that each thing that is wrong comes with a sentence and a remedy."""
        found = json.loads(self.kubarium("check", "-o", "json").stdout)
        for finding in found["findings"]:
            assert finding["sentence"].endswith("."), finding
            assert finding["ok"] or finding["remedy"], f"no remedy: {finding}"
        text = self.kubarium("check").stdout
        assert found["sentence"] in text and found["level"] in text, text
        return found

    def cluster(self, level, then=lambda api: None):
        """A cluster of this level runs a Pod; `then` looks closer; nothing stays behind."""
        try:
            up = self.kubarium("up", "--detach", "--nodes", "1")
            status = json.loads(self.kubarium("status", "-o", "json").stdout)
            assert status["level"] == level, status
            assert level == "full" or status["levelSentence"] in up.stdout, "the one sentence is not shown"
            api = Api(self.kubarium("kubeconfig").stdout)
            code, made = api.call("POST", PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"terminationGracePeriodSeconds": 1, "containers": [
                {"name": "c", "image": "busybox", "command": ["sleep", "3600"], "resources": {"limits": {"cpu": "100m", "memory": "32Mi"}}}]}})
            assert code == 201, made
            wait_until("the Pod runs", lambda: api.call("GET", f"{PODS}/p")[1].get("status", {}).get("phase") == "Running")
            then(api)
            api.connection.close()
            self.kubarium("down", "--purge")
            self.machine.expect_nothing_left()
        finally:
            self.kubarium("down", "--purge", check=False)
            self.machine.remove()


def memory_limits(machine):
    """The limits of the cluster's containers as the kernel has them."""
    found = []
    for group in machine.group_names():
        for name in ("memory.limit_in_bytes", "memory.max"):
            found += [path.read_text().strip() for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/memory") for path in pathlib.Path(root, group).glob(f"**/{name}")]
    return found


def real_process(machine):
    assert any("sleep 3600" in line for line in machine.processes()), f"no process of the Pod: {machine.processes()}"


def full(program):
    level = Level(program)
    found = level.checked()
    if found["level"] != "full":
        raise Skip(found["sentence"])

    def limited(api):
        real_process(level.machine)
        assert str(32 << 20) in memory_limits(level.machine), f"no limit of 32Mi: {memory_limits(level.machine)}"

    level.cluster("full", limited)


def unlimited(program):
    level = Level(program, ordinary_user=True)
    found = level.checked()
    if found["level"] == "simulated":
        raise Skip(found["sentence"])

    def unenforced(api):
        real_process(level.machine)
        assert found["level"] == "full" or not memory_limits(level.machine)

    assert found["level"] == "full" or "not enforced" in found["sentence"], found
    level.cluster(found["level"], unenforced)


def simulated_nodes(level, words):
    found = level.checked()
    assert found["level"] == "simulated", found
    assert words in found["sentence"] and "Remedy:" in found["sentence"], found["sentence"]

    def marked(api):
        node = api.call("GET", "/api/v1/nodes")[1]["items"][0]
        assert node["metadata"]["labels"].get("kubarium.dev/simulated") == "true", node["metadata"]
        assert not any("sleep 3600" in line for line in level.machine.processes())

    level.cluster("simulated", marked)


def need_seccomp():
    if platform.machine() not in UNSHARE:
        raise Skip(f"the number of unshare(2) on {platform.machine()} is not known here")


def simulated(program):
    need_seccomp()
    simulated_nodes(Level(program, ordinary_user=True, before=forbid_unshare), "does not allow ordinary users to make user namespaces")


def locked_root(program):
    need_seccomp()
    if os.geteuid() != 0:
        raise Skip("only root can show what root in a locked-down container sees")
    simulated_nodes(Level(program, before=forbid_unshare), "root but may not make namespaces")


def no_runtime(program):
    if os.geteuid() != 0:
        raise Skip("only root can hide crun and runc")
    simulated_nodes(Level(program, before=hide_runtimes), "Neither crun nor runc is installed")


def main(program, level):
    try:
        {"full": full, "unlimited": unlimited, "simulated": simulated, "locked-root": locked_root, "no-runtime": no_runtime}[level](program)
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    print(f"{level}: as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
