"""What others keep beside our files: in the bucket, the folder, the cloud."""

from uuid import uuid4

import pytest

from bench.photos import photo
from tests.media_staging.field.conftest import MakeSite
from tests.media_staging.field.sites import Contents, Prefix
from tests.support.storages import Storage


def put_strangers(prefix: Prefix) -> Contents:
    """Keys that look like ours."""
    avatar = prefix.put(f"avatars/{uuid4()}.jpg", photo())
    return avatar | prefix.put(f"invoices/2024/05/{uuid4()}.pdf", b"%PDF-1.7 what you owe")


def test_what_others_keep_in_the_bucket_stays_and_what_we_delete_goes(
    prefix: Prefix, make_site: MakeSite
) -> None:
    strangers = put_strangers(prefix)
    site = make_site(prefix.entry)
    ours = site.do("made = drained(2); sweep(); drop([*made][0])")
    answer = site.cleanup()
    gone, kept = ours
    assert prefix.contents() == strangers | {kept: ours[kept]}
    assert gone not in site.local()
    assert (answer.code, answer.json["refused"], answer.json["foreign"]) == (0, [], 2)
    compared = site.verify()
    assert (compared.code, compared.json["orphans"], compared.json["foreign"]) == (0, [], 2)


def test_a_new_installation_needs_nobody_to_take_away_what_nobody_needs(
    prefix: Prefix, make_site: MakeSite
) -> None:
    site = make_site(prefix.entry)
    ours = site.do("sweep(); made = drained(3); delete_rows(*[*made][:2])")
    strangers = put_strangers(prefix)
    answer = site.cleanup()
    *lost, kept = ours
    assert prefix.contents() == strangers | {kept: ours[kept]}
    assert not set(lost) & site.local().keys()
    assert (answer.code, answer.json["foreign"]) == (0, 2)


@pytest.mark.parametrize("storage", ["s3"], indirect=True)
def test_another_programs_upload_in_parts_can_be_completed(
    storage: Storage, make_site: MakeSite
) -> None:
    bucket = f"field-{uuid4()}"
    prefix = Prefix(storage, "", bucket_name=bucket)
    client = prefix.remote.client
    client.create_bucket(Bucket=bucket)
    key = f"backups/{uuid4()}.tar"
    begun = client.create_multipart_upload(Bucket=bucket, Key=key)
    upload = {"Bucket": bucket, "Key": key, "UploadId": begun["UploadId"]}
    site = make_site(prefix.entry)
    ours = site.do("made = drained(1)")
    assert site.cleanup().code == 0
    part = client.upload_part(**upload, PartNumber=1, Body=b"a backup")
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert prefix.contents().keys() == {key, *ours}
