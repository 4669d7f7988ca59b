# The KES bridge makes and uses keys for the object store; it can neither read nor delete one.
path "tre-keys/keys/+" {
  capabilities = ["create", "read", "update"]
}
path "tre-keys/keys" {
  capabilities = ["list"]
}
path "tre-keys/encrypt/+" {
  capabilities = ["update"]
}
path "tre-keys/decrypt/+" {
  capabilities = ["update"]
}
# a key's settings, among them whether it may be deleted, are the worker's
path "tre-keys/keys/+/config" {
  capabilities = ["deny"]
}
