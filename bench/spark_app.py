"""The driver that is measured: runs the given number of trivial jobs of two stages each through JVM RDDs (no Python
worker), then does nothing but what it is told on stdin, one JSON object a line, and answers on stdout.

  {"do": "memory"}                           full collections, then {"heap": bytes, "non_heap": bytes}
  {"do": "attach", "jar": .., "options": ..} loads a Java agent into this JVM
  {"do": "stop"}                             ends
"""
import json
import os
import sys


def say(**what):
    print(json.dumps(what), flush=True)


def run_jobs(context, jobs):
    data = context._jvm.java.util.ArrayList()
    for number in range(8):
        data.add(number)
    numbers = context._jsc.parallelize(data, 2)
    for _ in range(jobs):
        numbers.repartition(2).count()


def memory(jvm):
    """Used after full collections: what stays, not what lies about."""
    bean = jvm.java.lang.management.ManagementFactory.getMemoryMXBean()
    for _ in range(3):
        jvm.java.lang.System.gc()
    return {"heap": bean.getHeapMemoryUsage().getUsed(), "non_heap": bean.getNonHeapMemoryUsage().getUsed()}


def attach(jvm, pid, jar, options):
    machine = jvm.com.sun.tools.attach.VirtualMachine.attach(str(pid))
    machine.loadAgent(jar, options)
    machine.detach()


def main():
    from pyspark.sql import SparkSession

    jobs, port = int(sys.argv[1]), sys.argv[2]
    settings = {
        "spark.ui.port": port,
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.log.level": "ERROR",
        # What the peers need: a servlet, MBeans, and the JVM among the metrics.
        "spark.ui.prometheus.enabled": "true",
        "spark.metrics.conf.*.sink.prometheusServlet.class": "org.apache.spark.metrics.sink.PrometheusServlet",
        "spark.metrics.conf.*.sink.prometheusServlet.path": "/metrics/prometheus",
        "spark.metrics.conf.*.sink.jmx.class": "org.apache.spark.metrics.sink.JmxSink",
        "spark.metrics.conf.driver.source.jvm.class": "org.apache.spark.metrics.source.JvmSource",
        "spark.driver.extraJavaOptions": "-Djdk.attach.allowAttachSelf=true -XX:+UseG1GC",
    }
    builder = SparkSession.builder.master("local[2]").appName("bench")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    context = session.sparkContext
    jvm = context._jvm
    pid = jvm.java.lang.ProcessHandle.current().pid()
    run_jobs(context, jobs)
    say(ready=True, pid=pid, python_pid=os.getpid(), app_id=context.applicationId, url=context.uiWebUrl,
        spark=context.version, java=jvm.java.lang.System.getProperty("java.version"))
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "memory":
            say(**memory(jvm))
        elif order["do"] == "attach":
            attach(jvm, pid, order["jar"], order["options"])
            say(attached=True)
        elif order["do"] == "stop":
            break
    session.stop()
    say(stopped=True)


main()
