"""The rules of the province with their tests, read once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

from cloud.rules.load import load_rules, load_tests
from device_profiles.load import load_catalogue

FOLDER = Path(__file__).parents[3] / "deploy" / "rules"
CATALOGUE = load_catalogue()
RULES = load_rules(FOLDER, CATALOGUE).rules
TESTS = load_tests(FOLDER, RULES)
