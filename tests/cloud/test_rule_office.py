"""The office of rules after a power cut: wherever it was cut, the old texts or the new are there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.api.rule_book import Edit, RuleRefusedError
from cloud.rule_files import RuleFiles
from cloud.rules.load import MAX_RULES
from cloud.rules.proof import Draft, Sheet
from cloud.rules.rule_set import RuleSet, rule_set
from cloud.store.rule_version_port import RuleVersionRow
from cloud.store.sql import SqlStateStore
from tests.cloud.api.sample_rules import FLOOD, FLOOD_TESTS, SampleRules
from tests.fakes import ManualClock

OLD = Sheet(FLOOD, FLOOD_TESTS)
NEW = Sheet(FLOOD.replace("version = 1", "version = 2"), FLOOD_TESTS + "# mới\n")
RULE = "flood_yen_bai"
PENDING = RuleVersionRow(RULE, 2, 2, NEW.text, NEW.tests, "lan", 1, "", "saved", kept=False)
GONE = replace(PENDING, text="", tests="", what="deleted")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqlStateStore]:
    state = SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    state.migrate()
    yield state
    state.close()


@pytest.fixture
def sample(tmp_path: Path, state: SqlStateStore) -> SampleRules:
    return SampleRules(tmp_path / "rules", state, ManualClock())


@pytest.mark.parametrize(
    ("row", "steps", "sheet", "kept"),
    [
        (PENDING, 0, OLD, [1]),
        (PENDING, 1, OLD, [1]),
        (PENDING, 2, NEW, [2, 1]),
        (GONE, 0, OLD, [1]),
        (GONE, 1, None, [2, 1]),
        (GONE, 2, None, [2, 1]),
    ],
    ids=lambda each: each.what if isinstance(each, RuleVersionRow) else None,
)
async def test_a_cut_after_any_step_leaves_the_old_texts_or_the_new(
    sample: SampleRules, state: SqlStateStore, *, row: RuleVersionRow, steps: int, sheet: Sheet | None, kept: list[int]
) -> None:
    await sample.office.open()
    state.rule_versions.add(row)
    text, tests = sample.folder / f"{RULE}.toml", sample.folder / f"{RULE}.test.toml"
    saved, removed = [(tests, NEW.tests), (text, NEW.text)], [text, tests]
    for path, content in saved[:steps] if row.what == "saved" else []:
        path.write_text(content, "utf-8")
    for path in removed[:steps] if row.what == "deleted" else []:
        path.unlink()
    await sample.opened_again().open()
    assert RuleFiles(sample.folder).read(RULE) == sheet
    assert tests.exists() == (sheet is not None)
    assert [each.revision for each in state.rule_versions.versions(RULE)] == kept
    assert state.rule_versions.pending() == []


async def test_texts_that_changed_by_hand_are_kept_too(sample: SampleRules, state: SqlStateStore) -> None:
    await sample.office.open()
    RuleFiles(sample.folder).write(RULE, NEW)
    await sample.office.reload()
    await sample.opened_again().open()
    rows = state.rule_versions.versions(RULE)
    assert [(each.version, each.actor, each.what) for each in rows] == [(2, "file", "found"), (1, "file", "found")]


async def test_a_text_that_was_changed_by_hand_and_never_read_is_kept_when_it_is_replaced(
    sample: SampleRules, state: SqlStateStore
) -> None:
    await sample.office.open()
    hand = Sheet(FLOOD.replace("hold_s = 600", "hold_s = 900"), FLOOD_TESTS)
    RuleFiles(sample.folder).write(RULE, hand)
    await sample.office.save(Draft(RULE, NEW), Edit("lan", match=hand.etag))
    rows = state.rule_versions.versions(RULE)
    assert [(each.what, each.text) for each in rows] == [("saved", NEW.text), ("found", hand.text), ("found", FLOOD)]


async def test_two_changes_at_once_are_made_one_after_the_other(sample: SampleRules) -> None:
    async def save(tests: str) -> str:
        try:
            await sample.office.save(Draft(RULE, Sheet(NEW.text, tests)), Edit("lan", match=OLD.etag))
        except Exception as error:  # noqa: BLE001 -- which of the two it is, nobody knows
            return type(error).__name__
        return "saved"

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(save(FLOOD_TESTS + f"# {number}\n")) for number in range(2)]
    assert sorted(task.result() for task in tasks) == ["RuleChangedError", "saved"]


async def test_there_is_an_end_to_the_number_of_rules(sample: SampleRules) -> None:
    one = next(iter(sample.office.running.rules.values()))
    many = rule_set([one.model_copy(update={"id": f"rule_{number}"}) for number in range(MAX_RULES)])
    sample.office.running = RuleSet(many.rules, many.units)
    with pytest.raises(RuleRefusedError, match="more are not allowed"):
        await sample.office.save(Draft("one_more", NEW), Edit("lan"))


async def test_rules_that_others_name_stay_and_names_that_nobody_has_are_refused(sample: SampleRules) -> None:
    await sample.office.open()
    quiet = Sheet(NEW.text.replace("confirmed = true", 'confirmed = true\nunless = ["silance"]'), NEW.tests)
    with pytest.raises(RuleRefusedError, match=r"'silance' is no rule .*'silence'"):
        await sample.office.save(Draft(RULE, quiet), Edit("lan", match=OLD.etag))
    named = Sheet(quiet.text.replace("silance", "silence"), NEW.tests)
    await sample.office.save(Draft(RULE, named), Edit("lan", match=OLD.etag))
    silence = await sample.office.sheet("silence")
    with pytest.raises(RuleRefusedError, match=r"flood_yen_bai\.toml: unless"):
        await sample.office.delete("silence", Edit("lan", match=silence.etag))
    assert "silence" in sample.office.running.rules
