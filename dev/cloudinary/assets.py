"""What is stored: bytes and one JSON file per asset in a folder, all of it known in memory too."""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

# Endings by Pillow's names.
FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "AVIF": "avif"}


@dataclass
class Asset:
    public_id: str
    resource_type: str
    format: str
    bytes: int
    etag: str
    width: int | None = None
    height: int | None = None
    context: dict[str, str] = field(default_factory=dict)
    version: int = 0
    created_at: str = ""
    asset_id: str = field(default_factory=lambda: secrets.token_hex(16))
    version_id: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def name(self) -> str:
        """The name that it is delivered under."""
        return self.public_id if self.resource_type == "raw" else f"{self.public_id}.{self.format}"


class Assets:
    """Safe for many threads; survives a kill at any moment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Files being received; on the same disk, so that they are moved, not copied.
        self.incoming = folder / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._busy = [threading.Lock() for _ in range(64)]
        self._known: dict[tuple[str, str], Asset] = {}
        for path in folder.glob("*.json"):
            asset = Asset(**json.loads(path.read_text()))
            self._known[asset.resource_type, asset.public_id] = asset

    @contextmanager
    def one_at_a_time(self, resource_type: str, public_id: str) -> Iterator[None]:
        """Between looking whether an asset is there and storing it, nobody else does the same."""
        with self._busy[hash((resource_type, public_id)) % len(self._busy)]:
            yield

    def get(self, resource_type: str, public_id: str) -> Asset | None:
        return self._known.get((resource_type, public_id))

    def listed(self, resource_type: str, prefix: str) -> list[Asset]:
        """By public ID."""
        with self._lock:
            found = [
                asset
                for (kind, public_id), asset in self._known.items()
                if kind == resource_type and public_id.startswith(prefix)
            ]
        return sorted(found, key=lambda asset: asset.public_id)

    def put(self, asset: Asset, received: Path) -> Asset:
        """Store the received file under a version that is newer than any before."""
        before = self.get(asset.resource_type, asset.public_id)
        asset.version = max(int(time.time()), before.version + 1 if before else 0)
        asset.created_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        received.replace(self.path(asset))
        self.write_down(asset)
        return asset

    def write_down(self, asset: Asset) -> None:
        """What is said about it, without its bytes."""
        written = self.incoming / f"{secrets.token_hex(16)}.json"
        written.write_text(json.dumps(asdict(asset)))
        written.replace(self._described(asset))
        with self._lock:
            self._known[asset.resource_type, asset.public_id] = asset

    def remove(self, resource_type: str, public_id: str) -> bool:
        with self._lock:
            asset = self._known.pop((resource_type, public_id), None)
        if asset is None:
            return False
        self._described(asset).unlink(missing_ok=True)
        self.path(asset).unlink(missing_ok=True)
        return True

    def path(self, asset: Asset) -> Path:
        return self.folder / f"{file_name(asset)}.bytes"

    def _described(self, asset: Asset) -> Path:
        return self.folder / f"{file_name(asset)}.json"


def file_name(asset: Asset) -> str:
    return sha256(f"{asset.resource_type}/{asset.public_id}".encode()).hexdigest()


def described(asset: Asset, address: str) -> dict[str, Any]:
    """The fields that every answer about an asset has. `address`: the cloud's delivery base."""
    kind = asset.resource_type
    path = f"{address}/{kind}/upload/v{asset.version}/{asset.name}"
    measured = {"width": asset.width, "height": asset.height} if kind == "image" else {}
    return {
        "asset_id": asset.asset_id,
        "public_id": asset.public_id,
        **({"format": asset.format} if kind == "image" else {}),
        "version": asset.version,
        "resource_type": kind,
        "type": "upload",
        "created_at": asset.created_at,
        "bytes": asset.bytes,
        **measured,
        "asset_folder": "",
        "display_name": asset.public_id.rpartition("/")[2],
        "url": path,
        "secure_url": path,
    }


def context_of(asset: Asset) -> dict[str, Any]:
    """Contextual metadata as answers have it: not at all when there is none."""
    return {"context": {"custom": asset.context}} if asset.context else {}
