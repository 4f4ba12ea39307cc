"""What the end-to-end tests share: one cluster's command line in a state folder of its own, and what it could leave on the machine."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time


def wait_until(what, condition, seconds=30):
    """The first true value of condition(); fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        last = condition()
        if last:
            return last
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def read(path):
    """Also of files that vanish while they are read."""
    try:
        return pathlib.Path(path).read_bytes().decode(errors="replace")
    except OSError:
        return ""


def cgroup_name(run):
    """The name of a supervisor's control group, from its run folder (core/kubelet/runtime/supervisor.h): FNV-1a."""
    value = 14695981039346656037
    for byte in os.fsencode(run):
        value = ((value ^ byte) * 1099511628211) % 2**64
    return f"kubarium-{value:016x}"


class Machine:
    """A state folder and a cluster name of their own; `kubarium(...)` runs the command line there."""

    def __init__(self, program, label):
        self.program = pathlib.Path(program).resolve()
        # Folders that an engine may leave something in are looked at, so they are made here.
        self.state = pathlib.Path(tempfile.mkdtemp(prefix=f"kubarium-{label}-")).resolve()
        self.temporary = self.state / "tmp"
        self.temporary.mkdir()
        self.name = f"{label}-{os.getpid()}"
        self.environment = {**os.environ, "KUBARIUM_STATE": str(self.state / "clusters"), "KUBARIUM_NAME": self.name, "TMPDIR": str(self.temporary)}
        self.links = sorted(os.listdir("/sys/class/net"))

    def run(self, *words, check=True, stdin=None, timeout=120, environment=None):
        done = subprocess.run([str(w) for w in words], input=stdin, capture_output=True, text=True, env=environment or self.environment, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def kubarium(self, *words, **options):
        return self.run(self.program, *words, **options)

    def processes(self):
        """Processes that are of this cluster: its engine, its supervisor, and whatever runs in its control groups or on its mounts."""
        found = []
        state = str(self.state)
        groups = self.group_names()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            if int(pid) == os.getpid():
                continue
            command = read(f"/proc/{pid}/cmdline").replace("\0", " ")
            cgroups = read(f"/proc/{pid}/cgroup")
            # An engine and its supervisor carry the state folder in their environment or on their command line.
            mine = state in command or any(group in cgroups for group in groups) or f"upperdir={state}" in read(f"/proc/{pid}/mountinfo")
            if not mine and re.search(r"kubarium", command + read(f"/proc/{pid}/comm")):
                mine = state in read(f"/proc/{pid}/environ")
            if mine:
                found.append(f"process {pid} {command[:100]}")
        return found

    def group_names(self):
        clusters = self.state / "clusters"
        names = os.listdir(clusters) if clusters.exists() else [self.name]
        return [cgroup_name(str(clusters / name / "run")) for name in {*names, self.name}]

    def leftovers(self):
        """One line for each thing that is still there although no engine should run: processes, mounts, control groups, network
        links of the machine, temporary files, files of the substrate."""
        found = self.processes()
        found += [f"mount {line}" for line in read("/proc/self/mountinfo").splitlines() if str(self.state) in line]
        groups = self.group_names()
        for hierarchy in ["", *os.listdir("/sys/fs/cgroup")]:
            found += [f"control group {hierarchy}/{group}" for group in groups if os.path.isdir(f"/sys/fs/cgroup/{hierarchy}/{group}")]
        found += [f"network link {link}" for link in os.listdir("/sys/class/net") if link not in self.links]
        found += [f"temporary file {name}" for name in os.listdir(self.temporary)]
        found += [f"file {path}" for folder in ("live", "uppers") for path in self.state.glob(f"clusters/*/run/{folder}/*")]
        return found

    def expect_nothing_left(self, seconds=10):
        try:
            wait_until("nothing left", lambda: not self.leftovers(), seconds)
        except AssertionError:
            left = self.leftovers()
            raise AssertionError("left behind:\n" + "\n".join(left)) if left else None

    def remove(self):
        shutil.rmtree(self.state, ignore_errors=True)
