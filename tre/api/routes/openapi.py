"""The description of the API (requirement TIR-4): every route of `/api/v1`, and nothing of the pages."""

from typing import Any

from fastapi import APIRouter, Request

router = APIRouter(tags=["description"])


@router.get("/openapi.json", name="api.openapi", include_in_schema=False)
def openapi(request: Request) -> dict[str, Any]:
    """OpenAPI 3.1."""
    document: dict[str, Any] = request.app.openapi()
    return document
