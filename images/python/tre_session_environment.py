"""Read at every start of Python in a workspace: tools that know only variables learn the object store's address.

Arrow and polars do not read `endpoint_url` from AWS_CONFIG_FILE. An address is no secret; keys stay in their file.
"""

import os


def _apply() -> None:
    try:
        with open(os.environ["AWS_CONFIG_FILE"], encoding="utf-8") as stream:
            pairs = [line.split("=", 1) for line in stream if "=" in line and not line[0].isspace()]
    except (KeyError, OSError):
        return
    values = {key.strip(): value.strip() for key, value in pairs}
    for setting, variables in {
        "endpoint_url": ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"),
        "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    }.items():
        for variable in variables:
            if values.get(setting):
                os.environ.setdefault(variable, values[setting])


_apply()
