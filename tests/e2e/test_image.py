"""The runtime image's root file system, made by scripts/runtime-root.sh as the Dockerfile makes it: every package in it is
needed (its own loader says by which library, or it is data with a reason), nothing else could be run, the SBOM lists
exactly these packages, and the exporter runs in it. Then what is planted, which the same look must name."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

import compare
import lab

PROGRAM = "/usr/local/bin/spark_exporter"
DATA = {
    "ca-certificates": "who signs the API server's, object stores' and receivers' certificates",
    "tzdata": "deadlines and schedules in the user's time zone",
    "gcc-12-base": "the licence of libstdc++6 and libgcc-s1",
}


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def make(folder):
    root = os.path.join(folder, "root")
    made = run(os.path.join(lab.ROOT, "scripts", "runtime-root.sh"), root, lab.binary())
    if made.returncode == 3:
        raise lab.Skip("the packages cannot be had: " + made.stdout.strip()[-200:])
    if made.returncode != 0:
        raise AssertionError("scripts/runtime-root.sh: " + made.stdout[-500:])
    return root


def loader(root):
    with open(root + PROGRAM, "rb") as file:
        return re.search(rb"/lib[\w./-]*/ld-linux[\w.-]*", file.read(4096)).group(0).decode()


def linked(root):
    """{library: its path within the root, None where it is missing}, as the root's own loader finds them."""
    triplets = [os.path.join(top, name) for top in (root + "/lib", root + "/usr/lib") if os.path.isdir(top)
                for name in os.listdir(top) if name.endswith("-linux-gnu")]
    told = run(root + loader(root), "--inhibit-cache", "--library-path", ":".join(triplets), "--list", root + PROGRAM).stdout
    found = {}
    for name, path in re.findall(r"^\s*([^\s/]+) => (\S+)", told, re.M):
        found[name] = path.removeprefix(root) if path.startswith(root + "/") else None
    missing = re.search(r"error while loading shared libraries: (\S+):", told)
    if missing:
        found[missing.group(1)] = None
    return found


def owner(root, path):
    told = run("dpkg-query", f"--admindir={root}/var/lib/dpkg", "-S", path)
    return told.stdout.split(":")[0] if told.returncode == 0 else None


def installed(root):
    """{package: version} by dpkg's record, read without dpkg."""
    with open(root + "/var/lib/dpkg/status", encoding="utf-8") as file:
        return dict(re.findall(r"^Package: (\S+)\n(?:.*\n)*?Version: (\S+)", file.read(), re.M))


def executables(root):
    """Files that can be run, or that change the user."""
    found = set()
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path) and os.stat(path).st_mode & 0o6111:
                found.add(path.removeprefix(root))
    return found


def faults(root):
    """What is missing, beside or not recorded; nothing in a good root."""
    libraries = linked(root)
    owners = {library: owner(root, path) if path else None for library, path in libraries.items()}
    owners["the loader"] = owner(root, loader(root)) or owner(root, os.path.realpath(root + loader(root)).removeprefix(root))
    told = [f"missing: {library}" for library, path in libraries.items() if not path]
    told += [f"of no package: {library}" for library, name in owners.items() if not name and libraries.get(library, "/")]
    told += [f"not needed: {name}" for name in sorted(installed(root)) if name not in owners.values() and name not in DATA]
    may_run = re.compile(rf"{PROGRAM}|/(usr/)?lib(64|/[\w-]+-linux-gnu)/(ld-linux[\w.-]*|libc\.so\.6)")
    return told + [f"could be run: {path}" for path in sorted(executables(root)) if not may_run.fullmatch(path)]


def plant(check, root):
    """Each planted fault is named, and gone again when it is taken away."""
    status = root + "/var/lib/dpkg/status"
    with open(status, encoding="utf-8") as file:
        before = file.read()
    with open(status, "a", encoding="utf-8") as file:
        file.write("Package: perl-base\nStatus: install ok installed\nVersion: 5.36\nArchitecture: amd64\nMaintainer: x\n"
                   "Description: x\n\n")
    records = root + "/var/lib/dpkg/info/perl-base.list"
    with open(records, "w", encoding="utf-8") as file:
        file.write("/.\n")
    check.equal("a package beside is named", ["not needed: perl-base"], faults(root))
    with open(status, "w", encoding="utf-8") as file:
        file.write(before)
    os.remove(records)
    os.makedirs(root + "/bin")
    shutil.copy("/bin/sh", root + "/bin/sh")
    check.equal("a shell is named", ["could be run: /bin/sh"], faults(root))
    shutil.rmtree(root + "/bin")
    library = linked(root)["libfmt.so.9"]
    os.rename(root + library, root + library + ".away")
    check.true("a library that is not there is named", "missing: libfmt.so.9" in faults(root))
    os.rename(root + library + ".away", root + library)
    check.equal("and then nothing more", [], faults(root))


def last_stage(check):
    with open(os.path.join(lab.ROOT, "Dockerfile"), encoding="utf-8") as file:
        base, _, steps = file.read().rpartition("\nFROM ")[2].partition("\n")
    check.equal("the image is built on", "scratch", base)
    check.equal("commands run in its last stage", [], re.findall(r"^RUN.*", steps, re.M))
    check.equal("and copies", ["--from=root /runtime/ /", f"--from=build /src/build/release/spark_exporter {PROGRAM}"],
                re.findall(r"^COPY (.*)", steps, re.M))


def bill(check, root):
    told = json.loads(subprocess.run([sys.executable, os.path.join(lab.ROOT, "scripts", "sbom.py"), "--root", root,
                                      "--binary", lab.binary()], stdout=subprocess.PIPE, check=True).stdout)
    check.equal("the SBOM's packages and versions", sorted(installed(root).items()),
                sorted((part["name"], part["version"]) for part in told["components"]))


def data(check, root):
    folder = root + "/usr/share/ca-certificates/mozilla/"
    names = sorted(os.listdir(folder))
    check.at_least("certificates", 100, len(names))
    good = run("openssl", "verify", "-no-CAfile", "-no-CAstore", "-CApath", root + "/etc/ssl/certs", folder + names[0])
    check.true("found by the hash of its name", good.returncode == 0, good.stdout.strip().removeprefix(folder))
    check.equal("where openssl looks", "/etc/ssl/certs", os.readlink(root + "/usr/lib/ssl/certs"))
    check.true("time zones", os.path.exists(root + "/usr/share/zoneinfo/Europe/Berlin"))
    licences = [name for name in installed(root) if not os.path.exists(f"{root}/usr/share/doc/{name}/copyright")]
    check.equal("packages without their licence", [], licences)


def lives(check, root):
    """As uid 65534 in the root, and only there."""
    port = lab.free_port()
    process = subprocess.Popen(["chroot", "--userspec=65534:65534", root, PROGRAM, f"--web.listen-address=127.0.0.1:{port}",
                                "--spark.url=http://127.0.0.1:9"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def scrape():
            if process.poll() is not None:
                raise lab.Died(f"the exporter in its root ended with {process.returncode}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                    return answer.read()
            except OSError:
                return None
        check.true("serves /metrics from there", b"spark_exporter_build_info{" in lab.wait_until("a scrape", scrape))
    finally:
        process.terminate()
        process.wait()


def test(_):
    for tool in ("apt-get", "dpkg-deb", "dpkg-query", "openssl"):
        if not shutil.which(tool):
            raise lab.Skip(f"no {tool}")
    check = compare.Check("the runtime image's packages")
    last_stage(check)
    with tempfile.TemporaryDirectory() as folder:
        root = make(os.path.realpath(folder))
        os.chmod(folder, 0o755)
        by = {}
        for library, path in linked(root).items():
            by.setdefault(owner(root, path) if path else "-", []).append(library)
        for name, version in sorted(installed(root).items()):
            print(f"  {name:18} {version:28} {DATA.get(name) or ', '.join(by.get(name, []))}")
        check.equal("missing, beside or not recorded", [], faults(root))
        bill(check, root)
        data(check, root)
        if os.geteuid() == 0:
            lives(check, root)
        else:
            print("  not root: the exporter was not run in it")
        plant(check, root)
    check.done()


lab.main(test)
