"""The page on which a person chooses the kind of notebook."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tre.core.errors import TreError
from tre.spawner.hubclient import HubApi


def options_form(profiles: Sequence[Mapping[str, Any]]) -> str:
    """Radio buttons, the first one chosen; the hub's page puts the form and the button around them."""
    rows = []
    for number, profile in enumerate(profiles):
        name, title = escape(str(profile["name"]), quote=True), escape(str(profile["title"]))
        size = f"{float(profile['cpu']):g} cœurs, {int(profile['memory_mib']) / 1024:g} Gio"
        checked = " checked" if number == 0 else ""
        rows.append(
            f'<div class="form-check"><input class="form-check-input" type="radio" name="profile" id="p-{name}" '
            f'value="{name}"{checked}><label class="form-check-label" for="p-{name}">{title} '
            f"<small>({size})</small></label></div>"
        )
    legend = '<legend lang="fr">Choisir un environnement <span lang="en">(choose a workspace)</span></legend>'
    return f"<fieldset>{legend}{''.join(rows)}</fieldset>"


def form_of(api: HubApi) -> Any:
    """The callable that the spawner's ``options_form`` takes; without profiles there is no form."""

    async def form(spawner: Any) -> str:
        try:
            answer = await api.call("GET", "/profiles")
        except TreError as refused:
            spawner.log.warning("profiles unavailable: %s", refused.code)
            return ""
        return options_form(answer.get("profiles") or [])

    return form
