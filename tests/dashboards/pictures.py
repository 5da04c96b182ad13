"""Draws boards with Grafana's own panel library (npm) in headless Chromium (Debian)."""
import collections
import hashlib
import json
import os
import shutil
import subprocess
import tempfile

import boards
import drawing
from prometheus import Skip

BROWSER = os.path.join(boards.HERE, "browser")
PACKAGES = ("package.json", "package-lock.json", ".npmrc")
SOURCES = ("page.jsx", "draw.mjs")
NPM_SECONDS, DRAW_SECONDS = 900, 300    # a slow registry, a busy machine

# A picture's name, its board, the values of its variables, the rows that stay folded.
Picture = collections.namedtuple("Picture", "name uid chosen folded")


def chromium():
    found = shutil.which("chromium")
    if not found:
        raise Skip("no chromium (Debian: chromium)")
    return found


def packages():
    """The folder with node_modules for this lock file: made once for each, outside the clone."""
    for name in ("node", "npm"):
        if not shutil.which(name):
            raise Skip(f"no {name}")
    digest = hashlib.sha256()
    for name in PACKAGES:
        with open(os.path.join(BROWSER, name), "rb") as source:
            digest.update(source.read())
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = os.path.join(cache, "spark_exporter", "boards-" + digest.hexdigest()[:16])
    if os.path.exists(os.path.join(folder, "complete")):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in PACKAGES:
        shutil.copy(os.path.join(BROWSER, name), folder)
    made = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=NPM_SECONDS)
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise Skip("npm cannot have the packages: " + made.stdout.strip()[-300:])
    with open(os.path.join(folder, "complete"), "w"):
        pass
    return folder


def prepare(folder, picture, prometheus, start, end, scrape):
    """Leaves what is to be drawn as a JSON file in the folder; how many panels that is."""
    model = boards.load_all()[picture.uid]
    made = drawing.make(model, prometheus, start, end, scrape, picture.chosen, picture.folded)
    with open(os.path.join(folder, picture.name + ".json"), "w", encoding="utf-8") as out:
        json.dump(made, out)
    return len(made["panels"])


def draw(packages_folder, folder, quiet=False):
    """Draws each JSON file in the folder; what was found, by picture. esbuild and Node look for packages in the folders
    above the sources, so these go below the packages for the time."""
    with tempfile.TemporaryDirectory(dir=packages_folder) as sources:
        for name in SOURCES:
            shutil.copy(os.path.join(BROWSER, name), sources)
        subprocess.run(["node", os.path.join(sources, "draw.mjs"), folder, chromium()], check=True,
                       timeout=DRAW_SECONDS,
                       stdout=subprocess.DEVNULL if quiet else None)
    with open(os.path.join(folder, "findings.json"), encoding="utf-8") as source:
        return json.load(source)
