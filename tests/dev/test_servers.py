"""The local servers are real: they answer, refuse a wrong secret, come back, and leave nothing."""

import base64
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
import redis
from botocore.exceptions import ClientError

from dev.ports import LOOPBACK, free_port, release, reserve
from dev.processes import wait_for
from dev.servers.postgres import Postgres
from dev.servers.seaweedfs import REGION, SeaweedFS
from dev.servers.server import LocalServer, ServerError
from dev.servers.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]


def s3_client(server: SeaweedFS, secret: str | None = None) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint_url,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=secret or server.secret_key,
        region_name=REGION,
    )


def grpc_sockets(server: SeaweedFS) -> list[Path]:
    ports = set(server.inner_ports.values())
    sockets = Path("/tmp").glob("seaweedfs-*-grpc-*.sock")  # noqa: S108
    return [path for path in sockets if int(path.stem.rpartition("-")[2]) in ports]


def group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


# --- SeaweedFS ---


@pytest.fixture(scope="module")
def s3() -> Iterator[SeaweedFS]:
    with SeaweedFS() as server:
        yield server


def test_s3_stores_and_returns_an_object(s3: SeaweedFS) -> None:
    client = s3_client(s3)
    client.put_object(Bucket=s3.bucket, Key="a/photo.jpg", Body=b"bytes")
    assert client.get_object(Bucket=s3.bucket, Key="a/photo.jpg")["Body"].read() == b"bytes"


def test_s3_leaves_no_probe_in_the_bucket() -> None:
    with SeaweedFS() as server:
        assert s3_client(server).list_objects_v2(Bucket=server.bucket)["KeyCount"] == 0


def test_s3_refuses_a_wrong_secret(s3: SeaweedFS) -> None:
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        s3_client(s3, "wrong").put_object(Bucket=s3.bucket, Key="x", Body=b"x")


def test_s3_refuses_a_wrong_checksum(s3: SeaweedFS) -> None:
    other = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    with pytest.raises(ClientError, match="BadDigest"):
        s3_client(s3).put_object(Bucket=s3.bucket, Key="x", Body=b"x", ChecksumSHA256=other)


def test_s3_environment_names_the_variables_of_the_settings(s3: SeaweedFS) -> None:
    assert s3.env() == {
        "S3_BUCKET": "media",
        "S3_ENDPOINT_URL": f"http://{LOOPBACK}:{s3.port}",
        "S3_REGION": REGION,
        "AWS_ACCESS_KEY_ID": s3.access_key,
        "AWS_SECRET_ACCESS_KEY": s3.secret_key,
    }


def test_s3_keeps_its_objects_over_a_crash_and_on_other_ports(tmp_path: Path) -> None:
    crashed = SeaweedFS(tmp_path).start()
    for number in range(20):
        body = bytes([number]) * 50_000
        s3_client(crashed).put_object(Bucket="media", Key=str(number), Body=body)
    crashed.kill()
    assert grpc_sockets(crashed)
    with SeaweedFS(tmp_path) as server:
        assert not grpc_sockets(crashed)
        assert server.port != crashed.port
        for number in range(20):
            answer = s3_client(server).get_object(Bucket="media", Key=str(number))
            assert answer["Body"].read() == bytes([number]) * 50_000


def test_s3_removes_its_sockets_and_temporary_folder() -> None:
    server = SeaweedFS().start()
    folder = server.data_dir
    server.stop()
    assert not folder.exists()
    assert not grpc_sockets(server)


def test_s3_works_below_a_folder_with_a_long_name(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 25)
    with SeaweedFS(folder) as server:
        s3_client(server).put_object(Bucket="media", Key="x", Body=b"x")


# --- Valkey ---


def test_valkey_answers() -> None:
    with Valkey() as server:
        client = redis.Redis.from_url(server.url)
        client.set("key", "value")
        assert client.get("key") == b"value"


def test_valkey_refuses_a_wrong_password() -> None:
    with Valkey(password="right") as server:
        assert redis.Redis.from_url(server.url).ping()
        wrong = server.url.replace("right", "wrong")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(wrong).ping()


def test_valkey_comes_back_empty_on_the_same_port_after_a_crash() -> None:
    with Valkey() as server:
        url = server.url
        redis.Redis.from_url(url).set("key", "value")
        server.kill()
        with pytest.raises(redis.ConnectionError):
            redis.Redis.from_url(url).ping()
        server.start()
        assert redis.Redis.from_url(url).get("key") is None


def test_a_paused_valkey_is_silent_until_it_continues() -> None:
    with Valkey() as server:
        client = redis.Redis.from_url(server.url, socket_timeout=0.2)
        server.pause()
        with pytest.raises(redis.TimeoutError):
            client.ping()
        server.resume()
        assert client.ping()


def test_a_paused_server_can_be_stopped() -> None:
    server = Valkey().start()
    group = server.child.pid
    server.pause()
    server.stop()
    assert group_is_gone(group)


# --- PostgreSQL ---


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres(settings={"max_connections": "17"}) as server:
        yield server


def setting(server: Postgres, name: str) -> str:
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def test_postgres_is_durable_as_by_default(postgres: Postgres) -> None:
    assert postgres.url.startswith("postgres://")
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert setting(postgres, name) == "on"


def test_postgres_takes_further_settings(postgres: Postgres) -> None:
    assert setting(postgres, "max_connections") == "17"


def test_postgres_knows_upper_case_beyond_ascii(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT upper('çé')").fetchone() == ("ÇÉ",)


def test_postgres_refuses_a_wrong_password(postgres: Postgres) -> None:
    wrong = postgres.url.replace(postgres.password, "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_postgres_keeps_its_data_over_a_crash(tmp_path: Path) -> None:
    with Postgres(tmp_path / "data") as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        server.kill()
        server.start()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_postgres_stops_while_a_client_is_connected() -> None:
    server = Postgres().start()
    connection = psycopg.connect(server.url)
    group = server.child.pid
    server.stop()
    assert group_is_gone(group)
    connection.close()


# --- What they have in common ---

SERVERS = [SeaweedFS, Valkey, Postgres]


@pytest.mark.parametrize("kind", SERVERS)
def test_stopping_leaves_no_process_and_no_folder(kind: type[LocalServer]) -> None:
    server = kind().start()
    group, folder = server.child.pid, server.data_dir
    server.stop()
    server.stop()
    assert group_is_gone(group)
    assert not folder.exists()


@pytest.mark.parametrize("kind", SERVERS)
def test_a_server_dies_with_the_process_that_started_it(
    kind: type[LocalServer], tmp_path: Path
) -> None:
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        f"from {kind.__module__} import {kind.__name__} as Server\n"
        "server = Server(Path(sys.argv[1])).start()\n"
        "print(server.child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "data")], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert owner.stdout is not None
    group = int(owner.stdout.readline())
    assert not group_is_gone(group)
    owner.send_signal(signal.SIGKILL)
    owner.wait(5)
    owner.stdout.close()
    assert wait_for(lambda: group_is_gone(group), 10)
    kind(tmp_path / "data").clean_up()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing() -> None:
    server = Postgres(settings={"max_connections": "none"})
    with pytest.raises(ServerError, match="max_connections"):
        server.start()
    with pytest.raises(ServerError, match="not started"):
        server.pause()


def test_a_reserved_port_goes_to_nobody_else() -> None:
    port = free_port()
    assert not reserve(port)
    assert len({free_port() for _ in range(50)}) == 50
    release(port)
    assert reserve(port)
