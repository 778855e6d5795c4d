"""Media in S3: whole or not there, nothing lost while it is away, the cache within its quota.

Against moto, and against s3rver where VT_S3RVER names it (s3_servers.py).
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from simulator import clips
from tests.media.picked import TWINS, asked, opened, pick, workspace
from tests.media.s3_servers import BUCKET, SERVERS, MotoServer
from vtlib.core.errors import BadInput, CredentialsMissing, SourceFailed
from vtlib.core.params import parse_params
from vtlib.media import cache, objects, purge
from vtlib.media import stage as flow
from vtlib.media.download.outcome import ProvenFile
from vtlib.media.folder import MediaFolder, stem
from vtlib.media.objects import ObjectStore
from vtlib.ops import connectivity
from vtlib.report.videos import _Sources
from vtlib.store.project import Project

URL = f"s3://{BUCKET}/team/media-of-us"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=sorted(SERVERS))
def server(request, tmp_path_factory):
    one = SERVERS[request.param](tmp_path_factory.mktemp("s3"))
    one.start()
    yield one
    one.stop()


@pytest.fixture
def storage(server, monkeypatch):
    """An empty bucket on the server, reached as people reach it: by the environment."""
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "S3RVER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "S3RVER")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    objects._client.cache_clear()
    client = objects._client(os.getpid())
    if BUCKET not in [b["Name"] for b in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=BUCKET)
    store = ObjectStore.of(URL)
    for name, _ in list(store.list_files()):
        store.remove(name)
    yield store
    cache.unpin_all()
    objects._client.cache_clear()


def name_of(content: bytes, suffix: str = ".mp4") -> str:
    digest = hashlib.sha256(content).hexdigest()
    return f"media/{digest[:2]}/{digest}{suffix}"


def write(folder: Path, content: bytes) -> str:
    name = name_of(content)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return name


def age(folder: Path, name: str, hours: float) -> None:
    then = time.time() - hours * 3600
    os.utime(folder / name, (then, then))


def test_a_file_goes_there_and_comes_back_by_its_content_name(storage, tmp_path) -> None:
    here, other = MediaFolder(tmp_path / "a", storage), MediaFolder(tmp_path / "b", storage)
    content = os.urandom(3_000_000)
    name = write(here.outputs, content)
    here.publish([name])
    assert dict(storage.list_files()) == {name: len(content)}
    assert other.present([name, "media/00/none.mp4"]) == {name}
    assert not (other.outputs / name).exists()
    assert other.path(name).read_bytes() == content
    assert not other.path("media/00/none.mp4").exists()


def test_what_is_not_what_was_stored_is_not_taken(storage, tmp_path) -> None:
    here = MediaFolder(tmp_path / "a", storage)
    name = write(here.outputs, b"true content")
    here.publish([name])
    objects._client(os.getpid()).put_object(
        **storage._at(name),
        Body=b"FALSE CONTENT",
        Metadata={"sha256": hashlib.sha256(b"true content").hexdigest()},
    )
    (here.outputs / name).unlink()
    with pytest.raises(SourceFailed, match="is not what was stored"):
        MediaFolder(tmp_path / "b", ObjectStore(storage.bucket, storage.prefix, ())).path(name)
    assert not list((tmp_path / "b").rglob("*.mp4"))


def test_an_object_without_its_digest_is_taken_only_by_its_name(storage, tmp_path) -> None:
    """As another tool, or a server that lost its metadata, leaves one."""
    client, reader = objects._client(os.getpid()), MediaFolder(tmp_path, storage)
    content = b"put by another tool"
    client.put_object(**storage._at(name_of(content)), Body=content)
    assert reader.path(name_of(content)).read_bytes() == content
    for name in (name_of(b"another content"), name_of(content, ".proxy.mp4")):
        client.put_object(**storage._at(name), Body=content)
        with pytest.raises(SourceFailed, match="is not what was stored"):
            reader.path(name)


def test_more_than_a_page_is_listed(server, storage, monkeypatch) -> None:
    if not isinstance(server, MotoServer):
        pytest.skip("s3rver 3.7.1 on Node 20 answers InternalError where a list is cut")
    client = objects._client(os.getpid())
    monkeypatch.setattr(objects, "PAGE_KEYS", 3)
    names = [f"media/aa/{n:04d}.jpg" for n in range(10)]
    for name in names:
        client.put_object(**storage._at(name), Body=b"x")
    assert sorted(n for n, _ in storage.list_files()) == names


KILLED = """
import os, sys
from pathlib import Path
from vtlib.media import objects
from vtlib.media.folder import MediaFolder
from vtlib.media.objects import ObjectStore
print("ready", flush=True)
MediaFolder(Path(sys.argv[1]), ObjectStore.of(sys.argv[2])).publish([sys.argv[3]])
print("stored", flush=True)
"""


@pytest.mark.parametrize("after_s", [0.02, 0.1, 0.3, 0.6])
def test_killed_while_it_uploads_nothing_is_half(server, storage, tmp_path, after_s: float) -> None:
    folder = MediaFolder(tmp_path, storage)
    content = os.urandom(40_000_000)
    name = write(tmp_path, content)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), URL, name],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout.readline() == b"ready\n"
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    is_stored = b"stored" in process.communicate()[0]
    size = storage.size(name)
    assert size == len(content) or not is_stored
    if size not in (None, len(content)):  # s3rver keeps what came; S3 and moto do not
        assert not isinstance(server, MotoServer)
        with pytest.raises(SourceFailed, match="is not what was stored"):
            MediaFolder(tmp_path / "reader", storage).path(name)
    folder.mirror({stem(name)})  # the next session
    assert storage.size(name) == len(content)
    (tmp_path / name).unlink()
    assert hashlib.sha256(folder.path(name).read_bytes()).hexdigest() in name


def test_away_for_a_while_nothing_is_lost(server, storage, tmp_path) -> None:
    """The server stops and comes back while files go up: retried with back-off."""
    patient = ObjectStore(storage.bucket, storage.prefix, (0.2,) * 40)
    folder = MediaFolder(tmp_path, patient)
    names = [write(tmp_path, os.urandom(50_000)) for _ in range(6)]
    server.stop()
    work = threading.Thread(target=folder.publish, args=(names,))
    work.start()
    time.sleep(1.0)
    assert work.is_alive()
    server.start()
    work.join(30)
    assert not work.is_alive()
    assert sorted(n for n, _ in storage.list_files()) == sorted(names)


def test_away_for_too_long_says_what_to_do(storage, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    objects._client.cache_clear()
    with pytest.raises(SourceFailed, match="does not answer"):
        ObjectStore(storage.bucket, pauses_s=(0.01,)).size("media/x")
    assert sum(objects.PAUSES_S) > 60  # away for a minute is waited for


def test_the_least_recently_used_goes_first_and_never_a_file_in_use(storage, tmp_path) -> None:
    folder = MediaFolder(tmp_path, storage, quota_bytes=250_000)
    old, used, young = (write(tmp_path, os.urandom(100_000)) for _ in range(3))
    folder.publish([old, used, young])
    assert folder.path(used).exists()  # pinned by this process
    for name, hours in ((old, 3), (used, 9), (young, 1)):
        age(tmp_path, name, hours)
    assert folder.trim() == 100_000
    assert {n for n, _ in folder.list_files()} == {used, young}
    assert folder.path(old).stat().st_size == 100_000  # and comes back
    assert folder.trim() == 100_000
    assert {n for n, _ in folder.list_files()} == {used, old}


READER = """
import sys
from pathlib import Path
from vtlib.media.cache import pin
assert pin(Path(sys.argv[1]))
print("reads", flush=True)
sys.stdin.read()
"""


def test_a_file_that_another_process_reads_stays(storage, tmp_path) -> None:
    folder = MediaFolder(tmp_path, storage, quota_bytes=1)
    name = write(tmp_path, os.urandom(10_000))
    folder.publish([name])
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(tmp_path / name)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert reader.stdout.readline() == b"reads\n"
    assert folder.trim() == 0
    reader.kill()  # the kernel ends its mark
    reader.wait()
    assert folder.trim() == 10_000


def test_what_is_not_stored_is_never_evicted(storage, tmp_path) -> None:
    folder = MediaFolder(tmp_path, storage, quota_bytes=1)
    name = write(tmp_path, b"only here")
    assert folder.trim() == 0
    assert (tmp_path / name).exists()
    assert folder.mirror({"of another project"}) == 0
    assert folder.mirror({stem(name)}) == 1
    assert folder.mirror({stem(name)}) == 0
    assert folder.trim() == 9


def test_a_signed_link_opens_without_keys_and_ends(storage, tmp_path) -> None:
    folder = MediaFolder(tmp_path, storage)
    name = write(tmp_path, b"a film")
    folder.publish([name])
    link = folder.link(name, hours=1)
    with urllib.request.urlopen(link) as reply:
        assert reply.read() == b"a film"
    assert "X-Amz-Expires=3600" in link
    assert "S3RVER" not in link.partition("X-Amz-Credential")[0]
    assert "X-Amz-Expires=604800" in folder.link(name, hours=10_000)  # a signature's longest
    assert MediaFolder(tmp_path).link(name, hours=1) == ""


def test_remove_takes_the_object_and_what_is_beside_it(storage, tmp_path) -> None:
    folder = MediaFolder(tmp_path, storage)
    name, other = write(tmp_path, b"one"), write(tmp_path, b"two")
    thumbs = f"{name.removesuffix('.mp4')}.thumbs"
    (tmp_path / thumbs).mkdir()
    (tmp_path / thumbs / "0.jpg").write_bytes(b"jpeg")
    folder.publish([name, other, thumbs])
    assert storage.size(f"{thumbs}/0.jpg") == 4
    folder.remove(name)
    assert [n for n, _ in storage.list_files()] == [other]
    assert {n for n, _ in folder.list_files()} == {other}


def test_the_doctor_looks_at_the_bucket(storage, monkeypatch) -> None:
    (good,) = connectivity.bucket(URL)
    assert (good.state, good.what) == ("ok", "media storage")
    assert list(storage.list_files()) == []
    (absent,) = connectivity.bucket("s3://vt-no-such-bucket/x")
    assert (absent.state, absent.exit_code) == ("fail", 2)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    objects._client.cache_clear()
    (keyless,) = connectivity.bucket(URL)
    assert (keyless.state, keyless.exit_code) == ("fail", 3)
    with pytest.raises(CredentialsMissing, match="no credentials"):
        storage.size("media/x")


@pytest.mark.parametrize("url", ["s3://", "http://bucket/x", "s3://key:secret@bucket/x"])
def test_an_address_holds_no_keys(url: str) -> None:
    with pytest.raises(BadInput):
        ObjectStore.of(url)
    with pytest.raises(BadInput):
        parse_params({"project": "p", "media": {"storage": url}})


# --- a whole project


@pytest.fixture(scope="module")
def imported(live, tmp_path_factory):
    """A workspace whose two picks are one video of two posts (twins)."""
    home = workspace(live, tmp_path_factory.mktemp("imported"))
    for post_id in TWINS:
        clips.film(
            live.sandbox.world, live.sandbox.world.post_of[post_id], live.sandbox.host.folder
        )
    pick(home, breakout=list(TWINS))
    return home


@pytest.fixture
def home(imported, storage, tmp_path, monkeypatch):
    monkeypatch.setenv("VT_MEDIA_STORAGE", URL)
    return Path(shutil.copytree(imported, tmp_path / "home"))


def stored_names(home: Path) -> set[str]:
    """What the rows of a workspace say is stored."""
    with opened(home).store.read() as connection:
        rows = connection.execute(
            "SELECT path FROM media WHERE path IS NOT NULL UNION "
            "SELECT thumbs_path || '/' || (t->>'file') FROM (SELECT thumbs_path, unnest(from_json("
            "thumbs, '[\"JSON\"]')) AS t FROM measures)"
        ).fetchall()
    return {name for (name,) in rows}


def test_another_machine_has_what_one_has_fetched(home, storage, live, tmp_path) -> None:
    flow.process(opened(home))
    names = {n for n, _ in storage.list_files()}
    assert len(stored_names(home)) > 2
    assert stored_names(home) <= names
    other = tmp_path / "other"
    shutil.copytree(home, other, ignore=shutil.ignore_patterns("media"))
    posts = flow.load(opened(other))
    assert set(posts["status"]) == {"ok"}
    assert not posts["is_gone"].any()
    before = len(asked(live))
    again = flow.process(opened(other), again=True)  # measured there, from what came of S3
    assert again.n_measured == len(TWINS)
    assert len(asked(live)) == before


def test_storage_away_while_videos_come_loses_and_repeats_nothing(
    home, storage, live, monkeypatch
) -> None:
    away, calls = [True], []
    real = ObjectStore.put

    def put(self, path, name):
        calls.append(name)
        if away[0]:
            raise SourceFailed("s3 does not answer")
        real(self, path, name)

    monkeypatch.setattr(ObjectStore, "put", put)
    live.sandbox.journal.entries.clear()
    first = flow.process(opened(home))
    assert "does not answer" in first.stop_reason
    assert stored_names(home) == set()  # no row says that it is stored
    away[0] = False
    second = flow.process(opened(home))
    assert second.n_finished >= 1
    assert stored_names(home) <= {n for n, _ in storage.list_files()}
    assert set(flow.load(opened(home))["status"]) == {"ok"}
    assert sorted(asked(live)) == sorted(set(asked(live)))  # each was fetched once


@pytest.mark.parametrize(
    ("report", "has_link"),
    [
        ({"media_link_h": 2}, True),
        ({}, False),
        ({"media_link_h": 2, "creators": "pseudonyms"}, False),
    ],
)
def test_a_shared_page_has_a_link_that_ends(home, storage, report, has_link: bool) -> None:
    flow.process(opened(home))
    project = opened(home, report=report)
    link, end = _Sources.of(project, list(TWINS)).about(TWINS[0], {})["link"]
    assert bool(link) == has_link
    assert bool(end) == has_link
    if has_link:
        assert "X-Amz-Expires=7200" in link
        with urllib.request.urlopen(link) as reply:
            assert reply.read(12)[4:8] == b"ftyp"  # an MP4


def test_a_purge_empties_the_storage_too(home, storage) -> None:
    flow.process(opened(home))
    assert list(storage.list_files())
    done = purge.purge(opened(home).workspace, purge.PurgeRequest(quota_gb=1e-9))
    assert len(done.files) == len(TWINS)
    assert list(storage.list_files()) == []


def test_storages_that_only_a_project_names_are_purged_too(
    imported, storage, tmp_path, monkeypatch
):
    """Two projects with a bucket each, none for the workspace: each has its own files alone."""
    monkeypatch.delenv("VT_MEDIA_STORAGE", raising=False)
    home = Path(shutil.copytree(imported, tmp_path / "home"))
    other = ObjectStore.of(f"s3://{BUCKET}/of-q")
    yaml = (home / "params" / "p.yaml").read_text()
    (home / "params" / "p.yaml").write_text(yaml.replace("{parts", f"{{storage: '{URL}', parts"))
    (home / "params" / "q.yaml").write_text(
        f"project: q\nmedia: {{storage: '{other.url}', parts: []}}\n"
    )
    flow.process(opened(home))
    assert list(storage.list_files())
    flow.process(Project.open("q", home=str(home)))  # it has no posts: p's files are not its own
    assert list(other.list_files()) == []
    shutil.rmtree(home / "outputs" / "media")
    other.put(home / "params" / "q.yaml", "media/ab/abcd.mp4")  # no row names it
    at, everything = opened(home).workspace, purge.PurgeRequest(quota_gb=1e-9)
    assert purge.preview(at, everything).orphans == ["media/ab/abcd.mp4"]
    assert len(purge.purge(at, everything).files) == len(TWINS)
    assert [list(one.list_files()) for one in (storage, other)] == [[], []]
    (home / "params" / "r.yaml").write_text("project: r\nmedia: {storage: [}\n")
    with pytest.raises(BadInput, match=r"r\.yaml"):  # its storage would be left out
        purge.preview(at, everything)


def test_what_was_left_unsaved_goes_to_the_storage_of_its_project(storage, tmp_path) -> None:
    """Fetched for a project with a bucket, stored by the session of one without."""
    mine, plain = MediaFolder(tmp_path, storage), MediaFolder(tmp_path)
    with mine.session() as session:
        work = session.work("a")
        (work / "v.mp4").write_bytes(b"film")
        file = ProvenFile(work / "v.mp4", "video", ".mp4")
        (stored,) = session.describe([file])
        session.finish(work, [file], [stored], {"media": {"path": stored.path}, "images": []})
    with plain.session() as session:
        assert len(list(session.unsaved_notes())) == 1
    assert [name for name, _ in storage.list_files()] == [stored.path]
