"""Power cuts: a disk that is cut off right after an answer, and what of the answers is then true.

The whole VAR_DIR, database included, is on an ext4 of its own. `FS_IOC_SHUTDOWN` drops what the
kernel has not written yet; mounting it again replays the journal, as a start after a power cut
does. An ordinary shop goes through the same, and has to lose some, or this tests nothing.

Only answers that were there before the cut began count. After a real one there are none; here the
processes live on, and an fsync that is under way while the journal is aborted may report success.
"""

import hashlib
import os
import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path

from urllib3.filepost import encode_multipart_formdata

from bench.site import PRODUCT, Client
from dev.torture.table import Row
from tests.support.site import PlainSite, Site
from tests.torture.disks import Ext4
from tests.torture.pictures import picture

SECTION = "power cuts"
CLIENTS = 4
PICTURE_BYTES = 60_000
MOST_PER_SAVE = 5
PER_CUT = 250
CONTROL = 100
ROUND_SECONDS = 120.0
OURS = """
    SELECT 'staging/files/' || file.key FROM products_productimage image
    JOIN media_staging_stagedfile file ON file.id = image.file_id
"""
PLAIN = "SELECT 'media/' || file FROM plain_productimage"


class Cuts:
    """A shop on a disk of its own, and the hashes of what it said it has."""

    def __init__(self, site: Site, disk: Ext4, query: str) -> None:
        self.site = site
        self.disk = disk
        self.query = query
        self.acknowledged: list[str] = []
        self.cuts = 0
        self.clients: list[Client] = []
        self.books = threading.Lock()

    def until(self, count: int, per_cut: int) -> None:
        """Cut again and again, until so many pictures were acknowledged."""
        self.site.prepare()
        # What was installed long before the power went; all the rest is up to the shop.
        os.sync()
        while len(self.acknowledged) < count:
            self.once(min(count, len(self.acknowledged) + per_cut))

    def once(self, count: int) -> None:
        """Save with several clients; cut at once when so many are acknowledged in all."""
        web = self.site.start_web()
        self.clients = self.clients or [self.site.client() for _ in range(CLIENTS)]
        enough = threading.Event()
        savers = [
            threading.Thread(target=self.save_on, args=[client, count, enough])
            for client in self.clients
        ]
        for saver in savers:
            saver.start()
        for saver in savers:
            saver.join(ROUND_SECONDS)
        assert enough.is_set(), f"a save was refused: {web.log_tail()}"
        web.kill()
        self.cuts += 1
        self.disk.unmount()
        self.disk.mount()

    def save_on(self, client: Client, count: int, enough: threading.Event) -> None:
        client.reconnect()
        while not enough.is_set():
            pictures = [picture(PICTURE_BYTES) for _ in range(random.randint(1, MOST_PER_SAVE))]
            if not saved(client, pictures):
                return
            with self.books:
                if enough.is_set():
                    return
                self.acknowledged += [hashlib.sha256(data).hexdigest() for data in pictures]
                if len(self.acknowledged) < count:
                    continue
                enough.set()
            self.disk.cut()

    def lost(self) -> list[str]:
        """Acknowledged pictures that have no row, no file, or other bytes."""
        kept = {content_hash(self.site.var_dir / name) for (name,) in self.site.rows(self.query)}
        return [sha256 for sha256 in self.acknowledged if sha256 not in kept]


def saved(client: Client, pictures: Sequence[bytes]) -> bool:
    """POST the product form; whether the server said that it has it."""
    parts = [("images", (f"{i}.jpg", data, "image/jpeg")) for i, data in enumerate(pictures)]
    body, content_type = encode_multipart_formdata([*PRODUCT.items(), *parts])
    with suppress(OSError, HTTPException):
        return client.post("/products/new/", body, content_type)[0] == HTTPStatus.FOUND
    return False


def content_hash(path: Path) -> str:
    with suppress(OSError):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return ""


def power_cuts(folder: Path, count: int, per_cut: int = PER_CUT) -> list[Row]:
    """Acknowledge so many pictures, with a cut after every `per_cut` of them. Raises OSError."""
    ours = Ext4(folder / "ours.ext4", folder / "ours" / "var", 64 + count // 6)
    with ours, Site(folder / "ours", {"STAGING_MIN_FREE_BYTES": "0"}) as site:
        cuts = Cuts(site, ours, OURS)
        cuts.until(count, per_cut)
        lost = cuts.lost()
        drained = site.json("staging_drain", "--wait", "300")
        verified = site.json("staging_verify", "--checksums")
    control = Ext4(folder / "plain.ext4", folder / "plain" / "var", 64)
    with control, PlainSite(folder / "plain", {}) as plain:
        others = Cuts(plain, control, PLAIN)
        others.until(min(CONTROL, count), per_cut)
        lost_by_others = others.lost()
    lost_later = [*verified["missing"], *verified["corrupt"]]
    pending = drained["pending"] + drained["failed"]
    promised, control_promised = len(cuts.acknowledged), len(others.acknowledged)
    return [
        Row(SECTION, "cuts", cuts.cuts, "", good=cuts.cuts > 0),
        Row(SECTION, "acknowledged", promised, f"{len(lost)} lost", good=not lost),
        Row(
            SECTION,
            "the same, transferred afterwards",
            drained["transferred"],
            f"{pending} not transferred, {len(lost_later)} missing or corrupt",
            good=not pending and not lost_later,
        ),
        Row(
            SECTION,
            "control: FileSystemStorage, acknowledged",
            control_promised,
            f"{len(lost_by_others)} lost, as it must be",
            good=bool(lost_by_others),
        ),
    ]
