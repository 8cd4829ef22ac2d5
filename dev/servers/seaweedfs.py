"""A real S3 server: SeaweedFS, from its wheel."""

import shutil
import sys
import tempfile
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import ClassVar

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from dev.ports import LOOPBACK, free_port, free_port_pair, release
from dev.processes import Child, start
from dev.servers.server import LocalServer

REGION = "us-east-1"
DEMO_SECRET = "demo-secret-key"

# The worker inside `weed mini` dials the admin's gRPC port at this distance, whatever the options.
_ADMIN_GRPC_DISTANCE = 10_000

_UNIX_SOCKET_PATH_LIMIT = 107


class SeaweedFS(LocalServer):
    """SeaweedFS on loopback with one bucket, ready when a signed PUT has been stored.

    Data in `data_dir` survives restarts, on whatever ports. It refuses other secrets and bodies
    that do not have the checksum they are sent with.
    """

    name: ClassVar[str] = "seaweedfs"
    # It takes seconds over a clean stop, and keeps acknowledged writes without one.
    stop_seconds: ClassVar[float] = 0.3

    def __init__(
        self,
        data_dir: Path | None = None,
        bucket: str = "media",
        access_key: str = "demo",
        secret_key: str = DEMO_SECRET,
        port: int | None = None,
        memory_limit: str = "384MiB",
    ) -> None:
        """`memory_limit` is the soft limit of its Go runtime (GOMEMLIMIT), for example `384MiB`."""
        super().__init__(data_dir, port)
        self.bucket = bucket
        self.access_key = access_key
        self.secret_key = secret_key
        self.memory_limit = memory_limit
        self.inner_ports: dict[str, int] = {}
        self._socket_dir: Path | None = None

    @property
    def endpoint_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def env(self) -> dict[str, str]:
        """Return the environment variables that point the project at this server."""
        return {
            "S3_BUCKET": self.bucket,
            "S3_ENDPOINT_URL": self.endpoint_url,
            "S3_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }

    def launch(self) -> Child:
        self._remove_grpc_sockets()
        self._release_inner_ports()
        self.inner_ports = _inner_ports()
        self._write_down_grpc_sockets()
        self._forget_old_masters()
        options = {
            "dir": self.data_dir,
            "ip": LOOPBACK,
            "ip.bind": LOOPBACK,
            "bucket": self.bucket,
            "master.telemetry": "false",
            "webdav": "false",
            "admin.ui": "false",
            "s3.port": self.port,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.localSocket": self._socket("s3"),
            "filer.localSocket": self._socket("filer"),
            **self.inner_ports,
        }
        return start(
            self.name,
            [_weed(), "-logtostderr", "mini", *(f"-{key}={val}" for key, val in options.items())],
            log=self.log,
            cwd=self.data_dir,
            env={
                "AWS_ACCESS_KEY_ID": self.access_key,
                "AWS_SECRET_ACCESS_KEY": self.secret_key,
                "GOMEMLIMIT": self.memory_limit,
                "TMPDIR": str(self.data_dir),
            },
        )

    def is_ready(self) -> bool:
        """Store and delete a probe, so that nobody's first PUT pays for setting up the bucket."""
        try:
            return self._signed("PUT", b"probe") == 200 and self._signed("DELETE") == 204
        except (OSError, HTTPException):
            return False

    def clean_up(self) -> None:
        self._remove_grpc_sockets()
        self._release_inner_ports()
        if self._socket_dir not in (None, self._data_dir):
            shutil.rmtree(str(self._socket_dir), ignore_errors=True)
        self._socket_dir = None
        super().clean_up()

    def _release_inner_ports(self) -> None:
        for port in self.inner_ports.values():
            release(port)

    @property
    def _socket_list(self) -> Path:
        return self.data_dir / "sockets.txt"

    def _write_down_grpc_sockets(self) -> None:
        """Note the sockets the server is about to make: outside its folder, wherever TMPDIR is."""
        ports = {key: port for key, port in self.inner_ports.items() if key.endswith(".grpc")}
        roles = {key.partition(".")[0]: port for key, port in ports.items()}
        paths = [f"/tmp/seaweedfs-{role}-grpc-{port}.sock" for role, port in roles.items()]  # noqa: S108
        self._socket_list.write_text("\n".join(paths))

    def _remove_grpc_sockets(self) -> None:
        """Remove the sockets of the last start in this folder; a killed server leaves them."""
        if self._socket_list.exists():
            for path in self._socket_list.read_text().splitlines():
                Path(path).unlink(missing_ok=True)

    def _signed(self, method: str, body: bytes = b"") -> int:
        url = f"{self.endpoint_url}/{self.bucket}/.probe"
        request = AWSRequest(method=method, url=url, data=body)
        credentials = Credentials(self.access_key, self.secret_key)
        S3SigV4Auth(credentials, "s3", REGION).add_auth(request)
        connection = HTTPConnection(LOOPBACK, self.port, timeout=2)
        try:
            connection.request(method, f"/{self.bucket}/.probe", body, dict(request.headers))
            return connection.getresponse().status
        finally:
            connection.close()

    def _socket(self, role: str) -> Path:
        """Return a socket path, in the data folder unless the kernel finds that too long."""
        if self._socket_dir is None:
            fits = len(str(self.data_dir / "filer.sock")) <= _UNIX_SOCKET_PATH_LIMIT
            self._socket_dir = self.data_dir if fits else Path(tempfile.mkdtemp(prefix="weed-"))
        return self._socket_dir / f"{role}.sock"

    def _forget_old_masters(self) -> None:
        """Remove the cluster state of earlier ports; the volumes themselves tell what they hold."""
        for folder in self.data_dir.glob("m[0-9]*"):
            shutil.rmtree(folder, ignore_errors=True)


def _weed() -> Path:
    return Path(sys.executable).with_name("weed")


def _inner_ports() -> dict[str, int]:
    admin, admin_grpc = free_port_pair(_ADMIN_GRPC_DISTANCE)
    options = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc"]
    options += ["filer.port", "filer.port.grpc", "s3.port.grpc"]
    ports = {option: free_port() for option in options}
    return {"admin.port": admin, "admin.port.grpc": admin_grpc, **ports}
