"""The operations centre: it stores what gateways report, judges it and shows it."""
