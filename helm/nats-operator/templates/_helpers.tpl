{{- define "nats-operator.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The prefix of all object names: the release's name, with the chart's unless it is part of it. */}}
{{- define "nats-operator.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name }}
{{- $both := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- .Values.fullnameOverride | default $both | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The prefix and what an object is for, within the 63 characters that a label or a Service's name may have. */}}
{{- define "nats-operator.objectName" -}}
{{- $room := sub 62 (len .suffix) | int }}
{{- printf "%s-%s" (include "nats-operator.fullname" .context | trunc $room | trimSuffix "-") .suffix }}
{{- end }}

{{- define "nats-operator.namespace" -}}
{{ .Values.namespaceOverride | default .Release.Namespace }}
{{- end }}

{{- define "nats-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.name }}
{{- .Values.serviceAccount.name }}
{{- else if .Values.serviceAccount.create }}
{{- include "nats-operator.objectName" (dict "context" . "suffix" "controller-manager") }}
{{- else }}default{{ end }}
{{- end }}

{{/* What selects the pods. The Deployment's selector cannot change: these are the Go chart's, for ever. */}}
{{- define "nats-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "nats-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
control-plane: controller-manager
{{- end }}

{{/* Labels of every object, as YAML; `extra` come on top, but nothing replaces what selects. */}}
{{- define "nats-operator.labels" -}}
{{- $context := .context | default . }}
{{- $labels := dict
    "helm.sh/chart" (printf "%s-%s" $context.Chart.Name $context.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
    "app.kubernetes.io/version" ($context.Chart.AppVersion | replace "+" "_")
    "app.kubernetes.io/managed-by" $context.Release.Service
    "app.kubernetes.io/part-of" "nats-operator" }}
{{- $selectors := include "nats-operator.selectorLabels" $context | fromYaml }}
{{- toYaml (merge (dict) $selectors (.extra | default dict) $context.Values.commonLabels $labels) }}
{{- end }}

{{/* The metadata of an object in the operator's namespace. */}}
{{- define "nats-operator.metadata" -}}
name: {{ include "nats-operator.objectName" . }}
namespace: {{ include "nats-operator.namespace" .context }}
labels:
  {{- include "nats-operator.labels" . | nindent 2 }}
{{- end }}

{{- define "nats-operator.image" -}}
{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}
{{- else }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* The port of an address, such as "[::1]:8443"; empty for none. */}}
{{- define "nats-operator.port" -}}
{{- $port := regexFind "[0-9]+$" . | int }}
{{- if $port }}{{ $port }}{{ end }}
{{- end }}

{{- define "nats-operator.probesPort" -}}
{{ include "nats-operator.port" .Values.healthProbeBindAddress }}
{{- end }}

{{- define "nats-operator.metricsPort" -}}
{{- if .Values.metrics.enabled }}{{ include "nats-operator.port" .Values.metrics.bindAddress }}{{ end }}
{{- end }}

{{/* Whether the API server is asked who may read the metrics; empty: it is not. */}}
{{- define "nats-operator.metricsSecure" -}}
{{- if and .Values.metrics.secure (include "nats-operator.metricsPort" .) }}true{{ end }}
{{- end }}

{{/* The Secret with the certificate of the metrics; empty: the operator signs one itself. */}}
{{- define "nats-operator.certificateSecret" -}}
{{- if include "nats-operator.metricsSecure" . }}
{{- if .Values.metrics.certificate.existingSecret }}
{{- .Values.metrics.certificate.existingSecret }}
{{- else if .Values.metrics.certificate.certManager.enabled }}
{{- include "nats-operator.objectName" (dict "context" . "suffix" "metrics-certificate") }}
{{- end }}
{{- end }}
{{- end }}

{{- define "nats-operator.leaseName" -}}
{{- $own := empty .Values.watchNamespaces | ternary "5c768438.crewlet.cloud" (include "nats-operator.fullname" .) }}
{{- .Values.leaderElection.leaseName | default $own }}
{{- end }}

{{/* The options of `natsop run`, as a YAML list. */}}
{{- define "nats-operator.args" -}}
- run
- --log-level={{ .Values.logLevel }}
- --log-format={{ .Values.logFormat }}
- --nack-integration={{ .Values.nackIntegration }}
{{- with .Values.watchNamespaces }}
- --namespaces={{ join "," . }}
{{- end }}
{{- if .Values.leaderElection.enabled }}
- --leader-elect
- --lease-name={{ include "nats-operator.leaseName" . }}
{{- end }}
{{- if include "nats-operator.probesPort" . }}
- {{ printf "--health-probe-bind-address=%s" .Values.healthProbeBindAddress | quote }}
{{- end }}
{{- if include "nats-operator.metricsPort" . }}
- {{ printf "--metrics-bind-address=%s" .Values.metrics.bindAddress | quote }}
- --metrics-secure={{ .Values.metrics.secure }}
{{- end }}
{{- if include "nats-operator.certificateSecret" . }}
- --metrics-cert-path=/etc/natsop/metrics-certificate
{{- end }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}

{{/* The subject of all bindings. */}}
{{- define "nats-operator.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "nats-operator.serviceAccountName" . }}
    namespace: {{ include "nats-operator.namespace" . }}
{{- end }}
