"""Every remote with what is behind it, for tests that run on all of them alike.

A storage can be away (it refuses) and can hold transfers (they begin and do not end), and both
can be undone. The servers of S3 and Cloudinary are behind a proxy, which does it; the folder has
no network, so a file in its place does the one, and local copies that nobody can read to the end
the other.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

from cloudinary import uploader
from django.utils.module_loading import import_string

from dev.cloudinary.local import LocalCloudinary
from dev.ports import LOOPBACK
from dev.proxies.tcp import DelayProxy
from dev.servers.seaweedfs import SeaweedFS
from media_staging import remotes
from media_staging.models import StagedFile
from media_staging.remotes import Remote


class Storage(ABC):
    """`name` is the remote's."""

    name: ClassVar[str]

    def __init__(self, var_dir: Path) -> None:
        """`var_dir` is that of the site that uses it."""
        self.var_dir = var_dir

    @property
    @abstractmethod
    def label(self) -> str:
        """How the pages of that site call it."""

    @abstractmethod
    def env(self) -> dict[str, str]:
        """The environment of a site whose files go there, through whatever is in between."""

    @abstractmethod
    def options(self, location: str) -> dict[str, Any]:
        """The remote's options, below a prefix of a test's own, without anything in between."""

    @abstractmethod
    def replace(self, file: StagedFile, data: bytes) -> None:
        """Put other bytes in the file's place, as somebody with the right to do it would."""

    @abstractmethod
    def refuse(self) -> None:
        """Be away."""

    @abstractmethod
    def hold(self) -> None:
        """Let no transfer end that begins from here on."""

    @abstractmethod
    def resume(self) -> None:
        """Be there again, and let go of what was held."""

    def remote(self, location: str = "") -> Remote:
        """The remote, made as a site would make it."""
        remote_class = import_string(remotes.CLASSES[self.name])
        made: Remote = remote_class(**self.options(location))
        return made


class BehindProxy(Storage):
    """A storage with a server: the network in between is what fails."""

    def __init__(self, var_dir: Path, proxy: DelayProxy) -> None:
        super().__init__(var_dir)
        self.proxy = proxy

    @property
    def address(self) -> str:
        return f"http://{self.proxy.address}"

    def refuse(self) -> None:
        self.proxy.refuse()

    def hold(self) -> None:
        self.proxy.black_hole()

    def resume(self) -> None:
        self.proxy.pass_through()


class OnS3(BehindProxy):
    name = "s3"

    def __init__(self, var_dir: Path, proxy: DelayProxy, server: SeaweedFS) -> None:
        super().__init__(var_dir, proxy)
        self.server = server

    @property
    def label(self) -> str:
        return self.proxy.address

    def env(self) -> dict[str, str]:
        return {**self.server.env(), "MEDIA_REMOTE": "s3", "S3_ENDPOINT_URL": self.address}

    def options(self, location: str) -> dict[str, Any]:
        return {
            "bucket_name": self.server.bucket,
            "endpoint_url": self.server.endpoint_url,
            "access_key": self.server.access_key,
            "secret_key": self.server.secret_key,
            "region_name": "us-east-1",
            "location": location,
        }

    def replace(self, file: StagedFile, data: bytes) -> None:
        remote: Any = remotes.current()
        remote.client.put_object(Bucket=remote.bucket, Key=remote.object_key(file.key), Body=data)


class OnCloudinary(BehindProxy):
    name = "cloudinary"
    label = "Cloudinary"

    def __init__(self, var_dir: Path, proxy: DelayProxy, server: LocalCloudinary) -> None:
        super().__init__(var_dir, proxy)
        self.server = server

    def env(self) -> dict[str, str]:
        return {
            **self.server.env(),
            "MEDIA_REMOTE": "cloudinary",
            "CLOUDINARY_UPLOAD_PREFIX": self.address,
            "CLOUDINARY_PUBLIC_URL": f"{self.address}/{self.server.cloud_name}",
        }

    def options(self, location: str) -> dict[str, Any]:
        return {**self.server.options, "location": location}

    def replace(self, file: StagedFile, data: bytes) -> None:
        remote: Any = remotes.current()
        kind, public_id = remote.resource(file.key)
        options = {"public_id": public_id, "resource_type": kind, **remote.account.options()}
        uploader.upload(BytesIO(data), **options)


class OnFolder(Storage):
    name = "filesystem"
    label = "the second folder"

    @property
    def root(self) -> Path:
        return self.var_dir / "remote"

    @property
    def _local_copies(self) -> Path:
        return self.var_dir / "staging" / "files"

    def env(self) -> dict[str, str]:
        return {"MEDIA_REMOTE": "filesystem"}

    def options(self, location: str) -> dict[str, Any]:
        return {"root": self.root / location}

    def replace(self, file: StagedFile, data: bytes) -> None:
        remote: Any = remotes.current()
        remote.path(file.key).write_bytes(data)

    @property
    def _aside(self) -> Path:
        return self.root.with_name("remote.away")

    def refuse(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.rename(self._aside)
        self.root.touch()

    def hold(self) -> None:
        """Each local copy becomes a pipe: who opens it waits for one who writes."""
        for path in list(self._local_copies.rglob("*.*")):
            path.rename(held(path))
            os.mkfifo(path)

    def resume(self) -> None:
        if self._aside.exists():
            self.root.unlink()
            self._aside.rename(self.root)
        for aside in list(self._local_copies.rglob("*.held")):
            give_back(aside.with_suffix(""), aside)


def held(path: Path) -> Path:
    return path.with_name(f"{path.name}.held")


def give_back(pipe: Path, aside: Path) -> None:
    """The file takes the pipe's place; who has the pipe open reads the file's bytes there.

    The pipe is open here before it loses its name, so nobody can open it and wait in between.
    """
    data = aside.read_bytes()
    both_ends = os.open(pipe, os.O_RDWR)
    aside.replace(pipe)
    writing = os.open(f"/proc/self/fd/{both_ends}", os.O_WRONLY)
    os.close(both_ends)
    with suppress(BrokenPipeError), os.fdopen(writing, "wb", buffering=0) as target:
        target.write(data)


NAMES = [OnS3.name, OnCloudinary.name, OnFolder.name]


@contextmanager
def storage_of(
    name: str, fixture: Callable[[str], Any], var_dir: Path, round_trip_seconds: float = 0
) -> Iterator[Storage]:
    """The storage of that name; `fixture` gives the running server behind it."""
    if name == OnFolder.name:
        yield OnFolder(var_dir)
        return
    server = fixture(f"{name}_server")
    with DelayProxy(LOOPBACK, server.port, round_trip_seconds) as proxy:
        made = OnS3 if name == OnS3.name else OnCloudinary
        yield made(var_dir, proxy, server)
