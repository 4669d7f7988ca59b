"""Real services for tests, on free loopback ports: PostgreSQL, MinIO, OpenBao. Nothing here imitates anything."""
