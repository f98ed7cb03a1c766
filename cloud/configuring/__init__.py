"""What every gateway shall run: versions, drift, and roll-outs in waves."""
