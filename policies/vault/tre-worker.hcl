# The worker: makes and destroys what a project has in Vault, ends sessions, signs checkpoints and certificates.
path "sys/policies/acl/tre-p-*" {
  capabilities = ["create", "read", "update", "delete"]
}
path "sys/policies/acl" {
  capabilities = ["list"]
}
path "auth/token/create/tre-session" {
  capabilities = ["update"]
}
path "auth/token/revoke-accessor" {
  capabilities = ["update"]
}
path "tre-kv/data/*" {
  capabilities = ["create", "read", "update", "delete"]
}
path "tre-kv/metadata/*" {
  capabilities = ["read", "list", "delete"]
}
path "tre-keys/keys" {
  capabilities = ["list"]
}
path "tre-keys/keys/p-*" {
  capabilities = ["create", "read", "update", "delete"]
}
path "tre-keys/encrypt/p-*" {
  capabilities = ["update"]
}
path "tre-keys/decrypt/p-*" {
  capabilities = ["update"]
}
path "tre-sign/keys/+" {
  capabilities = ["read"]
}
path "tre-sign/sign/checkpoint" {
  capabilities = ["update"]
}
path "tre-sign/sign/certificate" {
  capabilities = ["update"]
}
