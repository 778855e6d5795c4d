"""Tables that nobody has seen, made with a seed, and what is true of each.

Headings are those that tools and people write in each language (platforms' studios, spreadsheets of
agencies, APIs), put down here by themselves and not taken from vtlib/capture/headings.yaml.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO

from babel.dates import format_date
from babel.numbers import format_compact_decimal

CAPTURED_AT = datetime(2026, 10, 20, 12, tzinfo=UTC)
N_LAYOUTS = 60
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
COUNTS = ("views", "likes", "comments", "shares", "saves")

# language -> target -> headings as they are written
WORDS: dict[str, dict[str, list[str]]] = {
    "en": {
        "url": ["Video link", "post_url", "URL", "Permalink", "Link to video", "share_url"],
        "posted_at": [
            "Publish time",
            "Post date",
            "Upload Date",
            "publishedAt",
            "Date posted (UTC)",
        ],
        "caption": ["Caption", "Video description", "text", "Post caption"],
        "views": ["Video views", "Total views", "viewCount", "# Views", "No. of views", "VIEWS"],
        "likes": [
            "Likes",
            "like_count",
            "Total Likes",
            "# of likes",
            "Number of likes",
            "Likes (total)",
        ],
        "comments": ["Comments", "comment_count", "Comment Count", "No. of Comments"],
        "shares": ["Shares", "share_count", "Total shares", "Number of shares"],
        "saves": ["Saves", "Bookmarks", "collectCount", "Saved"],
        "duration_s": ["Duration (sec)", "video_length", "Length (s)", "Duration"],
        "handle": ["Username", "handle", "Account username", "Creator handle"],
        "followers": ["Followers", "Follower count", "author_followers"],
    },
    "de": {
        "url": ["Link zum Video", "Videolink", "URL", "Permalink"],
        "posted_at": ["Veröffentlicht am", "Veröffentlichungsdatum", "Gepostet am"],
        "caption": ["Beschreibung", "Bildunterschrift"],
        "views": ["Aufrufe", "Videoaufrufe", "Anzahl Aufrufe", "Aufrufe (gesamt)"],
        "likes": ["Gefällt mir", "Likes", "„Gefällt mir“-Angaben", "Anzahl Likes"],
        "comments": ["Kommentare", "Anzahl Kommentare"],
        "shares": ["Geteilt", "Geteilte Inhalte", "Shares"],
        "saves": ["Gespeichert", "Gespeicherte Inhalte"],
        "duration_s": ["Dauer (Sek.)", "Videolänge (s)", "Dauer"],
        "handle": ["Benutzername", "Nutzername"],
        "followers": ["Follower", "Abonnenten"],
    },
    "es": {
        "url": ["Enlace permanente", "Enlace", "Enlace del video"],
        "posted_at": ["Fecha de publicación", "Hora de publicación"],
        "caption": ["Descripción", "Texto de la publicación"],
        "views": ["Visualizaciones", "Vistas", "Nº de visualizaciones"],
        "likes": ["Me gusta", "Número de me gusta"],
        "comments": ["Comentarios", "Total de comentarios"],
        "shares": ["Veces compartido", "Compartidos"],
        "saves": ["Guardados", "Veces guardado"],
        "duration_s": ["Duración (segundos)", "Duración (s)"],
        "handle": ["Nombre de usuario"],
        "followers": ["Seguidores"],
    },
    "fr": {
        "url": ["Lien permanent", "Lien de la vidéo"],
        "posted_at": ["Date de publication", "Heure de publication"],
        "caption": ["Légende", "Description"],
        "views": ["Vues", "Nombre de vues", "Nb vues"],
        "likes": ["J’aime", "Mentions J'aime", "Nombre de j’aime"],
        "comments": ["Commentaires", "Nb de commentaires"],
        "shares": ["Partages", "Nombre de partages"],
        "saves": ["Enregistrements"],
        "duration_s": ["Durée (s)", "Durée de la vidéo (sec)"],
        "handle": ["Nom d'utilisateur"],
        "followers": ["Abonnés"],
    },
    "it": {
        "url": ["Link permanente", "Link del video"],
        "posted_at": ["Data di pubblicazione", "Ora di pubblicazione"],
        "caption": ["Descrizione", "Didascalia"],
        "views": ["Visualizzazioni", "Totale visualizzazioni"],
        "likes": ["Mi piace", "Numero di Mi piace"],
        "comments": ["Commenti", "Numero di commenti"],
        "shares": ["Condivisioni"],
        "saves": ["Salvataggi"],
        "duration_s": ["Durata (sec)", "Durata"],
        "handle": ["Nome utente"],
        "followers": ["Follower"],
    },
    "pt": {
        "url": ["Link permanente", "Link do vídeo"],
        "posted_at": ["Data de publicação", "Horário da publicação"],
        "caption": ["Legenda", "Descrição"],
        "views": ["Visualizações", "Total de visualizações"],
        "likes": ["Curtidas", "Gostos"],
        "comments": ["Comentários", "Nº de comentários"],
        "shares": ["Compartilhamentos", "Partilhas"],
        "saves": ["Salvamentos"],
        "duration_s": ["Duração (s)", "Duração (segundos)"],
        "handle": ["Nome de usuário"],
        "followers": ["Seguidores"],
    },
    "nl": {
        "url": ["Permanente link", "Videolink"],
        "posted_at": ["Publicatiedatum", "Geplaatst op"],
        "caption": ["Beschrijving", "Bijschrift"],
        "views": ["Weergaven", "Aantal weergaven"],
        "likes": ["Vind-ik-leuks", "Aantal likes"],
        "comments": ["Opmerkingen", "Aantal reacties"],
        "shares": ["Keer gedeeld", "Gedeeld"],
        "saves": ["Opgeslagen"],
        "duration_s": ["Duur (sec)", "Duur (seconden)"],
        "handle": ["Gebruikersnaam"],
        "followers": ["Volgers"],
    },
    "nb": {
        "url": ["Permanent lenke", "Lenke"],
        "posted_at": ["Publisert", "Publiseringsdato"],
        "caption": ["Beskrivelse", "Bildetekst"],
        "views": ["Visninger", "Antall visninger"],
        "likes": ["Likerklikk", "Antall likes"],
        "comments": ["Kommentarer", "Antall kommentarer"],
        "shares": ["Delinger", "Antall delinger"],
        "saves": ["Lagringer", "Lagret"],
        "duration_s": ["Varighet (sek.)", "Lengde (s)"],
        "handle": ["Brukernavn"],
        "followers": ["Følgere"],
    },
    "pl": {
        "url": ["Link do filmu", "Bezpośredni link"],
        "posted_at": ["Data publikacji", "Opublikowano"],
        "caption": ["Opis", "Treść posta"],
        "views": ["Wyświetlenia", "Liczba wyświetleń"],
        "likes": ["Polubienia", "Liczba polubień"],
        "comments": ["Komentarze", "Liczba komentarzy"],
        "shares": ["Udostępnienia", "Liczba udostępnień"],
        "saves": ["Zapisy", "Zapisania"],
        "duration_s": ["Czas trwania (s)", "Długość (sek)"],
        "handle": ["Nazwa użytkownika"],
        "followers": ["Obserwujący"],
    },
    "tr": {
        "url": ["Kalıcı bağlantı", "Video bağlantısı"],
        "posted_at": ["Yayınlanma tarihi", "Paylaşım tarihi"],
        "caption": ["Açıklama"],
        "views": ["Görüntülenme sayısı", "İzlenme", "Görüntülemeler"],
        "likes": ["Beğeni sayısı", "Beğeniler"],
        "comments": ["Yorumlar", "Yorum sayısı"],
        "shares": ["Paylaşımlar", "Paylaşım sayısı"],
        "saves": ["Kaydetmeler", "Kaydedilme sayısı"],
        "duration_s": ["Süre (sn)", "Süre (saniye)"],
        "handle": ["Kullanıcı adı"],
        "followers": ["Takipçi sayısı", "Takipçiler"],
    },
    "el": {
        "url": ["Μόνιμος σύνδεσμος", "Σύνδεσμος"],
        "posted_at": ["Ώρα δημοσίευσης", "Ημερομηνία δημοσίευσης"],
        "caption": ["Περιγραφή", "Λεζάντα"],
        "views": ["Προβολές", "Συνολικές προβολές"],
        "likes": ["Μου αρέσει!", "Επισημάνσεις «Μου αρέσει!»"],
        "comments": ["Σχόλια", "Αριθμός σχολίων"],
        "shares": ["Κοινοποιήσεις"],
        "saves": ["Αποθηκεύσεις"],
        "duration_s": ["Διάρκεια (δευτ.)"],
        "handle": ["Όνομα χρήστη"],
        "followers": ["Ακόλουθοι"],
    },
    "ru": {
        "url": ["Ссылка на видео", "Постоянная ссылка"],
        "posted_at": ["Дата публикации", "Время публикации"],
        "caption": ["Описание", "Текст поста"],
        "views": ["Просмотры", "Количество просмотров", "Кол-во просмотров"],
        "likes": ["Лайки", "Количество лайков", "Отметки «Нравится»"],
        "comments": ["Комментарии", "Число комментариев"],
        "shares": ["Репосты", "Поделились"],
        "saves": ["Сохранения"],
        "duration_s": ["Длительность (сек.)", "Длительность, сек"],
        "handle": ["Имя пользователя", "Ник"],
        "followers": ["Подписчики", "Количество подписчиков"],
    },
    "ja": {
        "url": ["動画URL", "投稿リンク", "URL"],
        "posted_at": ["投稿日時", "公開日", "投稿日"],
        "caption": ["キャプション", "説明文"],
        "views": ["再生数", "再生回数", "視聴回数", "総再生回数"],
        "likes": ["いいね数", "いいね！", "高評価数"],
        "comments": ["コメント数", "コメント"],
        "shares": ["シェア数", "共有数"],
        "saves": ["保存数", "保存"],
        "duration_s": ["動画の長さ（秒）", "長さ(秒)"],
        "handle": ["ユーザー名"],
        "followers": ["フォロワー数"],
    },
    "ko": {
        "url": ["영상 링크", "게시물 링크"],
        "posted_at": ["게시일", "업로드 날짜"],
        "caption": ["설명", "캡션"],
        "views": ["조회수", "총 조회수"],
        "likes": ["좋아요 수", "좋아요"],
        "comments": ["댓글 수", "댓글"],
        "shares": ["공유 수", "공유"],
        "saves": ["저장 수", "저장"],
        "duration_s": ["영상 길이(초)", "길이 (초)"],
        "handle": ["사용자 이름", "계정명"],
        "followers": ["팔로워 수"],
    },
    "zh": {
        "url": ["视频链接", "作品链接"],
        "posted_at": ["发布时间", "发布日期"],
        "caption": ["视频描述", "文案"],
        "views": ["播放量", "播放次数", "视频播放量"],
        "likes": ["点赞数", "点赞量", "点赞"],
        "comments": ["评论数", "评论量"],
        "shares": ["分享数", "转发量"],
        "saves": ["收藏数", "收藏量"],
        "duration_s": ["视频时长(秒)", "时长（秒）"],
        "handle": ["用户名", "抖音号"],
        "followers": ["粉丝数", "粉丝量"],
    },
    "ar": {
        "url": ["رابط الفيديو", "الرابط الثابت"],
        "posted_at": ["تاريخ النشر", "وقت النشر"],
        "caption": ["الوصف"],
        "views": ["المشاهدات", "عدد المشاهدات"],
        "likes": ["الإعجابات", "عدد الإعجابات"],
        "comments": ["التعليقات", "عدد التعليقات"],
        "shares": ["المشاركات", "عدد المشاركات"],
        "saves": ["مرات الحفظ"],
        "duration_s": ["المدة (ثانية)"],
        "handle": ["اسم المستخدم"],
        "followers": ["عدد المتابعين"],
    },
}
# language -> headings of columns that are none of the targets, by what their cells hold
TRAPS: dict[str, dict[str, list[str]]] = {
    "en": {
        "reach": ["Reach", "Accounts reached", "Unique viewers"],
        "rate": ["Engagement rate (%)", "Comment rate", "Like/view ratio", "ER", "CTR"],
        "sum": ["Engagements", "Engagement", "Total interactions"],
        "hours": ["Watch time (hours)", "Total watch time", "Average watch time"],
        "small": [
            "Link clicks",
            "Profile visits",
            "Followers gained",
            "Dislikes",
            "Views last 7 days",
            "New likes (7d)",
        ],
        "part": ["Video views (organic)", "Paid views", "3-second video views"],
        "id": ["Campaign ID", "sound_id", "ad_id"],
        "row_date": ["Date added", "Last updated"],
        "text": ["Notes", "Campaign", "Country", "Owner", "Status"],
        "money": ["Spend (EUR)", "CPM"],
    },
    "de": {
        "reach": ["Reichweite", "Erreichte Konten"],
        "rate": ["Engagement-Rate", "Interaktionsrate (%)"],
        "hours": ["Wiedergabezeit (Stunden)"],
        "small": ["Profilbesuche", "Linkklicks"],
        "text": ["Kampagne", "Bemerkung"],
    },
    "es": {
        "reach": ["Alcance"],
        "rate": ["Tasa de interacción"],
        "hours": ["Tiempo de visualización (horas)"],
        "small": ["Nuevos seguidores", "Clics en el enlace"],
        "text": ["Campaña", "Notas"],
    },
    "fr": {
        "reach": ["Couverture", "Portée"],
        "rate": ["Taux d’engagement"],
        "hours": ["Durée de visionnage (heures)"],
        "small": ["Visites du profil"],
        "text": ["Campagne", "Remarques"],
    },
    "it": {
        "reach": ["Copertura"],
        "rate": ["Tasso di coinvolgimento"],
        "hours": ["Tempo di visualizzazione"],
        "small": ["Clic sul link"],
        "text": ["Campagna", "Note"],
    },
    "pt": {
        "reach": ["Alcance"],
        "rate": ["Taxa de engajamento"],
        "hours": ["Tempo de exibição (horas)"],
        "small": ["Visitas ao perfil"],
        "text": ["Campanha"],
    },
    "nl": {
        "reach": ["Bereik"],
        "rate": ["Betrokkenheid"],
        "hours": ["Kijktijd (uren)"],
        "small": ["Profielbezoeken"],
        "text": ["Campagne"],
    },
    "nb": {
        "reach": ["Rekkevidde"],
        "rate": ["Engasjement"],
        "hours": ["Visningstid (timer)"],
        "small": ["Profilbesøk"],
        "text": ["Kampanje"],
    },
    "pl": {
        "reach": ["Zasięg"],
        "rate": ["Wskaźnik zaangażowania"],
        "hours": ["Czas oglądania (godziny)"],
        "small": ["Kliknięcia"],
        "text": ["Kampania", "Uwagi"],
    },
    "tr": {
        "reach": ["Erişim"],
        "rate": ["Etkileşim oranı"],
        "hours": ["İzlenme süresi (saat)"],
        "small": ["Profil ziyaretleri"],
        "text": ["Kampanya", "Notlar"],
    },
    "el": {
        "reach": ["Απήχηση"],
        "rate": ["Ποσοστό αλληλεπίδρασης"],
        "hours": ["Χρόνος παρακολούθησης"],
        "small": ["Επισκέψεις προφίλ"],
        "text": ["Σημειώσεις"],
    },
    "ru": {
        "reach": ["Охват"],
        "rate": ["Вовлеченность", "ER, %"],
        "hours": ["Время просмотра (часы)"],
        "small": ["Переходы", "Прирост подписчиков"],
        "text": ["Примечание"],
    },
    "ja": {
        "reach": ["リーチ"],
        "rate": ["エンゲージメント率"],
        "hours": ["総再生時間（時間）", "平均視聴時間"],
        "small": ["プロフィールへのアクセス", "新規フォロワー"],
        "text": ["備考"],
    },
    "ko": {
        "reach": ["도달"],
        "rate": ["참여율"],
        "hours": ["시청 시간"],
        "small": ["프로필 방문"],
        "text": ["비고"],
    },
    "zh": {
        "reach": ["触达人数"],
        "rate": ["互动率", "完播率"],
        "hours": ["平均播放时长"],
        "small": ["主页访问", "涨粉量"],
        "text": ["备注"],
    },
    "ar": {
        "reach": ["الوصول"],
        "rate": ["معدل التفاعل"],
        "hours": ["وقت المشاهدة"],
        "small": ["زيارات الملف الشخصي"],
        "text": ["ملاحظات"],
    },
}
TOTAL = {
    "en": "Total",
    "de": "Gesamt",
    "es": "Total",
    "fr": "Total",
    "it": "Totale",
    "nl": "Totaal",
    "nb": "Totalt",
    "pl": "Razem",
    "tr": "Toplam",
    "ru": "Итого",
    "ja": "合計",
    "zh": "总计",
    "ko": "합계",
    "pt": "Total",
    "el": "Σύνολο",
    "ar": "المجموع",
}
COMMA = frozenset({"de", "es", "fr", "it", "pt", "nl", "nb", "pl", "tr", "el", "ru"})
UNITS = frozenset({"en", "de", "es", "fr", "it", "pt", "nl", "nb", "pl", "ru", "ja", "ko", "zh"})


@dataclass(frozen=True)
class Made:
    """A table as bytes, what its columns are (`truth`: target -> heading), the true numbers of
    its rows, and what is wrong with it on purpose (`must_ask`: why nobody could tell).
    """

    seed: int
    content: bytes
    truth: dict[str, str]
    traps: tuple[str, ...]
    rows: list[dict[str, object]]
    platform: str
    encoding: str
    separator: str
    is_rounded: bool
    must_ask: str = ""
    about: dict[str, object] = field(default_factory=dict)


def made_up(seed: int) -> Made:
    """The table of one seed."""
    return _Maker(random.Random(seed), seed).table()


class _Maker:
    def __init__(self, dice: random.Random, seed: int) -> None:
        self.dice, self.seed = dice, seed
        self.language = [*WORDS][seed % len(WORDS)] if seed % 3 else "en"
        self.platform = dice.choice(["tiktok", "tiktok", "instagram", "youtube", "x", "facebook"])
        self.fault = {
            7: "swapped",
            17: "parts",
            29: "series",
            41: "two views",
            53: "rounded ids",
        }.get(seed, "")
        self.n = dice.randint(6, 25)
        self.is_rounded = self.language in UNITS and dice.random() < 0.25 and not self.fault
        self.numbers = dice.choice(["plain", "plain", "grouped"])
        self.dates = dice.choice(["iso", "zoned", "slash", "named", "unix", "dots", "points"])

    def table(self) -> Made:
        posts = [self.post() for _ in range(self.n)]
        columns = self.columns(posts)
        must_ask = self.break_on_purpose(columns, posts)
        order = [*columns]
        if self.dice.random() < 0.7:
            self.dice.shuffle(order)
        text, encoding, separator = self.write(order, columns, posts)
        truth = {t: h for h, (t, _) in columns.items() if t and t != "trap"}
        traps = tuple(h for h, (t, _) in columns.items() if t == "trap")
        return Made(
            self.seed,
            text.encode(encoding),
            truth,
            traps,
            posts,
            self.platform,
            encoding,
            separator,
            self.is_rounded,
            must_ask,
            {"language": self.language, "dates": self.dates, "numbers": self.numbers},
        )

    def post(self) -> dict[str, object]:
        at = datetime(2025, 11, 1, tzinfo=UTC) + timedelta(
            seconds=self.dice.randint(0, 340 * 86_400)
        )
        views = int(10 ** self.dice.uniform(3, 6.6))
        likes = max(1, int(views * self.dice.uniform(0.01, 0.12)))
        names, kinds = ["pine", "moon", "salt", "glow"], ["lab", "pan", "kit"]
        handle = f"{self.dice.choice(names)}.{self.dice.choice(kinds)}"
        start = self.dice.choice(["Look at", "How I made", "Never buy"])
        native = self.native_id(at)
        return {
            "posted_at": at.replace(microsecond=0),
            "native_id": native,
            "url": self.url(native, handle),
            "handle": handle,
            "views": views,
            "likes": likes,
            "comments": max(0, int(likes * self.dice.uniform(0.005, 0.08))),
            "shares": max(0, int(likes * self.dice.uniform(0.005, 0.2))),
            "saves": max(0, int(likes * self.dice.uniform(0.01, 0.3))),
            "duration_s": self.dice.randint(6, 90),
            "followers": 1_000_000 + sum(map(ord, handle)) * 1_000,
            "caption": f"{start} this, part {self.dice.randint(1, 90)} #craft",
        }

    def native_id(self, at: datetime) -> str:
        stamp = at.timestamp() - self.dice.randint(5, 3_600)
        if self.platform == "tiktok":
            return str((int(stamp) << 32) | self.dice.getrandbits(32))
        if self.platform == "x":
            return str(((int(stamp * 1000) - 1_288_834_974_657) << 22) | self.dice.getrandbits(22))
        if self.platform == "instagram":
            number = ((int(stamp * 1000) - 1_314_220_021_721) << 23) | self.dice.getrandbits(23)
            code = ""
            while number:
                number, place = divmod(number, 64)
                code = SIGNS[place] + code
            return code
        if self.platform == "facebook":
            return str(self.dice.randint(10**15, 2 * 10**15))
        return "".join(self.dice.choice(SIGNS) for _ in range(10)) + self.dice.choice(
            "AEIMQUYcgkosw048"
        )

    def url(self, native: str, handle: str) -> str:
        return {
            "tiktok": f"https://www.tiktok.com/@{handle}/video/{native}",
            "x": f"https://x.com/{handle.replace('.', '_')}/status/{native}",
            "instagram": f"https://www.instagram.com/reel/{native}/",
            "facebook": f"https://www.facebook.com/reel/{native}",
            "youtube": f"https://youtube.com/{self.dice.choice(['watch?v=', 'shorts/'])}{native}",
        }[self.platform]

    def columns(self, posts: list[dict[str, object]]) -> dict[str, tuple[str, list[str]]]:
        words = WORDS[self.language]
        targets = [
            "url",
            "posted_at",
            *[c for c in COUNTS if c == "views" or self.dice.random() < 0.8],
        ]
        targets += [t for t in ("caption", "duration_s", "followers") if self.dice.random() < 0.5]
        if self.dice.random() < 0.6 or "followers" in targets:
            targets.append("handle")
        columns: dict[str, tuple[str, list[str]]] = {}
        for target in targets:
            heading = self.dice.choice(words[target])
            columns[heading] = (target, [self.cell(target, post) for post in posts])
        if self.dice.random() < 0.4:
            columns["video_id" if self.language == "en" else "ID"] = (
                "native_id",
                [str(p["native_id"]) for p in posts],
            )
        for kind in self.dice.sample([*TRAPS[self.language]], k=min(3, len(TRAPS[self.language]))):
            heading = self.dice.choice(TRAPS[self.language][kind])
            if heading not in columns:
                columns[heading] = ("trap", [self.trap(kind, n, p) for n, p in enumerate(posts)])
        return columns

    def cell(self, target: str, post: dict[str, object]) -> str:
        value = post[target]
        if target == "posted_at":
            return self.date(value)  # type: ignore[arg-type]
        if target in COUNTS or target == "followers":
            return self.number(int(value))  # type: ignore[call-overload]
        return str(value)

    def number(self, value: int) -> str:
        if self.is_rounded and value >= 1_000:
            return format_compact_decimal(value, locale=self.language, fraction_digits=1)
        if self.numbers == "plain":
            return str(value)
        mark = self.dice.choice(["."] if self.language in COMMA else [","])
        return f"{value:,}".replace(",", mark)

    def date(self, at: datetime) -> str:
        forms = {
            "iso": f"{at:%Y-%m-%d %H:%M:%S}",
            "zoned": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
            "unix": str(int(at.timestamp())),
            "dots": f"{at:%d.%m.%Y %H:%M}",
            "points": f"{at:%d.%m.%Y}",
            "slash": f"{at:%m/%d/%Y}" if self.language == "en" else f"{at:%d/%m/%Y}",
        }
        if self.dates == "named":
            return format_date(
                at.date(), "long" if self.language != "ar" else "yyyy-MM-dd", locale=self.language
            )
        return forms[self.dates]

    def trap(self, kind: str, n: int, post: dict[str, object]) -> str:
        views, likes = int(post["views"]), int(post["likes"])  # type: ignore[call-overload]
        mark = "," if self.language in COMMA else "."
        return {
            "reach": str(int(views * 0.8)),
            "rate": f"{100 * likes / views:.2f}".replace(".", mark) + "%",
            "sum": str(int(likes * 1.3)),
            "hours": f"{views / 900:.1f}".replace(".", mark),
            "small": str(self.dice.randint(0, 400)),
            "part": str(int(views * 0.4)),
            "id": str(6_800_000_000_000_000_000 + self.dice.getrandbits(40)),
            "row_date": "2026-10-19",
            "text": self.dice.choice(["spring", "autumn", "test"]),
            "money": f"{self.dice.uniform(5, 80):.2f}".replace(".", mark),
        }[kind]

    def break_on_purpose(
        self, columns: dict[str, tuple[str, list[str]]], posts: list[dict[str, object]]
    ) -> str:
        by_target = {t: h for h, (t, _) in columns.items()}
        if self.fault == "swapped" and "likes" in by_target:
            views, likes = columns[by_target["views"]], columns[by_target["likes"]]
            columns[by_target["views"]], columns[by_target["likes"]] = (
                ("trap", likes[1]),
                ("trap", views[1]),
            )
        elif self.fault == "parts":
            _, cells = columns.pop(by_target["views"])
            columns["Views (organic)"], columns["Views (paid)"] = (
                ("trap", cells),
                ("trap", [*reversed(cells)]),
            )
        elif self.fault == "series":
            for name, (target, cells) in [*columns.items()]:
                grown = [str(int(c) + 7) if c.isdigit() and target in COUNTS else c for c in cells]
                columns[name] = (target, cells + grown)
            columns["Datum" if self.language != "en" else "Day"] = (
                "trap",
                ["2026-10-01"] * self.n + ["2026-10-02"] * self.n,
            )
            posts += [dict(p) for p in posts]
        elif self.fault == "two views":
            columns["Views" if "Views" not in columns else "Video views"] = (
                "trap",
                [str(n * 1000) for n in range(self.n)],
            )
        elif self.fault == "rounded ids":
            del columns[by_target["url"]]
            columns["video_id"] = (
                "trap",
                [f"{float(n * 10**17):.5E}" for n in range(65, 65 + self.n)],
            )
        return self.fault

    def write(
        self,
        order: list[str],
        columns: dict[str, tuple[str, list[str]]],
        posts: list[dict[str, object]],
    ) -> tuple[str, str, str]:
        separator = (
            ";"
            if self.language in COMMA and self.dice.random() < 0.7
            else self.dice.choice([",", ",", "\t"])
        )
        encoding = self.dice.choice(["utf-8", "utf-8-sig", "utf-16"])
        lines: list[list[str]] = []
        if self.dice.random() < 0.2:
            lines += [[f"Report {self.dice.randint(1, 9)}"], []]
        has_index = self.dice.random() < 0.2
        lines.append(([""] if has_index else []) + order)
        for n in range(len(posts)):
            lines.append(([str(n)] if has_index else []) + [columns[name][1][n] for name in order])
        if self.dice.random() < 0.3 and not self.fault:
            sums = [
                ""
                if columns[n][0] not in COUNTS
                else str(sum(int(p[columns[n][0]]) for p in posts))
                for n in order
            ]  # type: ignore[call-overload]
            place = next((i for i, n in enumerate(order) if columns[n][0] not in COUNTS), 0)
            sums[place] = TOTAL[self.language]
            lines.append(([""] if has_index else []) + sums)
        out = StringIO()
        import csv

        csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(lines)
        return out.getvalue(), encoding, separator
