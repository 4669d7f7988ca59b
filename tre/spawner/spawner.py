"""TreSpawner: a KubeSpawner whose every decision is the control plane's, and whose pod is a pure function of it."""

from typing import Any

from jupyterhub.spawner import SpawnException
from kubernetes_asyncio.client.models import V1ObjectMeta, V1Pod
from kubespawner import KubeSpawner

from tre.core.errors import TreError
from tre.spawner.hubclient import HubApi
from tre.spawner.plan import SessionPlan, read_plan
from tre.spawner.pod import build_pod, pod_name
from tre.spawner.settings import WorkspaceSettings


class TreSpawner(KubeSpawner):  # type: ignore[misc]  # KubeSpawner is untyped
    """Overrides as little as it can; ``settings`` and ``control`` are the process's, set by the hub's configuration."""

    settings: WorkspaceSettings
    control: HubApi
    _plan: SessionPlan | None = None
    session_id: str | None = None
    _seen: bool = False

    async def load_user_options(self) -> None:
        """Ask the control plane for a session; raises SpawnException with its reason for anything but a plan.

        The person is the hub's own user, and the profile the one thing a person chooses, checked by the control plane.
        """
        self._plan = None
        person = str(self.user.name)
        try:
            wish = {"person": person, "profile": _profile(self.user_options)}
            self._plan = read_plan(await self.control.call("POST", "/sessions", wish), self.settings.project, person)
        except TreError as refused:
            raise SpawnException(f"{refused.message} {refused.remedy}", reason=refused.code) from refused
        self.session_id, self._seen = self._plan.session_id, False
        self.pod_name = pod_name(person)
        self.namespace = self.settings.namespace
        self.api_token = self.settings.client_secret(self._plan.session_id)

    async def get_pod_manifest(self) -> V1Pod:
        """The pod of the plan, used up by one start: a second start needs a second session."""
        plan, self._plan = self._plan, None
        if plan is None:
            raise SpawnException("There is no session to start.", reason="no-session")
        manifest = build_pod(plan)
        metadata = manifest["metadata"]
        metadata["namespace"] = self.namespace
        return V1Pod(api_version="v1", kind="Pod", metadata=V1ObjectMeta(**metadata), spec=manifest["spec"])

    def is_pod_running(self, pod: Any) -> bool:
        """KubeSpawner waits for its whole timeout on a pod that has failed; the person is told at once instead."""
        self._seen = self._seen or pod is not None
        gone = (pod is None and self._seen) or (pod is not None and pod["status"].get("phase") == "Failed")
        if gone and self._start_pending:
            raise SpawnException(
                "The workspace did not start: credentials, isolation or place for it could not be had. Try again.",
                reason="pod-failed",
            )
        return bool(super().is_pod_running(pod))


async def tell_stopped(spawner: Any) -> None:
    """After a stop: the session ends now. A hub that restarted meanwhile does not know it; the sweep ends it then."""
    session_id, spawner.session_id = getattr(spawner, "session_id", None), None
    if session_id is None:
        return
    try:
        await TreSpawner.control.call("POST", f"/sessions/{session_id}/ended", {"reason": "stopped"})
    except TreError as refused:
        spawner.log.warning("end of %s not told: %s", session_id, refused.code)


def _profile(options: Any) -> str | None:
    """The profile's name among the user's options, which are a person's input."""
    value = options.get("profile") if isinstance(options, dict) else None
    if isinstance(value, list):
        value = value[0] if value else None
    return value[:40] if isinstance(value, str) and value else None
