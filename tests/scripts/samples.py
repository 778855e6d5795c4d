"""Scripts for tests: a plain one, one in many writing systems, a hostile one."""

from vtlib.scripts.script import PlannedBeat, Script, ScriptClaim

PLAIN = Script(
    "Quiet evenings",
    (
        PlannedBeat(
            "b1",
            "hook",
            duration_s=3,
            speaker="Mia",
            spoken="Nobody talks at our table.",
            visual="Four phones, four faces lit blue.",
            overlay="Dinner, 2026",
            audio="clock ticking",
            shot_size="wide",
            shot_angle="eye level",
            shot_movement="slow push in",
            lens="24 mm",
            location="Kitchen",
            props=("phones", "table"),
            talent=("Mia", "Jon"),
            source_start_s=0.0,
        ),
        PlannedBeat(
            "b2",
            "demo",
            "the first card",
            duration_s=4.5,
            spoken="Then we tried one question a night.",
            visual="A card is turned over.",
            shot_size="close-up",
            location="Living room",
            props=("card deck",),
            talent=("Mia",),
            transition="CUT TO:",
            source_start_s=3.2,
        ),
        PlannedBeat(
            "b3",
            "cta",
            duration_s=2.5,
            spoken="Link in bio.",
            overlay="Link in bio",
            location="Kitchen",
            talent=("Mia",),
            source_start_s=8.0,
        ),
    ),
    kind="adaptation",
    logline="A family puts the phones away.",
    difficulty="easy",
    language="en",
    claims=(ScriptClaim("Made for ages 8 and up", is_cleared=True, note="legal, 3 May"),),
    source_patterns=("relatable_slice",),
    references=("https://www.tiktok.com/@a/video/7106594312292453675",),
    prediction={"target": "views", "predicted_ln": 9.2},
)

WORLD = Script(
    "Süße Überraschung 🎬 مفاجأة",
    (
        PlannedBeat(
            "b1",
            "hook",
            duration_s=3,
            spoken="مرحبا بكم في مطبخنا",
            overlay="שלום עולם",
            visual="नमस्ते",
        ),
        PlannedBeat(
            "b2",
            "demo",
            duration_s=5,
            spoken="Grüße, Ωmega и привет!",
            visual="👩‍🍳🔥 日本語のテキスト",
        ),
        PlannedBeat(
            "b3",
            "cta",
            duration_s=4,
            spoken="wort " * 80 + "Donaudampfschifffahrtsgesellschaft" * 9,
        ),
    ),
    call_to_action="ابدأ الآن",
    language="ar",
)

HOSTILE = Script(
    '=HYPERLINK("http://evil.example","x") #eval("1+1") <script>alert(1)</script>',
    (
        PlannedBeat(
            "b1",
            "hook",
            duration_s=2,
            spoken='#read("/etc/passwd") $x^2$ *bold* _it_ `raw` @ref <lbl> // gone\n#set page(width: 1cm)',  # noqa: E501
            overlay="=1+1\n-->\n00:00:00.000 --> 00:00:09.000\nX",
            visual="]]></name><evil/>&lt; {{ 7*7 }} {% raw %}",
            audio="@SUM(A1)\x00\x0b\x1b[31m\ud800",
            location="=cmd|' /C calc'!A0",
            props=("+1", "-2; rm"),
            talent=("../../etc/passwd",),
        ),
        PlannedBeat(
            "b2",
            "cta",
            duration_s=2,
            spoken="[[note]] /* gone */ INT. FAKE - DAY\n\nBOB\nhi\n\n> CUT TO:",
        ),
    ),
    call_to_action="\\input{x} BEGIN:VEVENT\r\nSUMMARY:evil",
)
SAMPLES = {"plain": PLAIN, "world": WORLD, "hostile": HOSTILE}
