#!/usr/bin/env python3
"""Every script says with --help (and -h) what it is for, and does nothing: installs, builds and starts nothing."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

scripts = pathlib.Path(__file__).resolve().parent.parent / "scripts"
failed = False
with tempfile.TemporaryDirectory() as folder:
    copy = pathlib.Path(folder) / "scripts"
    shutil.copytree(scripts, copy)
    # Whatever a script does besides printing fails here.
    programs = pathlib.Path(folder) / "programs"
    programs.mkdir()
    for name in ("env", "bash", "sed", "dirname"):
        os.symlink(shutil.which(name), programs / name)
    for script in sorted(copy.iterdir()):
        for option in ("--help", "-h"):
            run = subprocess.run([script, option], cwd=folder, env={"PATH": str(programs)}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
            if run.returncode != 0 or f"scripts/{script.name}" not in run.stdout or run.stderr:
                print(f"{script.name} {option}: {run.returncode}\n{run.stdout}{run.stderr}")
                failed = True
    left = sorted(each.name for each in pathlib.Path(folder).iterdir())
    if left != ["programs", "scripts"]:
        print(f"left behind: {left}")
        failed = True
sys.exit(failed)
