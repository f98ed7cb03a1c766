"""Turns a template and its values into a page: language, theme, words and formats are known in every template."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from cloud.access.roles import Role
from cloud.api.guard import centre_of
from cloud.web import present
from cloud.web.menu import menu_for
from cloud.web.words import LANGUAGES, Language, said, word, word_or, words

HERE: Final = Path(__file__).parent
LANGUAGE_COOKIE: Final = "thacba_language"
THEME_COOKIE: Final = "thacba_theme"
Theme = Literal["dark", "light"]

_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Taste:
    """What the viewer chose: Vietnamese and dark unless told."""

    language: Language
    theme: Theme


def taste_of(request: Request) -> Taste:
    """The viewer's choice, from cookies."""
    wanted = request.cookies.get(LANGUAGE_COOKIE)
    language = next((each for each in LANGUAGES if each == wanted), LANGUAGES[0])
    return Taste(language, "light" if request.cookies.get(THEME_COOKIE) == "light" else "dark")


def page(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """The page as an answer."""
    taste = taste_of(request)
    centre = centre_of(request)
    identity = getattr(request.state, "identity", None)
    return HTMLResponse(
        _TEMPLATES.get_template(template).render(
            **_formats(taste.language),
            language=taste.language,
            theme=taste.theme,
            identity=identity,
            menu=menu_for(identity.role, identity.scope) if identity else menu_for(None),
            may_work=identity is not None and identity.role.includes(Role.OPERATOR),
            path=request.url.path,
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            now=centre.clock.now_ms(),
            live_after=centre.hub.number,
            version=centre.settings.version,
            exercise=centre.settings.exercise,
            sso_label=centre.settings.sso.client.config.label if centre.settings.sso else None,
            status=status,
            browser_words=_for_script(_words_of_scripts(taste.language)),
            **values,
        ),
        status,
    )


def _words_of_scripts(language: Language) -> dict[str, str]:
    """What our modules say: their own section, reasons of doubtful values as reason_<code>, of gaps as why_<code>."""
    known = words(language)
    reasons = {f"reason_{code}": text for code, text in known["reason"].items()}
    gaps = {f"why_{code}": text for code, text in {**known["letter_reason"], **known["gap_reason"]}.items()}
    happened = {f"what_{code}": text for code, text in known["what"].items()}
    return {**known["browser"], **reasons, **gaps, **happened, "language": language}


def _for_script(values: dict[str, str]) -> str:
    """JSON that may stand inside a script element: it cannot end it."""
    return json.dumps(values, ensure_ascii=False).replace("<", "\\u003c")


def _formats(language: Language) -> dict[str, object]:
    """What templates call: t(key), number(), moment() ..."""
    return {
        "t": partial(word, language),
        "word_or": partial(word_or, language),
        "said": lambda text: said(text, language),
        "number": lambda value, digits=None: present.number(value, language, digits=digits),
        "age": lambda span: present.age(span, language),
        "size": lambda count: present.size(count, language),
        "quality": lambda code: present.quality(code, language),
        "fault": lambda code: present.fault(code, language),
        "moment": present.moment,
        "iso": present.iso,
        "unit": lambda code: present.unit(code, language),
        "digits": present.digits_needed,
        "digits_of": lambda code: present.DIGITS.get(code, ""),
        "json": partial(json.dumps, ensure_ascii=False),
    }
