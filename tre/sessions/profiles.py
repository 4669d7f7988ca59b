"""What a person may start: profiles with their image and size. The control plane decides; a hub only repeats it."""

from collections.abc import Mapping
from dataclasses import dataclass

from tre.core.errors import Invalid


@dataclass(frozen=True)
class Profile:
    """``cpu`` in cores and ``memory_mib`` are ceilings; ``cpu_request`` what is reserved."""

    name: str
    title: str
    image: str
    cpu: float = 2.0
    cpu_request: float = 0.1
    memory_mib: int = 2048
    memory_request_mib: int = 512
    spark: bool = False


PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("python", "Python", "python"),
        Profile("python-large", "Python, 6 Gio", "python", cpu=4, memory_mib=6144, memory_request_mib=1024),
        Profile("r", "R et Python", "r"),
        Profile("spark", "Python avec Spark", "python", spark=True),
    )
}
DEFAULT_PROFILE = "python"


def choose(name: str | None, images: Mapping[str, str]) -> tuple[Profile, str]:
    """The profile and its image by digest; raises Invalid ``profile-unknown`` or ``image-unavailable``."""
    profile = PROFILES.get(name or DEFAULT_PROFILE)
    if profile is None:
        raise Invalid("profile-unknown", "There is no such kind of notebook.", f"Choose one of {', '.join(PROFILES)}.")
    image = images.get(profile.image, "")
    if "@sha256:" not in image:
        raise Invalid("image-unavailable", "This kind of notebook is not installed here.", "Choose another kind.")
    return profile, image
