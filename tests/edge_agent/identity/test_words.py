"""Whatever the gateway finds or the centre answers, somebody reads what happened and what to do, in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import edge_agent.identity
from cloud.enrolment.verifying import RefusalReason
from device_profiles.wire.claims import JoinReason
from edge_agent.identity.renewal import REVOKED, UNKNOWN
from edge_agent.identity.words import WORDS, sentences

OF_A_BUG = {"unsigned", "malformed", "replayed"}  # our own requests are none of these: the general words will do
RAISED = re.compile(r'(?:AwayError|RefusedError|PapersError|IdentityError)\(\s*"([a-z_]+)"')


def test_every_code_that_is_raised_has_its_words() -> None:
    folder = Path(edge_agent.identity.__file__).parent
    raised = {code for file in folder.glob("*.py") for code in RAISED.findall(file.read_text("utf-8"))}
    assert len(raised) > 15
    assert raised <= set(WORDS), raised - set(WORDS)


def test_every_refusal_of_the_centre_has_its_words() -> None:
    reasons = {*get_args(JoinReason), *get_args(RefusalReason)} - REVOKED - UNKNOWN - OF_A_BUG
    assert reasons <= set(WORDS), reasons - set(WORDS)


@pytest.mark.parametrize("code", WORDS)
def test_words_are_whole_sentences_in_both_languages(code: str) -> None:
    words = WORDS[code]
    for text in (words.what_vi, words.what_en, words.hint_vi, words.hint_en):
        assert text[0].isupper()
        assert text.endswith(".")
    assert words.what_vi != words.what_en
    assert re.search("[ăâđêôơưàáạảãèéẹẻẽìíịỉĩòóọỏõùúụủũỳýỵỷỹằắặẳẵầấậẩẫềếệểễồốộổỗờớợởỡừứựửữ]", words.what_vi.lower())


def test_an_unknown_code_still_says_something_with_the_facts() -> None:
    assert sentences("new_in_2030", "because")["what_en"] == "The centre refuses. (because)"
