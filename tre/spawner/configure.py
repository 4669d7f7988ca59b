"""Every choice of the hub's configuration, with its reason. Facts on JupyterHub 6.1.1 are in the comments' sources."""

import logging
from typing import Any

from tre.spawner.authenticator import TicketAuthenticator
from tre.spawner.form import form_of
from tre.spawner.hubclient import HubApi
from tre.spawner.proxy import RememberingProxy
from tre.spawner.settings import WorkspaceSettings, secret
from tre.spawner.spawner import TreSpawner, tell_stopped

HALF_A_DAY = 12 * 3600
_access = logging.getLogger("tornado.access")


def configure(config: Any, settings: WorkspaceSettings, spawner: str = "kubernetes") -> None:
    """Fill in JupyterHub's configuration object. ``spawner``: ``kubernetes``, or a class for tests."""
    control = HubApi(settings.hubapi_url, settings.service_token)
    _network(config, settings)
    _people(config, settings, control)
    _lifetimes(config)
    TreSpawner.settings, TreSpawner.control = settings, control
    config.JupyterHub.spawner_class = TreSpawner if spawner == "kubernetes" else spawner
    _spawning(config, settings, control)


def _network(config: Any, settings: WorkspaceSettings) -> None:
    """Behind TLS ingress, without a proxy of its own; each notebook on a host of its own under the same wildcard."""
    hub = config.JupyterHub
    hub.hub_bind_url = f"http://0.0.0.0:{settings.listen_port}"
    hub.hub_connect_url = settings.hub_url
    hub.proxy_class = RememberingProxy
    config.Proxy.should_start = False
    hub.subdomain_host = settings.hub_origin
    hub.subdomain_hook = _host_of(settings)
    # `__Host-`: a script on a notebook's origin must not be able to plant the hub's cookie.
    hub.cookie_host_prefix_enabled = settings.scheme == "https"
    hub.tornado_settings = {
        "log_function": log_request,
        "headers": {
            "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; object-src 'none'; "
            "base-uri 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
            "script-src 'self' 'unsafe-inline'",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
        "cookie_options": {"samesite": "Lax", "secure": settings.scheme == "https"},
    }


def _host_of(settings: WorkspaceSettings) -> Any:
    def hook(name: str, domain: str, kind: str) -> str:
        """`<slug>--<person>.work.<domain>`: one certificate covers hubs and notebooks."""
        return settings.notebook_host(name) if kind == "user" else domain

    return hook


def _people(config: Any, settings: WorkspaceSettings, control: HubApi) -> None:
    """Whoever the control plane vouches for, and nobody with rights over others."""
    TicketAuthenticator.settings, TicketAuthenticator.control = settings, control
    config.JupyterHub.authenticator_class = TicketAuthenticator
    config.Authenticator.allow_all = True  # the ticket is the list
    config.Authenticator.admin_users = set()
    config.JupyterHub.load_roles = [
        # No `tokens`, no sharing: a person starts and stops their own server, and that is all.
        {"name": "user", "scopes": ["servers!user", "read:users!user", "access:servers!user"]},
        {"name": "token", "scopes": ["read:users:name!user"]},
        {"name": "server", "scopes": ["users:activity!user", "access:servers!server"]},
    ]
    config.JupyterHub.oauth_require_pkce = True
    config.JupyterHub.allow_named_servers = False


def _lifetimes(config: Any) -> None:
    """A working day; the control plane's end of a session cuts all of it short."""
    config.JupyterHub.cookie_max_age_days = HALF_A_DAY / 86400
    config.JupyterHub.oauth_token_expires_in = HALF_A_DAY
    config.JupyterHub.token_expires_in_max_seconds = HALF_A_DAY
    config.JupyterHub.cleanup_servers = False  # a hub that sleeps or restarts must not end anybody's work
    config.JupyterHub.cleanup_proxy = False
    config.JupyterHub.shutdown_on_logout = False


def _spawning(config: Any, settings: WorkspaceSettings, control: HubApi) -> None:
    secrets_file = settings.data_dir / "jupyterhub.sqlite"
    config.JupyterHub.db_url = f"sqlite:///{secrets_file}"
    config.JupyterHub.cookie_secret = bytes.fromhex(_key())
    config.JupyterHub.init_spawners_timeout = 5
    config.JupyterHub.template_vars = {"announcement": ""}
    config.Spawner.options_form = form_of(control)
    config.Spawner.options_from_form = "simple"
    config.Spawner.post_stop_hook = tell_stopped
    config.Spawner.start_timeout = 180
    config.Spawner.http_timeout = 90
    config.Spawner.poll_interval = 5
    config.KubeSpawner.namespace = settings.namespace
    config.KubeSpawner.storage_pvc_ensure = False
    config.KubeSpawner.delete_pvc = False
    config.KubeSpawner.enable_user_namespaces = False
    config.KubeSpawner.k8s_api_request_timeout = 10
    config.KubeSpawner.delete_grace_period = 5
    config.KubeSpawner.get_pod_url = lambda _spawner, _pod: settings.gateway_url


def _key() -> str:
    """Thirty-two bytes in hexadecimal, whatever form the secret has."""
    import hashlib  # noqa: PLC0415  # used once, at start

    return hashlib.sha256(b"hub cookies\0" + secret("crypt-key").encode()).hexdigest()


def log_request(handler: Any) -> None:
    """Who did what, without the query string: it may hold a ticket or a code."""
    request = handler.request
    user = getattr(handler, "_jupyterhub_user", None)
    name = getattr(user, "name", "")
    level = logging.INFO if handler.get_status() < 500 else logging.ERROR
    path = request.path.replace("\n", "").replace("\r", "")[:200]
    _access.log(level, "%s %s %s (%s@%s)", handler.get_status(), request.method, path, name, request.remote_ip)
