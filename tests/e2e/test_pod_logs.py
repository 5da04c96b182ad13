"""A real Spark's log through the Kubernetes API (pods/log of a real kubelet), while the connection breaks again and
again: each message is counted once, as the container's own log file has them, and the exception that the driver died of
is in its outcome. First without the right to read logs; then with the rule that the exporter's log names."""
import os
import re
import socket

import compare
import kube_lab
import kube_pods
import lab
import tcp_faults

NAMESPACE = "logs"
RULE = "- {apiGroups: [''], resources: [pods/log], verbs: [get]}"
GRANTED = kube_lab.SIDECAR_RULES + [{"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}]
LEVEL = re.compile(r"(?:\d\d/\d\d/\d\d \d\d:\d\d:\d\d |(?=WARNING: ))(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)")


class Beside(lab.Exporter):
    """A sidecar of this pod by its flags, though it runs beside the cluster; Spark's API is nowhere to be had."""

    def __init__(self, cluster, account, pod, api_url):
        with socket.socket() as free:  # nobody listens there once it is closed
            free.bind(("127.0.0.1", 0))
            nobody = free.getsockname()[1]
        super().__init__(f"http://127.0.0.1:{nobody}", f"--kubernetes.api-server={api_url}",
                         f"--kubernetes.token-file={cluster.token_file(NAMESPACE, account)}",
                         f"--kubernetes.ca-file={cluster.pki}/ca.crt", f"--kubernetes.namespace={NAMESPACE}",
                         f"--kubernetes.pod={pod}", "--logs.pods=driver", "--outcome.linger-failure=10m",
                         f"--outcome.termination-log={cluster.state}/{account}.termination")


def warned(scrape):
    return scrape.total("spark_log_messages_total", component="driver", level="warn") or 0


def break_again_and_again(relay, exporter, check):
    """Each fault comes when the one before is over and some more messages were read."""
    for fault in (relay.cut, relay.refuse, relay.cut, relay.cut):
        before = warned(exporter.scrape())
        exporter.until("more messages", lambda s, least=before + 20: warned(s) >= least, 120)
        fault()
        if fault == relay.refuse:
            exporter.until("the source as down", lambda s: s.total("spark_exporter_source_up", source="logs") == 0)
        relay.heal()
    errors = exporter.scrape().series("spark_exporter_errors_total")
    broken = sum(value for labels, value in errors if labels["source"] == "logs" and labels["kind"] != "forbidden")
    check.at_least("connections of the log that broke", 3, broken)


def test(version):
    python = lab.python_with_spark(version)
    check = compare.Check(f"the log of a pod, Spark {version}")
    with kube_lab.Cluster() as cluster, tcp_faults.Relay(cluster.url) as relay:
        maker = kube_pods.Maker(cluster, kube_pods.ALONE, NAMESPACE)
        cluster.account(NAMESPACE, "reader", kube_lab.SIDECAR_RULES)
        script = os.path.join(lab.HERE, "log_workloads.py")
        stop = os.path.join(cluster.state, "stop-talking")
        pod = maker.spark("talking", f"talking {stop}", python, version, script=script,
                          message_policy="File")  # Kubernetes then knows the exit code alone
        name = pod["metadata"]["name"]
        cluster.pods.wait(pod, "the driver's start", lambda p, _: kube_lab.is_running(p), 60)
        with Beside(cluster, "reader", name, relay.url) as exporter:
            lab.wait_until("the line with the missing right", lambda: any(RULE in line for line in exporter.lines), 30)
            without = exporter.until("the source as down", lambda s: s.total(
                "spark_exporter_errors_total", source="logs", kind="forbidden") == 1)
            check.equal("without the right: source_up", 0, without.total("spark_exporter_source_up", source="logs"))
            check.true("without the right: no family", "spark_log_messages_total" not in without.families())
            cluster.api.patch(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/roles/reader",
                              {"rules": GRANTED})
            exporter.until("the pasted right", lambda s: warned(s) > 0, 60)
            break_again_and_again(relay, exporter, check)
            before = warned(exporter.scrape())
            exporter.until("the log again", lambda s: warned(s) > before and s.total(
                "spark_exporter_source_up", source="logs") == 1, 60)
            with open(stop, "w", encoding="utf-8"):
                pass
            cluster.pods.wait(pod, "the driver's end", lambda p, _: kube_lab.ended(p), 120)
            text = cluster.log_of(pod, kube_lab.DRIVER)
            expected = {}
            for line in text:
                if match := LEVEL.match(line):
                    expected[match.group(1).lower()] = expected.get(match.group(1).lower(), 0) + 1
            said = sum("talking: message" in line for line in text)
            check.at_least("messages that the workload wrote", 100, said)
            final = exporter.until("the outcome", lambda s: s.total("spark_job_failure_info") == 1, 60)
            check.equal("the log's exception, in the outcome", ["org.apache.spark.SparkClassNotFoundException"],
                        [labels["exception"] for labels, _ in final.series("spark_job_failure_info")])
            last = []

            def all_read(scrape):
                last[:] = [{labels["level"]: value for labels, value in scrape.series("spark_log_messages_total") if value}]
                return all(last[0].get(level) == count for level, count in expected.items())
            try:
                final = exporter.until("the last message", all_read, 60)
            except AssertionError as error:
                raise AssertionError(f"{error}: {expected} are there, {last[0]} were read") from None
            for level, count in expected.items():
                check.equal(f"messages at {level}", count, final.total("spark_log_messages_total", level=level))
            found = {labels["signature"] for labels, value in final.series("spark_log_signatures_total") if value}
            check.equal("signatures", {"class_not_found", "python_traceback"}, found)
            check.equal("the status", 2, final.total("spark_job_status"))
        lab.keep(f"pod-logs-{version}", final)
    check.done()


lab.main(test)
