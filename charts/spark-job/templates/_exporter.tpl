{{- define "spark-job.exporterImage" -}}
{{- $image := .Values.exporter.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository ($image.tag | default .Chart.AppVersion | toString) -}}
{{- end -}}
{{- end -}}

{{/* native or classic: a native sidecar is there from Kubernetes 1.29 on. */}}
{{- define "spark-job.sidecarKind" -}}
{{- if ne .Values.exporter.sidecar "auto" -}}
{{- .Values.exporter.sidecar -}}
{{- else -}}
{{- semverCompare ">=1.29.0-0" .Capabilities.KubeVersion.Version | ternary "native" "classic" -}}
{{- end -}}
{{- end -}}

{{/* The owner must live until its alert was seen; the others leave with the driver. */}}
{{- define "spark-job.gracePeriod" -}}
{{- $own := .Values.driver.terminationGracePeriodSeconds -}}
{{- if not (kindIs "invalid" $own) -}}
{{- $own | int -}}
{{- else if and .Values.exporter.enabled (eq .Values.exporter.owner "sidecar") -}}
{{- add (max (.Values.exporter.lingerFailureSeconds | int) (.Values.exporter.lingerSuccessSeconds | int) 200) 15 -}}
{{- else -}}
{{- add (.Values.exporter.lingerSuccessSeconds | int) 15 -}}
{{- end -}}
{{- end -}}

{{- define "spark-job.configMapName" -}}
{{- if .Values.exporter.existingConfigMap -}}
{{- .Values.exporter.existingConfigMap -}}
{{- else if .Values.exporter.config -}}
{{- include "spark-job.name" . }}-exporter
{{- end -}}
{{- end -}}

{{- define "spark-job.exporterContainer" -}}
{{- $e := .Values.exporter -}}
name: spark-exporter
image: {{ include "spark-job.exporterImage" . }}
imagePullPolicy: {{ $e.image.pullPolicy }}
{{- if eq (include "spark-job.sidecarKind" .) "native" }}
restartPolicy: Always
{{- end }}
{{- with $e.command }}
command: {{- toYaml . | nindent 2 }}
{{- end }}
args:
  - --spark.app-id=$(SPARK_APP_ID)
  - --state.file=/state/run.json
  - --outcome.owner={{ $e.owner }}
  {{- if eq $e.owner "sidecar" }}
  - --outcome.linger-failure={{ $e.lingerFailureSeconds | int }}s
  {{- end }}
  - --outcome.linger-success={{ $e.lingerSuccessSeconds | int }}s
  {{- if and (eq $e.owner "observer") $e.observerUrl }}
  - --observer.url={{ $e.observerUrl }}
  {{- end }}
  {{- if ne ($e.port | int) 9817 }}
  - --web.listen-address=:{{ $e.port | int }}
  {{- end }}
  {{- with $e.interval }}
  - --spark.interval={{ . }}
  {{- end }}
  {{- if ne $e.logLevel "info" }}
  - --log.level={{ $e.logLevel }}
  {{- end }}
  {{- if include "spark-job.configMapName" . }}
  - --config.file=/etc/spark-exporter/config.yaml
  {{- end }}
  {{- if ne $e.logs "none" }}
  - --logs.pods={{ $e.logs }}
  {{- end }}
  {{- with $e.qualityFolder }}
  - --quality.folder={{ . }}
  {{- end }}
  {{- range $e.extraArgs }}
  - {{ . | quote }}
  {{- end }}
env:
  - {name: SPARK_EXPORTER_JOB, value: {{ include "spark-job.name" . | quote }}}
  - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
  - {name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
  - {name: SPARK_APP_ID, valueFrom: {fieldRef: {fieldPath: "metadata.labels['spark-app-selector']"}}}
  {{- with $e.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  - {name: spark-exporter, containerPort: {{ $e.port | int }}}
readinessProbe:
  httpGet: {path: /-/healthy, port: spark-exporter}
{{- with $e.resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $e.securityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - {name: spark-exporter-state, mountPath: /state}
  {{- with $e.qualityFolder }}
  - {name: spark-exporter-quality, mountPath: {{ . }}}
  {{- end }}
  {{- if include "spark-job.configMapName" . }}
  - {name: spark-exporter-config, mountPath: /etc/spark-exporter, readOnly: true}
  {{- end }}
{{- end -}}

{{- define "spark-job.exporterVolumes" -}}
- name: spark-exporter-state
  emptyDir: {sizeLimit: 64Mi}
{{- if .Values.exporter.qualityFolder }}
- name: spark-exporter-quality
  emptyDir: {sizeLimit: 64Mi}
{{- end }}
{{- with include "spark-job.configMapName" . }}
- name: spark-exporter-config
  configMap: {name: {{ . }}}
{{- end }}
{{- end -}}
