"""Words that every part shares: errors, identifiers, time, people, settings. Imports nothing of ours."""
