"""The Admin API: one asset, and all assets by prefix, within an hourly allowance.

https://cloudinary.com/documentation/admin_api
"""

import base64
import threading
import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

from dev.cloudinary.answers import Refusal
from dev.cloudinary.assets import Asset, Assets, described
from dev.servers.http_server import Answer

MOST_RESULTS = 500
HOUR = 3600


class Allowance:
    """Counts calls. The hour begins with the limit, so that no test meets the end of one."""

    def __init__(self, limit: int) -> None:
        self._lock = threading.Lock()
        self.renew(limit)

    def renew(self, limit: int) -> None:
        with self._lock:
            self._limit = self._left = limit
            self._ends = int(time.time()) + HOUR

    def use(self) -> dict[str, str]:
        """Count one call and return its headers. Raises Refusal when none is left."""
        if time.time() >= self._ends:
            self.renew(self._limit)
        with self._lock:
            self._left -= 1
            left, ends = self._left, self._ends
        headers = {
            "X-FeatureRateLimit-Limit": str(self._limit),
            "X-FeatureRateLimit-Reset": formatdate(ends, usegmt=True),
            "X-FeatureRateLimit-Remaining": str(max(0, left)),
        }
        if left < 0:
            again = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(ends))
            raise Refusal(
                420,
                f"Rate Limit Exceeded. Limit of {self._limit} api operations reached. "
                f"Try again on {again}",
                headers,
            )
        return headers


class AdminApi:
    def __init__(self, assets: Assets, address: str, limit: int) -> None:
        self._assets = assets
        self._address = address
        self.allowance = Allowance(limit)

    def resource(self, resource_type: str, public_id: str) -> Answer:
        asset = self._assets.get(resource_type, public_id)
        if asset is None:
            raise Refusal(404, f"Resource not found - {public_id}")
        return Answer.of({**described(asset, self._address), "etag": asset.etag, "derived": []})

    def resources(self, resource_type: str, params: Mapping[str, str]) -> Answer:
        """One page, with `next_cursor` when there are more."""
        asked = params.get("max_results", "10")
        if not asked.isdigit() or not 1 <= int(asked) <= MOST_RESULTS:
            raise Refusal(400, f"Invalid value {asked} for parameter max_results")
        assets = self._assets.listed(resource_type, params.get("prefix", ""))
        start = after(params.get("next_cursor", ""), assets)
        page = assets[start : start + int(asked)]
        answer: dict[str, Any] = {"resources": [described(asset, self._address) for asset in page]}
        if start + len(page) < len(assets):
            answer["next_cursor"] = base64.b64encode(page[-1].public_id.encode()).decode()
        return Answer.of(answer)


def after(cursor: str, assets: list[Asset]) -> int:
    """Where the page behind that cursor starts. Deleting what was listed moves nothing."""
    if not cursor:
        return 0
    try:
        last = base64.b64decode(cursor).decode()
    except ValueError as error:
        raise Refusal(400, "Invalid cursor") from error
    return sum(asset.public_id <= last for asset in assets)
