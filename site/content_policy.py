"""The content security policy: pages load pictures from where the remotes' addresses lead."""

from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts

from media_staging import remotes


class ContentPolicy(CSPMiddleware):
    """django-csp's, which reads the rest from the settings."""

    def get_policy_parts(self, *args: Any, **kwargs: Any) -> PolicyParts:
        parts = super().get_policy_parts(*args, **kwargs)
        parts.update = {**(parts.update or {}), "img-src": remotes.origins()}
        return parts
