{{/* The observer's pod: metadata and spec. */}}
{{- define "spark-exporter.pod" -}}
{{- include "spark-exporter.podText" . | fromYaml | toYaml -}}
{{- end -}}

{{- define "spark-exporter.podText" -}}
{{- $o := .Values.observer -}}
{{- $sharded := gt ($o.shards | int) 1 -}}
metadata:
  labels:
    {{- include "spark-exporter.selectorLabels" . | nindent 4 }}
    app.kubernetes.io/component: observer
    {{- with $o.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/config: {{ include "spark-exporter.config" . | sha256sum | quote }}
    {{- include "spark-exporter.meshAnnotations" . | trim | nindent 4 }}
    {{- with $o.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "spark-exporter.serviceAccount" . }}
  terminationGracePeriodSeconds: {{ $o.terminationGracePeriodSeconds | int }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  {{- with $o.podSecurityContext }}
  securityContext: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $o.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $o.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $o.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $o.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: spark-exporter
      image: {{ include "spark-exporter.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      {{- with $o.command }}
      command: {{- toYaml . | nindent 8 }}
      {{- end }}
      args:
        - --mode=observer
        - --state.file=/state/observer.json
        - --outcome.retention={{ $o.retention }}
        {{- with $o.namespace }}
        - --kubernetes.namespace={{ . }}
        {{- end }}
        {{- if $sharded }}
        - --shard=$(SHARD)
        - --total-shards={{ $o.shards | int }}
        {{- end }}
        {{- if $o.pollDrivers }}
        - --observer.poll-drivers
        {{- end }}
        {{- if include "spark-exporter.config" . }}
        - --config.file=/etc/spark-exporter/config.yaml
        {{- end }}
        {{- if $o.web.existingSecret }}
        - --web.config.file=/etc/spark-exporter-web/web-config.yaml
        {{- end }}
        {{- if $o.apiTokenSecret }}
        - --api.token-file=/etc/spark-exporter-api/token
        {{- end }}
        {{- if ne ($o.port | int) 9817 }}
        - --web.listen-address=:{{ $o.port | int }}
        {{- end }}
        {{- if ne $o.logLevel "info" }}
        - --log.level={{ $o.logLevel }}
        {{- end }}
        {{- if ne $o.logFormat "logfmt" }}
        - --log.format={{ $o.logFormat }}
        {{- end }}
        {{- range $o.extraArgs }}
        - {{ . | quote }}
        {{- end }}
      env:
        - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
        {{- if $sharded }}
        - {name: SHARD, valueFrom: {fieldRef: {fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']"}}}
        {{- end }}
        {{- with $o.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - {name: metrics, containerPort: {{ $o.port | int }}}
      livenessProbe:
        httpGet: {path: /-/healthy, port: metrics, scheme: {{ include "spark-exporter.scheme" . | upper }}}
        {{- toYaml $o.livenessProbe | nindent 8 }}
      readinessProbe:
        httpGet: {path: /-/ready, port: metrics, scheme: {{ include "spark-exporter.scheme" . | upper }}}
        {{- toYaml $o.readinessProbe | nindent 8 }}
      {{- with $o.resources }}
      resources: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $o.securityContext }}
      securityContext: {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        - {name: state, mountPath: /state}
        {{- if include "spark-exporter.config" . }}
        - {name: config, mountPath: /etc/spark-exporter, readOnly: true}
        {{- end }}
        {{- if $o.web.existingSecret }}
        - {name: web, mountPath: /etc/spark-exporter-web, readOnly: true}
        {{- end }}
        {{- if $o.apiTokenSecret }}
        - {name: api-token, mountPath: /etc/spark-exporter-api, readOnly: true}
        {{- end }}
        {{- with $o.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    {{- if not $o.state.persistent }}
    - {name: state, emptyDir: {sizeLimit: {{ $o.state.size }}}}
    {{- else if not $sharded }}
    - {name: state, persistentVolumeClaim: {claimName: {{ include "spark-exporter.fullname" . }}}}
    {{- end }}
    {{- if include "spark-exporter.config" . }}
    - {name: config, configMap: {name: {{ include "spark-exporter.fullname" . }}}}
    {{- end }}
    {{- with $o.web.existingSecret }}
    - {name: web, secret: {secretName: {{ . }}}}
    {{- end }}
    {{- with $o.apiTokenSecret }}
    - {name: api-token, secret: {secretName: {{ . }}}}
    {{- end }}
    {{- with $o.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "spark-exporter.claimSpec" -}}
accessModes: [ReadWriteOnce]
resources: {requests: {storage: {{ .Values.observer.state.size }}}}
{{- with .Values.observer.state.storageClass }}
storageClassName: {{ . }}
{{- end }}
{{- end -}}
