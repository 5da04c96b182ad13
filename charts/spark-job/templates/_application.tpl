{{/* The spec of a SparkApplication. */}}
{{- define "spark-job.applicationSpec" -}}
{{- $v := .Values -}}
type: {{ $v.type }}
mode: cluster
{{- if eq $v.type "Python" }}
pythonVersion: "3"
{{- end }}
sparkVersion: {{ $v.sparkVersion | toString | quote }}
image: {{ include "spark-job.image" . }}
imagePullPolicy: {{ $v.image.pullPolicy }}
{{- with $v.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
mainApplicationFile: {{ include "spark-job.applicationFile" . | quote }}
{{- with $v.application.class }}
mainClass: {{ . | quote }}
{{- end }}
{{- with $v.application.arguments }}
arguments:
  {{- range . }}
  - {{ toString . | quote }}
  {{- end }}
{{- end }}
{{- $deps := dict -}}
{{- range $key := list "pyFiles" "jars" "files" "packages" -}}
{{- with get $v.application $key -}}{{- $_ := set $deps $key . -}}{{- end -}}
{{- end -}}
{{- with $deps }}
deps: {{- toYaml . | nindent 2 }}
{{- end }}
sparkConf: {{- include "spark-job.sparkConf" . | nindent 2 }}
restartPolicy:
  {{- if eq $v.restart "always" }}
  type: Always
  {{- else if $v.retries }}
  type: OnFailure
  onFailureRetries: {{ $v.retries | int }}
  onFailureRetryInterval: {{ $v.retrySeconds | int }}
  onSubmissionFailureRetries: {{ $v.retries | int }}
  onSubmissionFailureRetryInterval: {{ $v.retrySeconds | int }}
  {{- else }}
  type: Never
  {{- end }}
{{- with $v.ttlSeconds }}
timeToLiveSeconds: {{ . | int }}
{{- end }}
{{- if $v.dynamicAllocation.enabled }}
dynamicAllocation:
  enabled: true
  initialExecutors: {{ $v.executor.instances | int }}
  minExecutors: {{ $v.dynamicAllocation.minReplicas | int }}
  maxExecutors: {{ $v.dynamicAllocation.maxReplicas | int }}
{{- end }}
driver:
  {{- include "spark-job.size" $v.driver | nindent 2 }}
  serviceAccount: {{ include "spark-job.serviceAccount" . | quote }}
  template:
    {{- include "spark-job.driverTemplate" . | nindent 4 }}
executor:
  instances: {{ $v.executor.instances | int }}
  {{- include "spark-job.size" $v.executor | nindent 2 }}
  template:
    {{- include "spark-job.executorTemplate" . | nindent 4 }}
{{- end -}}

{{- define "spark-job.size" -}}
cores: {{ .cores | int }}
memory: {{ .memory | quote }}
{{- range $key := list "memoryOverhead" "coreRequest" "coreLimit" }}
{{- with get $ $key }}
{{ $key }}: {{ toString . | quote }}
{{- end }}
{{- end }}
{{- end -}}
