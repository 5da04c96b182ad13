{{- define "spark-exporter.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "spark-exporter.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "spark-exporter.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "spark-exporter.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "spark-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "spark-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "spark-exporter.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: spark-exporter
{{ include "spark-exporter.selectorLabels" . }}
{{- end -}}

{{- define "spark-exporter.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "spark-exporter.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "spark-exporter.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository ($image.tag | default .Chart.AppVersion | toString) -}}
{{- end -}}
{{- end -}}

{{/* Not empty: prometheus-operator's resources are made. */}}
{{- define "spark-exporter.operator" -}}
{{- $enabled := .Values.prometheusOperator.enabled | toString -}}
{{- if or (eq $enabled "true") (and (eq $enabled "auto") (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1")) -}}yes{{- end -}}
{{- end -}}

{{- define "spark-exporter.scheme" -}}
{{- if .Values.observer.web.tls -}}https{{- else -}}http{{- end -}}
{{- end -}}

{{- define "spark-exporter.url" -}}
{{- printf "%s://%s.%s:%d" (include "spark-exporter.scheme" .) (include "spark-exporter.fullname" .) .Release.Namespace (.Values.observer.port | int) -}}
{{- end -}}

{{/* The exporter's YAML file: config, and the prices as its section `cost`. */}}
{{- define "spark-exporter.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- with .Values.prices -}}
{{- if hasKey $config "cost" -}}{{- fail "prices: config.cost says them already" -}}{{- end -}}
{{- $_ := set $config "cost" . -}}
{{- end -}}
{{- with $config -}}{{- toYaml . -}}{{- end -}}
{{- end -}}

{{- define "spark-exporter.meshAnnotations" -}}
{{- if eq .Values.serviceMesh "istio" }}
traffic.sidecar.istio.io/excludeInboundPorts: {{ .Values.observer.port | int | quote }}
{{- else if eq .Values.serviceMesh "linkerd" }}
config.linkerd.io/skip-inbound-ports: {{ .Values.observer.port | int | quote }}
{{- end }}
{{- end -}}
