"""The doctor of the gateway: numbered checks from the file to the devices, each with the next step."""
