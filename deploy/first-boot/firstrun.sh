#!/bin/bash
# The first start of a card without cloud-init (Raspberry Pi OS bookworm), as `edgeinfer flash` prepared it:
# the words at the end of cmdline.txt have systemd run this before anything else, and then restart. There is
# no network yet. A step that fails is said, and the next ones are done all the same: a Pi without its
# name is better than one that cannot be reached.
set -u
boot=/boot/firmware
here=$boot/edgeinfer

say() { echo "edgeinfer firstrun: $*"; }

host() {
  local old
  old=$(tr -d ' \t\r\n' <"/etc/hostname")
  echo "$EDGEINFER_HOSTNAME" >"/etc/hostname"
  if grep -q "^127\.0\.1\.1" "/etc/hosts"; then
    sed -i "s/^127\.0\.1\.1.*/127.0.1.1\t$EDGEINFER_HOSTNAME/" "/etc/hosts"
  else
    printf '127.0.1.1\t%s\n' "$EDGEINFER_HOSTNAME" >>"/etc/hosts"
  fi
  say "was $old, is $EDGEINFER_HOSTNAME"
}

# The image has one person, with the number 1000, and asks at the console for its name until userconf ran.
person() {
  local first
  first=$(getent passwd 1000 | cut -d: -f1)
  if [ -x /usr/lib/userconf-pi/userconf ]; then
    /usr/lib/userconf-pi/userconf "$EDGEINFER_USER" ''
  elif [ -n "$first" ] && [ "$first" != "$EDGEINFER_USER" ]; then
    usermod -l "$EDGEINFER_USER" "$first"
    usermod -m -d "/home/$EDGEINFER_USER" "$EDGEINFER_USER"
    groupmod -n "$EDGEINFER_USER" "$first"
  fi
}

keys() {
  [ -n "$EDGEINFER_SSH_KEYS" ] || return 0
  local home
  home=$(getent passwd "$EDGEINFER_USER" | cut -d: -f6)
  install -d -m 700 -o "$EDGEINFER_USER" -g "$EDGEINFER_USER" "$home/.ssh"
  printf '%s\n' "$EDGEINFER_SSH_KEYS" >>"$home/.ssh/authorized_keys"
  chown "$EDGEINFER_USER:$EDGEINFER_USER" "$home/.ssh/authorized_keys"
  chmod 600 "$home/.ssh/authorized_keys"
  mkdir -p "/etc/ssh/sshd_config.d"
  echo "PasswordAuthentication no" >"/etc/ssh/sshd_config.d/edgeinfer.conf"
  systemctl -q enable ssh
}

# Raspberry Pi OS keeps the radio off until it knows the country.
wifi() {
  [ -f "$here/wifi.nmconnection" ] || return 0
  install -D -m 600 "$here/wifi.nmconnection" \
    "/etc/NetworkManager/system-connections/edgeinfer.nmconnection"
  if command -v raspi-config >/dev/null; then
    raspi-config nonint do_wifi_country "$EDGEINFER_WIFI_COUNTRY"
  fi
  if ! grep -q "ieee80211_regdom=$EDGEINFER_WIFI_COUNTRY" "$boot/cmdline.txt"; then
    sed -i "1s/\$/ cfg80211.ieee80211_regdom=$EDGEINFER_WIFI_COUNTRY/" "$boot/cmdline.txt"
  fi
  if [ -f "/var/lib/NetworkManager/NetworkManager.state" ]; then
    sed -i 's/^WirelessEnabled=.*/WirelessEnabled=true/' \
      "/var/lib/NetworkManager/NetworkManager.state"
  fi
  local radio
  for radio in /var/lib/systemd/rfkill/*:wlan; do
    [ ! -e "$radio" ] || echo 0 >"$radio"
  done
}

# Whatever happened: never a second time, and no restart for ever.
done_once() {
  sed -i 's| systemd\.run=[^ ]*||; s| systemd\.run_success_action=[^ ]*||; s| systemd\.unit=[^ ]*||' \
    "$boot/cmdline.txt"
  rm -f "$boot/firstrun.sh"
  sync
  exit 0
}
trap done_once EXIT

# shellcheck source=/dev/null
. "$here/settings.sh"
for step in host person keys wifi; do
  # In a shell of its own, that ends at the first command that fails; as part of a condition it would not.
  (
    set -e
    "$step"
  )
  status=$?
  [ "$status" = 0 ] || say "$step: did not work"
done
sh "$here/first-boot.sh" enable || say "the installation could not be prepared"
