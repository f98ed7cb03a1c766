#!/bin/sh
# Makes every secret that is not there yet. The folder is for its owner alone; containers read the files by their own users.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
for name in broker_password influx_password influx_token state_password grafana_password; do
  [ -s "secrets/$name" ] || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' > "secrets/$name"
  chmod 444 "secrets/$name"
done
# The broker's accounts: hashes alone. A gateway is added with `mosquitto_passwd secrets/broker_accounts ITS-ID`.
if [ ! -s secrets/broker_accounts ]; then
  printf 'centre:%s\n' "$(cat secrets/broker_password)" > secrets/broker_accounts.new
  if command -v mosquitto_passwd >/dev/null; then
    mosquitto_passwd -U secrets/broker_accounts.new
  else
    docker run --rm -v "$PWD/secrets:/secrets" eclipse-mosquitto:2.0 mosquitto_passwd -U /secrets/broker_accounts.new
  fi
  chmod 444 secrets/broker_accounts.new
  mv secrets/broker_accounts.new secrets/broker_accounts
fi
