"""What the boto3 client sends with: trusting pools, and no way to another host."""

from typing import Any

from botocore.awsrequest import AWSConnection, AWSHTTPConnectionPool, AWSHTTPSConnectionPool
from botocore.httpsession import URLLib3Session
from urllib3.connection import HTTPConnection, HTTPSConnection

from media_staging.remotes.connections import Watched
from media_staging.remotes.pools import TrustingPool

# Any: botocore's types do not say that it goes before an HTTPConnection.
Expecting: Any = AWSConnection


class PlainConnection(Expecting, Watched, HTTPConnection):
    pass


class SecureConnection(Expecting, Watched, HTTPSConnection):
    pass


class PlainPool(TrustingPool, AWSHTTPConnectionPool):
    ConnectionCls: Any = PlainConnection


class SecurePool(TrustingPool, AWSHTTPSConnectionPool):
    ConnectionCls: Any = SecureConnection


POOLS = {"http": PlainPool, "https": SecurePool}


def settled(client: Any) -> Any:
    """The client, with connections that are trusted as ours, and staying where it is told to go."""
    trusting(client._endpoint.http_session)
    client.meta.events.register("before-call.s3", stay)
    return client


def trusting(session: URLLib3Session) -> URLLib3Session:
    # Any: botocore has no other place to say it.
    inside: Any = session
    inside._pool_classes_by_scheme = inside._manager.pool_classes_by_scheme = POOLS
    return session


def stay(context: dict[str, Any], **_options: Any) -> None:
    """A redirect is for a person to see. boto3 would go and ask for the bucket's region, be led
    elsewhere again, and so on; what was led elsewhere once it leaves alone."""
    context.setdefault("s3_redirect", {})["redirected"] = True
