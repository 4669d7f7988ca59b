"""The project's data at once, from pandas, polars, DuckDB, Arrow and Spark; R's `tre_read` and `tre_write` call it too.

    import tre_workspace as tre
    tre.inputs()                          # what the project may read
    frame = tre.read(tre.inputs("cohorte.parquet"))
    tre.connect().sql(f"SELECT count(*) FROM '{tre.inputs('cohorte.parquet')}'")

Where things are and with which key is told by files of the session (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE,
TRE_WORKSPACE_FILE), valid as long as the session. They are read at each call. No function takes a key.
"""

# ruff: noqa: PLC0415  (a kernel imports only the library that it uses)
from __future__ import annotations

import configparser
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import duckdb
    import pandas
    import polars
    import pyarrow.fs
    from pyspark.sql import SparkSession

__all__ = [
    "WorkspaceError", "connect", "filesystem", "from_csv", "inputs", "options", "read", "scan", "spark", "to_csv",
    "work",
    "write",
]  # fmt: skip


class WorkspaceError(RuntimeError):
    """The session does not say where the data is, or its credentials have ended: restart the workspace."""


@dataclass(frozen=True)
class _Access:
    key: str
    secret: str
    token: str
    endpoint: str
    region: str
    ca_file: str

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc

    @property
    def secure(self) -> bool:
        return self.endpoint.startswith("https://")


def inputs(name: str = "") -> str:
    """The address of the project's input data, or of one file of it."""
    return _address("inputs", name)


def work(name: str = "") -> str:
    """The address of the project's working area, or of one file of it."""
    return _address("work", name)


def options() -> dict[str, str]:
    """Storage options that polars and other readers based on object_store take."""
    access = _access()
    found = {
        "aws_access_key_id": access.key,
        "aws_secret_access_key": access.secret,
        "aws_endpoint_url": access.endpoint,
        "aws_region": access.region,
        "aws_allow_http": str(not access.secure).lower(),
        "aws_virtual_hosted_style_request": "false",
    }
    return found | ({"aws_session_token": access.token} if access.token else {})


def filesystem() -> pyarrow.fs.S3FileSystem:
    """The project's buckets as an Arrow file system."""
    import pyarrow.fs

    access = _access()
    return pyarrow.fs.S3FileSystem(
        access_key=access.key,
        secret_key=access.secret,
        session_token=access.token or None,
        endpoint_override=access.host,
        scheme="https" if access.secure else "http",
        region=access.region,
        tls_ca_file_path=access.ca_file or None,
    )


def connect(database: str = ":memory:") -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that reads and writes s3:// addresses."""
    import duckdb

    access = _access()
    connection = duckdb.connect(database)
    connection.load_extension(str(_httpfs()))
    if access.ca_file:
        connection.execute(f"SET ca_cert_file = '{_quoted(access.ca_file)}'")
    values = {
        "KEY_ID": access.key,
        "SECRET": access.secret,
        "SESSION_TOKEN": access.token,
        "ENDPOINT": access.host,
        "REGION": access.region,
        "URL_STYLE": "path",
    }
    settings = ", ".join(f"{name} '{_quoted(value)}'" for name, value in values.items() if value)
    connection.execute(f"CREATE SECRET project (TYPE s3, USE_SSL {access.secure}, {settings})")
    return connection


def read(address: str, **arguments: Any) -> pandas.DataFrame:
    """A table as a pandas frame: Parquet or CSV by its name, from s3:// or a path."""
    import pandas

    reader = pandas.read_parquet if address.endswith(".parquet") else pandas.read_csv
    if not address.startswith("s3://"):
        return reader(address, **arguments)
    with filesystem().open_input_file(address.removeprefix("s3://")) as stream:
        return reader(stream, **arguments)


def write(frame: pandas.DataFrame, address: str, **arguments: Any) -> None:
    """A pandas frame as Parquet or CSV by the address's name, to s3:// or a path; without an index column."""
    arguments.setdefault("index", False)
    writer = frame.to_parquet if address.endswith(".parquet") else frame.to_csv
    if not address.startswith("s3://"):
        writer(address, **arguments)
        return
    with filesystem().open_output_stream(address.removeprefix("s3://")) as stream:
        writer(stream, **arguments)


def scan(address: str, **arguments: Any) -> polars.LazyFrame:
    """A table as a lazy polars frame: Parquet or CSV by its name."""
    import polars

    function = polars.scan_csv if address.endswith(".csv") else polars.scan_parquet
    if address.startswith("s3://"):
        arguments.setdefault("storage_options", options())
    return function(address, **arguments)


def to_csv(address: str, target: str, columns: list[str] | None = None) -> None:
    """Write a table of the project (all or the named columns) to a local CSV file; R reads it from there."""
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in columns or []) or "*"
    _connection(address).sql(f"SELECT {names} FROM {_table(address)}").write_csv(target, header=True)


def from_csv(source: str, address: str) -> None:
    """Write a local CSV file as a table of the project, Parquet or CSV by its name."""
    relation = _connection(address).read_csv(source, header=True)
    writer = relation.write_parquet if address.endswith(".parquet") else relation.write_csv
    writer(address)


def spark() -> SparkSession:
    """The session of one's own Spark Connect server."""
    from pyspark.sql import SparkSession

    remote = os.environ.get("SPARK_REMOTE") or _workspace().get("spark")
    if not remote:
        raise WorkspaceError("this session has no Spark: choose the profile with Spark when starting the workspace")
    return SparkSession.builder.remote(remote).getOrCreate()


def _access() -> _Access:
    config = _section("AWS_CONFIG_FILE")
    keys = _section("AWS_SHARED_CREDENTIALS_FILE")
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or config.get("endpoint_url", "")
    if not endpoint or "aws_access_key_id" not in keys:
        raise WorkspaceError("this session has no credentials for the project's data: restart the workspace")
    return _Access(
        key=keys["aws_access_key_id"],
        secret=keys["aws_secret_access_key"],
        token=keys.get("aws_session_token", ""),
        endpoint=endpoint,
        region=config.get("region", "us-east-1"),
        ca_file=os.environ.get("AWS_CA_BUNDLE") or config.get("ca_bundle", ""),
    )


def _section(variable: str) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(os.environ.get(variable, ""), encoding="utf-8")
    return dict(parser["default"]) if parser.has_section("default") else {}


def _workspace() -> dict[str, Any]:
    path = Path(os.environ.get("TRE_WORKSPACE_FILE", "/var/run/tre/workspace.json"))
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: this is not a session of a project") from error
    return found


def _address(area: str, name: str) -> str:
    return f"s3://{_workspace()['s3'][area]}/{name.lstrip('/')}"


def _connection(address: str) -> duckdb.DuckDBPyConnection:
    import duckdb

    return connect() if address.startswith("s3://") else duckdb.connect()


def _table(address: str) -> str:
    function = "read_parquet" if address.endswith(".parquet") else "read_csv"
    return f"{function}('{_quoted(address)}')"


def _httpfs() -> Path:
    """The extension's file in its wheel: nothing is downloaded."""
    import duckdb_extension_httpfs

    folder = Path(duckdb_extension_httpfs.__file__).parent / "extensions"
    return next(folder.glob("*/httpfs.duckdb_extension"))


def _quoted(value: str) -> str:
    return value.replace("'", "''")
