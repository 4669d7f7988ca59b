"""`tre serve`, `tre worker`, `tre kes-bridge`: the processes of the control plane."""

import click

from tre.core.settings import settings


@click.command()
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104
def serve_command(host: str) -> None:
    """Run the web application and its APIs."""
    from tre.api.serve import run  # noqa: PLC0415  # each process imports its own parts only
    from tre.worker.process import services_of  # noqa: PLC0415

    run(services_of(settings()), host)


@click.command()
def worker_command() -> None:
    """Run the worker: provisioning, drift, dates, checks, releases, the log's sealer."""
    from tre.worker.run import run  # noqa: PLC0415

    run(settings())


@click.command()
def kes_bridge_command() -> None:
    """Serve MinIO's key protocol in front of Vault transit."""
    from tre.platform.kes_bridge import serve  # noqa: PLC0415

    serve(settings())
