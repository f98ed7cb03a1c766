"""`thacba-cloud rules`: checks rule files, tries them on their tests, and says what a rule does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cloud.config import load_config
from cloud.console import FAILED, WRONG_CONFIGURATION, Json, table, told
from cloud.console_rehearse import rehearse_command
from cloud.errors import ConfigurationError
from cloud.inventory.load import load_inventory
from cloud.rules.attributes import stated
from cloud.rules.load import TESTS, load_rules, load_tests
from cloud.rules.naming import unclear_names
from cloud.rules.rule import Rule
from cloud.rules.rule_set import RuleSet, RuleSetError
from cloud.rules.sentences import sentences
from cloud.rules.trial import Outcome, try_rule
from cloud.settings import read_people, read_rules
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import CATALOGUE, load_catalogue

HEADS = ("rule", "case", "result")

app = typer.Typer(no_args_is_help=True, help="Rules: checked, tested, explained.")
app.command("rehearse")(rehearse_command)
Name = Annotated[str, typer.Argument(help="Id of a rule.")]
Names = Annotated[list[str] | None, typer.Argument(help="Ids of rules; none means all.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="The centre's TOML file.")]
Sites = Annotated[Path | None, typer.Option("--sites", help="A folder of sites, for rules that name their attributes.")]
Folder = Annotated[Path | None, typer.Option("--rules", help="A folder of rule files, without a configuration.")]


@app.command("check")
def check_command(config: ConfigFile = None, rules: Folder = None, sites: Sites = None, as_json: Json = False) -> None:
    """Checks every rule file and test file of a folder; connects to nothing. Notes are no faults."""
    faults: list[Fault] = []
    known: Mapping[str, Rule] = {}
    with told():
        folder = _folder(config, rules)
        try:
            known = _rules(config, rules, sites).rules
        except RuleSetError as error:
            faults.extend(error.faults)
        try:
            load_tests(folder, known or {file.stem for file in folder.glob("*.toml")})
        except RuleSetError as error:
            faults.extend(error.faults)
    notes = list(unclear_names(known.values()))
    if as_json:
        told_of = {"faults": list(map(asdict, faults)), "notes": list(map(asdict, notes))}
        typer.echo(json.dumps({"good": not faults, "rules": len(known), **told_of}, ensure_ascii=False))
    else:
        typer.echo("\n".join(map(str, faults)) or f"good: {len(known)} rules", err=bool(faults))
        typer.echo("".join(f"note: {note}\n" for note in notes), nl=False)
    if faults:
        raise typer.Exit(WRONG_CONFIGURATION)


@app.command("test")
def try_command(
    names: Names = None, config: ConfigFile = None, rules: Folder = None, sites: Sites = None, as_json: Json = False
) -> None:
    """Tries rules on the cases of their test files; 1 when a case fails or a rule has none."""
    with told():
        known = _rules(config, rules, sites).rules
        chosen = [_one(known, name) for name in names or sorted(known)]
        tests = load_tests(_folder(config, rules), known)
    outcomes = [outcome for rule in chosen if rule.id in tests for outcome in try_rule(rule, tests[rule.id], known)]
    untested = [rule.id for rule in chosen if rule.id not in tests]
    failed = sum(bool(outcome.fault) for outcome in outcomes)
    if as_json:
        tried = [asdict(outcome) for outcome in outcomes]
        typer.echo(json.dumps({"outcomes": tried, "untested": untested, "failed": failed}, ensure_ascii=False))
    else:
        typer.echo(_results(outcomes, untested))
        typer.echo(f"{len(outcomes) - failed} of {len(outcomes)} cases pass; {len(untested)} rules without tests")
    if failed or untested:
        raise typer.Exit(FAILED)


@app.command("explain")
def explain_command(
    name: Name, config: ConfigFile = None, rules: Folder = None, sites: Sites = None, as_json: Json = False
) -> None:
    """Says what a rule does, in Vietnamese and English, with its thresholds and who confirmed them."""
    with told():
        rule = _one(_rules(config, rules, sites).rules, name)
    words = sentences(rule)
    if as_json:
        facts = {**stated(rule), "explained": words.model_dump()}
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{words.vi}\n\n{words.en}")


def _rules(config: Path | None, folder: Path | None, sites: Path | None = None) -> RuleSet:
    """The rules of the configuration, or of a folder alone."""
    inventory = load_inventory(sites) if sites is not None else None
    if config is not None:
        settings = load_config(config)
        catalogue = load_catalogue(CATALOGUE, *settings.profile_dirs)
        inventory = inventory or load_inventory(settings.sites_dir)
        if folder is None:
            return read_rules(settings, catalogue, people=read_people(settings), inventory=inventory)
        channels = [channel.name for channel in settings.notify.channels]
        return load_rules(folder, catalogue, channels=channels, inventory=inventory)
    return load_rules(_folder(config, folder), load_catalogue(), inventory=inventory)


def _folder(config: Path | None, folder: Path | None) -> Path:
    found = folder or (load_config(config).rules_dir if config is not None else None)
    if found is None or not found.is_dir():
        raise ConfigurationError(
            f"{found}: is not a folder" if found else "give --config or --rules: a folder of rules"
        )
    return found


def _one(rules: Mapping[str, Rule], name: str) -> Rule:
    if name not in rules:
        hint = did_you_mean(name, sorted(rules))
        raise ConfigurationError(f"{name}: is no rule here" + (f" ({hint})" if hint else ""))
    return rules[name]


def _results(outcomes: Sequence[Outcome], untested: Sequence[str]) -> str:
    rows = [(outcome.rule, outcome.case, outcome.fault or "pass") for outcome in outcomes]
    return table(HEADS, [*rows, *((rule, "–", f"no {rule}{TESTS}") for rule in untested)])
