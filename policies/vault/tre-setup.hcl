# Set-up after the first one, whose root token is revoked: what an upgrade may have to write again, and nothing of a
# project. It can change the platform's own policies, so that it is bound to the set-up Job's account alone, for minutes.
path "sys/mounts" {
  capabilities = ["read"]
}
path "sys/auth" {
  capabilities = ["read"]
}
path "sys/policies/acl/tre-control" {
  capabilities = ["create", "update"]
}
path "sys/policies/acl/tre-worker" {
  capabilities = ["create", "update"]
}
path "sys/policies/acl/tre-kes-bridge" {
  capabilities = ["create", "update"]
}
path "sys/policies/acl/tre-setup" {
  capabilities = ["create", "update"]
}
path "auth/kubernetes/config" {
  capabilities = ["create", "update"]
}
path "auth/kubernetes/role/tre-*" {
  capabilities = ["create", "update"]
}
path "auth/token/roles/tre-session" {
  capabilities = ["create", "update"]
}
path "tre-keys/keys/archive" {
  capabilities = ["create", "update"]
}
path "tre-sign/keys/checkpoint" {
  capabilities = ["create", "update"]
}
path "tre-sign/keys/certificate" {
  capabilities = ["create", "update"]
}
