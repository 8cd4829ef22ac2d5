"""The Admin API: one asset, and all assets by prefix, within an hourly allowance.

https://cloudinary.com/documentation/admin_api
"""

import base64
import threading
import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

from dev.cloudinary.answers import Answer, Refusal
from dev.cloudinary.assets import Asset, Assets, described

MOST_RESULTS = 500
HOUR = 3600


class Allowance:
    """Counts calls; a new hour begins with the clock's."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._hour = 0
        self._lock = threading.Lock()

    def use(self) -> dict[str, str]:
        """Count one call and return its headers. Raises Refusal when none is left."""
        with self._lock:
            hour = int(time.time()) // HOUR
            if hour != self._hour:
                self._hour, self._used = hour, 0
            left = self.limit - self._used
            self._used += 1
        ends = (hour + 1) * HOUR
        headers = {
            "X-FeatureRateLimit-Limit": str(self.limit),
            "X-FeatureRateLimit-Reset": formatdate(ends, usegmt=True),
            "X-FeatureRateLimit-Remaining": str(max(0, left - 1)),
        }
        if left <= 0:
            again = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(ends))
            raise Refusal(
                420,
                f"Rate Limit Exceeded. Limit of {self.limit} api operations reached. "
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
        return Answer.of({**self._entry(asset), "etag": asset.etag, "derived": []})

    def resources(self, resource_type: str, params: Mapping[str, str]) -> Answer:
        """One page, with `next_cursor` when there are more."""
        asked = params.get("max_results", "10")
        if not asked.isdigit() or not 1 <= int(asked) <= MOST_RESULTS:
            raise Refusal(400, f"Invalid value {asked} for parameter max_results")
        assets = self._assets.listed(resource_type, params.get("prefix", ""))
        start = after(params.get("next_cursor", ""), assets)
        page = assets[start : start + int(asked)]
        answer: dict[str, Any] = {"resources": [self._entry(asset) for asset in page]}
        if start + len(page) < len(assets):
            answer["next_cursor"] = base64.b64encode(page[-1].public_id.encode()).decode()
        return Answer.of(answer)

    def _entry(self, asset: Asset) -> dict[str, Any]:
        context = {"context": {"custom": asset.context}} if asset.context else {}
        return {**described(asset, self._address), **context}


def after(cursor: str, assets: list[Asset]) -> int:
    """Where the page behind that cursor starts. Deleting what was listed moves nothing."""
    if not cursor:
        return 0
    try:
        last = base64.b64decode(cursor).decode()
    except ValueError as error:
        raise Refusal(400, "Invalid cursor") from error
    return sum(asset.public_id <= last for asset in assets)
