{{/* The name of everything: the release's, with the chart's unless it is in there. Short, as pods' names add to it. */}}
{{- define "klatch.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What Services and policies select by. Never changes, because a StatefulSet's selector must not. */}}
{{- define "klatch.selector" -}}
app.kubernetes.io/name: klatch
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "klatch.labels" -}}
{{ include "klatch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "klatch.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "klatch.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "klatch.name" .) }}
{{- end -}}

{{/* The most pods there can be: each has a Service and a host of its own when location.mode is perPod. */}}
{{- define "klatch.podsMax" -}}
{{- if .Values.autoscaling.enabled }}{{ .Values.autoscaling.maxReplicas }}{{ else }}{{ .Values.replicas }}{{ end -}}
{{- end -}}

{{- define "klatch.scheme" -}}
{{- if .Values.ingress.tlsSecret }}https{{ else }}http{{ end -}}
{{- end -}}

{{/* A list in the form a KLATCH_ variable takes. */}}
{{- define "klatch.list" -}}
{{- if . }}["{{ join "\", \"" . }}"]{{ else }}[]{{ end -}}
{{- end -}}
