{{/* The configuration, as variables. Secrets are files that these name; none is a variable. Numbers go through int64,
because Helm would write a million as 1e+06. */}}
{{- define "klatch.environment" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: KLATCH_SERVER__PUBLIC
  value: "0.0.0.0:8080"
- name: KLATCH_SERVER__INTERNAL
  value: "0.0.0.0:8081"
# The kubelet and Prometheus come from other addresses; the NetworkPolicy keeps everyone else out.
- name: KLATCH_SERVER__INTERNAL_ANYWHERE
  value: "true"
{{- if .Values.ingress.enabled }}
- name: KLATCH_SERVER__PUBLIC_URL
  value: {{ printf "%s://%s" (include "klatch.scheme" .) .Values.ingress.host | quote }}
{{- end }}
- name: KLATCH_SERVER__TRUSTED_PROXIES
  value: {{ include "klatch.list" .Values.trustedProxies | squote }}
- name: KLATCH_SERVER__DRAIN_SECONDS
  value: {{ .Values.drainSeconds | int64 | quote }}
- name: KLATCH_SECURITY__ALLOWED_ORIGINS
  {{- $origins := .Values.allowedOrigins }}
  {{- if and .Values.ingress.enabled (eq .Values.location.mode "perPod") }}
  {{- $origins = append $origins (printf "%s://%s" (include "klatch.scheme" .) .Values.ingress.host) }}
  {{- end }}
  value: {{ include "klatch.list" $origins | squote }}
- name: KLATCH_LOG__FORMAT
  value: json
- name: KLATCH_STORAGE__KIND
  value: postgres
- name: KLATCH_STORAGE__URL_FILE
  value: /keys/database/{{ .Values.database.urlKey }}
{{- with .Values.database.caKey }}
- name: KLATCH_STORAGE__CA_FILE
  value: /keys/database/{{ . }}
{{- end }}
- name: KLATCH_STORAGE__CONNECTIONS
  value: {{ .Values.database.connections | int64 | quote }}
- name: KLATCH_STORAGE__LANES
  value: {{ .Values.database.lanes | int64 | quote }}
- name: KLATCH_CLUSTER__NATS
  value: {{ include "klatch.list" .Values.bus.servers | squote }}
- name: KLATCH_CLUSTER__NAME
  value: {{ .Values.bus.clusterName | quote }}
{{- if eq .Values.bus.auth "password" }}
- name: KLATCH_CLUSTER__USER
  value: {{ .Values.bus.user | quote }}
- name: KLATCH_CLUSTER__PASSWORD_FILE
  value: /keys/bus/{{ .Values.bus.passwordKey }}
{{- else if eq .Values.bus.auth "token" }}
- name: KLATCH_CLUSTER__TOKEN_FILE
  value: /keys/bus/{{ .Values.bus.tokenKey }}
{{- else if eq .Values.bus.auth "credentials" }}
- name: KLATCH_CLUSTER__CREDENTIALS_FILE
  value: /keys/bus/{{ .Values.bus.credentialsKey }}
{{- end }}
{{- with .Values.bus.caKey }}
- name: KLATCH_CLUSTER__CA_FILE
  value: /keys/bus/{{ . }}
{{- end }}
{{- if eq .Values.location.mode "perPod" }}
- name: KLATCH_CLUSTER__ADVERTISE
  value: {{ printf "%s://$(POD_NAME).%s" (include "klatch.scheme" .) (required "location.domain is needed for location.mode perPod" .Values.location.domain) | quote }}
{{- else if .Values.ingress.enabled }}
- name: KLATCH_CLUSTER__ADVERTISE
  value: {{ printf "%s://%s" (include "klatch.scheme" .) .Values.ingress.host | quote }}
{{- end }}
{{- with .Values.location.region }}
- name: KLATCH_CLUSTER__REGION
  value: {{ . | quote }}
{{- end }}
{{- with .Values.location.capacity }}
- name: KLATCH_CLUSTER__CAPACITY
  value: {{ . | int64 | quote }}
{{- end }}
{{- with .Values.location.placement }}
- name: KLATCH_CLUSTER__PLACEMENT
  value: {{ . | quote }}
{{- end }}
{{- with .Values.first.space }}
- name: KLATCH_FIRST__SPACE
  value: {{ . | quote }}
{{- end }}
{{- with .Values.first.name }}
- name: KLATCH_FIRST__NAME
  value: {{ . | quote }}
{{- end }}
{{- with .Values.first.profile }}
- name: KLATCH_FIRST__PROFILE
  value: {{ . | quote }}
{{- end }}
{{- if .Values.first.apiKeySecret }}
- name: KLATCH_FIRST__API_KEY_FILE
  value: /keys/first/{{ .Values.first.apiKeyKey }}
{{- end }}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}
