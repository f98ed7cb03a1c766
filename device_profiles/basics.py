"""What every model of the house is built from: strict and frozen, names, identifiers, texts in two languages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
ID_PATTERN = r"^[A-Za-z0-9._:-]{1,64}$"

Language = Literal["vi", "en"]  # of every screen and message

Key = Annotated[str, Field(pattern=NAME_PATTERN, max_length=48)]
Identifier = Annotated[str, Field(pattern=ID_PATTERN)]


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know; every configuration model of the house derives from it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


class Text(Strict):
    """One text in the two languages of the house."""

    vi: str = Field(min_length=1, description="Vietnamese, with diacritics.")
    en: str = Field(min_length=1, description="English.")
