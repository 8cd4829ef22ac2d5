"""boto3's session and clients of one remote, and what botocore would make of a request.

Everything that has to know a host, a region or a kind of signature asks `prepared`: so PUT, HEAD,
listings and the addresses of pictures never disagree about them.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import InvalidRegionError, NoCredentialsError
from botocore.handlers import _handle_200_error, add_expect_header  # type: ignore[attr-defined]
from storages.backends.s3 import S3Storage

from media_staging import clock
from media_staging.conf import conf
from media_staging.errors import Setup
from media_staging.remotes.made_once import made_once
from media_staging.remotes.s3.errors import readable
from media_staging.remotes.s3.requests.sessions import trusting

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 30
CHANGE = "correct the endpoint (endpoint_url, AWS_ENDPOINT_URL_S3), the region or client_config"
# A role whose renewal fails, or takes long, is asked for again only this often.
CREDENTIALS_ASKED_EVERY = timedelta(seconds=10)


class Credentials(NamedTuple):
    """Keys as they are now. `end` is None for those that botocore knows no end of."""

    keys: ReadOnlyCredentials
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request as botocore would sign it. `signature_version` may be botocore.UNSIGNED."""

    url: str
    headers: Mapping[str, str]
    signature_version: Any
    signing_name: str
    region: str


class Clients:
    """Made once, for all threads: S3Storage makes a client per thread, 18 MiB each."""

    def __init__(self, storage: S3Storage, public_endpoint_url: str) -> None:
        """`public_endpoint_url` is where browsers reach the server; empty: where we do."""
        self._storage = storage
        self._public_endpoint_url = public_endpoint_url
        self._known: tuple[datetime, Credentials] | None = None

    @made_once
    def session(self) -> boto3.Session:
        return self._storage._create_session()

    @made_once
    def config(self) -> Config:
        ours = Config(
            max_pool_connections=conf().TRANSFER_CONCURRENCY,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        # Tries are counted in the database (retry.py) and must not multiply.
        once = Config(retries={"total_max_attempts": 1, "mode": "standard"})
        return ours.merge(self._storage.client_config).merge(once)

    @made_once
    def client(self) -> Any:
        return self._new_client(self._storage.endpoint_url)

    @made_once
    def public(self) -> Any:
        """The client whose addresses are for browsers."""
        if not self._public_endpoint_url:
            return self.client
        return self._new_client(self._public_endpoint_url)

    def _new_client(self, endpoint_url: str | None) -> Any:
        """Raises Setup for an endpoint or a number that is none, and what botocore raises."""
        client: Any
        try:
            # Any: boto3's types hide what it sends with.
            client = self.session.client(
                "s3",
                region_name=self._storage.region_name,
                use_ssl=self._storage.use_ssl,
                endpoint_url=endpoint_url,
                config=self.config,
                verify=self._storage.verify,
            )
        except InvalidRegionError:
            # A ValueError too.
            raise
        except ValueError as error:
            raise Setup(f"{error}; {CHANGE}") from error
        trusting(client._endpoint.http_session)
        events = client.meta.events
        # A round trip for each upload, to be told that it may begin.
        events.unregister("before-call.s3", add_expect_header)
        # Anything that it cannot read counts as a 500 to it: it comes after ours.
        events.unregister("before-parse.s3.*", _handle_200_error)
        events.register_first("before-parse.s3.*", make_readable)
        events.register("before-parse.s3.*", _handle_200_error)
        events.register_last("before-parameter-build.s3", stay_on_one_host)
        events.register_last("before-sign.s3", hold_back)
        return client

    @property
    def verify(self) -> bool | str:
        """Whether certificates are checked, or the file of authorities: as the client has it."""
        if self._storage.verify is not None:
            return self._storage.verify
        # botocore's own setting: from the environment or its files.
        return self.session._session.get_config_variable("ca_bundle") or True

    @made_once
    def _refreshing(self) -> Any:
        """botocore's object that renews itself. Raises NoCredentialsError, and tries again then."""
        found = self.session.get_credentials()
        if found is None:
            raise NoCredentialsError
        return found

    def credentials(self) -> Credentials:
        """Renewed if it is time. Raises Setup, and what botocore raises when it finds none."""
        now = clock.utc()
        if self._known:
            asked_at, known = self._known
            if timedelta(0) <= now - asked_at < CREDENTIALS_ASKED_EVERY:
                return known
        known = frozen(self._refreshing)
        self._known = now, known
        return known


def frozen(refreshing: Any) -> Credentials:
    """Raises Setup, and what botocore raises."""

    def end() -> datetime | None:
        # botocore tells nobody when the keys of a role end.
        return getattr(refreshing, "_expiry_time", None)

    try:
        for _ in range(2):
            before, keys, after = end(), refreshing.get_frozen_credentials(), end()
            if before == after:
                break
    except RuntimeError as error:
        # botocore's, where the new ones have ended as well.
        raise Setup(str(error)) from error
    # Renewed meanwhile, perhaps by another thread: then the keys may be either ones.
    ends = [each for each in (before, after) if each]
    return Credentials(keys, min(ends, default=None))


# --- What botocore would send ----------------------------------------------------------------

_holding = threading.local()


class _HeldBack(Exception):
    def __init__(self, request: Prepared) -> None:
        self.request = request


def prepared(client: Any, operation: str, **parameters: Any) -> Prepared:
    """The request that this call of the client would send. Asks nobody and needs no credentials.

    Raises what botocore raises about parameters and endpoints.
    """
    _holding.on = True
    try:
        getattr(client, operation)(**parameters)
    except _HeldBack as held:
        return held.request
    finally:
        _holding.on = False
    raise AssertionError(f"{operation} is not signed")


def hold_back(
    request: Any, signature_version: Any, signing_name: str, region_name: str, **_more: Any
) -> None:
    """A handler of the client's events: ends what `prepared` has begun, and nothing else."""
    if not getattr(_holding, "on", False):
        return
    chosen = request.context.get("signing", {})
    raise _HeldBack(
        Prepared(
            url=request.url,
            headers=dict(request.headers),
            signature_version=signature_version,
            signing_name=chosen.get("signing_name") or signing_name,
            region=chosen.get("region") or region_name,
        )
    )


def make_readable(response_dict: dict[str, Any], **_more: Any) -> None:
    """A handler of the client's events, for answers that are not streamed."""
    body = response_dict["body"]
    if isinstance(body, bytes):
        encoding = response_dict["headers"].get("content-encoding")
        response_dict["body"] = readable(body, encoding)


def stay_on_one_host(context: dict[str, Any], **_more: Any) -> None:
    """A handler of the client's events. Left alone, botocore signs addresses for Amazon's global
    host, which newer regions do not answer on, and follows redirects to other regions, where
    uploads and addresses would not go along.
    """
    context["use_global_endpoint"] = False
    context.setdefault("s3_redirect", {})["redirected"] = True
