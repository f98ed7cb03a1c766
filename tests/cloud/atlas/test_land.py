"""What may lie under the map: an uploaded file is checked shape by shape, and the nation has its islands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cloud.atlas.atlas import MAX_BYTES, Atlas
from cloud.atlas.land import MOST_FAULTS, LandError, checked
from cloud.atlas.places import distance_m

RING = [[104.0, 21.0], [105.0, 21.0], [105.0, 22.0], [104.0, 21.0]]


def feature(shape: str, coordinates: object, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": shape, "coordinates": coordinates}}


def collection(*features: object, **more: object) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def test_names_and_kinds_are_kept_and_everything_else_is_dropped() -> None:
    land = checked(
        collection(
            feature("Polygon", [RING], ten_xa="Xã Mường Lò", area="xa-muong-lo", phone="0912", kind="commune"),
            feature("LineString", [[104.123456789, 21.5, 80.0], [104.2, 21.6]], name="Ngòi Thia"),
        )
    )
    first, second = land["features"]
    assert first["properties"] == {"kind": "commune", "name": "Xã Mường Lò", "area": "xa-muong-lo"}
    assert second["properties"]["kind"] == "river"
    assert second["geometry"]["coordinates"][0] == [104.12346, 21.5]
    assert land["bbox"] == [104.0, 21.0, 105.0, 22.0]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "no FeatureCollection"),
        (collection(), "features: from 1"),
        (collection(feature("Point", [104.0, 21.0]), crs={"properties": {"name": "EPSG:3405"}}), "VN-2000"),
        (collection(feature("Point", [482_000.0, 2_400_000.0])), "metres of VN-2000"),
        (collection(feature("Point", [21.7, 104.9])), "turned round"),
        (collection(feature("Point", [104.0])), "longitude, latitude"),
        (collection(feature("Point", [True, 21.0])), "longitude, latitude"),
        (collection(feature("Point", [float("nan"), 21.0])), "longitude, latitude"),
        (collection(feature("LineString", [[104.0, 21.0]])), "at least two"),
        (collection(feature("Polygon", [RING[:3]])), "its last is its first"),
        (collection(feature("Polygon", [])), "at least one ring"),
        (collection(feature("Polygon", RING)), "are not nested"),
        (collection(feature("GeometryCollection", [])), "is not taken"),
        (collection("x"), "no Feature"),
        (collection(feature("Point", [112.0, 16.5], name="Paracel Islands")), "Hoàng Sa"),
        (collection(feature("Point", [104.0, 21.0], kind="palace")), "is none of"),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong(document: object, said: str) -> None:
    with pytest.raises(LandError, match=said):
        checked(document)


def test_every_fault_is_named_but_not_without_end() -> None:
    with pytest.raises(LandError) as caught:
        checked(collection(*(feature("Point", [0, 0]) for _ in range(100))))
    assert len(caught.value.faults) == MOST_FAULTS
    assert caught.value.faults[1].startswith("features.1: ")


def test_a_view_of_the_nation_has_its_islands() -> None:
    coast = feature("LineString", [[106.0, 21.0], [109.0, 11.0]], name="Bờ biển", kind="outline")
    names = [each["properties"]["name"] for each in checked(collection(coast))["features"]]
    assert names == ["Bờ biển", "Quần đảo Hoàng Sa (Việt Nam)", "Quần đảo Trường Sa (Việt Nam)"]
    own = feature("Point", [112.0, 16.5], name="Huyện Hoàng Sa", kind="island")
    assert len(checked(collection(coast, own))["features"]) == 3


def test_an_upload_outlives_a_restart_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    atlas = Atlas(tmp_path / "map")
    ours = atlas.land()
    assert ours.by == ""
    kept = atlas.keep(json.dumps(collection(feature("Polygon", [RING], name="Mường Lò"))).encode(), by="an", at=7)
    for wrong in (b"{", b"[" * 200_000, b'{"type": NaN}', b" " * (MAX_BYTES + 1)):
        with pytest.raises(LandError):
            atlas.keep(wrong, by="an", at=8)
    again = Atlas(tmp_path / "map").land()
    assert (again.by, again.at, again.digest, again.features) == ("an", 7, kept.digest, 1)
    (tmp_path / "map" / "land.geojson").write_text("{}", encoding="utf-8")
    assert Atlas(tmp_path / "map").land().digest == ours.digest, "a spoiled file gives way to our own drawing"
    assert atlas.forget().digest == ours.digest
    with pytest.raises(LandError, match="no map of its own"):
        Atlas().keep(json.dumps(collection(feature("Point", [104.0, 21.0]))).encode(), by="an", at=9)


def test_distances_are_those_on_the_ground() -> None:
    assert distance_m((21.717, 104.899), (21.717, 104.899)) == 0
    assert distance_m((21.0, 105.0), (22.0, 105.0)) == pytest.approx(111_195, abs=5)
    assert distance_m((21.717, 104.899), (21.596, 104.509)) == pytest.approx(42_500, abs=500)
