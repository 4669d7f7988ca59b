"""Tables of the catalogue, of extracts and of attachments."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tre.db.base import STATE, Base


class Dataset(Base):
    """A catalogue entry. ``name`` is what authorisations call it."""

    __tablename__ = "dataset"
    __table_args__ = STATE
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    owner: Mapped[str] = mapped_column(String(200))
    producer_id: Mapped[str | None] = mapped_column(String(40))  # the person who is told of uses and results
    description: Mapped[str] = mapped_column(String(8000))
    period: Mapped[str] = mapped_column(String(200))
    conditions: Mapped[str] = mapped_column(String(4000))
    classification: Mapped[str] = mapped_column(String(40), default="high")  # high risk unless analysed (SNDS 3.4)
    created_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]


class DatasetVersion(Base):
    """A version with its variables; published once, then never changed."""

    __tablename__ = "dataset_version"
    __table_args__ = (UniqueConstraint("dataset_id", "label"), STATE)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("dataset.id"), index=True)
    label: Mapped[str] = mapped_column(String(40))
    variables: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)  # [{"name": …, "description": …}]
    state: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    published_by: Mapped[str | None] = mapped_column(String(40))
    published_at: Mapped[datetime | None]

    @property
    def names(self) -> frozenset[str]:
        """The names of its variables."""
        return frozenset(str(variable["name"]) for variable in self.variables)


class Extract(Base):
    """The files of one version for one project, as a steward loads them."""

    __tablename__ = "dataset_extract"
    __table_args__ = STATE
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), index=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("dataset_version.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    loaded_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(String(40))
    approved_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)  # why it was refused: codes and places
    attempts: Mapped[int] = mapped_column(default=0)


class ExtractFile(Base):
    """One file of an extract: declared by the manifest, received in parts, verified whole."""

    __tablename__ = "dataset_extract_file"
    __table_args__ = (UniqueConstraint("extract_id", "name"), STATE)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    extract_id: Mapped[str] = mapped_column(ForeignKey("dataset_extract.id"), index=True)
    name: Mapped[str] = mapped_column(String(1024))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    columns: Mapped[list[str] | None] = mapped_column(JSONB)
    staged_key: Mapped[str | None] = mapped_column(String(200))
    staged_version: Mapped[str | None] = mapped_column(String(120))
    input_key: Mapped[str | None] = mapped_column(String(1200))
    input_version: Mapped[str | None] = mapped_column(String(120))


class UploadPart(Base):
    """A received part of a file: parts may come in any order, and twice."""

    __tablename__ = "dataset_upload_part"
    __table_args__ = (UniqueConstraint("file_id", "start"), STATE)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    file_id: Mapped[str] = mapped_column(ForeignKey("dataset_extract_file.id"), index=True)
    start: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(200))
    version: Mapped[str | None] = mapped_column(String(120))


class Attachment(Base):
    """A dataset version in a project: proposed by one person, approved by a steward who did not ask."""

    __tablename__ = "dataset_attachment"
    __table_args__ = (
        Index(
            "uq_dataset_attachment_open",
            "slug",
            "version_id",
            unique=True,
            postgresql_where="state IN ('proposed', 'approved')",
        ),
        STATE,
    )
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), index=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("dataset_version.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(40))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(4000))
