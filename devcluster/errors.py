"""Errors that the command line shows as one message and an exit code."""


class DevClusterError(Exception):
    """Something went wrong; the message says what to do about it."""

    exit_code = 1


class UnsupportedMachineError(DevClusterError):
    """This machine cannot run the development cluster."""

    exit_code = 2


ALTERNATIVE = (
    "To use another cluster (kind, k3d, a remote one), set TRE_KUBECONFIG to its kubeconfig file and run this again: "
    "nothing is then started here. That cluster must enforce NetworkPolicy and have a default StorageClass."
)
