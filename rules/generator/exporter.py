"""The exporter itself: whoever is blind must say so. The observer's series have no `instance` (the shipped monitor drops it,
so that its own restart interrupts no alert): that tells it from sidecars."""
from .promql import added, span
from .rule import Group, Maker
from .sentences import ask

WHERE = ("{{ with $labels.pod }}the exporter of pod {{ $labels.namespace }}/{{ . }}{{ else }}{{ with $labels.instance }}the "
         "exporter at {{ . }}{{ else }}the observer{{ end }}{{ end }}")
ERRORS = ('{{ with query (printf "round(sum by (kind) (increase(spark_exporter_errors_total{source=%q,job=%q,instance=%q,'
          'pod=%q}[15m]))) > 0" $labels.source $labels.job $labels.instance $labels.pod) }} In the last 15 minutes:'
          '{{ range $at, $one := sortByLabel "kind" . }}{{ if $at }},{{ end }} {{ $one | value }} {{ label "kind" $one }}'
          "{{ end }}.{{ end }}")
LAST = ('{{ with query (printf "time() - max(spark_exporter_source_last_success_timestamp_seconds{source=%q,job=%q,'
        'instance=%q,pod=%q})" $labels.source $labels.job $labels.instance $labels.pod) }} Its last full answer came '
        "{{ first . | value | humanizeDuration }} ago.{{ else }} It has never answered in full.{{ end }}")


def group(table):
    make = Maker(table).alert
    parts = {
        "known": "last_over_time(spark_exporter_build_info[" + span(table.exporter_window) + "])",
        "observer": 'last_over_time(spark_exporter_build_info{instance=""}[' + span(table.exporter_window) + "])",
        "dropped": added("cluster, namespace, pod, instance, job, family", "spark_exporter_series_dropped_total",
                         table.dropped_window),
        "events": added("cluster, namespace, app, app_id, queue", "spark_exporter_listener_events_dropped_total",
                        table.dropped_window),
    }
    said = {"where": WHERE, "errors": ERRORS, "last": LAST}
    plain = {"keys": ()}
    return Group("spark-exporter", [
        make("SparkExporterDown", "critical", """
            up == 0 and on (cluster, job) @observer
            or on (cluster, job)
            count by (cluster, job) (@observer)
            unless on (cluster) count by (cluster) (spark_exporter_build_info{instance=""})
            """,
             "The observer of Spark jobs is down.", """
            Prometheus cannot scrape the observer{{ with $labels.instance }} at {{ . }}{{ end }} (scrape job
            {{ $labels.job }}). Until it is back no failed, missed or late job, no bad data and no missed backup is told by
            any alert. Nothing is lost: it reads what happened meanwhile when it is back. See its pod: kubectl get pods -A -l
            app.kubernetes.io/name=spark-exporter.
            """, "exporter-down", "spark-exporter", parts, **plain),

        make("SparkExporterDown", "warning", """
            up == 0
            and on (cluster, job) @known
            unless on (cluster, job) @observer
            """,
             "The exporter beside a Spark driver is down.", """
            Prometheus cannot scrape the exporter of{{ with $labels.pod }} pod {{ $labels.namespace }}/{{ . }}{{ else }}
            {{ $labels.instance }}{{ end }} (scrape job {{ $labels.job }}). The Spark job is not affected; its live metrics
            and the alerts about them are missing until it is back. Where there is no observer its outcome is missing
            too.{{ with $labels.pod }} See its containers: kubectl -n {{ $labels.namespace }} describe pod
            {{ . }}.{{ end }}
            """, "exporter-down", "spark-exporter", parts, **plain),

        make("SparkExporterSourceDown", "critical", """
            max by (@TARGET, source) (spark_exporter_source_up{source="kubernetes"}) == 0
            """,
             "An exporter does not get its answers from Kubernetes.", """
            Kubernetes does not answer @where well.@last@errors Outcomes are frozen: no new
            failure is seen, and nothing resolves. The exporter's log has one line for each kind of trouble, with the right
            that is missing.
            """, "exporter-source-down", "spark-exporter", said=said, **plain),

        # Nodes tell prices only, and who may not read them has so chosen: the price book's defaults hold.
        make("SparkExporterSourceDown", "warning", """
            max by (@TARGET, source) (spark_exporter_source_up{source!="kubernetes"}) == 0
            unless on (@TARGET, source)
              max by (@TARGET, source) (spark_exporter_errors_total{source="nodes",kind="forbidden"}) > 0
            """,
             "An exporter does not get answers from one of its sources.", """
            The source {{ $labels.source }} does not answer @where well.@last@errors Live metrics from it end
            or stand still; outcomes are not affected. The exporter's log has one line for each kind of trouble, with what to
            do.
            """, "exporter-source-down", "spark-exporter", said=said, **plain),

        make("SparkExporterSeriesDropped", "info", """
            @dropped > 0
            """,
             "A limit of an exporter leaves series out.", """
            In the last @dropped_window.words @where left {{ $value | humanize }} series of {{ $labels.family }} out of what
            it showed, because of its limits. What is shown is right, totals are complete; alerts and panels
            about single executors, queries or runs do not see those above the limit.
            """, "series-dropped", "spark-exporter", parts, said, **plain),

        make("SparkListenerEventsDropped", "warning", """
            @events > 0
            """,
             "Spark lost count of what it does.", """
            @set_run @set_job The driver of job @name@owner has dropped {{ $value | humanize }} events of its queue
            {{ $labels.queue }} in the last @dropped_window.words. From now on its own numbers of tasks, stages and executors
            are wrong, and so are those here, also what it costs; its outcome is not affected. The driver is overloaded:
            short of CPU, or collecting garbage@collects.@runs_since@deadline@log
            """, "listener-events-dropped", "spark-job-run", parts,
             {"collects": ask("max(rate(jvm_gc_time_seconds{%s,executor_id='driver'}[5m]))",
                              " (now {{ . | value | humanizePercentage }} of its time)")}),
    ])
