"""The declarative base and the column types that all tables share."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import DateTime, Enum, MetaData
from sqlalchemy.orm import DeclarativeBase, mapped_column

_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table of ours. A table with ``info={"state": True}`` may change only beside an audit event (design §3)."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012  # SQLAlchemy's own declared shape


def str_enum(kind: type[StrEnum], length: int = 24) -> Enum:
    """A column type that keeps ``kind`` as text and gives back its members; a new member needs no migration."""
    return Enum(
        kind, native_enum=False, create_constraint=False, length=length, values_callable=lambda e: [m.value for m in e]
    )


STATE = {"info": {"state": True}}

__all__ = ["STATE", "Base", "mapped_column", "str_enum"]
