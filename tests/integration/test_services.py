"""The services that tests lean on are the real ones and answer."""

import hvac
import pytest
from minio import Minio
from minio.credentials import StaticProvider

from tests.services.minio import MinioServer
from tests.services.openbao import OpenBaoServer

pytestmark = pytest.mark.integration


def test_minio_keeps_a_bucket(minio: MinioServer) -> None:
    client = Minio(
        endpoint=minio.endpoint, credentials=StaticProvider(minio.access_key, minio.secret_key), secure=False,
        region=minio.region,
    )  # fmt: skip
    client.make_bucket(bucket_name="probe")
    assert client.bucket_exists(bucket_name="probe")
    client.remove_bucket(bucket_name="probe")


def test_openbao_is_initialised_and_unsealed(openbao: OpenBaoServer) -> None:
    client = hvac.Client(url=openbao.address, token=openbao.root_token)
    assert client.is_authenticated()
    assert not client.sys.is_sealed()
    assert not client.sys.read_health_status(method="GET")["standby"]
