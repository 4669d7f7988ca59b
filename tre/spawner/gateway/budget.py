"""How much of a session's data may reach a screen: beyond a person's reading it is a file, and the session stops."""

from dataclasses import dataclass


@dataclass
class Budget:
    """Bytes shown in one session. ``warn`` is the share at which security officers are told."""

    ceiling: int = 256 << 20
    warn: float = 0.5
    used: int = 0
    warned: bool = False

    def spend(self, size: int) -> str | None:
        """Count ``size``; returns ``warning`` once, ``exceeded`` from the ceiling on, else None."""
        self.used += size
        if self.used > self.ceiling:
            return "exceeded"
        if not self.warned and self.used > self.ceiling * self.warn:
            self.warned = True
            return "warning"
        return None
