"""The serial number of a box: the maker's where there is one, and never a filler of a cheap mainboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.identity.serial import Serial, serial_number

TREE = "sys/firmware/devicetree/base/serial-number"
DMI = "sys/class/dmi/id/product_serial"
BOARD = "sys/class/dmi/id/board_serial"
MACHINE = "etc/machine-id"
ID = "0123456789abcdef0123456789abcdef\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({TREE: "10000000abcdef01\0", MACHINE: ID}, Serial("10000000abcdef01", "devicetree")),
        ({DMI: "PF3X2 ABC\n", MACHINE: ID}, Serial("PF3X2 ABC", "dmi")),
        ({DMI: "To Be Filled By O.E.M.\n", BOARD: "BRD-77", MACHINE: ID}, Serial("BRD-77", "dmi")),
        ({DMI: "0000000000", BOARD: "Default string"}, Serial("", "none")),
        ({DMI: "\n"}, Serial("", "none")),
        ({}, Serial("", "none")),
    ],
)
def test_the_makers_number_counts(tmp_path: Path, files: dict[str, str], expected: Serial) -> None:
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    assert serial_number(root=tmp_path) == expected


def test_without_one_the_installed_system_has_a_number_that_does_not_tell_its_id(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / MACHINE).write_text(ID)
    found = serial_number(root=tmp_path)
    assert (found.source, len(found.number), serial_number(root=tmp_path)) == ("machine-id", 18, found)
    assert found.number[2:] not in ID


def test_a_number_that_was_kept_stays_whoever_asks(tmp_path: Path) -> None:
    assert serial_number("SN-1", root=tmp_path) == Serial("SN-1", "kept")
