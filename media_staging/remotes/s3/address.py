"""Where a bucket is: one address however its endpoint is spelt.

Amazon answers for a bucket under many host names: with and without region, dual stack, FIPS,
accelerated, with the bucket in front. The names of buckets are unique within a partition.
https://docs.aws.amazon.com/general/latest/gr/s3.html
"""

import re

from boto3 import Session
from botocore.configprovider import ConfiguredEndpointProvider

from media_staging.remotes.servers import server_of

# Not whatever ends with amazonaws.com: load balancers and machines there have names of that kind.
AMAZON = re.compile(
    r"(?:.+\.)?s3(?:-[a-z0-9-]+)?(?:\.dualstack)?(?:\.[a-z]{2}(?:-[a-z]+)+-\d+)?(?:\.vpce)?"
    r"\.amazonaws\.com(?:\.cn)?"
)
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def address_of(bucket: str, prefix: str, *, endpoint: str, region: str) -> str:
    """One line for people. `endpoint` is empty for Amazon's own; `region` is looked at then."""
    server = server_of(endpoint)
    if not server:
        server = amazon(region)
    elif AMAZON.fullmatch(server):
        server = amazon(server)
    return f"s3://{bucket}/{prefix} at {server}"


def amazon(name: str) -> str:
    """The partition that a region, or a host name with one, belongs to."""
    for beginning, partition in PARTITIONS.items():
        if re.search(rf"\b{beginning}", name) or (partition == "aws-cn" and name.endswith(".cn")):
            return f"Amazon ({partition})"
    return "Amazon"


def configured_endpoint(session: Session) -> str:
    """What boto3 takes when the settings name no endpoint: from the environment or its files."""
    core = session._session
    if core.get_config_variable("ignore_configured_endpoint_urls"):
        return ""
    provider = ConfiguredEndpointProvider(core.full_config, core.get_scoped_config(), "s3")
    return str(provider.provide() or "")
