"""Devices that are not there: real protocols with invented physics behind them."""
