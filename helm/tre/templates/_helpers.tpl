{{- define "tre.labels" -}}
app.kubernetes.io/part-of: tre
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "tre.image" -}}
{{- $ref := index .root.Values.images .name -}}
{{- if not $ref -}}{{- fail (printf "images.%s is missing: give a reference by digest" .name) -}}{{- end -}}
{{- $ref -}}
{{- end -}}

{{- define "tre.workDomain" -}}{{ .Values.workDomain | default (printf "work.%s" .Values.domain) }}{{- end -}}
{{- define "tre.idDomain" -}}{{ .Values.idDomain | default (printf "id.%s" .Values.domain) }}{{- end -}}
{{- define "tre.issuer" -}}{{ .Values.keycloak.issuer | default (printf "https://%s/realms/tre" (include "tre.idDomain" .)) }}{{- end -}}

{{/* A random value that survives upgrades: what the cluster holds wins. */}}
{{- define "tre.kept" -}}
{{- $held := (lookup "v1" "Secret" .root.Release.Namespace .secret).data | default dict -}}
{{- if hasKey $held .key -}}{{ index $held .key | b64dec }}{{- else -}}{{ randAlphaNum (.length | default 40 | int) }}{{- end -}}
{{- end -}}

{{- define "tre.restricted" -}}
runAsNonRoot: true
runAsUser: {{ .uid | default 1000 }}
runAsGroup: {{ .uid | default 1000 }}
fsGroup: {{ .uid | default 1000 }}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "tre.container" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}
