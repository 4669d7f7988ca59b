"""Witnesses' signatures and what purged events leave of themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_cosignature",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_cosignature")),
    )
    op.create_index(op.f("ix_audit_cosignature_name"), "audit_cosignature", ["name"], unique=False)
    op.create_table(
        "audit_tombstone",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("purge", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_tombstone")),
    )
    op.create_index(op.f("ix_audit_tombstone_purge"), "audit_tombstone", ["purge"], unique=False)
