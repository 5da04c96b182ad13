"""actionlint over workflow files; it takes shellcheck to their `run:` steps where that is installed."""

import os
import subprocess

import toolbox
import lab


def check(files):
    done = subprocess.run([os.path.join(toolbox.HERE, "actionlint.sh"), *files], stdout=subprocess.PIPE, text=True)
    if done.returncode == lab.SKIPPED:
        raise lab.Skip("no actionlint to be had")
    if done.returncode:
        raise AssertionError(f"actionlint: {done.returncode}\n{done.stdout}")
    print(f"ok: actionlint: {len(files)} workflow files", flush=True)
