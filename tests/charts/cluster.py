"""A real API server with the custom resources that the charts meet, and what the tests ask of it."""
import glob
import json
import os

import yaml

import control_plane
import helm
import lab

# The spark-operator's own definitions are in no Go module and too large to copy: taken from beside the clone where
# they are.
OPERATOR_CRDS = os.environ.get("SPARKOPERATOR_CRDS", os.path.join(
    helm.ROOT, "..", "shared", "recordings", "kubernetes-1.36.3", "sparkoperator-2.5.2", "crd"))
STAND_IN = os.path.join(lab.HERE, "kube", "sparkoperator-crds.json")
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WANTED = ("podmonitors", "servicemonitors", "prometheusrules", "externalsecrets", "velero.io_backups",
          "velero.io_schedules")
OWN = {("configmaps", "kube-root-ca.crt"), ("serviceaccounts", "default")}


def operator_definitions():
    """(definitions, whose they are)"""
    paths = sorted(glob.glob(os.path.join(OPERATOR_CRDS, "*.yaml")))
    if not paths:
        with open(STAND_IN, encoding="utf-8") as source:
            return json.load(source)["items"], "stand-in"
    found = []
    for path in paths:
        with open(path, encoding="utf-8") as source:
            found += [made for made in yaml.load_all(source, yaml.CSafeLoader) if made]
    return found, "the operator's own"


def module_definitions(folder):
    for path in sorted(glob.glob(os.path.join(folder, "crds", "*", "*.yaml"))):
        if any(os.path.basename(path).endswith(f"{name}.yaml") for name in WANTED):
            with open(path, encoding="utf-8") as source:
                yield from (made for made in yaml.load_all(source, yaml.CSafeLoader) if made)


class Kinds:
    """Where objects of a kind are: what the API's own discovery says."""

    def __init__(self, client):
        self.client, self.known = client, {}
        groups = client.get("/apis")["groups"]
        versions = ["v1"] + [made["groupVersion"] for group in groups for made in group["versions"]]
        for version in versions:
            base = "/api/v1" if version == "v1" else f"/apis/{version}"
            status, answer = client.call("GET", base)  # 404 for a moment after a definition was taken
            for resource in answer["resources"] if status == 200 else ():
                if "/" not in resource["name"]:
                    self.known[version, resource["kind"]] = (base, resource)

    def path(self, made, namespace):
        base, resource = self.known[made["apiVersion"], made["kind"]]
        if resource["namespaced"]:
            base += f"/namespaces/{made['metadata'].get('namespace', namespace)}"
        return f"{base}/{resource['name']}"

    def listable(self, namespaced):
        """{plural: path below which to list}, each kind once."""
        found = {}
        for base, resource in self.known.values():
            if resource["namespaced"] == namespaced and "list" in resource["verbs"]:
                found.setdefault(resource["name"], base)
        return found


class Cluster(control_plane.ControlPlane):
    """etcd, API server and controllers. A context manager."""

    def __init__(self, folder, parts="kcm"):
        super().__init__(parts)
        self.folder = folder

    def __enter__(self):
        super().__enter__()
        try:
            self.api = self.client()
            definitions, self.operator = operator_definitions()
            definitions += module_definitions(self.folder)
            for made in definitions:
                self.api.create(DEFINITIONS, made)
            for made in definitions:
                lab.wait_until(made["metadata"]["name"], lambda: self._served(made), 60)
            self.kinds = lab.wait_until("the discovery of all kinds", lambda: self._discovered(definitions), 60)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _discovered(self, definitions):
        kinds = Kinds(self.api)
        wanted = {made["spec"]["names"]["kind"] for made in definitions}
        return kinds if wanted <= {kind for _, kind in kinds.known} else None

    def _served(self, definition):
        spec = definition["spec"]
        version = [one["name"] for one in spec["versions"] if one["served"]][0]
        return self.api.call("GET", f"/apis/{spec['group']}/{version}/{spec['names']['plural']}")[0] == 200

    def namespace(self, name, labels=None):
        self.api.create("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels or {}}}, allow=(409,))
        lab.wait_until(f"{name}'s account", lambda: self.api.call(
            "GET", f"/api/v1/namespaces/{name}/serviceaccounts/default")[0] == 200, 30)

    def strict(self, objects, namespace):
        """Each object as the API server takes it: no field unknown, nothing of a wrong type. Nothing is kept."""
        for made in objects:
            path = self.kinds.path(made, namespace) + "?dryRun=All&fieldValidation=Strict"
            status, answer = self.api.call("POST", path, made)
            name = f"{made['kind']} {made['metadata']['name']}"
            assert status in (200, 201, 409), (name, status, answer)

    def namespaced(self, namespace):
        """{(plural, name): object} of all that is in the namespace but events and what every namespace has."""
        found = {}
        for plural, base in self.kinds.listable(True).items():
            if plural in ("events", "leases"):
                continue
            items, _ = self.api.list(f"{base}/namespaces/{namespace}/{plural}")
            found.update({(plural, made["metadata"]["name"]): made for made in items})
        return {key: made for key, made in found.items() if key not in OWN}

    def of_release(self, release):
        """Cluster-wide objects that carry the release's label."""
        found = []
        for plural, base in self.kinds.listable(False).items():
            if plural == "componentstatuses":  # nobody's objects, and a list without a version
                continue
            items, _ = self.api.list(f"{base}/{plural}", f"app.kubernetes.io/instance={release}")
            found += [f"{plural}/{made['metadata']['name']}" for made in items]
        return found
