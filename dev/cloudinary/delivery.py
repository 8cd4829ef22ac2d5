"""Delivery: the stored bytes, or a picture made from them by the words of the URL.

    /<cloud>/<resource type>/upload/[s--<signature>--/][<transformation>/][v<version>/]<name>

https://cloudinary.com/documentation/transformation_reference: `w_`, `h_`, `c_limit`, `c_scale`,
`c_fill`, `q_auto`, `q_<1-100>`, `f_auto`, `f_<format>`. Any version leads to the newest.
"""

import re
from collections.abc import Mapping
from email.message import Message
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote
from zlib import crc32

from PIL import Image, ImageOps

from dev.cloudinary.answers import Refusal
from dev.cloudinary.assets import FORMATS, Asset, Assets
from dev.cloudinary.signature import Account
from dev.servers.http_server import Answer

ADDRESS = re.compile(
    r"(?:s--(?P<signature>[\w-]+)--/)?"
    # Only before a version: a folder may look like a transformation.
    r"(?:(?P<words>[a-z]{1,2}_[\w:.]+(?:,[a-z]{1,2}_[\w:.]+)*)/(?=v\d+/))?"
    r"(?:v\d+/)?(?P<name>.+)"
)
PILLOW = {ending: name for name, ending in FORMATS.items()}
TYPES = {ending: f"image/{name.lower()}" for ending, name in PILLOW.items()}
CROPS = {"limit", "scale", "fill"}
AUTO_QUALITY = 80


class Delivery:
    def __init__(self, account: Account, assets: Assets) -> None:
        self._account = account
        self._assets = assets
        self._made = lru_cache(maxsize=256)(make)

    def get(self, resource_type: str, path: str, headers: Message) -> Answer:
        parts = ADDRESS.fullmatch(unquote(path))
        if parts is None:
            raise Refusal(400, f"Invalid URL {path}")
        words = parts["words"] or ""
        if parts["signature"]:
            signed = "/".join(filter(None, (words, parts["name"])))
            self._account.check_delivery(parts["signature"], signed)
        asset, wanted = self._named(resource_type, parts["name"])
        options = dict(word.split("_", 1) for word in words.split(",") if word)
        ending = options.pop("f", wanted)
        if ending == "auto":
            ending = negotiated(asset, headers.get("Accept", ""))
        stored = self._assets.path(asset)
        if not options and ending == asset.format:
            return answer(stored.read_bytes(), ending, asset.etag)
        check(options, ending)
        body = self._made(stored, asset.version, tuple(sorted(options.items())), ending)
        return answer(body, ending, f"{asset.etag}-{crc32(f'{words}/{ending}'.encode()):x}")

    def _named(self, resource_type: str, name: str) -> tuple[Asset, str]:
        """The asset, and the format that the address asks for."""
        stem, _dot, ending = name.rpartition(".")
        if resource_type == "image" and stem and ending in TYPES:
            asset = self._assets.get(resource_type, stem)
        else:
            asset = self._assets.get(resource_type, name)
            ending = asset.format if asset else ""
        if asset is None:
            raise Refusal(404, f"Resource not found - {name}")
        return asset, ending


def negotiated(asset: Asset, accept: str) -> str:
    """`f_auto`: the best format that the browser says it shows."""
    for ending in ("avif", "webp"):
        if TYPES[ending] in accept:
            return ending
    return "jpg" if asset.format in ("jpg", "avif", "webp") else asset.format


def check(options: Mapping[str, str], ending: str) -> None:
    for name, value in options.items():
        known = {
            "w": value.isdigit(),
            "h": value.isdigit(),
            "c": value in CROPS,
            "q": value == "auto" or value.isdigit(),
        }.get(name, False)
        if not known:
            raise Refusal(400, f"Invalid transformation component - {name}_{value}")
    if ending not in TYPES:
        raise Refusal(400, f"Invalid extension in transformation: {ending}")


def make(stored: Path, version: int, options: tuple[tuple[str, str], ...], ending: str) -> bytes:
    """`version` is only there to tell apart what is remembered."""
    wanted = dict(options)
    with Image.open(stored, formats=list(PILLOW.values())) as image:
        width, height = int(wanted.get("w", 0)), int(wanted.get("h", 0))
        box = (width or image.width, height or image.height)
        image.draft("RGB", box)
        upright = ImageOps.exif_transpose(image)
        resized = fit(upright, box, wanted.get("c", "scale"), bool(width and height))
        if ending == "jpg":
            resized = resized.convert("RGB")
        quality = wanted.get("q", "auto")
        encoded = BytesIO()
        number = int(quality) if quality.isdigit() else AUTO_QUALITY
        resized.save(encoded, PILLOW[ending], quality=number)
        return encoded.getvalue()


def fit(image: Image.Image, box: tuple[int, int], crop: str, both: bool) -> Image.Image:
    if crop == "limit":
        image.thumbnail(box)
        return image
    if crop == "fill" and both:
        return ImageOps.fit(image, box)
    return image.resize(box) if both else ImageOps.contain(image, box)


def answer(body: bytes, ending: str, etag: str) -> Answer:
    return Answer(
        200,
        body,
        {
            "Content-Type": TYPES.get(ending, "application/octet-stream"),
            "ETag": f'"{etag}"',
            "Cache-Control": "public, no-transform, immutable, max-age=2592000",
            "Access-Control-Allow-Origin": "*",
            "Vary": "Accept",
        },
    )
