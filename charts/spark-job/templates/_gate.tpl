{{- define "spark-job.gateContainer" -}}
{{- $g := .Values.qualityGate -}}
name: quality-gate
image: {{ include "spark-job.gateImage" . }}
imagePullPolicy: {{ $g.image.pullPolicy }}
command: {{- toYaml $g.command | nindent 2 }}
env:
  - {name: SPARK_EXPORTER_JOB, value: {{ include "spark-job.name" . | quote }}}
  - {name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
  - {name: QUALITY_URL, value: {{ printf "%s/api/v1/quality" (.Values.exporter.observerUrl | trimSuffix "/") | quote }}}
  - {name: QUALITY_TOKEN_FILE, value: /var/run/secrets/kubernetes.io/serviceaccount/token}
  {{- with $g.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- include "spark-job.envFrom" (dict "root" . "of" (dict "envFrom" list)) }}
terminationMessagePolicy: FallbackToLogsOnError
{{- with $g.resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.securityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A pod's spec, for the CronJob and for helm test. */}}
{{- define "spark-job.gatePod" -}}
serviceAccountName: {{ include "spark-job.dataAccount" . }}
restartPolicy: Never
activeDeadlineSeconds: {{ .Values.qualityGate.deadlineSeconds | int }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - {{- include "spark-job.gateContainer" . | nindent 4 }}
{{- end -}}

{{- define "spark-job.gateImage" -}}
{{- $image := .Values.qualityGate.image -}}
{{- if $image.repository -}}{{ printf "%s:%s" $image.repository (toString $image.tag) }}{{- else -}}{{ include "spark-job.image" . }}{{- end -}}
{{- end -}}
