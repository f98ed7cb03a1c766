"""A simulated IP camera on real RTSP: RTP/JPEG over TCP, log-in, and faults that can be switched while it runs."""
