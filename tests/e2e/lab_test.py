"""Plays one lab on a cluster of its own: its solution must pass, its start alone must not, and each of its wrong solutions must fail
with the message that names the mistake; and nothing may stay behind. Usage: lab_test.py PATH/TO/kubarium FOLDER/OF/LAB"""
import pathlib
import shutil
import sys

from machine import Machine

SKIPPED = 77


def main(program, lab):
    scripts = [path for path in lab.glob("*/**/*.sh") if "kubectl" in path.read_text()]
    if scripts and not shutil.which("kubectl"):
        print(f"skipped: kubectl is not installed, and {scripts[0]} needs it")
        return SKIPPED
    machine = Machine(program, "labtest")
    try:
        played = machine.kubarium("lab", "test", str(lab), check=False, timeout=600)
        print(played.stdout + played.stderr)
        trials = [line for line in played.stdout.splitlines() if line.startswith(("ok  ", "FAIL"))]
        wrong = sorted(path.name for path in (lab / "wrong").iterdir())
        assert played.returncode == 0, f"kubarium lab test ended with {played.returncode}"
        assert len(trials) == 2 + len(wrong), f"{len(trials)} trials for a solution, a start and {len(wrong)} wrong solutions"
        for name in wrong:
            assert any(f"wrong/{name} " in line for line in trials), f"wrong/{name} was not played"
        machine.expect_nothing_left()
    finally:
        machine.kubarium("down", "--purge", check=False)
        machine.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2]).resolve()))
