"""Dashboards for Grafana, made from the catalogue: every point of every device model has its panel."""
