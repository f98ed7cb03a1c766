"""The two languages say the same things, and every word that the page asks for exists."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from edge_agent.page.checklist import Checklist, Item, checklist, items_for
from edge_agent.page.render import HERE
from edge_agent.page.words import LANGUAGES, Language, words
from tests.readme_check import assert_documented

TEMPLATES = sorted((HERE / "templates").glob("*.html"))
SCRIPTS = sorted((HERE / "static").rglob("*.js"))


def keys(language: Language) -> dict[str, set[str]]:
    """Every key with the facts that its text takes."""
    return {
        f"{section}.{name}": {fact for _, fact, _, _ in Formatter().parse(text) if fact}
        for section, texts in words(language).items()
        for name, text in texts.items()
    }


def test_both_languages_have_the_same_keys_and_facts() -> None:
    assert keys("vi") == keys("en")
    assert all(text.strip() for language in LANGUAGES for texts in words(language).values() for text in texts.values())


def test_every_next_step_belongs_to_a_sign() -> None:
    known = set(keys("vi"))
    assert {key.replace("next_", "sign_", 1) for key in known if key.startswith("next_")} <= known


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_ask_only_for_words_that_exist_and_hold_no_text_script_or_style(template: object) -> None:
    text = template.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    asked = set(re.findall(r'\bt\("([a-z_]+\.[a-z0-9_]+)"[,)]', text))
    assert asked <= set(keys("vi"))
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:|https?://[a-z]", text)
    assert not re.search(r"<script(?![^>]*\b(src=|application/json))", text)
    assert not re.search(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", text)


def test_scripts_ask_only_for_words_that_exist_and_no_other_host() -> None:
    known = {key.partition(".")[2] for key in keys("vi") if key.startswith("browser.")}
    texts = [path.read_text(encoding="utf-8") for path in SCRIPTS]
    asked = {key for text in texts for key in re.findall(r'\bt\("([a-z_]+)"[,)]', text)}
    assert asked
    assert asked <= known
    assert not any(re.search(r"https?://|innerHTML|\beval\(", text) for text in texts)


def test_the_shell_that_a_phone_keeps_names_every_script() -> None:
    kept = re.findall(r'"([a-z]+)"', (HERE / "static" / "worker.js").read_text(encoding="utf-8"))
    assert {path.stem for path in SCRIPTS if path.parent.name == "js"} <= set(kept)


def test_every_kind_of_device_has_something_to_check() -> None:
    assert len(checklist().site) >= 3
    assert all(len(items_for(protocol)) >= 2 for protocol in ("modbus", "http_json", "camera", "kiosk"))
    assert "compared" not in {item.item for item in items_for("camera")}


def test_the_readme_names_every_field_of_the_checklist() -> None:
    assert_documented("edge_agent/page", Item, Checklist)
