"""S3 over TLS with the session's files, from every tool that researchers have."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.images.conftest import BUCKET_INPUTS, BUCKET_WORK, Session, serving
from tests.images.container import Container, Setting
from tests.services.process import free_port

pytestmark = pytest.mark.cluster
Images = Callable[[str], Container]
_CSV = "sexe,age\n" + "".join(f"{row % 2 + 1},{40 + row % 50}\n" for row in range(1000))


@pytest.fixture(scope="module")
def session(workspace: Session, image: Images) -> Session:
    """The workspace with one table in both formats among its inputs."""
    data = _CSV.encode()
    workspace.store.put_object(bucket_name=BUCKET_INPUTS, object_name="t.csv", data=io.BytesIO(data), length=len(data))
    write = (
        "import pyarrow.csv as c, pyarrow.parquet as p, tre_workspace as t;"
        "fs = t.filesystem(); table = c.read_csv(fs.open_input_file(t.inputs('t.csv')[5:]));"
        "p.write_table(table, t.inputs('t.parquet')[5:], filesystem=fs)"
    )
    image("python").python(write, workspace.setting())
    return workspace


@pytest.mark.parametrize(
    "expression",
    [
        "len(t.read(t.inputs('t.csv')))",
        "len(t.read(t.inputs('t.parquet')))",
        "t.scan(t.inputs('t.parquet')).collect().height",
        "t.scan(t.inputs('t.csv')).collect().height",
        "t.connect().sql(f\"select count(*) from '{t.inputs('t.parquet')}'\").fetchone()[0]",
        "len(pandas.read_csv(t.inputs('t.csv')))",
        "len(pandas.read_parquet(t.inputs('t.parquet')))",
        "polars.read_parquet(t.inputs('t.parquet')).height",
        "len(boto3.client('s3').get_object(Bucket='tre-demo-inputs', Key='t.csv')['Body'].read().splitlines()) - 1",
    ],
)
def test_python_reads_the_inputs(expression: str, session: Session, image: Images) -> None:
    code = f"import boto3, pandas, polars, tre_workspace as t; print({expression})"
    assert image("python").python(code, session.setting()).strip() == "1000"


@pytest.mark.parametrize("name", ["w.csv", "w.parquet"])
def test_pandas_writes_to_the_working_area(name: str, session: Session, image: Images) -> None:
    code = (
        f"import tre_workspace as t; t.write(t.read(t.inputs('t.csv')), t.work('{name}'));"
        f"print(t.read(t.work('{name}')).shape)"
    )
    assert image("python").python(code, session.setting()).strip() == "(1000, 2)"


def test_duckdb_writes_to_the_working_area(session: Session, image: Images) -> None:
    code = (
        "import tre_workspace as t; c = t.connect();"
        "c.sql(f\"copy (select sexe, count(*) n from '{t.inputs('t.csv')}' group by 1) to '{t.work('n.csv')}'\");"
        "print(t.read(t.work('n.csv')).n.sum())"
    )
    assert image("python").python(code, session.setting()).strip() == "1000"


def test_r_reads_and_writes(session: Session, image: Images) -> None:
    script = (
        "d <- tre_read(tre_inputs('t.parquet')); tre_write(aggregate(age ~ sexe, d, length), tre_work('r.parquet'));"
        "cat(sum(tre_read(tre_work('r.parquet'))$age), ncol(tre_read(tre_inputs('t.csv'), 'age')))"
    )
    assert image("r").check(["Rscript", "-e", script], session.setting()).strip().endswith("1000 1")


def test_without_a_session_the_message_says_so(image: Images) -> None:
    done = image("python").run(["python", "-c", "import tre_workspace as t; t.read('s3://b/t.csv')"])
    assert done.returncode != 0
    assert "restart the workspace" in done.stderr


@pytest.fixture(scope="module")
def spark(session: Session, image: Images) -> Iterator[str]:
    """A Spark Connect server out of its image; its address."""
    port = free_port()
    setting = session.setting(timeout=180)
    setting = Setting(
        env={**setting.env, "SPARK_MASTER": "local[1]", "SPARK_LOCAL_IP": "127.0.0.1"}, writable=("/tmp",),
        binds=setting.binds, host_network=True, timeout=180,
    )  # fmt: skip
    command = [*image("spark").config["Entrypoint"], "connect", "--conf", f"spark.connect.grpc.binding.port={port}"]
    # gRPC answers no GET; an error other than a refused connection means that it listens.
    with serving(image("spark"), command, setting, lambda: _listens(port)):
        yield f"sc://localhost:{port}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.requirement("2.1.10")
def test_spark_reads_the_inputs_and_writes(spark: str, session: Session, image: Images) -> None:
    base = session.setting(timeout=180)
    setting = Setting({**base.env, "SPARK_REMOTE": spark}, base.writable, base.binds, True, 180)
    code = (
        "import tre_workspace as t; s = t.spark(); f = s.read.parquet(t.inputs('t.parquet'));"
        "f.groupBy('sexe').count().write.mode('overwrite').parquet(t.work('spark'));"
        "print(f.count(), s.read.parquet(t.work('spark')).count(), f.groupBy('sexe').count().toPandas()['count'].sum())"
    )
    assert image("python").python(code, setting).strip().endswith("1000 2 1000")
    assert list(session.store.list_objects(bucket_name=BUCKET_WORK, prefix="spark/", recursive=True))


def test_spark_runs_python_functions(spark: str, session: Session, image: Images) -> None:
    base = session.setting(timeout=180)
    setting = Setting({**base.env, "SPARK_REMOTE": spark}, base.writable, base.binds, True, 180)
    code = (
        "import tre_workspace as t; from pyspark.sql.functions import udf; s = t.spark();"
        "print(s.range(10).select(udf(lambda x: x * 2, 'long')('id').alias('d')).agg({'d': 'sum'}).collect()[0][0])"
    )
    assert image("python").python(code, setting).strip().endswith("90")
