"""The applications of the control plane: people's, the hubs', the workspaces', the ingress's (docs/architecture.md)."""

from collections.abc import Sequence
from importlib import import_module

from fastapi import APIRouter, Depends, FastAPI

from tre import __version__
from tre.api import access, middleware, ops
from tre.api.context import Services
from tre.api.limits import Limits
from tre.api.problems import install_problem_handlers
from tre.core.settings import Settings
from tre.platform.oidc import OidcClient

API_ROUTES = ("projects", "people", "datasets", "egress", "audit", "alerts", "openapi")
HUB_ROUTES = ("hubapi", "sources")
WORKSPACE_ROUTES = ("workspace", "claim")
INGRESS_ROUTES = ("ingress",)
# The identity provider calls it from its own host, with a signed token instead of a cookie.
# A witness hands over a signature that proves itself.
# A notebook's pod claims with its nonce; the workspace listener knows no cookie.
_NO_ORIGIN_CHECK = frozenset({"auth.backchannel-logout", "workspace.claim", "audit.cosign"})


def create_app(services: Services, oidc: OidcClient | None = None) -> FastAPI:
    """People's application: pages and `/api/v1`. Raises AccessTableError when a route has no row in the table."""
    from tre.web.app import install_pages  # noqa: PLC0415  # pages need the routers of this package, not the reverse

    app = _application(services, "web", "Trusted research environment")
    app.state.oidc = oidc or OidcClient(services.settings)
    _include(app, API_ROUTES, "/api/v1")
    _include(app, ("auth",), "")
    error_page = install_pages(app)
    return _finish(app, error_page=error_page, csp=_csp(services.settings))


def create_hubapi(services: Services) -> FastAPI:
    """The hubs' listener (`/internal/v1`): service tokens only."""
    app = _application(services, "hub", "Hub API")
    _include(app, HUB_ROUTES, "/internal/v1")
    return _finish(app)


def create_workspace_api(services: Services) -> FastAPI:
    """The notebooks' listener (`/workspace/v1`): session tokens only, never the management API (design §5)."""
    app = _application(services, "session", "Workspace API")
    _include(app, WORKSPACE_ROUTES, "/workspace/v1")
    return _finish(app)


def create_ingress_api(services: Services) -> FastAPI:
    """The ingress controller's listener (`/ingress/v1`): which hosts there are; network policy admits Traefik alone."""
    app = _application(services, "ingress", "Ingress API")
    _include(app, INGRESS_ROUTES, "/ingress/v1")
    return _finish(app)


def _application(services: Services, listener: str, title: str) -> FastAPI:
    app = FastAPI(
        title=title, version=__version__, docs_url=None, redoc_url=None, openapi_url=None,
        dependencies=[Depends(access.enforce)],
    )  # fmt: skip
    app.state.services = services
    app.state.listener = listener
    app.state.no_origin_check = _NO_ORIGIN_CHECK
    app.state.access = access.cached_table(access.table_file(services.settings.policies_dir))
    app.include_router(ops.router)
    if listener == "hub":
        app.include_router(ops.internal)
    return app


def _include(app: FastAPI, names: Sequence[str], prefix: str) -> None:
    for name in names:
        router: APIRouter = import_module(f"tre.api.routes.{name}").router
        app.include_router(router, prefix="" if router.prefix.startswith(prefix or "\0") else prefix)


def _csp(settings: Settings) -> str:
    """Forms of ours may end at the identity provider or in a workspace: Chromium checks redirects too."""
    provider = "/".join(settings.oidc_issuer.split("/")[:3])
    return middleware.content_security_policy(f"{provider} https://*.{settings.work_domain}")


def _finish(app: FastAPI, *, error_page: object = None, csp: str | None = None) -> FastAPI:
    install_problem_handlers(app, error_page)  # type: ignore[arg-type]
    access.check_complete(app, app.state.access)
    listener: str = app.state.listener
    if listener == "web":
        app.add_middleware(Limits)
    app.add_middleware(middleware.Around, listener=listener, csp=csp or middleware.content_security_policy())
    return app
