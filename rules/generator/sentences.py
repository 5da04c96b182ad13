"""Sentences of descriptions: templates that ask Prometheus for what the first minute wants to know. Each says nothing, or
that it is not known, where nothing is. Queries aggregate, so that no series that is there twice makes them fail. What an
alert uses starts with `set_run` or `set_job`, which name the labels to select by."""

set_run = ('{{ $run := printf "cluster=%q,namespace=%q,app=%q,app_id=%q" '
           "$labels.cluster $labels.namespace $labels.app $labels.app_id -}} ")
set_job = '{{ $job := printf "cluster=%q,namespace=%q,app=%q" $labels.cluster $labels.namespace $labels.app -}} '

name = "{{ $labels.namespace }}/{{ $labels.app }}"
since = "{{ $value | humanizeDuration }}"
_seconds = "{{ . | value | humanizeDuration }}"
_money = '{{ . | value | printf "%.2f" }} {{ label "currency" . }}'


def ask(query, then, otherwise="", scope="$run"):
    """`then` with the answer's first sample as the dot; %s in the query stands for the run's or the job's labels. The space
    before it is for the line break that it gets: the template takes it away."""
    asked = f'query (printf "{query}"{(" " + scope) * query.count("%s")})' if "%s" in query else f'query "{query}"'
    tail = f"{{{{ else }}}}{otherwise}" if otherwise else ""
    return f" {{{{- with {asked} }}}}{{{{ with first . }}}}{then}{{{{ end }}}}{tail}{{{{ end }}}}"


def _of_job(query, then, otherwise=""):
    return ask(query, then, otherwise, "$job")


def _owner(scope):
    return ask("max by (team, owner) (spark_job_info{%s})",
               '{{ with label "team" . }} of team {{ . }}{{ end }}{{ with label "owner" . }} (owner {{ . }}){{ end }}',
               scope=scope)


# --- of a run ------------------------------------------------------------------------------------

owner = _owner("$run")

who = f"Job {name}{owner}"

why = ask("max by (reason, exit_code, exception, node) (spark_job_failure_info{%s})",
          ': {{ label "reason" . }}{{ with label "exit_code" . }}, exit code {{ . }}{{ end }}'
          '{{ with label "exception" . }}, {{ . }}{{ end }}{{ with label "node" . }}, on node {{ . }}{{ end }}')

retry = ask("max by (attempt, max_attempts) (spark_job_info{%s,max_attempts!=''})",
            ' This was attempt {{ label "attempt" . }} of {{ label "max_attempts" . }}: no retry follows.',
            " No finite retry is left.")

took = ask("max(spark_job_duration_seconds{%s})", f" It ran for {_seconds}.")

runs_since = ask("time() - max(spark_job_start_timestamp_seconds{%s})", f" It has been running for {_seconds}.")

submitted = ask("time() - max(spark_job_submission_timestamp_seconds{%s})", f" It was submitted {_seconds} ago.")

_final_cost = "sum by (currency) (max by (currency, use) (spark_job_run_cost{%s}))"
_paid = "sum by (currency) (max by (currency, component, resource) (last_over_time(spark_job_cost_total{%s}[1h])))"

cost = ask(f"{_final_cost} or {_paid}", f" It cost {_money}.")

cost_so_far = ask(f"{_final_cost} or {_paid}", f" It has cost {_money} so far.")

per_hour = ask("max by (currency) (spark_job_cost_per_hour{%s})", f" It costs {_money} an hour.")

log = ask("max by (driver_pod) (spark_job_info{%s,driver_pod!=''})",
          ' Its log: kubectl -n {{ $labels.namespace }} logs {{ label "driver_pod" . }} -c spark-kubernetes-driver.',
          " Which pod its driver is in is not known; the dashboard leads to its log.")

# --- of a job ------------------------------------------------------------------------------------

owner_by_job = _owner("$job")

job = f"Job {name}{owner_by_job}"

in_a_row = _of_job("max(spark_job_consecutive_failures{%s}) > 1", " It has failed {{ . | value }} times in a row.")

last_good = _of_job("time() - max(spark_job_last_success_timestamp_seconds{%s})",
                    f" The last good run ended {_seconds} ago.", " No good run of it is known.")

_next = "max(spark_job_next_run_timestamp_seconds{%s}) - time()"

next_run = _of_job(_next, f" The next run is due in {_seconds}.", " When it runs next is not known.")

next_if_known = _of_job(_next, f" The next run is due in {_seconds}.")

deadline = _of_job("max(spark_job_deadline_timestamp_seconds{%s}) - time() > 0", f" Its deadline is in {_seconds}.")

state = _of_job("max by (state) (spark_job_state{%s,state=~'pending|running|retrying'}) == 1",
                ' A run of it is {{ label "state" . }}.', " No run of it lives.")

usually_takes = _of_job("max(spark_job_baseline_duration_seconds{%s})", f" It usually takes {_seconds}.")

usually_costs = _of_job("max(spark_job_baseline_cost{%s})", ' It usually costs {{ . | value | printf "%.2f" }}.')

_newest = ("max by (driver_pod) (spark_job_start_timestamp_seconds{%s} * on (namespace, app, app_id) group_left "
           "(driver_pod) max by (namespace, app, app_id, driver_pod) (spark_job_info{%s,driver_pod!=''}))")
newest_log = _of_job(f"topk(1, {_newest})",
                     ' The log of its newest run: kubectl -n {{ $labels.namespace }} logs {{ label "driver_pod" . }} '
                     "-c spark-kubernetes-driver.")
