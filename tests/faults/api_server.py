"""An API server over a fleet.Fleet: lists in pages, watches with bookmarks from any version that is not yet compacted,
410 where it is. It is answered as of now; selectors are known as far as ours go."""
import asyncio
import bisect
import json
import urllib.parse

from fleet import FIRST
from gate import Answer

KINDS = {"pods": ("v1", "Pod"), "sparkapplications": ("sparkoperator.k8s.io/v1beta2", "SparkApplication"),
         "scheduledsparkapplications": ("sparkoperator.k8s.io/v1beta2", "ScheduledSparkApplication")}
COMPACTED_S = 15      # so often all that is older than this is forgotten
BOOKMARK_S = 10       # a real one sends them every minute; time is short here
PAGE = 40             # objects of a page at most, whatever limit is asked for


def failure(code, reason, message):
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
            "message": message}


def selects(given, item):
    """By name, by one label's value, or by several ("a in (b,c)")."""
    name = given.get("fieldSelector", "").removeprefix("metadata.name=")
    if name and name != item["metadata"]["name"]:
        return False
    label, equals, values = given.get("labelSelector", "").replace(" in ", "=").partition("=")
    return not equals or item["metadata"]["labels"].get(label) in values.strip("()").split(",")


class ApiServer:
    """answer(method, target, headers, body) -> gate.Answer"""

    def __init__(self, clock, fleet):
        self.clock, self.fleet = clock, fleet
        self.lists = self.watches = self.gone = 0

    def answer(self, method, target, headers, body):
        path, _, query = target.partition("?")
        given = {name: values[0] for name, values in urllib.parse.parse_qs(query).items()}
        plural = path.rsplit("/", 1)[-1]
        if method != "GET" or plural not in KINDS:
            return self._failed(404, "NotFound", "the server could not find the requested resource")
        if given.get("watch") == "true":
            return self._watch(plural, given)
        return self._list(plural, given)

    @staticmethod
    def _failed(code, reason, message):
        return Answer(code, body=json.dumps(failure(code, reason, message)).encode())

    # --- versions -------------------------------------------------------------------------------

    def _version(self):
        return FIRST + bisect.bisect_right(self.fleet.times, self.clock.ms())

    def _is_compacted(self, version):
        """Every now and then what is older than a moment is forgotten."""
        kept_since = int(self.clock.elapsed() / COMPACTED_S) * COMPACTED_S - COMPACTED_S / 3
        return version < FIRST + bisect.bisect_right(self.fleet.times, kept_since * 1000)

    def _objects(self, plural, version):
        there = {}
        for event in self.fleet.events[:version - FIRST]:
            if event.plural != plural:
                continue
            if event.kind == "DELETED":
                there.pop(event.object["metadata"]["name"], None)
            else:
                there[event.object["metadata"]["name"]] = event.object
        return sorted(there.items())

    # --- answers --------------------------------------------------------------------------------

    def _list(self, plural, given):
        version, after = self._version(), ""
        if "continue" in given:
            number, _, after = given["continue"].partition("/")
            version = int(number)
            if self._is_compacted(version):
                self.gone += 1
                return self._failed(410, "Expired", "The provided continue parameter is too old")
        rows = [(name, item) for name, item in self._objects(plural, version)
                if name > after and selects(given, item)]
        most = min(int(given.get("limit", PAGE)), PAGE)
        metadata = {"resourceVersion": str(version)}
        if len(rows) > most:
            metadata["continue"] = f"{version}/{rows[most - 1][0]}"
            metadata["remainingItemCount"] = len(rows) - most
        self.lists += "continue" not in given
        api, kind = KINDS[plural]
        return Answer(body=json.dumps({"kind": kind + "List", "apiVersion": api, "metadata": metadata,
                                       "items": [item for _, item in rows[:most]]}).encode())

    def _watch(self, plural, given):
        version = int(given["resourceVersion"])
        api, kind = KINDS[plural]
        self.watches += 1
        until = self.clock.elapsed() + float(given.get("timeoutSeconds", 1800))

        async def stream(send):
            async def tell(what, item):
                await send(json.dumps({"type": what, "object": item}).encode() + b"\n")
            if self._is_compacted(version):
                self.gone += 1
                await tell("ERROR", failure(410, "Expired", f"too old resource version: {version}"))
                return
            told, bookmark = version - FIRST, self.clock.elapsed() + BOOKMARK_S
            while self.clock.elapsed() < until:
                now = self._version() - FIRST
                for event in self.fleet.events[told:now]:
                    if event.plural == plural and selects(given, event.object):
                        await tell(event.kind, {"apiVersion": api, "kind": kind, **event.object})
                told = max(told, now)
                if self.clock.elapsed() > bookmark:
                    bookmark = self.clock.elapsed() + BOOKMARK_S
                    await tell("BOOKMARK", {"apiVersion": api, "kind": kind,
                                            "metadata": {"resourceVersion": str(FIRST + told)}})
                await send(b"")
                await asyncio.sleep(0.02)
        return Answer(stream=stream)
