"""Makes the images that the recorded Pod scenarios use, from the machine's static busybox and a web server of the tests:
pod_images.make(FOLDER, WEB) returns the archives, for `kubarium image load`."""
import hashlib
import io
import json
import shutil
import subprocess
import tarfile

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\nalice:x:1001:1001::/home/alice:/bin/sh\n"
GROUP = "root:x:0:\nnogroup:x:65534:\nalice:x:1001:\nextra:x:50000:alice\n"
START = '#!/bin/sh\necho "start $@ pwd=$PWD FOO=$FOO"\ntrap "exit 7" USR1\ntrap "exit 8" TERM\nwhile true; do sleep 0.1; done\n'


def add(tar, name, content=None, mode=0o755, link=None):
    entry = tarfile.TarInfo(name)
    entry.mode = mode
    if link:
        entry.type, entry.linkname = tarfile.SYMTYPE, link
    elif content is None:
        entry.type = tarfile.DIRTYPE
    else:
        entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content) if content is not None else None)


def layer(fill):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        fill(tar)
    return buffer.getvalue()


def busybox_layer():
    program = shutil.which("busybox")
    names = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()

    def fill(tar):
        for folder in ("bin", "dev", "etc", "home", "proc", "root", "run", "sys", "usr", "usr/bin", "var", "var/log", "work"):
            add(tar, folder)
        add(tar, "tmp", mode=0o1777)
        add(tar, "etc/passwd", PASSWD.encode(), 0o644)
        add(tar, "etc/group", GROUP.encode(), 0o644)
        with open(program, "rb") as file:
            add(tar, "bin/busybox", file.read())
        for name in names:
            if name != "busybox":
                add(tar, f"bin/{name}", link="busybox")

    return layer(fill)


def archive(path, names, config, layers):
    """A docker-save archive of one image."""
    digests = [hashlib.sha256(one).hexdigest() for one in layers]
    document = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Env": [PATH], **config},
                           "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]}}).encode()
    configuration = f"{hashlib.sha256(document).hexdigest()}.json"
    with tarfile.open(path, "w") as tar:
        add(tar, configuration, document, 0o644)
        for digest, content in zip(digests, layers):
            add(tar, f"{digest}.tar", content, 0o644)
        manifest = [{"Config": configuration, "RepoTags": names, "Layers": [f"{digest}.tar" for digest in digests]}]
        add(tar, "manifest.json", json.dumps(manifest).encode(), 0o644)
    return path


def make(folder, web):
    base = busybox_layer()
    start = layer(lambda tar: add(tar, "work/start.sh", START.encode()))
    with open(web, "rb") as file:
        server = file.read()
    images = {
        "busybox": ({"Cmd": ["sh"]}, [base]),
        "busybox-u1000": ({"Cmd": ["sh"], "User": "1000:2000"}, [base]),
        "busybox-alice": ({"Cmd": ["sh"], "User": "alice"}, [base]),
        "nocmd": ({}, [base]),
        "entry": ({"Entrypoint": ["/work/start.sh", "entry-arg"], "Cmd": ["cmd-arg"], "WorkingDir": "/work", "Env": [PATH, "FOO=from-image"], "StopSignal": "SIGUSR1"},
                  [base, start]),
        "web": ({"Entrypoint": ["/web"]}, [base, layer(lambda tar: add(tar, "web", server))]),
    }
    return [archive(folder / f"{name}.tar", [f"reg.local/{name}:1"], config, layers) for name, (config, layers) in images.items()]
