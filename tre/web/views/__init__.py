"""What pages show, gathered from the domains: frozen values, no rules."""
