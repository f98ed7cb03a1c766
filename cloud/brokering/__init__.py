"""The MQTT broker as the centre governs it: its settings, who is let in, who is put out, and what it refused."""
