"""Health, readiness and metrics: for the cluster, with nothing about people or projects in them."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from tre.api.deps import Svc
from tre.core.errors import Unavailable

router = APIRouter(tags=["operations"], include_in_schema=False)
internal = APIRouter(tags=["operations"], include_in_schema=False)  # never on the listener that the ingress exposes


@router.get("/healthz", name="ops.health")
def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", name="ops.ready")
def ready(services: Svc) -> dict[str, str]:
    """The database answers; without it no call could be decided or recorded."""
    try:
        with services.db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except Exception as failure:
        raise Unavailable(
            "database-unavailable", "The database does not answer.", "See the operator's guide."
        ) from failure
    return {"status": "ready"}


@internal.get("/metrics", name="ops.metrics")
def metrics() -> Response:
    """Prometheus exposition."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
