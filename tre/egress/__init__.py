"""Export requests, reviews and releases: nothing leaves a project unreviewed (design §7).

Pure rules: `states` (tables), `votes` and `eligibility` (what the decisions say), `visibility` (who reads what),
`permissions` (who may), `policies` (what the state allows). Verbs are gathered in `service`.
"""
