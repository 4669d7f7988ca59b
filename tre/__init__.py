"""Control plane of a trusted research environment for health data."""

__version__ = "0.1.0"
