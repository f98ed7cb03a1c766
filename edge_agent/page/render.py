"""Turns a template and its values into a page or a part of one: words, formats and the steps are known everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from edge_agent.page import present
from edge_agent.page.cabinet import Cabinet, Glance
from edge_agent.page.steps import steps_of
from edge_agent.page.words import LANGUAGES, Language, said, word, word_or, words

HERE: Final = Path(__file__).parent
LANGUAGE_COOKIE: Final = "thacba_language"
THEME_COOKIE: Final = "thacba_theme"
Theme = Literal["light", "dark"]

_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Taste:
    """What the viewer chose: Vietnamese, and light for the sun, unless told."""

    language: Language
    theme: Theme


def cabinet_of(request: Request) -> Cabinet:
    """The cabinet that this app shows."""
    cabinet: Cabinet = request.app.state.cabinet
    return cabinet


def taste_of(request: Request) -> Taste:
    """The viewer's choice, from cookies."""
    wanted = request.cookies.get(LANGUAGE_COOKIE)
    language = next((each for each in LANGUAGES if each == wanted), LANGUAGES[0])
    return Taste(language, "dark" if request.cookies.get(THEME_COOKIE) == "dark" else "light")


def page(
    request: Request,
    template: str,
    glance: Glance | None = None,
    *,
    status: int = 200,
    shown: Mapping[str, object] | None = None,
    **values: object,
) -> HTMLResponse:
    """The page as an answer; without a glance it shows nothing of the gateway (nobody has shown the code yet)."""
    taste = taste_of(request)
    everywhere = {
        "theme": taste.theme,
        "glance": glance,
        "path": request.url.path,
        "steps": steps_of(glance) if glance else (),
        "gateway_name": glance.name(taste.language) if glance else "",
        **(shown or {}),
        **values,
    }
    return HTMLResponse(_filled(template, taste.language, cabinet_of(request), everywhere), status)


def part(request: Request, template: str, **values: object) -> HTMLResponse:
    """A part of a page, to be put in place of its older self."""
    return HTMLResponse(_filled(template, taste_of(request).language, cabinet_of(request), values))


def _filled(template: str, language: Language, cabinet: Cabinet, values: dict[str, object]) -> str:
    formats = {
        "language": language,
        "t": partial(word, language),
        "word_or": partial(word_or, language),
        "known": lambda key: bool(word_or(language, key, "")),
        "said": lambda text: said(text, language),
        "number": lambda value, digits=None: present.number(value, language, digits),
        "span": lambda seconds: present.span(seconds, language),
        "size": lambda count: present.size(count, language),
        "moment": present.moment,
        "reason": lambda code: present.reason(code, language),
        "unit": present.unit,
        "now": cabinet.clock.now_ms(),
        "browser_words": words(language)["browser"],
        "profiles": cabinet.catalogue.profiles,
    }
    return _TEMPLATES.get_template(template).render(**formats, **values)
