{{/* Target labels that come and go with the observer's pod. Its series must not have them: its restart would end them, and
with them the alerts' `for`. */}}
{{- define "spark-exporter.podTargetLabels" -}}instance|pod|container|endpoint{{- end -}}

{{/* Namespaces of the drivers, as JSON: empty is all. */}}
{{- define "spark-exporter.driverNamespaces" -}}
{{- if .Values.podMonitor.namespaces -}}
{{- toJson .Values.podMonitor.namespaces -}}
{{- else if .Values.observer.namespace -}}
{{- list .Values.observer.namespace | toJson -}}
{{- end -}}
{{- end -}}

{{/* What Prometheus without its operator needs. */}}
{{- define "spark-exporter.scrapeConfig" -}}
{{- $namespaces := include "spark-exporter.driverNamespaces" . -}}
scrape_configs:
  - job_name: spark-drivers
    honor_labels: true
    scrape_interval: {{ .Values.podMonitor.interval }}
    scrape_timeout: {{ .Values.podMonitor.scrapeTimeout }}
    kubernetes_sd_configs:
      - role: pod
        {{- with $namespaces }}
        namespaces: {names: {{ . }}}
        {{- end }}
        selectors:
          - {role: pod, label: spark-role=driver}
    relabel_configs:
      - {source_labels: [__meta_kubernetes_pod_container_port_name], regex: spark-exporter, action: keep}
      - {source_labels: [__meta_kubernetes_pod_phase], regex: Succeeded|Failed, action: drop}
      - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
      - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
  {{- if .Values.observer.enabled }}
  - job_name: spark-observer
    honor_labels: true
    scheme: {{ include "spark-exporter.scheme" . }}
    scrape_interval: {{ .Values.serviceMonitor.interval }}
    scrape_timeout: {{ .Values.serviceMonitor.scrapeTimeout }}
    kubernetes_sd_configs:
      - role: pod
        namespaces: {names: [{{ .Release.Namespace | quote }}]}
        selectors:
          - {role: pod, label: "app.kubernetes.io/name={{ include "spark-exporter.name" . }},app.kubernetes.io/instance={{ .Release.Name }}"}
    relabel_configs:
      - {source_labels: [__meta_kubernetes_pod_container_port_name], regex: metrics, action: keep}
      {{- if gt (.Values.observer.shards | int) 1 }}
      - {source_labels: [__meta_kubernetes_pod_name], regex: '.*-(\d+)', target_label: shard}
      {{- end }}
    metric_relabel_configs:
      # The observer's own restart must end no series: annotations cannot do this.
      - {regex: {{ include "spark-exporter.podTargetLabels" . | squote }}, action: labeldrop}
  {{- end }}
{{- end -}}

{{/* A rule file as this release wants it: without the alerts that are off, with its labels and links. (dict "root" $ "path" path) */}}
{{- define "spark-exporter.ruleFile" -}}
{{- $rules := .root.Values.rules -}}
{{- $text := .root.Files.Get .path -}}
{{- with $rules.runbookBaseUrl -}}{{- $text = replace "https://runbooks.example.com" (trimSuffix "/" .) $text -}}{{- end -}}
{{- with $rules.dashboardBaseUrl -}}{{- $text = replace "https://grafana.example.com" (trimSuffix "/" .) $text -}}{{- end -}}
{{- $file := fromYaml $text -}}
{{- $groups := list -}}
{{- range $group := $file.groups -}}
{{- $kept := list -}}
{{- range $rule := $group.rules -}}
{{- if not (has (get $rule "alert") $rules.disabled) -}}
{{- if and $rules.labels (get $rule "alert") -}}
{{- $_ := set $rule "labels" (merge (get $rule "labels" | default dict) $rules.labels) -}}
{{- end -}}
{{- $kept = append $kept $rule -}}
{{- end -}}
{{- end -}}
{{- if $kept -}}
{{- $_ := set $group "rules" $kept -}}
{{- $groups = append $groups $group -}}
{{- end -}}
{{- end -}}
{{- if $groups -}}{{- dict "groups" $groups | toYaml -}}{{- end -}}
{{- end -}}

{{/* Paths of the rule files that are wanted, as JSON. */}}
{{- define "spark-exporter.rulePaths" -}}
{{- $unwanted := eq .Values.rules.contract "keep-firing" | ternary "contract.yaml" "contract-keep-firing.yaml" -}}
{{- $paths := list -}}
{{- range $path, $_ := .Files.Glob "files/rules/*.yaml" -}}
{{- if ne (base $path) $unwanted -}}{{- $paths = append $paths $path -}}{{- end -}}
{{- end -}}
{{- toJson $paths -}}
{{- end -}}
