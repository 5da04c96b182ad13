{{- define "spark-job.backupName" -}}
{{- .Values.backup.name | default (include "spark-job.name" .) -}}
{{- end -}}

{{- define "spark-job.backupAnnotations" -}}
spark-exporter.io/rpo: {{ .Values.backup.rpo | quote }}
spark-exporter.io/rto: {{ .Values.backup.rto | quote }}
{{- with .Values.backup.dataset }}
spark-exporter.io/dataset: {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "spark-job.cronFields" -}}
timeZone: {{ .Values.timeZone | default "Etc/UTC" | quote }}
concurrencyPolicy: Forbid
startingDeadlineSeconds: 600
suspend: {{ .Values.suspend }}
successfulJobsHistoryLimit: 3
failedJobsHistoryLimit: 3
{{- end -}}

{{/* The pod of both jobs: (dict "root" $ "name" "backup" "job" .Values.backup "command" list) */}}
{{- define "spark-job.backupPod" -}}
{{- $v := .root.Values -}}
{{- $b := $v.backup -}}
serviceAccountName: {{ include "spark-job.dataAccount" .root }}
restartPolicy: Never
{{- with $v.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with $v.podSecurityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: {{ .name }}
    image: {{ printf "%s:%s" $b.image.repository (toString $b.image.tag) }}
    imagePullPolicy: {{ $b.image.pullPolicy }}
    command: {{- toYaml (.job.command | default .command) | nindent 6 }}
    env:
      - {name: BACKUP_NAME, value: {{ include "spark-job.backupName" .root | quote }}}
      - {name: BACKUP_SOURCE, value: {{ $b.source | quote }}}
      - {name: BACKUP_LOCATION, value: {{ $b.location | quote }}}
      - {name: BACKUP_KEEP, value: {{ $b.keep | int | quote }}}
      - {name: BACKUP_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
      {{- if eq .name "restore-drill" }}
      - {name: RESTORE_LOCATION, value: {{ $v.restoreDrill.location | quote }}}
      {{- end }}
      - {name: OBSERVER_URL, value: {{ $v.exporter.observerUrl | quote }}}
      - {name: OBSERVER_TOKEN_FILE, value: /var/run/secrets/kubernetes.io/serviceaccount/token}
      - {name: HOME, value: /tmp}
      {{- with $b.env }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with $b.existingSecret }}
    envFrom:
      - secretRef: {name: {{ . }}}
    {{- end }}
    {{- with .job.resources }}
    resources: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $v.securityContext }}
    securityContext: {{- toYaml (merge (dict "readOnlyRootFilesystem" true) .) | nindent 6 }}
    {{- end }}
    volumeMounts:
      - {name: scripts, mountPath: /opt/backup, readOnly: true}
      - {name: tmp, mountPath: /tmp}
      {{- if eq .name "restore-drill" }}
      - {name: restore, mountPath: {{ $v.restoreDrill.location }}}
      {{- end }}
      {{- with $b.volumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - {name: scripts, configMap: {name: {{ include "spark-job.name" .root }}-backup}}
  - {name: tmp, emptyDir: {}}
  {{- if eq .name "restore-drill" }}
  - {name: restore, emptyDir: {sizeLimit: {{ $v.restoreDrill.sizeLimit }}}}
  {{- end }}
  {{- with $b.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
