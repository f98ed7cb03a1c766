#!/usr/bin/env bash
# The real servers and the browser that the tests use. Installs what is missing when it may, else says what is missing.
# Nothing of it is left running: the tests start what they need themselves, on ports of their own.
set -euo pipefail

# program that shows it is there : Debian package
wanted=(
  mosquitto:mosquitto
  mosquitto_pub:mosquitto-clients
  influxd:influxdb
  influx:influxdb-client
  chromium:chromium
  ffmpeg:ffmpeg
  postgres:postgresql
  fc-list:fontconfig
  fusermount3:fuse3
  faketime:faketime
  systemd-analyze:systemd
  rsyslogd:rsyslog
  vsftpd:vsftpd
  snmpd:snmpd
  snmptrap:snmp
)
PATH=$PATH:/usr/sbin:/usr/local/sbin
for folder in /usr/lib/postgresql/*/bin; do PATH=$PATH:$folder; done # Debian keeps the server out of the way

missing=()
for pair in "${wanted[@]}"; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
# Vietnamese needs a font with all its diacritics; fc-list knows fonts by language
if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=vi family | head -n 1)" ]; then
  missing+=(fonts-noto-core)
fi
# rsyslog speaks TLS through a library of its own, which brings no program
compgen -G "/usr/lib/*/rsyslog/lmnsd_ossl.so" >/dev/null || missing+=(rsyslog-openssl)
# GStreamer's RTSP server has no program of its own: Python finds it, with the plugins that encode pictures
gst='import gi; gi.require_version("GstRtspServer", "1.0"); from gi.repository import Gst; Gst.init(None)
assert all(map(Gst.ElementFactory.find, ("x264enc", "jpegenc", "rtph264pay", "videotestsrc")))'
if ! /usr/bin/python3 -c "$gst" >/dev/null 2>&1; then
  missing+=(python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "The tests need these Debian packages: ${missing[*]}. As root: apt-get install ${missing[*]}" >&2
  exit 1
fi

# Debian starts services when it installs them; this file tells it not to (policy-rc.d, 101 = forbidden).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
echo "Installing ${missing[*]} ..." >&2
apt-get -qq update </dev/null >&2
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" </dev/null >&2
