"""What the boto3 client sends with: pools that know how far to trust a connection."""

from typing import Any

from botocore.awsrequest import AWSConnection, AWSHTTPConnectionPool, AWSHTTPSConnectionPool
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


def trusting(session: Any) -> None:
    """`session`: botocore's, which has no other place to say it."""
    session._pool_classes_by_scheme = session._manager.pool_classes_by_scheme = POOLS
