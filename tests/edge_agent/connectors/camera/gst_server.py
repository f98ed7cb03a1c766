# mypy: ignore-errors
"""GStreamer's own RTSP server, run by the system's Python: H.264 streams whose picture is told what to do on stdin.

First line in:   {"mounts": ["a", "b"], "login": ["user", "password"] or null, "size": [w, h], "frames_per_s": 5}
First line out:  the port. Then lines in: `<mount> <what>`, with what = live, freeze, black, turned, white.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

LAUNCH = (
    "( videotestsrc name=src is-live=true pattern=smpte ! video/x-raw,format=I420,width={0},height={1},framerate={2}/1 "
    "! x264enc tune=zerolatency speed-preset=ultrafast threads=1 key-int-max={2} bitrate=800 "
    "! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)
# patterns of videotestsrc: smpte has a corner of snow, so it lives; smpte100 has bars only, and stands still
LOOKS = {"live": "smpte", "freeze": "smpte100", "black": "black", "turned": "circular", "white": "white"}
sources = {}


def serve(wanted):
    """Starts the server and returns it with its port."""
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service("0")
    if wanted["login"]:
        server.set_auth(guarded(*wanted["login"]))
    for mount in wanted["mounts"]:
        factory = GstRtspServer.RTSPMediaFactory.new()
        factory.set_launch(LAUNCH.format(*wanted["size"], wanted["frames_per_s"]))
        factory.set_shared(True)
        if wanted["login"]:
            allow(factory)
        factory.connect("media-configure", configured, mount)
        server.get_mount_points().add_factory("/" + mount, factory)
    if server.attach(None) == 0:
        sys.exit("no port")
    return server


def guarded(user, password):
    """Digest log-in for one user."""
    auth = GstRtspServer.RTSPAuth.new()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken.new()
    token.set_string("media.factory.role", "viewer")
    auth.add_digest(user, password, token)
    return auth


def allow(factory):
    """Whoever has logged in may watch."""
    permissions = GstRtspServer.RTSPPermissions.new()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)


def configured(_factory, media, mount):
    """Remembers the source of a pipeline that begins."""
    sources[mount] = media.get_element().get_by_name("src")


def hear(channel, _condition):
    """Does what a line says; ends with its input."""
    line = channel.readline()
    if not line:
        loop.quit()
        return False
    mount, what = line.split()
    Gst.util_set_object_arg(sources[mount], "pattern", LOOKS[what])
    return True


Gst.init(None)
loop = GLib.MainLoop()
running = serve(json.loads(sys.stdin.readline()))
sys.stdout.write(f"{running.get_bound_port()}\n")
sys.stdout.flush()
GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, hear)
loop.run()
