"""An exercise of the whole province on one machine: its centre, its gateways, its trainer, its verdict."""
