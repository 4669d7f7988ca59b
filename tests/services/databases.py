"""One template database a session, one copy of it a test: every test has the real schema, guards and roles."""

import uuid
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from tests.services.postgres import PostgresServer
from tre.db.migrate import install_schema
from tre.db.roles import create_roles
from tre.db.session import Database, make_engine

TEMPLATE = "tre_template"


@dataclass
class Databases:
    """Makes and drops databases; ``fresh()`` is one with schema, guards and roles, empty of rows."""

    server: PostgresServer
    _opened: dict[str, list[Database]] = field(default_factory=dict)

    def prepare(self) -> "Databases":
        self._admin(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        engine = make_engine(self.server.url(TEMPLATE))
        with engine.begin() as connection:
            create_roles(connection)
            install_schema(connection)
        engine.dispose()
        return self

    def fresh(self) -> str:
        name = f"t_{uuid.uuid4().hex[:12]}"
        self._admin(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        self._opened[name] = []
        return name

    def connect(self, name: str, role: str) -> Database:
        """A Database of one of the roles ``tre_owner``, ``tre_app``, ``tre_sealer``."""
        database = Database(make_engine(self.server.url(name, role)))
        self._opened[name].append(database)
        return database

    def drop(self, name: str) -> None:
        for database in self._opened.pop(name):
            database.engine.dispose()
        self._admin(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _admin(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.server.dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement)
