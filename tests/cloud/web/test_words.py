"""The two languages say the same things, and every word that a page asks for exists."""

from __future__ import annotations

import hashlib
import re
from string import Formatter

import pytest

from cloud.web.render import HERE
from cloud.web.words import LANGUAGES, Language, word, word_or, words

TEMPLATES = sorted((HERE / "templates").glob("*.html"))
SCRIPTS = sorted((HERE / "static" / "js").glob("*.js"))


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


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_ask_only_for_words_that_exist(template: object) -> None:
    text = template.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    asked = set(re.findall(r'\bt\("([a-z_]+\.[a-z0-9_]+)"[,)]', text))
    assert asked <= set(keys("vi"))


def test_scripts_ask_only_for_words_that_exist() -> None:
    known = {key.partition(".")[2] for key in keys("vi") if key.startswith("browser.")}
    asked = {key for path in SCRIPTS for key in re.findall(r'\bt\("([a-z_]+)"[,)]', path.read_text(encoding="utf-8"))}
    assert asked
    assert asked <= known


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_text_script_or_style_of_their_own(template: object) -> None:
    text = template.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:|https?://", text)
    assert not re.search(r"<script(?![^>]*\b(src=|application/json))", text)
    assert not re.search(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", text)


def test_our_scripts_ask_no_other_host() -> None:
    for path in SCRIPTS:
        assert not re.search(r"https?://|innerHTML|\beval\(", path.read_text(encoding="utf-8")), path.name


def test_vendored_files_are_the_published_ones() -> None:
    vendor = HERE / "static" / "vendor"
    for line in (vendor / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest, name
    assert all((folder / "LICENSE").exists() for folder in vendor.iterdir() if folder.is_dir())


def test_words_take_facts_and_unknown_codes_show_as_they_are() -> None:
    assert word("vi", "overview.to_next", distance="0,58", level="III") == "còn 0,58 m tới báo động III"
    assert word_or("en", "reason.exception_02", "exception_02") == "exception_02"
    with pytest.raises(KeyError):
        word("vi", "no.such")
