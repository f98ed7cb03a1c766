"""The kinds of rules, one file each; what they share stands in cloud/rules/ladder.py."""
