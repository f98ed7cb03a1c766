"""The control socket: how the command line and the technician's page ask the running agent."""
