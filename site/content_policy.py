"""What a content security policy has to know of the remotes: where pictures come from."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from csp.constants import SELF


def origin(address: str) -> str:
    """What a content security policy compares: an address without its path."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def image_sources(remotes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Where the pages may load pictures from: us, the browser's own previews, the remotes."""
    addresses = [remote.get("public_url") for remote in remotes.values()]
    if s3 := remotes.get("s3"):
        addresses.append(s3["endpoint_url"])
        if not (s3["public_url"] or s3["endpoint_url"]):
            addresses.append("https://*.amazonaws.com")
    if "cloudinary" in remotes and not remotes["cloudinary"]["public_url"]:
        addresses.append("https://res.cloudinary.com")
    return [SELF, "blob:", "data:", *(origin(address) for address in addresses if address)]
