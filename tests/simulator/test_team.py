"""What `make team` starts lasts from one start to the next."""

from pathlib import Path

import boto3

from simulator import databases, team


def test_objects_are_there_again_after_a_restart(tmp_path: Path, monkeypatch) -> None:
    for name in ("AWS_ENDPOINT_URL_S3", "VT_MEDIA_STORAGE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.setenv(name, "")  # what it sets is taken back
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")
    with team._objects(tmp_path) as env:
        client(env).put_object(Bucket=team.BUCKET, Key="research/ab/f.mp4", Body=b"film")
    with team._objects(tmp_path) as env:
        held = client(env).get_object(Bucket=team.BUCKET, Key="research/ab/f.mp4")
        assert held["Body"].read() == b"film"


def client(env: dict[str, str]):
    return boto3.client("s3", endpoint_url=env["AWS_ENDPOINT_URL_S3"])


def test_the_url_of_another_database_keeps_its_place() -> None:
    url = databases.named("postgresql://postgres@/postgres?host=/var/tmp/x", "research")
    assert url == "postgresql://postgres@/research?host=/var/tmp/x"
