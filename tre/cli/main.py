"""The command `tre`. Subcommands are loaded when asked for: `tre check` must start in a fraction of a second."""

from importlib import import_module

import click

from tre import __version__

# name -> (module, attribute, one line of help); data, so that listing them imports nothing
COMMANDS: dict[str, tuple[str, str, str]] = {
    "check": ("tre.cli.check", "check_command", "Check output files for disclosure risk."),
    "protect": ("tre.cli.check", "protect_command", "Propose a protected version of a table or file."),
    "audit": ("tre.cli.audit", "audit_group", "Verify and search the audit log."),
    "witness": ("tre.cli.witness", "witness_group", "Follow a log from outside and sign beside it."),
    "project": ("tre.cli.project", "project_group", "Projects: render, show, provision, close."),
    "request": ("tre.cli.request", "request_group", "Export requests from inside a workspace."),
    "serve": ("tre.cli.serve", "serve_command", "Run the web application and its APIs."),
    "worker": ("tre.cli.serve", "worker_command", "Run the worker."),
    "kes-bridge": ("tre.cli.serve", "kes_bridge_command", "Serve MinIO's key protocol in front of Vault transit."),
    "wait": ("tre.cli.wait", "wait_command", "Wait until database, Vault and object store are set up."),
    "vault-init": ("tre.cli.wait", "vault_init_command", "Initialise Vault on its first start."),
    "db": ("tre.cli.db", "db_group", "Migrate the database."),
    "platform": ("tre.cli.platform", "platform_group", "Set up Vault, object store and first roles."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, _, help_text) in COMMANDS.items()])


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="tre")
def main() -> None:
    """Secure analysis workspaces for health data."""
