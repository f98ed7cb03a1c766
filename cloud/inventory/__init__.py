"""Areas, sites, gateways and devices of the province, and how fresh what they say is."""
