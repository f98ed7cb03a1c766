"""One room per protocol; what they share stands one step above, in edge_agent/connector.py."""
