"""Who may ask: signatures of upload parameters, of answers and of delivery URLs; Basic login.

https://cloudinary.com/documentation/signatures
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass

from dev.cloudinary.answers import Refusal

UNSIGNED = {"file", "cloud_name", "resource_type", "api_key", "signature"}
STALE_SECONDS = 3600


@dataclass(frozen=True)
class Account:
    cloud_name: str
    api_key: str
    api_secret: str

    def check_cloud(self, name: str) -> None:
        if name != self.cloud_name:
            raise Refusal(401, f"Invalid cloud_name {name}")

    def check_params(self, params: Mapping[str, str]) -> None:
        """A signed request of the Upload API."""
        if "file" in params and "signature" not in params:
            raise Refusal(400, "Upload preset must be specified when using unsigned upload")
        if params.get("api_key") != self.api_key:
            raise Refusal(401, f"Invalid api_key {params.get('api_key', '')}")
        to_sign = {name: value for name, value in params.items() if name not in UNSIGNED and value}
        given = params.get("signature", "")
        algorithm = "sha256" if len(given) == 64 else "sha1"
        if given not in {self.signature(to_sign, algorithm, escape) for escape in (True, False)}:
            shown = string_to_sign(to_sign, escape=False)
            raise Refusal(401, f"Invalid Signature {given}. String to sign - '{shown}'.")
        check_timestamp(params.get("timestamp", ""))

    def signature(self, params: Mapping[str, str], algorithm: str, escape: bool) -> str:
        text = string_to_sign(params, escape=escape) + self.api_secret
        return hashlib.new(algorithm, text.encode()).hexdigest()

    def sign_answer(self, public_id: str, version: int) -> str:
        signed = {"public_id": public_id, "version": str(version)}
        return self.signature(signed, "sha1", escape=False)

    def check_login(self, header: str) -> None:
        """Basic authentication of the Admin API."""
        try:
            key, _colon, secret = (
                base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
            )
        except ValueError:
            key = secret = ""
        if key != self.api_key:
            raise Refusal(401, "unknown api_key")
        if not hmac.compare_digest(secret, self.api_secret):
            raise Refusal(401, "api_secret mismatch")

    def check_delivery(self, given: str, signed: str) -> None:
        """`s--XXXXXXXX--` in a delivery URL, over everything behind it but the version."""
        digest = hashlib.sha1((signed + self.api_secret).encode(), usedforsecurity=False).digest()
        if given != base64.urlsafe_b64encode(digest)[:8].decode():
            raise Refusal(401, f"Invalid signature {given}")


def string_to_sign(params: Mapping[str, str], *, escape: bool) -> str:
    """The parameters by name. In the newer way `&` within one is escaped."""
    pairs = (f"{name}={value}" for name, value in params.items())
    return "&".join(sorted(pair.replace("&", "%26") if escape else pair for pair in pairs))


def check_timestamp(text: str) -> None:
    if not text.isdigit():
        raise Refusal(400, "Missing required parameter - timestamp")
    if int(text) < time.time() - STALE_SECONDS:
        said = time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime(int(text)))
        raise Refusal(400, f"Stale request - reported time is {said} which is more than 1 hour ago")
