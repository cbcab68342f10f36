"""A real RTSP camera on a free port, for the system's own Python with GStreamer's packages.

Arguments: port (0: a free one), width, and user and password or nothing. It prints its port; it
ends with its standard input. The picture is one colour, (200, 40, 40) in RGB.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from typing import Any

gi: Any = import_module("gi")
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
GLib, Gst, GstRtspServer = (
    import_module(f"gi.repository.{name}") for name in ("GLib", "Gst", "GstRtspServer")
)

PIPELINE = (
    "( videotestsrc is-live=true pattern=solid-color foreground-color=0xffc82828 "
    "! video/x-raw,width=WIDTH,height=240,framerate=15/1 "
    "! x264enc tune=zerolatency key-int-max=5 ! rtph264pay name=pay0 )"
)


def protect(server: Any, factory: Any, user: str, password: str) -> None:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)


def main() -> None:
    Gst.init(None)
    if not all(Gst.ElementFactory.find(name) for name in ("x264enc", "rtph264pay")):
        sys.exit("no x264enc")
    server = GstRtspServer.RTSPServer()
    port, width, *login = sys.argv[1:]
    server.set_service(port)
    server.set_address("127.0.0.1")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(PIPELINE.replace("WIDTH", width))
    factory.set_shared(True)
    if login:
        protect(server, factory, *login)
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(None)
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    loop.run()


main()
