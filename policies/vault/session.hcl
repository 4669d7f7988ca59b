# A session's token: the project's shared secrets, and nothing else.
path "tre-kv/data/${slug}/shared/*" {
  capabilities = ["read"]
}
