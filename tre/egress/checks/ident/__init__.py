"""Identifiers: check digits, patterns, names of SNDS variables. Shared by the rules of ID and MIC."""
