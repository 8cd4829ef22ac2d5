"""Starts and stops the local Cloudinary, and tells it to misbehave."""

import json
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, ClassVar

from dev.cloudinary.faults import CONTROL, Fault
from dev.ports import LOOPBACK
from dev.processes import Child, start
from dev.servers.server import LocalServer

ROOT = Path(__file__).resolve().parents[2]
DEMO_SECRET = "demo-secret-of-the-cloud"
# Calls of the Admin API in an hour, as in a paid plan; and more bytes than any plan allows.
ADMIN_LIMIT = 2000
LARGEST = 1024**3


class LocalCloudinary(LocalServer):
    """One cloud on loopback. What is in `data_dir` survives restarts, on whatever port."""

    name: ClassVar[str] = "cloudinary"

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        cloud_name: str = "demo",
        api_key: str = "123456789012345",
        api_secret: str = DEMO_SECRET,
        port: int | None = None,
        admin_limit: int = ADMIN_LIMIT,
        largest: int = LARGEST,
    ) -> None:
        """`largest`: bytes of a file at most."""
        super().__init__(data_dir, port)
        self.cloud_name = cloud_name
        self.api_key = api_key
        self.api_secret = api_secret
        self.admin_limit = admin_limit
        self.largest = largest

    @property
    def address(self) -> str:
        """The API's host, for `CLOUDINARY_UPLOAD_PREFIX`."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def options(self) -> dict[str, Any]:
        """The remote's options, as in `MEDIA_STAGING["REMOTES"]["cloudinary"]`."""
        return {
            "cloud_name": self.cloud_name,
            "api_key": self.api_key,
            "api_secret": self.api_secret,
            "upload_prefix": self.address,
            "public_url": f"{self.address}/{self.cloud_name}",
        }

    def env(self) -> dict[str, str]:
        """Return the environment variables that point the project at this server."""
        return {
            "CLOUDINARY_URL": f"cloudinary://{self.api_key}:{self.api_secret}@{self.cloud_name}",
            "CLOUDINARY_UPLOAD_PREFIX": self.address,
            "CLOUDINARY_PUBLIC_URL": f"{self.address}/{self.cloud_name}",
        }

    def launch(self) -> Child:
        options: list[object] = [self.port, self.data_dir]
        options += [self.cloud_name, self.api_key, self.api_secret]
        options += [self.admin_limit, self.largest]
        command = [sys.executable, "-m", "dev.cloudinary", *map(str, options)]
        return start(self.name, command, log=self.log, cwd=ROOT)

    def is_ready(self) -> bool:
        try:
            self.calls()
        except (OSError, HTTPException):
            return False
        return True

    # --- Control ---------------------------------------------------------------------------------

    def misbehave(self, *faults: Fault) -> None:
        """From here on; replaces what was told before."""
        self._ask("PUT", "faults", [fault.as_json() for fault in faults])

    def heal(self) -> None:
        self.misbehave()

    def limit_admin(self, calls: int) -> None:
        """Allow so many calls of the Admin API in the hour that begins now."""
        self._ask("PUT", "limit", calls)

    def calls(self) -> dict[str, int]:
        """How often each call was made since the start."""
        counted: dict[str, int] = self._ask("GET", "calls")
        return counted

    def _ask(self, method: str, what: str, told: object = None) -> Any:
        connection = HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            body = None if told is None else json.dumps(told)
            connection.request(method, f"/{CONTROL}/{what}", body)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()
