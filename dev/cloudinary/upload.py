"""The Upload API: `upload`, whole or in chunks, `explicit` and `destroy`."""

import hashlib
import re
import threading
from dataclasses import replace
from email.message import Message
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from dev.cloudinary.answers import Refusal
from dev.cloudinary.assets import FORMATS, Asset, Assets, context_of, described
from dev.cloudinary.form import Form
from dev.cloudinary.signature import Account
from dev.servers.http_server import Answer

SMALLEST_CHUNK = 5 * 1024**2
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
TRUE = {"1", "true"}
PARTED_BY = {mark: re.compile(rf"(?<!\\){re.escape(mark)}") for mark in "=|"}
ESCAPED = re.compile(r"\\([=|])")


class UploadApi:
    def __init__(self, account: Account, assets: Assets, address: str, largest: int) -> None:
        self._account = account
        self._assets = assets
        self._address = address
        self._largest = largest
        # Files in chunks, by upload ID.
        self._growing: dict[str, Form] = {}
        self._lock = threading.Lock()

    def upload(self, resource_type: str, form: Form, headers: Message) -> Answer:
        self._account.check_params(form.fields)
        if form.file is None or not form.size:
            raise Refusal(400, "Missing required parameter - file")
        self._check_size(form.size)
        if "Content-Range" not in headers:
            return Answer.of(self._store(resource_type, form, form.file))
        growing = self._add_chunk(form, form.file, headers)
        if growing.file is None or not growing.md5:
            received = {"done": False, "bytes": form.size, "kind": "upload"}
            return Answer.of({**received, "resource_type": resource_type})
        try:
            return Answer.of({**self._store(resource_type, growing, growing.file), "done": True})
        finally:
            growing.discard()

    def _check_size(self, size: int) -> None:
        if size > self._largest:
            most = f"Maximum is {self._largest}. Upgrade your plan to enjoy higher limits"
            raise Refusal(400, f"File size too large. Got {size}. {most}")

    def _add_chunk(self, form: Form, chunk: Path, headers: Message) -> Form:
        """The file so far; it has its MD5 once the last chunk is there."""
        place = RANGE.fullmatch(headers["Content-Range"])
        upload_id = headers.get("X-Unique-Upload-Id")
        if not place or not upload_id:
            raise Refusal(400, "Invalid Content-Range header")
        start, end, total = map(int, place.groups())
        self._check_size(total)
        if end - start + 1 != form.size:
            raise Refusal(400, "Content-Range does not fit the size of the chunk")
        if end + 1 < total and form.size < SMALLEST_CHUNK:
            raise Refusal(400, "All parts except EOF-chunk must be larger than 5mb")
        with self._lock:
            growing = self._growing.setdefault(upload_id, Form(form.fields))
        if start != growing.size:
            raise Refusal(400, f"Expected the chunk that starts at {growing.size}")
        growing.file = growing.file or chunk.with_suffix(".chunks")
        with growing.file.open("ab") as target, chunk.open("rb") as source:
            while piece := source.read(1024**2):
                target.write(piece)
        growing.size = end + 1
        if growing.size < total:
            return growing
        with growing.file.open("rb") as source:
            growing.md5 = hashlib.file_digest(source, "md5").hexdigest()
        with self._lock:
            del self._growing[upload_id]
        return growing

    def _store(self, resource_type: str, form: Form, file: Path) -> dict[str, Any]:
        fields = form.fields
        public_id = fields.get("public_id") or hashlib.sha256(form.md5.encode()).hexdigest()[:20]
        with self._assets.one_at_a_time(resource_type, public_id):
            there = self._assets.get(resource_type, public_id)
            if there and fields.get("overwrite", "1") not in TRUE:
                return {**self._answer(there), "existing": True}
            asset = Asset(
                public_id=public_id,
                resource_type=resource_type,
                bytes=form.size,
                etag=form.md5,
                context=read_context(fields.get("context", "")) or (there.context if there else {}),
                **examine(resource_type, file),
            )
            return self._answer(self._assets.put(asset, file))

    def _answer(self, asset: Asset) -> dict[str, Any]:
        return {
            **described(asset, self._address),
            "version_id": asset.version_id,
            "signature": self._account.sign_answer(asset.public_id, asset.version),
            "etag": asset.etag,
            "tags": [],
            "placeholder": False,
            "original_filename": "file",
            "api_key": self._account.api_key,
            **context_of(asset),
        }

    def explicit(self, resource_type: str, form: Form) -> Answer:
        """Changes what is asked to be changed about an asset, and answers like an upload."""
        self._account.check_params(form.fields)
        for name in ("public_id", "type"):
            if not form.fields.get(name):
                raise Refusal(400, f"Missing required parameter - {name}")
        public_id = form.fields["public_id"]
        with self._assets.one_at_a_time(resource_type, public_id):
            asset = self._assets.get(resource_type, public_id)
            if asset is None or form.fields["type"] != "upload":
                raise Refusal(404, f"Resource not found - {public_id}")
            if form.fields.get("context"):
                asset = replace(asset, context=read_context(form.fields["context"]))
                self._assets.write_down(asset)
            return Answer.of(self._answer(asset))

    def destroy(self, resource_type: str, form: Form) -> Answer:
        self._account.check_params(form.fields)
        public_id = form.fields.get("public_id")
        if not public_id:
            raise Refusal(400, "Missing required parameter - public_id")
        with self._assets.one_at_a_time(resource_type, public_id):
            removed = self._assets.remove(resource_type, public_id)
        return Answer.of({"result": "ok" if removed else "not found"})


def examine(resource_type: str, file: Path) -> dict[str, Any]:
    """Format and measures of an image. Raises Refusal for what is none."""
    if resource_type == "raw":
        return {"format": ""}
    try:
        with Image.open(file, formats=list(FORMATS)) as image:
            width, height = image.size
            return {"format": FORMATS[str(image.format)], "width": width, "height": height}
    except (UnidentifiedImageError, OSError) as error:
        raise Refusal(400, "Invalid image file") from error


def read_context(text: str) -> dict[str, str]:
    r"""`name=value|name=value`; what parts them is `\=` and `\|` within a value."""
    pairs = (PARTED_BY["="].split(pair, 1) for pair in PARTED_BY["|"].split(text))
    return {pair[0]: ESCAPED.sub(r"\1", pair[1]) for pair in pairs if len(pair) == 2}
