"""Bytes of the program and of the root file system that its image has: made here by mmdebstrap from the packages that
the Dockerfile names, since an image needs a builder. Beside it Debian's prometheus-pushgateway, a Go program that serves
metrics."""
import glob
import os
import re
import shutil
import subprocess
import tempfile

from driver import ROOT, Unavailable

PACKAGES = re.compile(r"apt-get -q install -y --no-install-recommends \\?\n?(.*?)(?:\n\s*&&|\n[A-Z])", re.S)
LEFT_OUT = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/doc/*")  # as in Debian's slim images
TAIL = ("/var/lib/apt/lists/*", "/var/cache/apt/*", "/var/log/*")           # what the Dockerfile removes at the end


def stripped(program):
    with tempfile.TemporaryDirectory() as folder:
        small = os.path.join(folder, "stripped")
        if not shutil.which("strip"):
            raise Unavailable("no strip (Debian: binutils)")
        subprocess.run(["strip", "-o", small, program], check=True)
        return os.path.getsize(small)


def runtime_packages():
    with open(os.path.join(ROOT, "Dockerfile"), encoding="utf-8") as file:
        last_stage = file.read().rpartition("\nFROM ")[2]
    if not (found := PACKAGES.search(last_stage)):
        raise Unavailable("the Dockerfile's last stage installs no packages that could be read")
    return found[1].replace("\\", " ").split()


def _mirror():
    """The machine's own, where it runs the same Debian, and its settings."""
    sources = [path for path in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")
               if os.path.exists(path) and os.path.getsize(path)]
    with open("/etc/os-release", encoding="utf-8") as release:
        is_same = "VERSION_CODENAME=bookworm" in release.read()
    settings = subprocess.run(["apt-config", "dump"], stdout=subprocess.PIPE, text=True).stdout
    keep = re.compile(r"^Acquire::(Check-Valid-Until|Check-Date|http::Proxy|https::Proxy) ", re.M)
    options = [f"--aptopt={line}" for line in settings.splitlines() if keep.match(line)]
    return options, sources[:1] if is_same else []


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


def _root(packages, folder, mirror):
    options, sources = mirror
    command = ["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", *options,
               *[f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT],
               "--dpkgopt=path-include=/usr/share/doc/*/copyright",
               *([f"--include={','.join(packages)}"] if packages else []), "bookworm", folder, *sources]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode != 0:
        raise Unavailable("mmdebstrap: " + made.stdout.strip()[-200:])
    for pattern in TAIL:
        for path in glob.glob(folder + pattern):
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)


def image():
    """The root file system without the program: bytes of its files and, packed by gzip, what a registry would send."""
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        raise Unavailable("no mmdebstrap, or not root (Debian: mmdebstrap)")
    packages, mirror = runtime_packages(), _mirror()
    with tempfile.TemporaryDirectory() as top:
        folder = os.path.join(top, "root")
        _root(packages, folder, mirror)
        total, files = _tree_bytes(folder)
        tar = subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE)
        packed = subprocess.run("gzip -6 | wc -c", shell=True, stdin=tar.stdout, stdout=subprocess.PIPE, text=True)
        tar.stdout.close()
        if tar.wait() != 0:
            raise Unavailable(f"tar ended with {tar.returncode}")
    return {"packages": packages, "bytes": total, "files": files, "packed": int(packed.stdout)}


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
