"""The doctor of the centre: numbered checks from the files to the servers, each with the next step."""
