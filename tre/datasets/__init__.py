"""Catalogue of datasets, ingress of per-project extracts, attachment to projects (design §6, requirement 3.1.13).

What reaches a project's `inputs`: an extract that one steward loaded, the engine searched for identifiers, another
steward approved, of a version that an agent proposed to attach and a steward who did not ask approved.
"""
