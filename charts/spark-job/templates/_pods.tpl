{{/* (dict "root" $ "of" .Values.driver) */}}
{{- define "spark-job.envFrom" -}}
{{- $list := list -}}
{{- range concat .root.Values.externalSecrets .root.Values.existingSecrets -}}
{{- if ne (.as | default "env") "files" -}}
{{- $list = append $list (dict "secretRef" (dict "name" .name)) -}}
{{- end -}}
{{- end -}}
{{- with concat $list .of.envFrom }}
envFrom: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "spark-job.volumeMounts" -}}
{{- $list := list -}}
{{- range concat .root.Values.externalSecrets .root.Values.existingSecrets -}}
{{- if eq (.as | default "env") "files" -}}
{{- $list = append $list (dict "name" (printf "secret-%s" .name) "mountPath" (.mountPath | default (printf "/etc/secrets/%s" .name)) "readOnly" true) -}}
{{- end -}}
{{- end -}}
{{- if .root.Values.application.script -}}
{{- $list = append $list (dict "name" "spark-job-program" "mountPath" "/opt/spark-job" "readOnly" true) -}}
{{- end -}}
{{- if and .driver .root.Values.exporter.enabled .root.Values.exporter.qualityFolder -}}
{{- $list = append $list (dict "name" "spark-exporter-quality" "mountPath" .root.Values.exporter.qualityFolder) -}}
{{- end -}}
{{- with concat $list .of.volumeMounts }}
volumeMounts: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "spark-job.volumes" -}}
{{- $list := list -}}
{{- range concat .root.Values.externalSecrets .root.Values.existingSecrets -}}
{{- if eq (.as | default "env") "files" -}}
{{- $list = append $list (dict "name" (printf "secret-%s" .name) "secret" (dict "secretName" .name)) -}}
{{- end -}}
{{- end -}}
{{- if .root.Values.application.script -}}
{{- $list = append $list (dict "name" "spark-job-program" "configMap" (dict "name" (printf "%s-program" (include "spark-job.name" .root)))) -}}
{{- end -}}
{{- with concat $list .of.volumes }}
{{- toYaml . }}
{{- end }}
{{- end -}}

{{/* Where pods may run: (dict "of" .Values.driver) */}}
{{- define "spark-job.placement" -}}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "priorityClassName" }}
{{- with get $.of $key }}
{{- if kindIs "string" . }}
{{ $key }}: {{ . | quote }}
{{- else }}
{{ $key }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "spark-job.meshAnnotations" -}}
{{- if eq .Values.serviceMesh "istio" }}
traffic.sidecar.istio.io/excludeInboundPorts: {{ .Values.exporter.port | int | quote }}
{{- else if eq .Values.serviceMesh "linkerd" }}
config.linkerd.io/skip-inbound-ports: {{ .Values.exporter.port | int | quote }}
{{- end }}
{{- end -}}

{{/* The pod templates, the same for spark-operator and spark-submit: metadata and spec, without the blank lines. */}}
{{- define "spark-job.driverTemplate" -}}
{{- include "spark-job.driverText" . | fromYaml | toYaml -}}
{{- end -}}

{{- define "spark-job.executorTemplate" -}}
{{- include "spark-job.executorText" . | fromYaml | toYaml -}}
{{- end -}}

{{- define "spark-job.driverText" -}}
{{- $d := .Values.driver -}}
metadata:
  labels:
    {{- include "spark-job.podLabels" . | nindent 4 }}
    app.kubernetes.io/component: driver
    {{- with $d.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    spark-exporter.io/chart: {{ .Chart.Name }}
    {{- include "spark-job.annotations" . | trim | nindent 4 }}
    {{- include "spark-job.meshAnnotations" . | trim | nindent 4 }}
    {{- with $d.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "spark-job.serviceAccount" . }}
  terminationGracePeriodSeconds: {{ include "spark-job.gracePeriod" . }}
  {{- with $d.activeDeadlineSeconds }}
  activeDeadlineSeconds: {{ . | int }}
  {{- end }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  {{- include "spark-job.placement" (dict "of" $d) | nindent 2 }}
  {{- with .Values.podSecurityContext }}
  securityContext: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $native := eq (include "spark-job.sidecarKind" .) "native" }}
  {{- if and .Values.exporter.enabled $native }}
  initContainers:
    - {{- include "spark-job.exporterContainer" . | nindent 6 }}
  {{- end }}
  containers:
    - name: spark-kubernetes-driver
      image: {{ include "spark-job.image" . }}
      {{- with $d.command }}
      command: {{- toYaml . | nindent 8 }}
      {{- end }}
      terminationMessagePolicy: FallbackToLogsOnError
      env:
        - {name: SPARK_EXPORTER_JOB, value: {{ include "spark-job.name" . | quote }}}
        {{- if .Values.exporter.enabled }}
        - {name: SPARK_EXPORTER_URL, value: "http://localhost:{{ .Values.exporter.port | int }}"}
        - {name: QUALITY_URL, value: "http://localhost:{{ .Values.exporter.port | int }}/api/v1/quality"}
        {{- with .Values.exporter.qualityFolder }}
        - {name: QUALITY_FOLDER, value: {{ . }}}
        {{- end }}
        {{- end }}
        {{- with $d.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- include "spark-job.envFrom" (dict "root" . "of" $d) | nindent 6 }}
      {{- include "spark-job.volumeMounts" (dict "root" . "of" $d "driver" true) | nindent 6 }}
      {{- with .Values.securityContext }}
      securityContext: {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- if and .Values.exporter.enabled (not $native) }}
    - {{- include "spark-job.exporterContainer" . | nindent 6 }}
    {{- end }}
  {{- $volumes := include "spark-job.volumes" (dict "root" . "of" $d) | trim }}
  {{- if or .Values.exporter.enabled $volumes }}
  volumes:
    {{- if .Values.exporter.enabled }}
    {{- include "spark-job.exporterVolumes" . | nindent 4 }}
    {{- end }}
    {{- $volumes | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "spark-job.executorText" -}}
{{- $x := .Values.executor -}}
metadata:
  labels:
    {{- include "spark-job.podLabels" . | nindent 4 }}
    app.kubernetes.io/component: executor
    {{- with $x.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $x.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  # Spark gives executors the driver's account, and they ask the API server nothing.
  automountServiceAccountToken: {{ $x.automountServiceAccountToken }}
  {{- include "spark-job.placement" (dict "of" $x) | nindent 2 }}
  {{- with .Values.podSecurityContext }}
  securityContext: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: spark-kubernetes-executor
      image: {{ include "spark-job.image" . }}
      {{- with $x.command }}
      command: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $x.env }}
      env: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- include "spark-job.envFrom" (dict "root" . "of" $x) | nindent 6 }}
      {{- include "spark-job.volumeMounts" (dict "root" . "of" $x) | nindent 6 }}
      {{- with .Values.securityContext }}
      securityContext: {{- toYaml . | nindent 8 }}
      {{- end }}
  {{- with include "spark-job.volumes" (dict "root" . "of" $x) | trim }}
  volumes:
    {{- . | nindent 4 }}
  {{- end }}
{{- end -}}
