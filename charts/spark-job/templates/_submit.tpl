{{- define "spark-job.submitFiles" -}}
spark-submit.sh: |
  {{- .Files.Get "files/submit/spark-submit.sh" | nindent 2 }}
driver.yaml: |
  apiVersion: v1
  kind: Pod
  {{- $template := include "spark-job.driverTemplate" . | fromYaml }}
  {{- $owner := dict "apiVersion" "v1" "kind" "Pod" "name" "@SUBMIT_POD_NAME@" "uid" "@SUBMIT_POD_UID@" }}
  {{- $_ := set $template.metadata "ownerReferences" (list $owner) }}
  {{- toYaml $template | nindent 2 }}
executor.yaml: |
  apiVersion: v1
  kind: Pod
  {{- include "spark-job.executorTemplate" . | nindent 2 }}
{{- end -}}

{{/* Not empty: this spark-submit makes a NetworkPolicy for its executors, which it does from 4.2 on. */}}
{{- define "spark-job.networkPolicy" -}}
{{- $left := get .Values.sparkConf "spark.kubernetes.driver.pod.excludedFeatureSteps" | toString -}}
{{- if and (eq .Values.runner "submit") (semverCompare ">=4.2.0-0" (regexFind "^[0-9]+[.][0-9]+[.][0-9]+" .Values.sparkVersion)) -}}
{{- if not (contains "NetworkPolicyFeatureStep" $left) -}}yes{{- end -}}
{{- end -}}
{{- end -}}

{{/* spark-submit's settings, as a map. */}}
{{- define "spark-job.submitConf" -}}
{{- $v := .Values -}}
{{- $conf := include "spark-job.sparkConf" . | fromYaml -}}
{{- $own := dict
  "spark.kubernetes.namespace" .Release.Namespace
  "spark.kubernetes.container.image" (include "spark-job.image" .)
  "spark.kubernetes.container.image.pullPolicy" $v.image.pullPolicy
  "spark.kubernetes.authenticate.driver.serviceAccountName" (include "spark-job.serviceAccount" .)
  "spark.kubernetes.executor.podTemplateFile" "/opt/spark-job-submit/executor.yaml"
  "spark.kubernetes.submission.waitAppCompletion" "true"
  "spark.kubernetes.report.interval" "1m"
  "spark.driver.cores" ($v.driver.cores | int | toString)
  "spark.driver.memory" $v.driver.memory
  "spark.executor.instances" ($v.executor.instances | int | toString)
  "spark.executor.cores" ($v.executor.cores | int | toString)
  "spark.executor.memory" $v.executor.memory -}}
{{- range $role := list "driver" "executor" -}}
{{- $of := get $v $role -}}
{{- with $of.memoryOverhead -}}{{- $_ := set $own (printf "spark.%s.memoryOverhead" $role) . -}}{{- end -}}
{{- with $of.coreRequest -}}{{- $_ := set $own (printf "spark.kubernetes.%s.request.cores" $role) (toString .) -}}{{- end -}}
{{- with $of.coreLimit -}}{{- $_ := set $own (printf "spark.kubernetes.%s.limit.cores" $role) (toString .) -}}{{- end -}}
{{- end -}}
{{- if $v.dynamicAllocation.enabled -}}
{{- $_ := set $own "spark.dynamicAllocation.enabled" "true" -}}
{{- $_ := set $own "spark.dynamicAllocation.initialExecutors" ($v.executor.instances | int | toString) -}}
{{- $_ := set $own "spark.dynamicAllocation.minExecutors" ($v.dynamicAllocation.minReplicas | int | toString) -}}
{{- $_ := set $own "spark.dynamicAllocation.maxExecutors" ($v.dynamicAllocation.maxReplicas | int | toString) -}}
{{- end -}}
{{- with $v.imagePullSecrets -}}{{- $_ := set $own "spark.kubernetes.container.image.pullSecrets" (join "," .) -}}{{- end -}}
{{- merge $conf $own | toYaml -}}
{{- end -}}

{{- define "spark-job.submitContainer" -}}
{{- $v := .Values -}}
name: spark-submit
image: {{ include "spark-job.image" . }}
imagePullPolicy: {{ $v.image.pullPolicy }}
command:
  {{- $v.submit.command | default (list "/bin/sh") | toYaml | nindent 2 }}
  - /opt/spark-job-submit/spark-submit.sh
args:
  - --master
  - k8s://{{ $v.submit.master }}
  - --deploy-mode
  - cluster
  - --name
  - {{ include "spark-job.name" . | quote }}
  {{- with $v.application.class }}
  - --class
  - {{ . | quote }}
  {{- end }}
  {{- range $flag, $key := dict "--py-files" "pyFiles" "--jars" "jars" "--files" "files" "--packages" "packages" }}
  {{- with get $v.application $key }}
  - {{ $flag }}
  - {{ join "," . | quote }}
  {{- end }}
  {{- end }}
  {{- range $key, $value := include "spark-job.submitConf" . | fromYaml }}
  - --conf
  - {{ printf "%s=%s" $key $value | quote }}
  {{- end }}
  - {{ include "spark-job.applicationFile" . | quote }}
  {{- range $v.application.arguments }}
  - {{ toString . | quote }}
  {{- end }}
env:
  - {name: SPARK_HOME, value: {{ $v.submit.sparkHome | quote }}}
  - {name: DRIVER_TEMPLATE, value: /opt/spark-job-submit/driver.yaml}
  - {name: HOME, value: /tmp}
  - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
  - {name: POD_UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}
  {{- with $v.submit.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
terminationMessagePolicy: FallbackToLogsOnError
{{- with $v.submit.resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.securityContext }}
securityContext: {{- toYaml (merge (dict "readOnlyRootFilesystem" true) .) | nindent 2 }}
{{- end }}
volumeMounts:
  - {name: submit, mountPath: /opt/spark-job-submit, readOnly: true}
  - {name: tmp, mountPath: /tmp}
{{- end -}}

{{/* A Job's spec. */}}
{{- define "spark-job.submitSpec" -}}
{{- include "spark-job.submitText" . | fromYaml | toYaml -}}
{{- end -}}

{{- define "spark-job.submitText" -}}
{{- $v := .Values -}}
{{- $gate := and $v.qualityGate.enabled (eq $v.qualityGate.when "afterRun") -}}
backoffLimit: {{ $v.retries | int }}
{{- with $v.ttlSeconds }}
ttlSecondsAfterFinished: {{ . | int }}
{{- end }}
template:
  metadata:
    labels:
      {{- include "spark-job.podLabels" . | nindent 6 }}
      app.kubernetes.io/component: submit
    annotations:
      checksum/files: {{ include "spark-job.checksum" (include "spark-job.submitFiles" .) | quote }}
      {{- if eq $v.serviceMesh "istio" }}
      sidecar.istio.io/inject: "false"
      {{- else if eq $v.serviceMesh "linkerd" }}
      linkerd.io/inject: disabled
      {{- end }}
  spec:
    serviceAccountName: {{ include "spark-job.serviceAccount" . }}
    restartPolicy: Never
    {{- with $v.imagePullSecrets }}
    imagePullSecrets:
      {{- range . }}
      - name: {{ . | quote }}
      {{- end }}
    {{- end }}
    {{- with $v.podSecurityContext }}
    securityContext: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- if $gate }}
    initContainers:
      - {{- include "spark-job.submitContainer" . | nindent 8 }}
    containers:
      - {{- include "spark-job.gateContainer" . | nindent 8 }}
    {{- else }}
    containers:
      - {{- include "spark-job.submitContainer" . | nindent 8 }}
    {{- end }}
    volumes:
      - {name: submit, configMap: {name: {{ include "spark-job.name" . }}-submit}}
      - {name: tmp, emptyDir: {}}
      {{- if $gate }}
      {{- include "spark-job.gateVolumes" . | nindent 6 }}
      {{- end }}
{{- end -}}
