"""A real single-machine Kubernetes for the demo, the tests and CI, made from package registries alone.

Standard library only: it runs on a machine that has nothing but Python and make. See docs/operators/devcluster.md.
"""
