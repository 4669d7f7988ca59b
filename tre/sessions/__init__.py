"""Workspace sessions, the control plane's side: tickets, sessions and their credentials (design §2, §5, §6)."""
