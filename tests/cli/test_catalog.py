"""Brands, products and projects as people type them."""

import pytest

PRODUCT = ["product", "create", "Core Deck", "--brand", "acme"]


def test_a_product_keeps_its_facts_and_changes_only_what_is_given(vt) -> None:
    vt("brand", "create", "Acme")
    made = vt(*PRODUCT, "--price", "$39", "--benefit", "calm", "--benefit", "fun", "--json")
    assert made.data["product_id"] == "acme/core-deck"
    changed = vt("product", "update", "core-deck", "--price", "$35", "--json").data
    assert (changed["price"], changed["benefits"]) == ("$35", ["calm", "fun"])
    assert "calm; fun" in vt("product", "show", "core-deck").out


def test_the_same_slug_in_two_brands_asks_which(vt) -> None:
    for brand in ("Acme", "Bolt"):
        vt("brand", "create", brand)
        vt("product", "create", "Core Deck", "--brand", brand.lower())
    said = vt("product", "show", "core-deck")
    assert said.code == 2
    assert "acme/core-deck" in said.err
    assert (
        vt("product", "show", "core-deck", "--brand", "bolt", "--json").data["brand_id"] == "bolt"
    )


def test_a_context_prompt_may_come_from_a_file(vt, tmp_path) -> None:
    vt("brand", "create", "Acme")
    (tmp_path / "prompt.txt").write_text("kind words")
    made = vt(*PRODUCT, "--context-prompt", f"@{tmp_path / 'prompt.txt'}", "--json")
    assert made.data["context_prompt"] == "kind words"


def test_a_project_gets_a_starter_yaml_that_is_never_overwritten(vt, home) -> None:
    vt("brand", "create", "Acme")
    made = vt("project", "create", "Spring: launch", "--brand", "acme", "--json")
    path = home / "params" / "spring-launch.yaml"
    assert made.data["slug"] == "spring-launch"
    assert "title: 'Spring: launch'" in path.read_text()
    path.write_text("project: spring-launch\ntitle: mine\n")
    assert vt("project", "create", "Spring: launch").code == 2
    assert "mine" in path.read_text()


def test_accounts_from_a_list_and_from_a_csv(vt, tmp_path) -> None:
    vt("project", "create", "Spring")
    (tmp_path / "list.txt").write_text("@One\nhttps://www.tiktok.com/@two # a rival\n\n")
    (tmp_path / "list.csv").write_text("\ufeffhandle,platform,role,notes\none,tiktok,own,ours\n")
    said = vt(
        "project", "add-accounts", "spring", tmp_path / "list.txt", "--platform", "tiktok", "--json"
    )
    assert said.data == {"read": 2, "new": 2}
    vt("project", "add-accounts", "spring", tmp_path / "list.csv")
    accounts = vt("project", "show", "spring", "--json").data["accounts"]
    assert {(a["handle"], a["role"], a["notes"]) for a in accounts} == {
        ("one", "own", "ours"),
        ("two", "competitor", None),
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [("no platform here", "row 1"), ("https://evil.com/@x", "row 1"), ("two words", "no handle")],
)
def test_a_bad_account_names_file_row_and_field_and_stores_nothing(
    vt, tmp_path, line, said
) -> None:
    vt("project", "create", "Spring")
    (tmp_path / "list.txt").write_text(line)
    failed = vt("project", "add-accounts", "spring", tmp_path / "list.txt", "--platform", "tiktok")
    assert failed.code == 2
    assert said in failed.err
    assert "list.txt" in failed.err
    assert vt("project", "show", "spring", "--json").data["accounts"] == []


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["brand", "shw", "x"], "show"),
        (["brandd"], "brand"),
        (["project", "show", "sprin"], "spring"),
        (["run", "sprin"], "spring"),
    ],
)
def test_a_mistake_names_the_nearest(vt, words, near) -> None:
    vt("project", "create", "Spring")
    said = vt(*words)
    assert said.code == 2
    assert near in said.err


def test_usage_errors_are_json_too(vt) -> None:
    said = vt("brand", "create", "--json")
    assert said.code == 2
    assert said.data["exit_code"] == 2


def test_what_is_archived_leaves_the_lists_and_comes_back(vt) -> None:
    vt("brand", "create", "Acme")
    vt(*PRODUCT)
    vt("project", "create", "Spring", "--brand", "acme")
    vt("project", "add-products", "spring", "core-deck")
    for noun, ref in (("product", "core-deck"), ("project", "spring"), ("brand", "acme")):
        assert vt(noun, "archive", ref, "--json").data["archived_at"]
        assert vt(noun, "list", "--json").data == []
        (held,) = vt(noun, "list", "--archived", "--json").data
        assert ref in (held["slug"], f"{held['slug']}")
    refused = vt("run", "spring")
    assert (refused.code, "vt project unarchive spring" in refused.err) == (2, True)
    vt("project", "unarchive", "spring")
    assert "vt brand unarchive acme" in vt("run", "spring").err
    assert vt("run", "--all").code == 2, "an archived brand's projects are not run"
    vt("brand", "unarchive", "acme")
    assert vt("project", "show", "spring", "--json").data["products"] == [], "not offered to fits"
    vt("product", "unarchive", "core-deck")
    assert len(vt("project", "show", "spring", "--json").data["products"]) == 1
    assert vt("project", "list", "--json").data[0]["archived_at"] is None
