"""Pages drawn in headless Chromium (Debian), and whether anything on them is cut off."""
import json
import os
import re
import shutil
import subprocess
import tempfile

import lab

# Run in the page: what is wider than the window, or than the box that hides its rest.
PROBE = """<script>addEventListener('load', () => {
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (box.width && box.right > document.documentElement.clientWidth + 1) bad.push('beyond the window: ' + e.tagName + '.' + e.className);
    const meant = style.textOverflow === 'ellipsis' || e.closest('.track, .bar, .meter');
    if (!meant && style.overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1) bad.push('clipped: ' + e.tagName + '.' + e.className);
  }
  document.documentElement.dataset.clipped = JSON.stringify(bad.slice(0, 10));
});</script>"""


def need_chromium():
    if not shutil.which("chromium"):
        raise lab.Skip("no chromium (Debian: chromium)")


def _chromium(*words, width, height, dark):
    with tempfile.TemporaryDirectory() as profile:
        # A colour scheme is 0 dark, 1 light to Blink.
        return subprocess.run(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--force-device-scale-factor=1", f"--user-data-dir={profile}", f"--window-size={width},{height}",
             f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--virtual-time-budget=3000", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)


def clipped(html, width, dark=False):
    """What does not fit at that width."""
    with tempfile.TemporaryDirectory() as folder:
        page = os.path.join(folder, "page.html")
        # Headless windows are no narrower than 500 px: the page gets its width from a frame.
        with open(os.path.join(folder, "inner.html"), "w", encoding="utf-8") as out:
            out.write(html.replace("</body>", PROBE.replace("document.documentElement.dataset.clipped =",
                                                            "parent.document.documentElement.dataset.clipped =") + "</body>"))
        with open(page, "w", encoding="utf-8") as out:
            out.write(f'<!DOCTYPE html><body style="margin:0"><iframe src="inner.html" width="{width}" height="3000" '
                      'style="border:0"></iframe></body>')
        done = _chromium("--allow-file-access-from-files", "--dump-dom", f"file://{page}", width=1300, height=3000,
                         dark=dark)
    found = re.search(r'data-clipped="([^"]*)"', done.stdout)
    if not found:
        raise lab.Died(f"the page did not load in Chromium: {done.stderr[-500:]}")
    return json.loads(found.group(1).replace("&quot;", '"'))


def picture(html, path, width, height, dark=False):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "inner.html"), "w", encoding="utf-8") as out:
            out.write(html)
        page = os.path.join(folder, "page.html")
        with open(page, "w", encoding="utf-8") as out:
            out.write(f'<!DOCTYPE html><body style="margin:0"><iframe src="inner.html" width="{width}" height="{height}" '
                      'style="border:0;display:block"></iframe></body>')
        narrow = width < 500
        done = _chromium("--allow-file-access-from-files", f"--screenshot={path}",
                         f"file://{page if narrow else os.path.join(folder, 'inner.html')}",
                         width=width, height=height, dark=dark)
    if not os.path.exists(path):
        raise lab.Died(f"no picture from Chromium: {done.stderr[-500:]}")
