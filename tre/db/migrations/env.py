"""Alembic's entry: the connection is handed over by ``tre.db.migrate``, never read from a file."""

from alembic import context

from tre.db.models import load_models


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """The job queue's tables are its own business."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=load_models().metadata,
    include_name=_ours,
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
