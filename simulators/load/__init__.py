"""A fleet that only publishes: thousands of gateways behind one connection, to see what the centre can take."""
