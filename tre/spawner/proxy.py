"""The hub's idea of a proxy, without one: the ingress routes hosts to hub and gateway (docs/decisions/0003)."""

from typing import Any

from jupyterhub.proxy import Proxy


class RememberingProxy(Proxy):  # type: ignore[misc]  # JupyterHub is untyped
    """Remembers the routes that the hub adds, so that its checks agree with themselves; forwards nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._routes: dict[str, dict[str, Any]] = {}

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        """Remember one."""
        spec = self.validate_routespec(routespec)
        self._routes[spec] = {"routespec": spec, "target": target, "data": data}

    async def delete_route(self, routespec: str) -> None:
        """Forget one."""
        self._routes.pop(self.validate_routespec(routespec), None)

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        """All that are remembered."""
        return dict(self._routes)
