{{/* Lays the chosen environment over the values. Each template begins with it; doing it twice changes nothing. */}}
{{- define "spark-job.environment" -}}
{{- if and .Values.environment .Values.environments -}}
{{- if not (hasKey .Values.environments .Values.environment) -}}
{{- fail (printf "environment: %q is none of environments (%s)" .Values.environment (keys .Values.environments | sortAlpha | join ", ")) -}}
{{- end -}}
{{- $_ := mergeOverwrite .Values (deepCopy (get .Values.environments .Values.environment)) -}}
{{- end -}}
{{- range $word, $place := dict "replicas" "executor.instances" "executorMemory" "executor.memory" "executorCores" "executor.cores" "driverMemory" "driver.memory" "driverCores" "driver.cores" -}}
{{- with get $.Values $word -}}
{{- $path := splitList "." $place -}}
{{- $_ := set (get $.Values (first $path)) (last $path) . -}}
{{- end -}}
{{- end -}}
{{- include "spark-job.check" . -}}
{{- end -}}

{{/* What a schema cannot say. */}}
{{- define "spark-job.check" -}}
{{- $v := .Values -}}
{{- if gt (len (include "spark-job.name" .)) 42 -}}
{{- fail (printf "job: %q has more than 42 characters" (include "spark-job.name" .)) -}}
{{- end -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" (include "spark-job.name" .)) -}}
{{- fail (printf "job: %q is no name for Kubernetes' objects: small letters, digits and -, a letter first" (include "spark-job.name" .)) -}}
{{- end -}}
{{- if and (eq $v.restart "always") (ne $v.runner "operator") -}}
{{- fail "restart: always needs runner: operator" -}}
{{- end -}}
{{- if and $v.backup.enabled (or (not $v.backup.source) (not $v.backup.location)) (not $v.backup.command) -}}
{{- fail "backup.source, backup.location: what is to be copied, and where to" -}}
{{- end -}}
{{- if and $v.restoreDrill.enabled (not $v.backup.enabled) -}}
{{- fail "restoreDrill.enabled: there is nothing to restore without backup.enabled" -}}
{{- end -}}
{{- with $v.qualityGate -}}
{{- if .enabled -}}
{{- if not .command -}}{{- fail "qualityGate.command: the check to run" -}}{{- end -}}
{{- if and (eq .when "afterRun") (ne $v.runner "submit") -}}
{{- fail "qualityGate.when: afterRun needs runner: submit; the spark-operator has no step after a run" -}}
{{- end -}}
{{- if and (eq .when "schedule") (not .schedule) -}}{{- fail "qualityGate.schedule: when the check runs" -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "spark-job.name" -}}
{{- .Values.job | default .Release.Name -}}
{{- end -}}

{{- define "spark-job.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (printf "spark-%s" (include "spark-job.name" .)) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* Of the backup, the drill and the quality gate: an account without rights, whose token says which namespace speaks. */}}
{{- define "spark-job.dataAccount" -}}
{{- printf "data-%s" (include "spark-job.name" .) -}}
{{- end -}}

{{- define "spark-job.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "spark-job.podLabels" . }}
{{- end -}}

{{/* Without the chart's version: a newer chart alone is no reason to run a job again. */}}
{{- define "spark-job.podLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
spark-exporter.io/job: {{ include "spark-job.name" . | quote }}
{{- range $key := list "owner" "team" "environment" }}
{{- with get $.Values $key }}
{{ $key }}: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What the exporter reads from the driver pod, the SparkApplication or the ScheduledSparkApplication. */}}
{{- define "spark-job.annotations" -}}
{{- with .Values.kind }}
spark-exporter.io/kind: {{ . }}
{{- end }}
{{- with .Values.deadline }}
spark-exporter.io/deadline: {{ . | quote }}
{{- end }}
{{- with .Values.budget }}
spark-exporter.io/budget: {{ toString . | quote }}
{{- end }}
{{- if and .Values.schedule (not (include "spark-job.scheduledApplication" .)) }}
spark-exporter.io/schedule: {{ .Values.schedule | quote }}
{{- with .Values.timeZone }}
spark-exporter.io/timezone: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Not empty: the chart schedules the job itself. */}}
{{- define "spark-job.scheduled" -}}
{{- if and .Values.schedule (eq .Values.scheduledBy "chart") -}}yes{{- end -}}
{{- end -}}

{{- define "spark-job.scheduledApplication" -}}
{{- if and (include "spark-job.scheduled" .) (eq .Values.runner "operator") -}}yes{{- end -}}
{{- end -}}

{{- define "spark-job.image" -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Values.sparkVersion | toString) -}}
{{- end -}}

{{- define "spark-job.applicationFile" -}}
{{- if .Values.application.script -}}
{{- printf "local:///opt/spark-job/%s" (include "spark-job.scriptName" .) -}}
{{- else -}}
{{- .Values.application.file -}}
{{- end -}}
{{- end -}}

{{- define "spark-job.scriptName" -}}
{{- eq .Values.type "R" | ternary "main.R" "main.py" -}}
{{- end -}}

{{/* Settings of the job that hold however it is run; the user's own go before them. */}}
{{- define "spark-job.sparkConf" -}}
{{- $conf := dict
  "spark.kubernetes.driver.podTemplateContainerName" "spark-kubernetes-driver"
  "spark.kubernetes.executor.podTemplateContainerName" "spark-kubernetes-executor"
  "spark.metrics.appStatusSource.enabled" "true"
  "spark.sql.streaming.metricsEnabled" "true"
  "spark.executor.processTreeMetrics.enabled" "true" -}}
{{- if and .Values.dynamicAllocation.enabled -}}
{{- $_ := set $conf "spark.dynamicAllocation.shuffleTracking.enabled" "true" -}}
{{- end -}}
{{- range $key, $value := .Values.sparkConf -}}
{{- $_ := set $conf $key (toString $value) -}}
{{- end -}}
{{- toYaml $conf -}}
{{- end -}}

{{- define "spark-job.checksum" -}}
{{- . | sha256sum | trunc 10 -}}
{{- end -}}
