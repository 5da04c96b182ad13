#!/usr/bin/env python3
"""A software bill of materials (CycloneDX 1.5, JSON) of the Debian packages in an image's root, or of those that a binary
links on this machine. Only dpkg's own records are read.
    scripts/sbom.py --root DIR [--binary FILE]      all packages installed below DIR
    scripts/sbom.py --binary build/release/spark_exporter    those that the binary links"""
import argparse
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import uuid

FIELDS = "${Package}\\t${Version}\\t${Architecture}\\t${source:Package}\\t${source:Version}\\t${db:Status-Status}\\n"


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def installed(root):
    """[(name, version, architecture, source, source's version)]"""
    rows = (line.split("\t") for line in run("dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", f"-f={FIELDS}").splitlines())
    return sorted(tuple(row[:5]) for row in rows if row[5] == "installed")


def linked(binary):
    """Names of the packages that hold the libraries which the loader finds for the binary."""
    names = set()
    for path in re.findall(r"(?:=> )?(/\S+) \(0x", run("ldd", binary)):
        for candidate in (path, os.path.realpath(path), "/usr" + path):
            owner = subprocess.run(["dpkg-query", "-S", candidate], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   text=True).stdout
            if owner:
                names.add(owner.split(":")[0])
                break
        else:
            sys.exit(f"{sys.argv[0]}: no package has {path}")
    return names


def component(row):
    name, version, architecture, source, source_version = row
    purl = f"pkg:deb/debian/{name}@{version.replace(':', '%3A').replace('+', '%2B').replace('~', '~')}?arch={architecture}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
            "properties": [{"name": "debian:source", "value": f"{source} {source_version}"}]}


def application(binary):
    with open(binary, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    words = run(binary, "--version").split()
    version = words[words.index("version") + 1] if "version" in words else words[1]
    return {"type": "application", "name": "spark_exporter", "version": version.strip(","),
            "hashes": [{"alg": "SHA-256", "content": digest}],
            "licenses": [{"license": {"id": "Apache-2.0"}}]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", help="an image's root; without it this machine, and only what the binary links")
    parser.add_argument("--binary", help="the program the bill is for")
    given = parser.parse_args()
    if not given.root and not given.binary:
        parser.error("--root, --binary or both")
    rows = installed(given.root or "")
    if not given.root:
        names = linked(given.binary)
        rows = [row for row in rows if row[0] in names]
    when = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", datetime.datetime.now().timestamp())),
                                           datetime.timezone.utc)
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "metadata": {"timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ")}, "components": [component(row) for row in rows]}
    if given.binary:
        bill["metadata"]["component"] = application(given.binary)
    # The same contents have the same number.
    bill["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bill, sort_keys=True)).urn
    json.dump(bill, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
