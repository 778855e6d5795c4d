"""The site: who reads what, what is never served, and answers that go straight into the tables."""

import http.client
import json
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from tests.scripts.samples import PLAIN
from tests.serving.conftest import STAMPS, Home, running
from vtlib.core.errors import BadInput, DataCheckFailed
from vtlib.report import review_form
from vtlib.report import reviews as report_reviews
from vtlib.scripts import queries, reviews, store
from vtlib.scripts.reviews import words_fingerprint
from vtlib.scripts.store import Making, Move
from vtlib.serving import guards, people, published
from vtlib.serving.guards import SiteOptions
from vtlib.serving.people import Visitor
from vtlib.serving.site import serve

ACME, GLOBEX = "spring-acme", "spring-globex"
RUN = f"{ACME}-{STAMPS[0]}"
CLIENT, TEAM = "approver of acme", "Ann"


@pytest.fixture(scope="module", autouse=True)
def out(home: Home) -> None:
    """The first report of each brand is published, the second is not."""
    for project in (ACME, GLOBEX):
        published.publish(home.at, f"{project}-{STAMPS[0]}", by="Ann")


def get(site: str, home: Home, person: str, path: str, **options: Any) -> httpx.Response:
    auth = (person, home.passwords[person])
    return httpx.get(f"{site}{path}", auth=auth, trust_env=False, **options)


def answer(site: str, home: Home, person: str, script: str, **changes: Any) -> httpx.Response:
    facts = {
        "form": reviews.FORM,
        "script_id": script,
        "version": 1,
        "reviewer": "Somebody else",
        "words": words_fingerprint(PLAIN),
        "reviewed_on": "2026-11-28",
        "decision": "approve",
        "notes": [{"beat_id": "b1", "text": "Lovely"}],
        **changes,
    }
    auth = (person, home.passwords[person])
    url = f"{site}/scripts/{script}/1/reviews"
    return httpx.post(url, json=facts, auth=auth, trust_env=False)


@pytest.mark.parametrize(
    "path",
    ["/", f"/runs/{RUN}/index.html", "/scripts/quiet-acme/1", "/mcp", "/auth", "/nothing"],
)
def test_nothing_is_read_without_sign_in(site: str, home: Home, path: str) -> None:
    for auth in (None, ("Ann", "wrong"), ("Nobody", "wrong"), ("", "")):
        reply = httpx.get(f"{site}{path}", auth=auth, trust_env=False)
        assert reply.status_code == 401
        assert reply.text == "Sign in first.\n"
    assert httpx.get(f"{site}/healthz", trust_env=False).text == "ok\n"


def test_a_client_sees_what_was_published_of_the_brand_and_the_team_all(
    site: str, home: Home
) -> None:
    own, team = (get(site, home, p, "/").text for p in (CLIENT, TEAM))
    assert "/scripts/quiet-acme/1" in own
    assert f"/runs/{RUN}/" in own
    assert "globex" not in own.lower()
    assert STAMPS[1] not in own
    for word in (f"{ACME}-{STAMPS[1]}", GLOBEX, "quiet-globex"):
        assert word in team


def test_a_report_is_served_as_it_was_rendered_under_its_own_policy(site: str, home: Home) -> None:
    reply = get(site, home, CLIENT, f"/runs/{RUN}/index.html")
    assert reply.status_code == 200
    assert "spring-acme report 1" in reply.text
    assert "script-src 'sha256-" in reply.headers["content-security-policy"]
    assert reply.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in reply.headers["cache-control"]
    assert get(site, home, CLIENT, f"/runs/{RUN}/pages/videos.html").status_code == 200
    clip = get(site, home, CLIENT, f"/runs/{RUN}/media/clip.mp4", headers={"Range": "bytes=0-2"})
    assert (clip.status_code, clip.content) == (206, b"not")


@pytest.mark.parametrize(
    "path",
    [
        f"/runs/{ACME}-{STAMPS[1]}/index.html",  # not published
        f"/runs/{GLOBEX}-{STAMPS[0]}/index.html",  # of another brand
        f"/runs/{GLOBEX}-{STAMPS[1]}/index.html",
        "/runs/no-such-run/index.html",
        "/scripts/quiet-globex/1",
        "/scripts/quiet-acme/2",
        "/scripts/no-such/1",
    ],
)
def test_what_is_not_for_a_client_looks_like_what_is_not_there(
    site: str, home: Home, path: str
) -> None:
    reply = get(site, home, CLIENT, path)
    assert (reply.status_code, reply.text) == (404, "There is no such page.\n")


@pytest.mark.parametrize(
    "tail",
    [
        "run.json",
        "03_outliers.ipynb",
        ".hidden.html",
        "out.html",  # a link that leads out of the folder
        "media/notes.txt",
        "media/",
        "pages/",
        "pages",
        "../" + STAMPS[1] + "/index.html",
        "..%2f" + STAMPS[1] + "%2findex.html",
        "%2e%2e/" + STAMPS[1] + "/index.html",
        "media/../../" + STAMPS[1] + "/index.html",
        "..\\" + STAMPS[1] + "\\index.html",
        "..%5c" + STAMPS[1] + "%5cindex.html",
        "index.html%00.html",
        "/etc/passwd.html",
        "%2fetc%2fpasswd",
        "//secret.html",
        "../../../../secret.html",
        "..%252f..%252fsecret.html",
        "../../../../.env",
        "..;/index.html",
        "a" * 3000 + ".html",
    ],
)
@pytest.mark.parametrize("person", [CLIENT, TEAM])
def test_no_path_leads_out_of_what_a_page_is_made_of(
    site: str, home: Home, person: str, tail: str
) -> None:
    place = urlsplit(site)
    connection = http.client.HTTPConnection(str(place.hostname), int(place.port or 0))
    auth = httpx.BasicAuth(person, home.passwords[person])
    request = next(auth.auth_flow(httpx.Request("GET", site)))
    # As it stands: a client's library would tidy the path up.
    connection.putrequest("GET", f"/runs/{RUN}/{tail}", skip_accept_encoding=True)
    connection.putheader("Authorization", request.headers["authorization"])
    connection.endheaders()
    reply = connection.getresponse()
    body = reply.read()
    assert reply.status in (400, 404)
    assert b"secret" not in body
    assert b"report 2" not in body


def test_another_host_name_and_other_sites_are_refused(site: str, home: Home) -> None:
    assert get(site, home, TEAM, "/", headers={"Host": "evil.example"}).status_code == 400
    auth = (CLIENT, home.passwords[CLIENT])
    url = f"{site}/scripts/quiet-acme/1/reviews"
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        reply = httpx.post(url, json={}, auth=auth, headers=headers, trust_env=False)
        assert (reply.status_code, reply.text) == (403, "From another site.\n")


def test_an_answer_goes_into_the_tables_in_the_name_of_who_signed_in(site: str, home: Home) -> None:
    assert answer(site, home, "viewer of acme", "quiet-acme").status_code == 403
    assert answer(site, home, "editor of acme", "quiet-acme").status_code == 403
    assert answer(site, home, "approver of globex", "quiet-acme").status_code == 404
    said = answer(site, home, "editor of acme", "quiet-acme", decision="comment")
    assert said.status_code == 200, said.text
    assert queries.get(home.at.store, "quiet-acme")["status"] == "review"
    done = answer(site, home, CLIENT, "quiet-acme")
    assert done.status_code == 200
    assert "is approved by approver of acme" in done.json()["message"]
    assert queries.get(home.at.store, "quiet-acme")["status"] == "approved"
    rows = reviews.listing(home.at, "quiet-acme")
    assert [(r["reviewer"], r["outcome"], r["came_by"]) for r in rows] == [
        ("editor of acme", "commented", "site"),
        (CLIENT, "approved", "site"),
    ]
    # Twice the same is one; and a script that moved on is not decided on any more.
    assert answer(site, home, CLIENT, "quiet-acme").status_code == 200
    late = answer(site, home, CLIENT, "quiet-acme", decision="send_back")
    assert late.status_code == 409
    assert "this one is approved" in late.json()["message"]


def test_an_old_page_approves_no_newer_version(site: str, home: Home) -> None:
    at, key = home.at, "quiet-globex"
    store.add_version(at.store, key, PLAIN, Making("Ann"), base_version=1)
    store.set_status(at.store, key, Move("review", "Ann"))
    late = answer(site, home, "approver of globex", key)
    assert late.status_code == 409
    assert "version 2 has come since" in late.json()["message"]
    assert queries.get(at.store, key)["status"] == "review"
    wrong = answer(site, home, "approver of globex", key, version=2)
    assert (wrong.status_code, wrong.json()) == (422, {"message": "It answers another script."})


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{" * 1000, "application/json", 422),
        (b"x" * (reviews.FILE_MAX_BYTES + 1), "application/json", 413),
        (b"{}", "text/plain", 415),
        (b"", "application/json", 422),
    ],
    ids=["no JSON", "too large", "no JSON by its type", "empty"],
)
def test_a_body_that_is_no_answer_is_refused(
    site: str, home: Home, body: bytes, kind: str, status: int
) -> None:
    auth = (CLIENT, home.passwords[CLIENT])
    url = f"{site}/scripts/quiet-acme/1/reviews"
    headers = {"Content-Type": kind}
    reply = httpx.post(url, content=body, auth=auth, headers=headers, trust_env=False)
    assert reply.status_code == status


def test_who_may_come_to_the_desk_is_told_to_the_proxy(site: str, home: Home) -> None:
    reply = get(site, home, TEAM, "/auth")
    assert (reply.status_code, reply.headers["x-vt-person"]) == (204, TEAM)
    assert get(site, home, "Vic", "/auth").status_code == 403
    assert get(site, home, CLIENT, "/auth").status_code == 403
    assert get(site, home, CLIENT, "/mcp").status_code == 403


def test_a_proxy_names_people_and_nobody_else_does(home: Home) -> None:
    header = "X-Forwarded-User"
    with running(home.at, SiteOptions(proxy_header=header)) as url:
        replies = [
            httpx.get(url, headers=headers, auth=auth, trust_env=False).status_code
            for headers, auth in (
                ({header: CLIENT}, None),
                ({header: "Nobody"}, None),
                ({}, None),
                ({}, (TEAM, home.passwords[TEAM])),  # the proxy alone signs in
                ([(header, CLIENT), (header, TEAM)], None),
            )
        ]
        own = httpx.get(url, headers={header: CLIENT}, trust_env=False).text
    assert replies == [200, 401, 401, 401, 401]
    assert "globex" not in own.lower()
    with running(home.at, SiteOptions(proxy_header=header, proxies=("10.1.2.3",))) as url:
        forged = {header: TEAM, "X-Forwarded-For": "10.1.2.3"}
        assert httpx.get(url, headers=forged, trust_env=False).status_code == 401


def test_names_of_any_script_sign_in(home: Home) -> None:
    name = "Łukasz 🎬"
    password = people.invite(home.at, Visitor(name, "editor"), by="Ann")
    with running(home.at, SiteOptions()) as url:
        reply = httpx.get(f"{url}/auth", auth=(name, password), trust_env=False)
    assert (reply.status_code, unquote(reply.headers["x-vt-person"])) == (204, name)
    with running(home.at, SiteOptions(proxy_header="X-User")) as url:
        headers = {b"X-User": name.encode()}
        reply = httpx.get(f"{url}/auth", headers=headers, trust_env=False)
    assert unquote(reply.headers["x-vt-person"]) == name
    people.remove(home.at, name)


def test_guessing_ends_after_ten_tries(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_is_right", lambda _, password: password == "right")
    with running(home.at, SiteOptions()) as url:
        tries = [
            httpx.get(url, auth=("Vic", word), trust_env=False).status_code
            for word in ["right", *["wrong"] * guards.MOST, "right"]
        ]
        other = httpx.get(url, auth=("Ann", "right"), trust_env=False).status_code
    assert tries == [200, *[401] * guards.MOST, 401]
    assert other == 200


def test_passwords_are_kept_as_hashes_and_a_new_one_ends_the_old(home: Home) -> None:
    first = people.invite(home.at, Visitor("Zoe", "viewer"), by="Ann")
    second = people.invite(home.at, Visitor("Zoe", "editor", "acme"), by="Ann")
    assert people.signed_in(home.at, "Zoe", first) is None
    assert people.signed_in(home.at, "Zoe", second) == Visitor("Zoe", "editor", "acme")
    (row,) = home.at.store.rows("SELECT * FROM site_people WHERE person = 'Zoe'")
    assert row["password_hash"].startswith("argon2:")
    assert second not in json.dumps(row, default=str)
    people.remove(home.at, "Zoe")
    assert people.signed_in(home.at, "Zoe", second) is None
    with pytest.raises(BadInput, match="not invited"):
        people.remove(home.at, "Zoe")


@pytest.mark.parametrize(
    ("guest", "message"),
    [
        (Visitor("", "viewer"), "1 to 80"),
        (Visitor("a:b", "viewer"), "no colon"),
        (Visitor("Zed", "owner"), "no role owner"),
        (Visitor("Zed", "viewer", "no-such"), "no-such"),
    ],
)
def test_a_wrong_invitation_lets_nobody_in(home: Home, guest: Visitor, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        people.invite(home.at, guest, by="Ann")
    assert people.visitor(home.at, guest.person) is None


def test_only_a_client_copy_is_published_and_it_can_be_withdrawn(home: Home) -> None:
    at = home.at
    row = {"run_id": "analyst", "project_id": ACME, "folder": f"outputs/{ACME}/runs/{STAMPS[0]}"}
    with at.store.write() as connection:
        connection.execute(
            "INSERT INTO runs (run_id, project_id, folder, profile, started_at, status) "
            "VALUES ($run_id, $project_id, $folder, 'analyst', now()::TIMESTAMP, 'ok')",
            row,
        )
    with pytest.raises(BadInput, match="no report for a client"):
        published.publish(at, "analyst", by="Ann")
    client = Visitor("C", "viewer", "acme")
    latest = published.publish(at, ACME, by="Ann")
    assert latest["run_id"] == f"{ACME}-{STAMPS[1]}"
    assert len(published.reports(at, client)) == 2
    assert published.withdraw(at, latest["run_id"]) == 1
    assert [r["run_id"] for r in published.reports(at, client)] == [RUN]


def test_a_copy_that_leads_to_a_stranger_is_not_published(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.at.params_path(ACME)
    before = path.read_text()
    path.write_text(before.replace("creators: named", "creators: pseudonyms"))
    page = home.at.outputs / ACME / "runs" / STAMPS[1] / "index.html"
    with home.at.store.write() as connection:
        connection.execute(
            "INSERT INTO accounts (account_id, platform, native_id, handle) "
            "VALUES ('tiktok:9', 'tiktok', '9', 'a_rival_creator')"
        )
    html = page.read_text()
    page.write_text(html.replace("</main>", "<p>@a_rival_creator</p></main>"))
    with pytest.raises(DataCheckFailed, match="lead to a stranger"):
        published.publish(home.at, f"{ACME}-{STAMPS[1]}", by="Ann")
    page.write_text(html)
    path.write_text(before)


def test_an_open_site_stays_on_this_machine(home: Home) -> None:
    options = SiteOptions(local=Visitor("Ann", "approver"))
    with pytest.raises(BadInput, match="nobody is invited"):
        serve(home.at, options, host="0.0.0.0", port=8799, on_start=print)
    with running(home.at, options) as url:
        assert httpx.get(url, trust_env=False).status_code == 200


def report_answer(site: str, home: Home, person: str, run: str, **changes: Any) -> httpx.Response:
    shared = report_reviews.shared(home.at, run)
    facts = {
        "form": review_form.FORM,
        "run_id": run,
        "pages": shared.pages if shared else "0" * 32,
        "reviewer": "Somebody else",
        "reviewed_on": "2026-11-28",
        "decision": "approve",
        "notes": [{"place": "pages/videos.html", "text": "Lovely"}],
        **changes,
    }
    auth = (person, home.passwords[person])
    return httpx.post(f"{site}/runs/{run}/reviews", json=facts, auth=auth, trust_env=False)


def test_a_published_report_takes_the_answer_of_who_signed_in(site: str, home: Home) -> None:
    run = f"{GLOBEX}-{STAMPS[0]}"
    page = get(site, home, "editor of globex", f"/runs/{run}/pages/videos.html").text
    assert 'id="review"' in page
    assert 'value="approve"' not in page  # an editor comments and sends back
    assert 'id="review"' not in get(site, home, "viewer of globex", f"/runs/{run}/").text
    assert report_answer(site, home, "editor of globex", run).status_code == 403
    assert report_answer(site, home, CLIENT, run).status_code == 404
    assert report_answer(site, home, "viewer of globex", run, decision="comment").status_code == 403
    other = report_answer(site, home, "approver of globex", run, run_id=f"{GLOBEX}-{STAMPS[1]}")
    assert (other.status_code, other.json()["message"]) == (422, "It answers another report.")
    later = report_answer(site, home, "approver of globex", f"{GLOBEX}-{STAMPS[1]}")
    assert later.status_code == 404  # not published
    first, again = (report_answer(site, home, "approver of globex", run) for _ in range(2))
    assert first.json()["message"] == (
        f"The report {run} is approved by approver of globex; 1 new comment of 1."
    )
    assert "taken in already" in again.json()["message"]
    rows = report_reviews.listing(home.at, GLOBEX)
    assert [(r["reviewer"], r["came_by"]) for r in rows] == [("approver of globex", "site")]
    assert "approved by approver of globex" in get(site, home, "viewer of globex", "/").text
    # Pages that were drawn anew are others: they take no answer until they are published again.
    drawn = home.at.outputs / GLOBEX / "runs" / STAMPS[0] / "pages" / "videos.html"
    before = drawn.read_text()
    drawn.write_text(f"{before}<!-- anew -->")
    assert 'id="review"' not in get(site, home, "approver of globex", f"/runs/{run}/").text
    drawn.write_text(before)
