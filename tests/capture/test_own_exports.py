"""Owners' exports in other languages, orders and forms, as their platforms write them."""

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from vtlib.capture import datasets, own_columns
from vtlib.capture.own_analytics import Export, read_export
from vtlib.capture.own_dates import read_date_words
from vtlib.capture.shapes import shape_of_file
from vtlib.core.errors import BadInput
from vtlib.tables.reader import TableOptions

REEL = "https://www.instagram.com/reel/DAAAAAAAAA3/"
VIDEO = "https://www.tiktok.com/@sim/video/7531345990947851551"
META_PT = (
    '"Identificação do post","Identificação da conta","Nome de usuário da conta","Nome da conta",'
    'Descrição,"Duração (s)","Horário de publicação","Link permanente","Tipo de post",'
    '"Comentário de dados",Data,Visualizações,Alcance,Curtidas,Compartilhamentos,Seguimentos,'
    "Comentários,Salvamentos\n"
    f'1801,77,sim,Sim,"um",22,"01/07/2026 10:29",{REEL},"Reel do Instagram",,Total,'
    "2752,1732,153,7,0,8,2\n"
)
META_JA = (
    "投稿ID,アカウントID,アカウントのユーザーネーム,アカウント名,説明,時間(秒),公開時間,リンク,投稿タイプ,"
    "データコメント,日時,ビュー,リーチ,いいね！の数,シェア数,フォロー数,コメント数,保存数\n"
    f"1801,1,sim,Sim,x,38,01/07/2026 10:29,{REEL},IGリール動画,,通算,2752,1732,153,7,0,8,2\n"
)
META_DE = (  # columns in another order, separated as Excel does in Germany
    "Permalink;Gespeicherte Beiträge;Kommentare;Follows;Geteilte Inhalte;„Gefällt mir“-Angaben;"
    "Reichweite;Aufrufe;Datum;Beitragstyp;Veröffentlichungszeitpunkt;Dauer (Sek.);Neue Spalte\n"
    f"{REEL};2;8;0;7;153;1.732;2.752;Gesamte Laufzeit;IG Reel;07.01.2026 10:29;22;5\n"
)
META_UNKNOWN = (  # a language of which no word is known: the link tells the post
    f"Aaa,Bbb,Ccc,Ddd\n1801,x,{REEL},12\n1802,y,https://www.instagram.com/p/DAAAAAAAAA4/,13\n"
)
NUMBERS = {"views": 2752, "reach": 1732, "likes": 153, "shares": 7, "comments": 8, "saves": 2}


def export(folder: Path, text: str, name: str = "export.csv") -> Export:
    path = folder / name
    path.write_text(text, encoding="utf-8-sig")
    return read_export(path)


def numbers(read: Export) -> dict[str, list]:
    found: dict[str, list] = {}
    for row in read.rows:
        value = (str(row["day"]), row["value"]) if row["day"] else row["value"]
        found.setdefault(row["metric"], []).append(value)
    return found


@pytest.mark.parametrize("text", [META_PT, META_JA, META_DE], ids=["pt", "ja", "de"])
def test_meta_in_any_language_gives_the_same_post_and_numbers(tmp_path: Path, text: str) -> None:
    read = export(tmp_path, text)
    post = read.posts[0]
    assert {k: v for k, (v,) in numbers(read).items() if k in NUMBERS} == NUMBERS
    assert (post.ref.post_id, str(post.posted_at)) == (
        "instagram:DAAAAAAAAA3",
        "2026-01-07 10:29:00",
    )
    assert (post.format, post.counts["views"].value) == ("reel", 2752)
    assert post.duration_s == (38 if text is META_JA else 22)


def test_unknown_words_are_named_and_their_posts_kept(tmp_path: Path) -> None:
    assert "Neue Spalte" in export(tmp_path, META_DE).unknown_columns
    read = export(tmp_path, META_UNKNOWN)
    assert [p.ref.native_id for p in read.posts] == ["DAAAAAAAAA3", "DAAAAAAAAA4"]
    assert (read.rows, read.unknown_columns) == ([], ("Aaa", "Bbb", "Ddd"))
    assert "posts told by column Ccc" in read.note


YT_CHART = "Datum,Videos,Videotitel,Veröffentlichungszeitpunkt des Videos,Dauer,Aufrufe\n"
YT_CHART += 'Gesamtsumme,,,,,75\n2026-10-01,abcDEF12345,T,"1. Okt. 2026",31,50\n'
YT_CHART += '2026-10-02,abcDEF12345,T,"1. Okt. 2026",31,25\n'
YT_JA = "コンテンツ,動画のタイトル,動画公開時刻,長さ,視聴回数,"
YT_JA += "総再生時間（単位: 時間）,チャンネル登録者\n"
YT_JA += (
    '合計,,,,"1,500",100.5,3\nabcDEF12345,A,"Sep 1, 2026",600,"1,000",70.0,-2\n,,,,500,30.5,5\n'
)
X_POSTS = "Post id,Date,Post text,Post Link,Impressions,Likes,Engagements,Bookmarks,Shares,"
X_POSTS += "New follows,Replies,Reposts\n2040000000000000000,"
X_POSTS += '"Fri, Apr 3, 2026",Hi,https://x.com/sim/status/2040000000000000000,655,2,13,1,0,0,4,3\n'
LINKEDIN = "https://www.linkedin.com/feed/update/urn:li:activity:7406535690785632256"
LINKEDIN_POSTS = "Post title,Post link,Created date,Impressions,Clicks,"
LINKEDIN_POSTS += f"Click through rate (CTR),Likes\nT,{LINKEDIN},12/16/2025,1000,20,0.02,7\n"
PINS = "Pin URL,Title,Impressions,Saves,Pin clicks,Outbound clicks\n"
PINS += "https://www.pinterest.com/pin/123356477291669593/,T,5000,12,150,60\n"
TT_ES = "Título del video,Enlace del video,Visualizaciones totales,Me gusta totales\n"
TT_ES += f"a,{VIDEO},900,40\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (YT_CHART, {"views": [("2026-10-01", 50), ("2026-10-02", 25)]}),
        (YT_JA, {"views": [1000], "watch_time": [252_000]}),
        (
            X_POSTS,
            {"impressions": [655], "likes": [2], "saves": [1], "comments": [4], "reposts": [3]},
        ),
        (
            TT_ES,
            {"views": [900], "likes": [40]},
        ),
        (
            LINKEDIN_POSTS,
            {"impressions": [1000], "clicks": [20], "click_rate": [0.02], "likes": [7]},
        ),
        (
            PINS,
            {"impressions": [5000], "saves": [12], "clicks": [150], "outbound_clicks": [60]},
        ),
    ],
    ids=["youtube by day", "youtube ja", "x", "tiktok es", "linkedin", "pinterest"],
)
def test_exports_by_post_and_by_day(tmp_path: Path, text: str, expected: dict) -> None:
    read = export(tmp_path, text)
    found = numbers(read)
    assert {k: found.get(k) for k in expected} == expected
    assert (read.n_posts, read.skipped) == (1, [])


def test_sums_and_numbers_below_zero_are_counted_apart(tmp_path: Path) -> None:
    read = export(tmp_path, YT_JA)
    assert (read.n_totals, read.n_negative, "follows" in numbers(read)) == (2, 1, False)


def test_a_date_column_that_says_what_ids_say_is_when_posts_went_up(tmp_path: Path) -> None:
    read = export(tmp_path, X_POSTS)
    assert {row["day"] for row in read.rows} == {None}
    assert str(read.posts[0].posted_at)[:10] == "2026-04-03"


TT_DAYS = "Date,Video Views,Profile Views,Likes,Comments,Shares\nOctober 1,10,1,2,3,4\n"
TT_FOLLOWERS = (
    'Date,Followers,Difference in followers from previous day\n"December 31",undefined,0\n'
)
TT_FOLLOWERS += '"January 1",100,2\n"January 2",103,3\n'
X_DAYS = 'Date,Impressions,Likes,New follows,Unfollows\n"Tue, Aug 25, 2026",100,10,5,3\n'


@pytest.mark.parametrize("text", [TT_DAYS, X_DAYS, "Datum,Aufrufe\n2026-10-29,3415\n"])
def test_days_of_an_account_are_of_no_post_and_said(tmp_path: Path, text: str) -> None:
    read = export(tmp_path, text)
    assert read.is_empty
    assert "1 day (" in read.elsewhere[0]
    assert "of the whole account, not of posts" in read.elsewhere[0]


def test_a_follower_history_is_of_the_account_by_day(tmp_path: Path) -> None:
    read = export(tmp_path, TT_FOLLOWERS, "FollowerHistory_2026-01-03.csv")
    assert (read.platform, read.elsewhere) == ("tiktok", ())
    assert read.followers == {date(2026, 1, 1): 100, date(2026, 1, 2): 103}


def linkedin_book(path: Path) -> Path:
    book = openpyxl.Workbook()
    days = book.active
    days.title = "ENGAGEMENT"
    for row in (["Date", "Impressions", "Engagements"], ["10/8/2026", 4, 0], ["10/9/2026", 8, 2]):
        days.append(row)
    discovery = book.create_sheet("DISCOVERY")
    discovery.append(["Overall Performance", "10/8/2026 - 10/9/2026"])
    discovery.append(["Members reached", 8])
    top = book.create_sheet("TOP POSTS")
    other = LINKEDIN.replace("7406535690785632256", "7406100249858990080")
    link, when = "Post URL", "Post publish date"
    for row in (
        ["Maximum of 50 posts available to include in this list"],
        [],
        [link, when, "Engagements", None, link, when, "Impressions"],
        [LINKEDIN, "12/16/2025", 3, None, other, "12/14/2025", 1358],
        [other, "12/14/2025", 2, None, LINKEDIN, "12/16/2025", 631],
    ):
        top.append(row)
    book.save(path)
    return path


def test_all_sheets_of_a_workbook_and_tables_side_by_side(tmp_path: Path) -> None:
    read = read_export(linkedin_book(tmp_path / "linkedin_2026-10-10.xlsx"))
    impressions = {r["post_id"]: r["value"] for r in read.rows if r["metric"] == "impressions"}
    assert impressions == {
        "linkedin:7406535690785632256": 631,
        "linkedin:7406100249858990080": 1358,
    }
    assert sorted(numbers(read)["engagements"]) == [2, 3]
    assert (read.platform, read.n_posts, read.skipped) == ("linkedin", 2, [])
    assert [text.split(":")[0] for text in read.elsewhere] == ["ENGAGEMENT", "DISCOVERY"]


def test_an_excel_file_of_before_2007_as_linkedin_gives_it_out() -> None:
    """The file was written by xlwt, an old library of its own; a hidden sheet is not read."""
    read = read_export(Path(__file__).parent / "analytics" / "linkedin_page.xls")
    assert (read.platform, read.n_posts, read.skipped) == ("linkedin", 2, [])
    values = {
        r["metric"]: r["value"] for r in read.rows if r["post_id"].endswith("7406100249858990080")
    }
    counts = {"impressions": 1358, "views": 480, "likes": 77, "comments": 9, "reposts": 5}
    assert values == {**counts, "clicks": 40, "click_rate": 0.0295}
    assert [p.caption for p in read.posts] == ["A lid, closed", "Café in a tent ☕"]
    assert [p.posted_at for p in read.posts] == [datetime(2025, 12, 16), datetime(2025, 12, 14)]
    assert [text.split(":")[0] for text in read.elsewhere] == ["Metrics"]


def test_the_zip_of_youtube_studio_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "Content 2026-09-01_2026-09-28 Sim.zip"
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("Chart data.csv", YT_CHART)
        pack.writestr("Table data.csv", YT_JA)
        pack.writestr("Totals.csv", "Date,Views\n2026-10-01,70\n")
    read = read_export(path)
    assert numbers(read)["views"] == [("2026-10-01", 50), ("2026-10-02", 25), 1000]
    assert (read.n_posts, str(read.exported_at)[:10]) == (1, "2026-09-28")
    assert "Totals.csv: 1 day" in read.elsewhere[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Oct 3, 2026", "2026-10-03"),
        ("Tue, Aug 25, 2026", "2026-08-25"),
        ("3 de out. de 2026", "2026-10-03"),
        ("1 sept 2026", "2026-09-01"),
        ("mar. 25 août 2026", "2026-08-25"),
        ("3. Okt. 2026", "2026-10-03"),
        ("3 окт. 2026 г.", "2026-10-03"),
        ("3 Οκτ 2026", "2026-10-03"),
        ("2026年10月3日", "2026-10-03"),
        ("2026. 10. 3.", "2026-10-03"),
        ("July 26", "2026-07-26"),
        ("December 30", "2025-12-30"),
        ("someday", "None"),
        ("32 May 2026", "None"),
    ],
)
def test_dates_in_words_of_many_languages(text: str, expected: str) -> None:
    latest = datetime(2026, 11, 28, tzinfo=UTC)
    assert str(read_date_words(text, latest=latest))[:10] == expected


def test_no_word_has_two_meanings() -> None:
    words = own_columns.words()
    data = own_columns.read_words()
    meanings: dict[str, set[str]] = {}
    for concept, languages in {**data["metrics"], **data["facts"]}.items():
        for word in own_columns.each_word(languages):
            meanings.setdefault(own_columns.fold(word), set()).add(concept)
    assert {word: m for word, m in meanings.items() if len(m) > 1} == {}
    assert set(words.units.values()) == {"count", "s", "ratio"}


@pytest.mark.parametrize("word", ["Gesamtsumme", "Total (12)", "ИТОГО", "Σύνολο", "合計"])
def test_words_of_sums(word: str) -> None:
    assert own_columns.is_total(word)


def test_a_word_in_place_of_a_day_is_refused_where_nothing_says_it_is_one_number(
    tmp_path: Path,
) -> None:
    with pytest.raises(BadInput, match="no day"):
        export(tmp_path, f"Link,Date,Views\n{VIDEO},someday,5\n")


@pytest.mark.parametrize("text", [META_PT, META_JA, YT_JA, X_POSTS, LINKEDIN_POSTS, TT_DAYS])
def test_a_dataset_that_is_own_statistics_is_sent_to_its_command(tmp_path: Path, text: str) -> None:
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    dataset = datasets.datasets(path)[0]
    with pytest.raises(BadInput, match=r"own statistics from .*vt import analytics"):
        shape_of_file(dataset, TableOptions())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('sep=,\nReach\n"Date","Primary"\n"2026-08-10T00:00:00","100"\n', "Primary"),
        ("Date,Total Viewers,New Viewers\nJanuary 1,8,5\n", "reach, New Viewers"),
    ],
)
def test_days_under_unknown_headings_are_named_too(tmp_path: Path, text: str, names: str) -> None:
    assert f"not of posts: {names}." in export(tmp_path, text).elsewhere[0]


PINS = """Analytics overview
Date range,2026-09-01 - 2026-09-30

Overall performance
Date,Impressions,Saves
2026-09-01,1200,9
2026-09-02,1300,11

Top Pins by impressions
Pin,Impressions,Saves
https://www.pinterest.com/pin/813744226420795884/,900,30
https://www.pinterest.com/pin/813744226420795885/,700,20

Top Pins by saves
Pin,Impressions,Saves
https://www.pinterest.com/pin/813744226420795884/,900,30
https://www.pinterest.com/pin/813744226420795886/,100,29

Audience
Board,Impressions
Recipes,900
"""
TIKTOK_OVERVIEW = """Video Views
Date,Video Views
September 1,100
September 2,120

Followers
Date,Followers,Difference in followers from previous day
September 1,1000,4
September 2,1005,5
"""


def test_tables_one_below_another_are_read_each_and_named(tmp_path: Path) -> None:
    read = export(tmp_path, PINS)
    assert sorted(p.ref.native_id for p in read.posts) == [
        f"81374422642079588{n}" for n in (4, 5, 6)
    ]
    values = [(r["post_id"][-1], r["value"]) for r in read.rows if r["metric"] == "impressions"]
    assert sorted(values) == [("4", 900), ("5", 700), ("6", 100)]
    account, audience = read.elsewhere
    assert account.startswith("Overall performance: 2 days (2026-09-01 to 2026-09-02)")
    assert audience.startswith("Audience: not read: ")
    assert "Top Pins by saves: headings in row 15" in read.note


def test_followers_of_one_table_are_kept_beside_the_views_of_another(tmp_path: Path) -> None:
    read = export(tmp_path, TIKTOK_OVERVIEW, "overview_2026-09-30.csv")
    assert read.platform == "tiktok"
    assert read.followers == {date(2026, 9, 1): 1000, date(2026, 9, 2): 1005}
    assert len(read.elsewhere) == 1
    assert read.elsewhere[0].startswith("Video Views: 2 days")
