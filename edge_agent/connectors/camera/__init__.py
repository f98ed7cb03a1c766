"""The camera connector: watches an RTSP stream through a killable ffmpeg child."""
