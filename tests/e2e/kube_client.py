"""Talks to the API server of a local control plane: JSON over one kept connection for each client."""
import http.client
import json
import os
import ssl
import urllib.parse

JSON = "application/json"
MERGE = "application/merge-patch+json"


class Refused(Exception):
    """The API server answered with an error."""

    def __init__(self, method, path, status, body):
        super().__init__(f"{method} {path}: HTTP {status}: {body[:300]!r}")
        self.status = status


class Client:
    """For one thread. Without a token it is the administrator, by certificate."""

    def __init__(self, url, pki, token=None):
        address = urllib.parse.urlsplit(url)
        self.host, self.port, self.token = address.hostname, address.port, token
        self.tls = ssl.create_default_context(cafile=os.path.join(pki, "ca.crt"))
        if not token:
            self.tls.load_cert_chain(os.path.join(pki, "admin.crt"), os.path.join(pki, "admin.key"))
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def call(self, method, path, body=None, kind=JSON):
        """(status, decoded body); the body is bytes where it is not JSON; what is sent may be bytes, too. A kept connection that the server has closed
        meanwhile is replaced once."""
        headers = {"Accept": JSON, "User-Agent": "kube_client"}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers["Content-Type"] = kind
        for fresh in (self.connection is None, True):
            if self.connection is None:
                self.connection = http.client.HTTPSConnection(self.host, self.port, timeout=60, context=self.tls)
            try:
                self.connection.request(method, path, data, headers)
                answer = self.connection.getresponse()
                raw = answer.read()
                break
            except (http.client.HTTPException, OSError):
                self.close()
                if fresh:
                    raise
        try:
            return answer.status, json.loads(raw)
        except ValueError:
            return answer.status, raw

    def do(self, method, path, body=None, kind=JSON, allow=()):
        """The answer's object. Raises Refused for an error whose status is not in `allow`; None for those."""
        status, answer = self.call(method, path, body, kind)
        if 200 <= status < 300:
            return answer
        if status in allow:
            return None
        raise Refused(method, path, status, json.dumps(answer) if isinstance(answer, dict) else repr(answer))

    def get(self, path):
        return self.do("GET", path)

    def create(self, path, body, allow=()):
        return self.do("POST", path, body, allow=allow)

    def patch(self, path, body, allow=()):
        return self.do("PATCH", path, body, kind=MERGE, allow=allow)

    def delete(self, path, allow=(404,)):
        return self.do("DELETE", path, {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0},
                       allow=allow)

    def list(self, path, selector="", page=500):
        """All items of a collection, and its version."""
        items, more, version = [], "", None
        while True:
            query = urllib.parse.urlencode({"limit": page, "labelSelector": selector, "continue": more})
            answer = self.get(f"{path}?{query}")
            items += answer["items"]
            version = version or answer["metadata"]["resourceVersion"]
            more = answer["metadata"].get("continue")
            if not more:
                return items, version


def service_account(client, namespace, name):
    """Makes the namespace and the account if they are not there. Without a controller-manager nobody else would, and
    no pod is admitted whose account does not exist."""
    client.create("/api/v1/namespaces", {"metadata": {"name": namespace}}, allow=(409,))
    client.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": name}}, allow=(409,))


def role(client, namespace, name, rules):
    """A Role of that name with these rules, bound to the service account of that name."""
    base = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    client.create(f"{base}/roles", {"metadata": {"name": name}, "rules": rules}, allow=(409,))
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    client.create(f"{base}/rolebindings", {
        "metadata": {"name": name}, "subjects": [subject],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}}, allow=(409,))


def token_bound_to(client, namespace, account, secret):
    """A token that works as long as this Secret exists, which is made here."""
    made = client.create(f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": secret}})
    bound = {"kind": "Secret", "apiVersion": "v1", "name": secret, "uid": made["metadata"]["uid"]}
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
             "spec": {"expirationSeconds": 3600, "boundObjectRef": bound}}
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    return client.create(path, asked)["status"]["token"]
