# The web application and its APIs: session tokens, project secrets, text under a project's key, public keys.
path "auth/token/create/tre-session" {
  capabilities = ["update"]
}
path "auth/token/revoke-accessor" {
  capabilities = ["update"]
}
path "tre-kv/data/+/shared/*" {
  capabilities = ["create", "read", "update"]
}
path "tre-kv/metadata/*" {
  capabilities = ["list"]
}
path "tre-keys/encrypt/+" {
  capabilities = ["update"]
}
path "tre-keys/decrypt/+" {
  capabilities = ["update"]
}
path "tre-keys/keys/+" {
  capabilities = ["read"]
}
path "tre-sign/keys/+" {
  capabilities = ["read"]
}
# release records
path "tre-sign/sign/certificate" {
  capabilities = ["update"]
}
