"""The part of the settings that says where files go: every remote that the environment names."""

from pathlib import Path
from typing import Any

import environment as env

from media_staging.remotes import values

# What of S3 has a variable of its own; S3_OPTIONS says the rest.
S3_VARIABLES = {
    "bucket_name": "S3_BUCKET",
    "access_key": "AWS_ACCESS_KEY_ID",
    "secret_key": "AWS_SECRET_ACCESS_KEY",
    "endpoint_url": "S3_ENDPOINT_URL",
    "region_name": "S3_REGION",
    "public_url": "S3_PUBLIC_URL",
    "public_endpoint_url": "S3_PUBLIC_ENDPOINT_URL",
}


def s3() -> dict[str, Any]:
    return {
        "bucket_name": env.required("S3_BUCKET", "when MEDIA_REMOTE=s3"),
        "access_key": env.text("AWS_ACCESS_KEY_ID") or None,
        "secret_key": env.text("AWS_SECRET_ACCESS_KEY") or None,
        "endpoint_url": env.url("S3_ENDPOINT_URL", "https", "http") or None,
        "region_name": env.text("S3_REGION") or None,
        "public_url": env.url("S3_PUBLIC_URL", "https", "http"),
        "public_endpoint_url": env.url("S3_PUBLIC_ENDPOINT_URL", "https", "http"),
        **s3_options(),
    }


def s3_options() -> dict[str, Any]:
    return env.further_options("S3_OPTIONS", {*values.OPTIONS["s3"], "label"}, S3_VARIABLES)


def remotes(current: str, var_dir: Path) -> dict[str, dict[str, Any]]:
    """Every remote that is set up, so that files moved before a change of remote keep their URL."""
    configured: dict[str, dict[str, Any]] = {"filesystem": {"root": var_dir / "remote"}}
    if current == "s3" or env.text("S3_BUCKET"):
        configured["s3"] = s3()
    if current == "cloudinary" or env.text("CLOUDINARY_URL"):
        account = env.cloudinary_account("CLOUDINARY_URL", "when MEDIA_REMOTE=cloudinary")
        public_url = env.url("CLOUDINARY_PUBLIC_URL", "https", "http") or account["public_url"]
        configured["cloudinary"] = {
            **account,
            "upload_prefix": env.url("CLOUDINARY_UPLOAD_PREFIX", "https", "http"),
            "public_url": public_url,
        }
    return configured
