"""The release binary as the linker left it: position-independent, read-only relocations, stack protector, fortified calls,
the library's assertions; and linked with nothing but what the image installs. Then a program built without each of
these, of which the same look must say so."""
import os
import re
import shutil
import subprocess
import tempfile

import compare
import lab

SOURCE = """
#include <cstdio>
#include <cstring>
#include <vector>
int main(int argc, char** argv) {
  std::vector<int> numbers(4);
  char text[16];
  std::strcpy(text, argv[0]);
  return std::printf("%s %d", text, numbers[static_cast<unsigned>(argc)]);
}
"""
HARDENED = ("-O2", "-fPIE", "-pie", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-D_GLIBCXX_ASSERTIONS",
            "-Wl,-z,relro,-z,now")
# What is taken away or put in its place, and what must then be missed.
WITHOUT = {
    "position-independent": ("-fPIE", "-fno-pie", "-pie", "-no-pie"),
    "read-only relocations": ("-Wl,-z,relro,-z,now", "-Wl,-z,norelro,-z,now"),
    "bound at start": ("-Wl,-z,relro,-z,now", "-Wl,-z,relro,-z,lazy"),
    "stack protector": ("-fstack-protector-strong", "-fno-stack-protector"),
    "fortified calls": ("-D_FORTIFY_SOURCE=2", "-U_FORTIFY_SOURCE"),
    "library assertions": ("-D_GLIBCXX_ASSERTIONS", "-U_GLIBCXX_ASSERTIONS"),
    "no executable stack": ("-O2", "-O2 -Wl,-z,execstack"),
    "no search path": ("-O2", "-O2 -Wl,-rpath,/somewhere"),
}


def readelf(path, *flags):
    return subprocess.run(["readelf", "-W", *flags, path], stdout=subprocess.PIPE, text=True, check=True).stdout


def look(path):
    """{property: whether the file has it}"""
    head, segments, dynamic = readelf(path, "-h"), readelf(path, "-l"), readelf(path, "-d")
    symbols = readelf(path, "--dyn-syms")
    stack = re.search(r"GNU_STACK.*", segments)
    return {
        "position-independent": "DYN (" in head and re.search(r"FLAGS_1.*\bPIE\b", dynamic) is not None,
        "read-only relocations": "GNU_RELRO" in segments,
        "bound at start": re.search(r"\bBIND_NOW\b|FLAGS_1.*\bNOW\b", dynamic) is not None,
        "stack protector": "__stack_chk_fail" in symbols,
        "fortified calls": re.search(r"\b__\w+_chk\b", symbols.replace("__stack_chk_fail", "")) is not None,
        "library assertions": "__glibcxx_assert_fail" in symbols,
        "no executable stack": stack is not None and "E" not in stack.group(0).split()[-2],
        "no search path": not re.search(r"\((RPATH|RUNPATH)\)", dynamic),
        "no text relocations": "TEXTREL" not in dynamic,
    }


def needed(path):
    return re.findall(r"NEEDED.*\[(.*?)\]", readelf(path, "-d"))


def installed_by_the_image():
    """The packages that the Dockerfile's last stage installs, with what they depend on."""
    with open(os.path.join(lab.ROOT, "Dockerfile"), encoding="utf-8") as file:
        last = file.read().rsplit("\nFROM ", 1)[1]
    names = re.search(r"install -y --no-install-recommends(.*?)&&", last, re.S).group(1).replace("\\", " ").split()
    seen, queue = set(), [*names, "libc6", "libstdc++6", "libgcc-s1"]
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        told = subprocess.run(["dpkg-query", "-W", "-f=${Depends}", name], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True).stdout
        queue += [part.split()[0].split(":")[0] for part in re.split(r"[,|]", told) if part.strip()]
    return names, seen


def package_of(library, binary):
    """The Debian package of a library as the loader finds it for the binary."""
    told = subprocess.run(["ldd", binary], stdout=subprocess.PIPE, text=True, check=True).stdout
    found = re.search(rf"{re.escape(library)} => (\S+)", told)
    path = found.group(1) if found else library
    for candidate in (path, os.path.realpath(path), "/usr" + os.path.realpath(path)):
        owner = subprocess.run(["dpkg-query", "-S", candidate], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True).stdout
        if owner:
            return owner.split(":")[0]
    return None


def would_be_seen(check, folder):
    source = os.path.join(folder, "program.cpp")
    with open(source, "w", encoding="utf-8") as out:
        out.write(SOURCE)

    def build(name, flags):
        path = os.path.join(folder, name)
        subprocess.run(["g++", *" ".join(flags).split(), source, "-o", path], check=True, stderr=subprocess.DEVNULL)
        return look(path)
    check.equal("a program with all flags lacks", [], [what for what, good in build("all", HARDENED).items() if not good])
    for number, (what, changes) in enumerate(WITHOUT.items()):
        flags = list(HARDENED)
        for old, new in zip(changes[::2], changes[1::2]):
            flags[flags.index(old)] = new
        check.true(f"seen where it is missing: {what}", not build(f"without{number}", flags)[what])


def test(_):
    for tool in ("readelf", "g++", "dpkg-query", "ldd"):
        if not shutil.which(tool):
            raise lab.Skip(f"no {tool}")
    check = compare.Check("the release binary's hardening")
    for what, good in look(lab.binary()).items():
        check.true(what, good)
    names, closure = installed_by_the_image()
    packages = {library: package_of(library, lab.binary()) for library in needed(lab.binary())}
    for library, package in packages.items():
        check.true(f"in the image: {library}", package in closure, package or "?")
    # No library among them that nothing links: ca-certificates and tzdata are data.
    unused = [name for name in names if name not in packages.values() and name not in ("ca-certificates", "tzdata")]
    check.equal("packages in the image that the binary does not link", [], unused)
    with tempfile.TemporaryDirectory() as folder:
        would_be_seen(check, folder)
    check.done()


lab.main(test)
