"""The values with which the charts are tried: each kind of observer and of job, in each environment."""
import copy

ENVIRONMENTS = {
    "dev": {"replicas": 1, "executorMemory": "1g", "exporter": {"logLevel": "debug"}},
    "staging": {"replicas": 2, "executorMemory": "2g", "executorCores": 2},
    "prod": {"replicas": 10, "executorMemory": "8g", "executorCores": 4, "driverMemory": "2g", "retries": 2,
             "exporter": {"owner": "sidecar"}},
}

_COMMON = {
    "image": {"repository": "registry.example/sales", "tag": "1.4.0"},
    "application": {"file": "local:///opt/spark/jobs/sales/main.py", "arguments": ["--day", "yesterday"]},
    "owner": "alice", "team": "sales", "kind": "batch", "deadline": "06:30", "budget": "300/month",
    "environments": ENVIRONMENTS,
}
_SCHEDULED = {"schedule": "0 2 * * *", "timeZone": "Europe/Berlin"}
_SECRETS = {
    "externalSecrets": [
        {"name": "warehouse", "store": "vault", "storeKind": "ClusterSecretStore",
         "data": [{"secretKey": "DB_PASSWORD", "key": "prod/warehouse", "property": "password"}]},
        {"name": "keys", "store": "vault", "as": "files", "mountPath": "/etc/keys",
         "data": [{"secretKey": "signing.pem", "key": "prod/keys"}]}],
    "existingSecrets": [{"name": "old", "as": "env"}]}
_DATA = {
    "backup": {"enabled": True, "source": "s3://lake/sales", "location": "s3://backups", "existingSecret": "storage",
               "dataset": "sales"},
    "restoreDrill": {"enabled": True},
    "qualityGate": {"enabled": True, "when": "schedule", "schedule": "0 8 * * *", "tokenSecret": "api",
                    "command": ["python3", "/opt/spark/jobs/sales/check.py"]}}
_FULL = {
    **_SCHEDULED, **_SECRETS, **_DATA,
    "exporter": {"config": {"job": {"labels": ["team"]}}, "logs": "all", "qualityFolder": "/var/run/quality"},
    "rbac": {"nodes": True}, "dynamicAllocation": {"enabled": True, "minReplicas": 1, "maxReplicas": 20},
    "sparkConf": {"spark.sql.shuffle.partitions": 200}, "imagePullSecrets": ["registry"], "serviceMesh": "istio",
    "driver": {"tolerations": [{"key": "spot", "operator": "Exists"}], "nodeSelector": {"pool": "spark"},
               "env": [{"name": "MODE", "value": "full"}], "priorityClassName": "", "activeDeadlineSeconds": 7200}}


def _job(runner, **more):
    return {**copy.deepcopy(_COMMON), "runner": runner, **copy.deepcopy(more)}


JOBS = {
    "operator": _job("operator"),
    "operator, on a schedule, everything": _job("operator", **_FULL),
    "submit": _job("submit"),
    "submit, on a schedule, everything": _job("submit", **_FULL),
    "submit, then a check": _job("submit", sparkVersion="4.3.0", qualityGate={
        "enabled": True, "when": "afterRun", "command": ["true"]}),
    "operator, classic sidecar": _job("operator", exporter={"sidecar": "classic"}),
}

OBSERVERS = {
    "cluster": {},
    "one namespace": {"observer": {"namespace": "spark"}, "rbac": {"velero": True}},
    "three shards": {"observer": {"shards": 3, "state": {"persistent": True}},
                     "podDisruptionBudget": {"enabled": True}},
    "everything": {
        "observer": {"state": {"persistent": True}, "pollDrivers": True, "logFormat": "json", "apiTokenSecret": "api"},
        "prices": {"currency": "EUR", "prices": [{"core": 0.04, "memory_gib": 0.005}]},
        "sidecars": {"namespaces": ["spark"], "logs": "all", "qualityFolder": "/var/run/quality", "nodes": True},
        "networkPolicy": {"enabled": True, "egress": [{}]},
        "podDisruptionBudget": {"enabled": True}, "serviceMesh": "linkerd",
        "rules": {"contract": "keep-firing", "runbookBaseUrl": "https://wiki.example/runbooks",
                  "disabled": ["SparkSpill"], "labels": {"cluster": "eu-1"}},
        "prometheusOperator": {"labels": {"release": "kube-prometheus-stack"}}},
    "no operator for Prometheus": {"prometheusOperator": {"enabled": False}},
    "sidecars alone": {"observer": {"enabled": False}, "sidecars": {"namespaces": ["spark"], "mode": "classic"}},
}


def job_cases():
    """[(name, values)] of each job in each environment."""
    return [(f"{name}, {environment}", {**copy.deepcopy(values), "environment": environment})
            for name, values in JOBS.items() for environment in ENVIRONMENTS]
