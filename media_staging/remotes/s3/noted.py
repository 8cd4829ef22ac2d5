"""What is noted with each object, and what a HEAD answer says about it."""

from collections.abc import Mapping
from typing import Any

from media_staging.remotes.base import Identity, Mark
from media_staging.remotes.s3.requests.ways import base64_of

# What an upload turns out to be that was answered with a success.
NOTHING = "it answered 200 and stored nothing"
NO_NOTES = "the storage, or a proxy on the way to it, drops the x-amz-meta headers"
OTHER_BYTES = "the storage holds other bytes than were sent"


def metadata(file: Identity) -> dict[str, str]:
    mark = {"mark": file.mark} if file.mark else {}
    return {"sha256": file.sha256, "size": str(file.size), **mark}


def noted(found: Mapping[str, Any]) -> dict[str, str]:
    """Our notes in a HEAD answer. Some servers and proxies give the names capitals."""
    return {name.lower(): value for name, value in found.get("Metadata", {}).items()}


def mark(found: Mapping[str, Any]) -> Mark:
    """Whose the object of a HEAD answer is. One without our notes is nobody's that we know."""
    notes = noted(found)
    if not notes.get("mark") and not notes.get("sha256"):
        return Mark()
    size = notes.get("size", "")
    return Mark(
        text=notes.get("mark", ""),
        sha256=notes.get("sha256", ""),
        size=int(size) if size.isdecimal() else found["ContentLength"],
    )


def holds(found: Mapping[str, Any], file: Identity) -> bool:
    """Whether a HEAD answer is of exactly these bytes.

    A server that reports a checksum of the whole object is believed; otherwise the upload was
    proved when it came, and the metadata says which file it made.
    """
    if found["ContentLength"] != file.size:
        return False
    if says_sha256(found):
        return bool(found["ChecksumSHA256"] == base64_of(file.sha256))
    return noted(found).get("sha256") == file.sha256


def disproof(found: Mapping[str, Any] | None, file: Identity) -> str:
    """What is wrong where a HEAD, right after the upload, does not find the file."""
    if not found:
        return NOTHING
    if noted(found).get("sha256") or says_sha256(found):
        return OTHER_BYTES
    return NO_NOTES if found["ContentLength"] == file.size else NOTHING


def says_sha256(found: Mapping[str, Any]) -> bool:
    """Whether the server has a SHA-256 of the object itself, and not one over parts."""
    checksum = found.get("ChecksumSHA256", "")
    return bool(checksum) and found.get("ChecksumType") != "COMPOSITE" and "-" not in checksum
