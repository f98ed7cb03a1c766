"""A model of the user's own, with the real onnxruntime."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from edge_agent.connectors.camera.config import ModelConfig
from edge_agent.connectors.camera.onnx_model import MODEL_FAILED, NO_MODEL, OnnxModel
from tests.edge_agent.connectors.camera.onnx_file import write_model

GREY = np.full((180, 320), 102, dtype=np.uint8)  # 0.4 of white


def model_of(file: Path, *labels: str, **settings: object) -> OnnxModel:
    return OnnxModel(ModelConfig.model_validate({"file": file, "labels": labels, **settings}))


def test_it_gives_a_number_for_each_label_every_so_often(tmp_path: Path) -> None:
    model = model_of(write_model(tmp_path / "m.onnx", [1.0, 2.0]), "smoke", "flood", every_s=5)
    assert model.look(GREY, 0.0, doubt="").values == {"model.smoke": 0.4, "model.flood": 0.8}
    between = model.look(GREY, 4.9, doubt="")
    assert not between.values
    assert not between.unknown
    assert model.look(GREY, 5.0, doubt="").values


def test_boxes_are_counted_by_label(tmp_path: Path) -> None:
    row = [0.0, 0.0, 1.0, 1.0, 2.0, 2.5]  # x 0.4: score 0.8, label 1
    model = model_of(write_model(tmp_path / "m.onnx", row), "boat", "person", output="boxes")
    assert model.look(GREY, 0.0, doubt="").values == {"model.boat": 0.0, "model.person": 1.0}
    strict = model_of(tmp_path / "m.onnx", "boat", "person", output="boxes", least_score=0.9)
    assert strict.look(GREY, 0.0, doubt="").values == {"model.boat": 0.0, "model.person": 0.0}


def test_a_spoilt_picture_is_not_shown_to_it(tmp_path: Path) -> None:
    model = model_of(tmp_path / "none.onnx", "smoke")
    assert model.look(GREY, 0.0, doubt="frozen").unknown == {"model.smoke": "frozen"}


@pytest.mark.parametrize("content", [None, b"", b"no weights", b"\x08\x08\x3a\x02\x12\x00"])
def test_weights_that_cannot_be_read_are_told_and_end_nothing(
    tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    if content is not None:
        (tmp_path / "m.onnx").write_bytes(content)
    with caplog.at_level(logging.WARNING):
        seen = model_of(tmp_path / "m.onnx", "smoke").look(GREY, 0.0, doubt="")
    assert seen.unknown == {"model.smoke": NO_MODEL}
    assert "model not used" in caplog.text


@pytest.mark.parametrize(
    ("gains", "settings"),
    [([1.0, 2.0, 3.0], {}), ([float("nan")] * 2, {}), ([1.0] * 5, {"output": "boxes"})],
    ids=["another number of labels", "no number", "no boxes"],
)
def test_an_answer_that_makes_no_sense_is_no_answer(
    tmp_path: Path, gains: list[float], settings: dict[str, object]
) -> None:
    model = model_of(write_model(tmp_path / "m.onnx", gains), "smoke", "flood", **settings)
    assert set(model.look(GREY, 0.0, doubt="").unknown.values()) == {MODEL_FAILED}
