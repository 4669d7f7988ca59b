"""Engine and transactions."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker


def make_engine(url: str) -> Engine:
    """An engine for PostgreSQL (``postgresql+psycopg://…``), pinged before use: a server restart is felt once."""
    return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)


class Database:
    """Hands out transactions; one per call, committed at its end or rolled back whole."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._factory = sessionmaker(engine, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose changes commit together with their audit events, or not at all."""
        with self._factory.begin() as session:
            yield session
