"""The release binary as the linker left it: position-independent, read-only relocations, stack protector, fortified calls,
the library's assertions. Then a program built without each of these, of which the same look must say so."""
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
    for tool in ("readelf", "g++"):
        if not shutil.which(tool):
            raise lab.Skip(f"no {tool}")
    check = compare.Check("the release binary's hardening")
    for what, good in look(lab.binary()).items():
        check.true(what, good)
    with tempfile.TemporaryDirectory() as folder:
        would_be_seen(check, folder)
    check.done()


lab.main(test)
