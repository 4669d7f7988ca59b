{{/* The demonstration realm: everyone signs in with a password and a one-time code; tokens say so in `amr`. */}}
{{- define "tre.realm" -}}
{{- $v := .root.Values -}}
{{- $amr := dict "name" "amr" "protocol" "openid-connect" "protocolMapper" "oidc-amr-mapper" "config" (dict "id.token.claim" "true" "access.token.claim" "true" "introspection.token.claim" "true") -}}
{{- $audience := dict "name" "audience" "protocol" "openid-connect" "protocolMapper" "oidc-audience-mapper" "config" (dict "included.client.audience" "tre-control" "access.token.claim" "true" "id.token.claim" "false") -}}
{{- $roles := dict "name" "roles" "protocol" "openid-connect" "protocolMapper" "oidc-usermodel-realm-role-mapper" "config" (dict "claim.name" "realm_access.roles" "multivalued" "true" "jsonType.label" "String" "id.token.claim" "true" "access.token.claim" "true" "userinfo.token.claim" "true") -}}
{{- $mappers := list $amr $audience $roles -}}
{{- $url := printf "https://%s" $v.domain -}}
{{- $users := list -}}
{{- range .people -}}
{{- $otp := dict "type" "otp" "userLabel" "demo" "secretData" (dict "value" .totp | toJson) "credentialData" (dict "subType" "totp" "digits" 6 "counter" 0 "period" 30 "algorithm" "HmacSHA1" | toJson) -}}
{{- $names := splitn " " 2 .name -}}
{{- $user := dict "username" .username "enabled" true "emailVerified" true "email" (printf "%s@demo.example" .username) "firstName" $names._0 "lastName" ($names._1 | default "-") "realmRoles" .roles "credentials" (list (dict "type" "password" "value" .password "temporary" false) $otp) -}}
{{- $users = append $users $user -}}
{{- end -}}
{{- $execution := list
  (dict "authenticator" "auth-cookie" "requirement" "ALTERNATIVE" "priority" 10 "authenticatorFlow" false "userSetupAllowed" false)
  (dict "flowAlias" "tre forms" "requirement" "ALTERNATIVE" "priority" 20 "authenticatorFlow" true "userSetupAllowed" false) -}}
{{- $forms := list
  (dict "authenticator" "auth-username-password-form" "authenticatorConfig" "tre password" "requirement" "REQUIRED" "priority" 10 "authenticatorFlow" false "userSetupAllowed" false)
  (dict "authenticator" "auth-otp-form" "authenticatorConfig" "tre otp" "requirement" "REQUIRED" "priority" 20 "authenticatorFlow" false "userSetupAllowed" false) -}}
{{- $direct := list
  (dict "authenticator" "direct-grant-validate-username" "requirement" "REQUIRED" "priority" 10 "authenticatorFlow" false "userSetupAllowed" false)
  (dict "authenticator" "direct-grant-validate-password" "authenticatorConfig" "tre direct password" "requirement" "REQUIRED" "priority" 20 "authenticatorFlow" false "userSetupAllowed" false)
  (dict "authenticator" "direct-grant-validate-otp" "authenticatorConfig" "tre direct otp" "requirement" "REQUIRED" "priority" 30 "authenticatorFlow" false "userSetupAllowed" false) -}}
{{- $realm := dict
  "realm" "tre" "enabled" true "displayName" $v.organisation "sslRequired" "external"
  "registrationAllowed" false "resetPasswordAllowed" false "rememberMe" false "loginWithEmailAllowed" false
  "bruteForceProtected" true "failureFactor" 10
  "internationalizationEnabled" true "supportedLocales" (list "fr" "en") "defaultLocale" "fr"
  "accessTokenLifespan" 300 "ssoSessionIdleTimeout" 3600 "ssoSessionMaxLifespan" 36000
  "otpPolicyType" "totp" "otpPolicyAlgorithm" "HmacSHA1" "otpPolicyDigits" 6 "otpPolicyPeriod" 30 "otpPolicyLookAheadWindow" 1
  "roles" (dict "realm" (list (dict "name" "researcher") (dict "name" "agent") (dict "name" "steward") (dict "name" "reviewer") (dict "name" "security-officer") (dict "name" "auditor") (dict "name" "producer")))
  "users" $users
  "browserFlow" "tre browser" "directGrantFlow" "tre direct"
  "authenticationFlows" (list
    (dict "alias" "tre browser" "providerId" "basic-flow" "topLevel" true "builtIn" false "authenticationExecutions" $execution)
    (dict "alias" "tre forms" "providerId" "basic-flow" "topLevel" false "builtIn" false "authenticationExecutions" $forms)
    (dict "alias" "tre direct" "providerId" "basic-flow" "topLevel" true "builtIn" false "authenticationExecutions" $direct))
  "authenticatorConfig" (list
    (dict "alias" "tre password" "config" (dict "default.reference.value" "pwd" "default.reference.maxAge" "36000"))
    (dict "alias" "tre otp" "config" (dict "default.reference.value" "otp" "default.reference.maxAge" "36000"))
    (dict "alias" "tre direct password" "config" (dict "default.reference.value" "pwd" "default.reference.maxAge" "36000"))
    (dict "alias" "tre direct otp" "config" (dict "default.reference.value" "otp" "default.reference.maxAge" "36000")))
  "clients" (list
    (dict "clientId" "tre-control" "protocol" "openid-connect" "publicClient" false "secret" .client "standardFlowEnabled" true "directAccessGrantsEnabled" false
      "redirectUris" (list (printf "%s/auth/callback" $url)) "webOrigins" (list)
      "attributes" (dict "pkce.code.challenge.method" "S256" "post.logout.redirect.uris" (printf "%s/*" $url) "backchannel.logout.url" (printf "http://tre-control.%s.svc:8080/auth/backchannel-logout" .root.Release.Namespace) "backchannel.logout.session.required" "true")
      "protocolMappers" $mappers)
    (dict "clientId" "tre-cli" "protocol" "openid-connect" "publicClient" true "standardFlowEnabled" false "directAccessGrantsEnabled" true
      "attributes" (dict "oauth2.device.authorization.grant.enabled" "true")
      "protocolMappers" $mappers)) -}}
{{- $realm | toPrettyJson -}}
{{- end -}}
