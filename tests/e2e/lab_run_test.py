"""Labs as a student does them in a terminal: the first one without kubectl, left in between and gone on with; and a prediction, of which
nobody learns the outcome before. Usage: lab_run_test.py PATH/TO/kubarium"""
import os
import queue
import re
import subprocess
import sys
import threading
import time

from machine import Machine

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: default}\nspec:\n  containers: [{name: web, image: 'kubarium/web:1.0'}]\n"


def programs_without_kubectl(machine):
    """A folder with all programs of this machine but one."""
    folder = machine.state / "programs"
    if not folder.exists():
        folder.mkdir()
        for place in reversed(os.environ["PATH"].split(":")):
            for program in os.listdir(place) if os.path.isdir(place) else []:
                if program == "kubectl":
                    continue
                (folder / program).unlink(missing_ok=True)
                (folder / program).symlink_to(os.path.join(place, program))
    return folder


class Student:
    """`kubarium lab run`, what it prints and what is typed."""

    def __init__(self, machine, *words):
        environment = {key: value for key, value in machine.environment.items() if key != "KUBARIUM_NAME"}
        environment["PATH"] = str(programs_without_kubectl(machine))
        self.process = subprocess.Popen([machine.program, "lab", "run", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        self.said = ""
        self.lines = queue.Queue()
        threading.Thread(target=lambda: [self.lines.put(line) for line in self.process.stdout], daemon=True).start()

    def hears(self, words, seconds=60):
        """Waits until `words` (a regular expression) have been printed, and forgets what came before."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(words, self.said)):
            try:
                self.said += self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not printed within {seconds} s: {words}\n{self.said}") from None
        before, self.said = self.said[: found.end()], self.said[found.end() :]
        return before

    def types(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ends(self, code, seconds=60):
        ended = self.process.wait(seconds)
        assert ended == code, f"ended with {ended}, not {code}\n{self.said}"


def the_first_lab_without_kubectl_left_and_gone_on_with(machine):
    manifest = machine.temporary / "web.yaml"
    manifest.write_text(POD)
    student = Student(machine, "first-pod")
    student.hears("kubectl is not installed")
    student.hears("Step 1 of 3")
    student.types("kubectl get pods")
    student.hears("'apply FILE'.* work here without it")
    student.types(f"apply {manifest}")
    student.hears(r"\[✓\] The Pod web is running")
    student.hears("Step 2 of 3")
    student.types("1")
    student.hears("Right|Not quite: it is worker-")
    student.hears("Step 3 of 3")
    student.types("quit")
    student.hears("goes on here")
    student.ends(1)
    student = Student(machine, "first-pod")
    student.hears("You go on at step 3")
    student.hears("Step 3 of 3")
    student.types("delete pod web")
    student.hears(r"\[✓\] The Pod web is gone")
    student.hears("Well done")
    student.ends(0)
    manifest.unlink()


def nobody_learns_the_outcome_before_the_prediction(machine):
    student = Student(machine, "filters-and-taints")
    student.hears("holds default/report before Filter")
    student.types("kubarium why report")
    told = student.hears("Predict first")
    student.types("status")
    told += student.hears("Type the number")
    for spoiler in ("worker-a  ", "NodeAffinity", "untolerated"):
        assert spoiler not in told, f"{spoiler} is told before the prediction:\n{told}"
    student.types("4")
    student.hears("untolerated taint")
    student.hears("Right")
    student.hears("Step 2 of 4")
    student.types("quit")
    student.ends(1)
    machine.kubarium("down", "--name", "lab-filters-and-taints", "--purge", check=False)


def main(program):
    machine = Machine(program, "labrun")
    try:
        the_first_lab_without_kubectl_left_and_gone_on_with(machine)
        nobody_learns_the_outcome_before_the_prediction(machine)
        machine.expect_nothing_left()
    finally:
        for name in os.listdir(machine.state / "clusters") if (machine.state / "clusters").exists() else []:
            machine.kubarium("down", "--name", name, "--purge", check=False)
        machine.remove()


if __name__ == "__main__":
    main(sys.argv[1])
