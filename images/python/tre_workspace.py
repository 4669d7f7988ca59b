"""The project's data at once, from pandas, polars, DuckDB and Spark; R uses the same functions through reticulate.

Where things are is told by the session: AWS_ENDPOINT_URL_S3 (address), AWS_SHARED_CREDENTIALS_FILE (a mounted file,
valid as long as the session), AWS_CA_BUNDLE, AWS_REGION, SPARK_REMOTE. No function takes a key.
"""

from __future__ import annotations

import configparser
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import duckdb
    import pandas
    import polars
    import pyarrow.fs
    from pyspark.sql import SparkSession

__all__ = ["connect", "filesystem", "from_csv", "options", "read", "scan", "spark", "to_csv"]


class WorkspaceError(RuntimeError):
    """The session does not say where the data is, or its credentials have ended: restart the workspace."""


def _endpoint() -> str:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    if not endpoint:
        raise WorkspaceError("AWS_ENDPOINT_URL_S3 is not set: this is not a session of a project")
    return endpoint


def _keys() -> tuple[str, str, str]:
    """Read at each call: a file that changed is a file in force."""
    path = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE", Path.home() / ".aws" / "credentials"))
    profile = os.environ.get("AWS_PROFILE", "default")
    parser = configparser.ConfigParser()
    if not parser.read(path, encoding="utf-8") or not parser.has_section(profile):
        raise WorkspaceError(f"no credentials of this session in {path}: restart the workspace")
    section = parser[profile]
    return section["aws_access_key_id"], section["aws_secret_access_key"], section.get("aws_session_token", "")


def options() -> dict[str, str]:
    """Storage options that polars and other readers based on object_store take."""
    key, secret, token = _keys()
    endpoint = _endpoint()
    found = {
        "aws_access_key_id": key,
        "aws_secret_access_key": secret,
        "aws_endpoint_url": endpoint,
        "aws_region": os.environ.get("AWS_REGION", "us-east-1"),
        "aws_allow_http": str(endpoint.startswith("http://")).lower(),
        "aws_virtual_hosted_style_request": "false",
    }
    return found | ({"aws_session_token": token} if token else {})


def filesystem() -> pyarrow.fs.S3FileSystem:
    """The project's buckets as an Arrow file system."""
    import pyarrow.fs

    key, secret, token = _keys()
    parts = urlsplit(_endpoint())
    return pyarrow.fs.S3FileSystem(
        access_key=key,
        secret_key=secret,
        session_token=token or None,
        endpoint_override=parts.netloc,
        scheme=parts.scheme,
        region=os.environ.get("AWS_REGION", "us-east-1"),
        tls_ca_file_path=os.environ.get("AWS_CA_BUNDLE") or None,
    )


def connect(database: str = ":memory:") -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that reads and writes s3:// addresses."""
    import duckdb

    key, secret, token = _keys()
    parts = urlsplit(_endpoint())
    connection = duckdb.connect(database)
    connection.load_extension(str(_httpfs()))
    if os.environ.get("AWS_CA_BUNDLE"):
        connection.execute("SET ca_cert_file = $1", [os.environ["AWS_CA_BUNDLE"]])
    values = {
        "KEY_ID": key, "SECRET": secret, "SESSION_TOKEN": token, "ENDPOINT": parts.netloc,
        "REGION": os.environ.get("AWS_REGION", "us-east-1"), "URL_STYLE": "path",
    }
    settings = ", ".join(f"{name} '{_quoted(value)}'" for name, value in values.items() if value)
    connection.execute(f"CREATE SECRET project (TYPE s3, USE_SSL {parts.scheme == 'https'}, {settings})")
    return connection


def read(address: str, **arguments: Any) -> pandas.DataFrame:
    """A table as a pandas frame: Parquet, CSV (by its name), from s3:// or from a path."""
    import pandas

    if address.startswith("s3://"):
        with filesystem().open_input_file(address.removeprefix("s3://")) as stream:
            return _reader(pandas, address)(stream, **arguments)
    return _reader(pandas, address)(address, **arguments)


def scan(address: str, **arguments: Any) -> polars.LazyFrame:
    """A table as a lazy polars frame: Parquet or CSV by its name."""
    import polars

    function = polars.scan_parquet if address.endswith((".parquet", "/")) else polars.scan_csv
    if address.startswith("s3://"):
        arguments.setdefault("storage_options", options())
    return function(address, **arguments)


def to_csv(address: str, target: str, columns: list[str] | None = None) -> None:
    """Write a table of the project (all or the named columns) to a local CSV file; R reads it from there."""
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in columns or []) or "*"
    relation = _connection(address).sql(f"SELECT {names} FROM {_table(address)}")
    relation.write_csv(target, header=True)


def from_csv(source: str, address: str) -> None:
    """Write a local CSV file as a table of the project, Parquet or CSV by its name."""
    relation = _connection(address).read_csv(source, header=True)
    writer = relation.write_parquet if address.endswith(".parquet") else relation.write_csv
    writer(address)


def spark() -> SparkSession:
    """The session of one's own Spark Connect server."""
    from pyspark.sql import SparkSession

    if not os.environ.get("SPARK_REMOTE"):
        raise WorkspaceError("SPARK_REMOTE is not set: choose the profile Spark when starting the workspace")
    return SparkSession.builder.getOrCreate()


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


def _reader(pandas: Any, address: str) -> Any:
    return pandas.read_parquet if address.endswith(".parquet") else pandas.read_csv


def _quoted(value: str) -> str:
    return value.replace("'", "''")
