"""A strict reader of the Prometheus text format 0.0.4: what it accepts, promtool accepts, and more is refused (samples
without TYPE, a family in two places, repeated series), so that each scrape of a test is a test of the format."""
import math
import re

TYPES = ("counter", "gauge", "histogram", "summary", "untyped")
NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


class Malformed(ValueError):
    pass


def _unescape(text):
    return re.sub(r"\\(.)", lambda m: "\n" if m.group(1) == "n" else m.group(1), text)


def _labels(text, line):
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        if not match or match.group(1) in labels:
            raise Malformed(f"labels: {line}")
        labels[match.group(1)] = _unescape(match.group(2))
        at = match.end()
        if at < len(text):
            if text[at] != ",":
                raise Malformed(f"labels: {line}")
            at += 1
    return labels


def _sample(line):
    match = NAME.match(line)
    if not match:
        raise Malformed(f"no name: {line}")
    rest, labels = line[match.end():], {}
    if rest.startswith("{"):
        end, quoted = 1, False
        while end < len(rest) and (quoted or rest[end] != "}"):
            if rest[end] == "\\":
                end += 1
            elif rest[end] == '"':
                quoted = not quoted
            end += 1
        if end >= len(rest):
            raise Malformed(f"no end of labels: {line}")
        labels, rest = _labels(rest[1:end], line), rest[end + 1:]
    if not re.fullmatch(r" \S+", rest):
        raise Malformed(f"value (and nothing after it) expected: {line}")
    return match.group(), labels, float(rest)


class Scrape:
    """One answer of /metrics."""

    def __init__(self, text):
        self.text = text
        self.types, self.helps = {}, {}
        self.samples = {}  # sample name -> [(labels, value)]
        self._parse(text)

    def _parse(self, text):
        if text and not text.endswith("\n"):
            raise Malformed("the last line has no end")
        family, seen = None, set()
        for line in text.split("\n")[:-1]:
            if line.startswith("# HELP ") or line.startswith("# TYPE "):
                _, kind, name, *rest = line.split(" ", 3)
                table = self.helps if kind == "HELP" else self.types
                if name in table:
                    raise Malformed(f"{kind} twice: {line}")
                table[name] = rest[0] if rest else ""
                if kind == "TYPE" and table[name] not in TYPES:
                    raise Malformed(f"unknown type: {line}")
                family = name
            elif line and not line.startswith("#"):
                name, labels, value = _sample(line)
                suffixes = SUFFIXES.get(self.types.get(family), ("",))
                if family not in self.types or name not in [family + s for s in suffixes]:
                    raise Malformed(f"a sample outside of its family ({family}): {line}")
                key = (name, tuple(sorted(labels.items())))
                if key in seen:
                    raise Malformed(f"series twice: {line}")
                seen.add(key)
                self.samples.setdefault(name, []).append((labels, value))

    def series(self, name, **labels):
        """[(labels, value)] of the samples that have these labels."""
        return [(have, value) for have, value in self.samples.get(name, [])
                if all(have.get(key) == str(wanted) for key, wanted in labels.items())]

    def total(self, name, **labels):
        """Sum over the matching series; None where there is none."""
        found = self.series(name, **labels)
        return math.fsum(value for _, value in found) if found else None

    def by(self, name, label, **labels):
        """{label value: sum} over the matching series."""
        out = {}
        for have, value in self.series(name, **labels):
            out[have.get(label)] = out.get(have.get(label), 0.0) + value
        return out

    def families(self):
        """{family: type} of the families that have samples."""
        out = {}
        for family, kind in self.types.items():
            if any(family + suffix in self.samples for suffix in SUFFIXES.get(kind, ("",))):
                out[family] = kind
        return out
