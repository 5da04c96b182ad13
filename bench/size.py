"""Bytes of the program and of the root file system that its image has: made here by scripts/runtime-root.sh as in
the Dockerfile, since an image needs a builder. Beside it Debian's prometheus-pushgateway, a Go program that serves
metrics."""
import os
import shutil
import subprocess
import tempfile

from driver import ROOT, Unavailable


def stripped(program):
    with tempfile.TemporaryDirectory() as folder:
        small = os.path.join(folder, "stripped")
        if not shutil.which("strip"):
            raise Unavailable("no strip (Debian: binutils)")
        subprocess.run(["strip", "-o", small, program], check=True)
        return os.path.getsize(small)


def _tree_bytes(top):
    """Sizes of its files, links followed nowhere, a file with several names counted once."""
    seen, total, files = set(), 0, 0
    for folder, _, names in os.walk(top):
        for name in names:
            info = os.lstat(os.path.join(folder, name))
            if (info.st_dev, info.st_ino) not in seen and not os.path.islink(os.path.join(folder, name)):
                seen.add((info.st_dev, info.st_ino))
                total, files = total + info.st_size, files + 1
    return total, files


def image():
    """The root file system without the program: bytes of its files and, packed by gzip, what a registry would send."""
    for tool in ("apt-get", "dpkg-deb", "openssl"):
        if not shutil.which(tool):
            raise Unavailable(f"no {tool}")
    with tempfile.TemporaryDirectory() as top:
        folder = os.path.join(top, "root")
        made = subprocess.run([os.path.join(ROOT, "scripts", "runtime-root.sh"), folder], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if made.returncode != 0:
            raise Unavailable("scripts/runtime-root.sh: " + made.stdout.strip()[-200:])
        names = subprocess.run(["dpkg-query", f"--admindir={folder}/var/lib/dpkg", "-W", "-f=${Package} "],
                               stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        total, files = _tree_bytes(folder)
        tar = subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE)
        packed = subprocess.run("gzip -6 | wc -c", shell=True, stdin=tar.stdout, stdout=subprocess.PIPE, text=True)
        tar.stdout.close()
        if tar.wait() != 0:
            raise Unavailable(f"tar ended with {tar.returncode}")
    return {"packages": names, "bytes": total, "files": files, "packed": int(packed.stdout)}


def measure(program):
    result = {"program": os.path.getsize(program), "stripped": stripped(program)}
    if peer := shutil.which("prometheus-pushgateway"):
        result["peer"] = stripped(peer)
    try:
        result["image"] = image()
    except Unavailable as reason:
        result["image_missing"] = str(reason)
    return result


if __name__ == "__main__":
    print(measure(os.path.join(ROOT, "build", "release", "spark_exporter")))
