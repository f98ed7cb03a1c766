"""Devices are found by every word of theirs, as if each name were looked through by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud.api.views import DeviceView
from cloud.roll_call import RollCall
from device_profiles.schema import Text
from device_profiles.search import folded

NAMES = st.text(alphabet="aAáđ b-\n2", min_size=1, max_size=8).filter(str.strip)
WORDS = st.lists(st.text(alphabet="ad b2", min_size=1, max_size=3).filter(lambda word: " " not in word), min_size=1)


@given(names=st.lists(NAMES, max_size=12), later=st.lists(NAMES, max_size=4), words=WORDS)
def test_what_is_found_is_what_holds_every_word(names: list[str], later: list[str], words: list[str]) -> None:
    roll_call = RollCall(lambda view: view.site)
    said: dict[tuple[str, str], str] = {}
    for names_now in (names, later):  # what is called otherwise by now is known by its new name only
        for number, name in enumerate(names_now):
            view = DeviceView("gw", f"x{number}", Text(vi=name, en="y"), "z", "s")
            roll_call.put(view)
            said[view.gateway, view.id] = folded(f"{view.name.vi} y {view.id} gw z s").replace("\n", " ")
        wanted = {key for key, text in said.items() if all(word in text for word in words)}
        found = roll_call.holding(words)
        assert (set(found), len(found)) == (wanted, len(wanted))
