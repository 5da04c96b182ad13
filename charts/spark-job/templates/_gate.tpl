{{- define "spark-job.gateContainer" -}}
{{- $g := .Values.qualityGate -}}
name: quality-gate
image: {{ include "spark-job.gateImage" . }}
imagePullPolicy: {{ $g.image.pullPolicy }}
command: {{- toYaml $g.command | nindent 2 }}
env:
  - {name: SPARK_EXPORTER_JOB, value: {{ include "spark-job.name" . | quote }}}
  - {name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
  {{- if $g.tokenSecret }}
  - name: QUALITY_URL
    value: {{ printf "%s/api/v1/quality?namespace=%s&app=%s" (.Values.exporter.observerUrl | trimSuffix "/") .Release.Namespace (include "spark-job.name" .) | quote }}
  - {name: QUALITY_TOKEN_FILE, value: /etc/spark-exporter-api/token}
  {{- else }}
  - {name: QUALITY_URL, value: ""}
  {{- end }}
  {{- with $g.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- include "spark-job.envFrom" (dict "root" . "of" (dict "envFrom" list)) }}
{{- if $g.tokenSecret }}
volumeMounts:
  - {name: api-token, mountPath: /etc/spark-exporter-api, readOnly: true}
{{- end }}
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
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - {{- include "spark-job.gateContainer" . | nindent 4 }}
{{- with include "spark-job.gateVolumes" . }}
volumes:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "spark-job.gateVolumes" -}}
{{- with .Values.qualityGate.tokenSecret -}}
- {name: api-token, secret: {secretName: {{ . }}}}
{{- end -}}
{{- end -}}

{{- define "spark-job.gateImage" -}}
{{- $image := .Values.qualityGate.image -}}
{{- if $image.repository -}}{{ printf "%s:%s" $image.repository (toString $image.tag) }}{{- else -}}{{ include "spark-job.image" . }}{{- end -}}
{{- end -}}
