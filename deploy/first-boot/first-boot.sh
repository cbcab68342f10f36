#!/bin/sh
# What `edgeinfer flash` left on the card becomes an installed service.
#   sh first-boot.sh enable      once, by cloud-init or firstrun.sh: the rest follows as a service
#   sh first-boot.sh install     by that service, until it has worked
# The folder of this script holds all it needs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
unit=edgeinfer-first-boot.service
say() { echo "edgeinfer first boot: $*"; }

prepare() {
  # From here on the card is used, and `edgeinfer flash --undo` would not give back what was there.
  rm -f "$here/../edgeinfer-flash.json"
  install -D -m 644 "$here/$unit" "/etc/systemd/system/$unit"
  mkdir -p "/etc/systemd/system/multi-user.target.wants"
  ln -sf "../$unit" "/etc/systemd/system/multi-user.target.wants/$unit"
}

# What the configuration names; secrets are for root alone, and the unit hands them to the service.
named_files() {
  install -d -m 755 "/etc/edgeinfer"
  [ ! -d "$here/etc" ] || cp -r "$here/etc/." "/etc/edgeinfer/"
  [ -d "$here/secrets" ] || return 0
  install -d -m 700 "/etc/edgeinfer/secrets"
  install -m 600 -t "/etc/edgeinfer/secrets" "$here"/secrets/*
}

install_all() {
  named_files
  set -- --config "$here/edgeinfer.toml"
  [ ! -d "$here/offline" ] || set -- "$@" --offline "$here/offline"
  bash "$here/deploy/install.sh" "$@"
}

# What a thief of the card, or the next boot, has no business with.
clear_up() {
  (cd "$here" && rm -rf secrets offline deploy systemd etc originals \
    edgeinfer.toml wifi.nmconnection settings.sh)
  rm -f "/etc/systemd/system/multi-user.target.wants/$unit" "/etc/systemd/system/$unit"
  # Last: without it the service is not started again.
  rm -f "$here/first-boot.sh"
}

case "${1:-}" in
  enable) prepare ;;
  install)
    # The journal of Raspberry Pi OS is gone after a restart; whoever takes the card out reads this.
    # In a shell of its own: as the condition of an `if`, it would go on behind a step that failed.
    say "installing; this takes some minutes"
    set +e
    (
      set -e
      install_all
    ) >"$here/first-boot.log" 2>&1
    status=$?
    set -e
    if [ "$status" != 0 ]; then
      cat "$here/first-boot.log"
      say "did not work; it is tried again in a minute"
      exit 1
    fi
    clear_up
    say "installed"
    ;;
  *)
    say "say enable or install" >&2
    exit 2
    ;;
esac
