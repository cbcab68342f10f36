#!/bin/bash
# Install edgeinfer as a service on Raspberry Pi OS or Debian, bookworm or trixie, 64-bit. Run again it is an
# upgrade, which keeps configuration and state, and takes itself back where the new version does not work.
#
#     sudo deploy/install.sh                      from this checkout, by the network
#     sudo deploy/install.sh --offline FOLDER     of what `deploy/wheels` gathered; no network is asked
#     sudo deploy/install.sh --uninstall [--keep config,state]
#
# docs/deploy.md says what lies where.
set -euo pipefail

prefix=/opt/edgeinfer
etc=/etc/edgeinfer
state=/var/lib/edgeinfer
unit=/etc/systemd/system/edgeinfer.service
needed_mb=400 # a release takes 180 on arm64, beside the old one; pip's downloads and numpy may come to it
here=$(cd "$(dirname "$0")" && pwd)

usage() {
  cat <<'TEXT'
usage: install.sh [--offline FOLDER] [--config FILE] [--no-start]
       install.sh --uninstall [--keep config,state]

  --offline FOLDER  no network is asked: wheels are in there, by deploy/wheels; .deb and .tflite files may be
  --config FILE     becomes /etc/edgeinfer/edgeinfer.toml; without it one that is there stays
  --no-start        install and enable, and start at the next boot
  --uninstall       remove everything, but what --keep names

One's own plug-ins and extras stand in /etc/edgeinfer/requirements.txt, as pip reads it.
TEXT
}

say() { echo "install.sh: $*"; }
fail() {
  echo "install.sh: $*" >&2
  exit 1
}
wrong() {
  echo "install.sh: $*; --help says what there is" >&2
  exit 2
}

offline='' config='' keep='' uninstall='' start=yes
release='' old='' was_active='' replaced='' touched=''
while [ $# -gt 0 ]; do
  case $1 in
    --offline | --config | --keep) [ "${2:-}" ] || wrong "$1: needs a value" ;;&
    --offline) offline=$2 && shift ;;
    --config) config=$2 && shift ;;
    --keep) keep=,$2, && shift ;;
    --uninstall) uninstall=yes ;;
    --no-start) start='' ;;
    -h | --help) usage && exit ;;
    *) wrong "$1: unknown" ;;
  esac
  shift
done

list() {
  local words
  read -ra words <<<"${1//,/ }"
  echo "${words[*]}"
}
kept() { [[ $keep == *,$1,* ]]; }
booted() { [ -d /run/systemd/system ]; } # false where an image is being built in a chroot
active() { booted && systemctl is-active --quiet edgeinfer; }

### What is refused

check_words() {
  [ -z "$keep" ] || [ "$uninstall" ] || wrong "--keep: belongs to --uninstall"
  [[ $keep =~ ^(,((config|state),)+)?$ ]] || wrong "--keep $(list "$keep"): knows config and state"
  [ -z "$offline" ] || [ -d "$offline" ] || wrong "--offline $offline: no such folder"
  [ -z "$config" ] || [ -f "$config" ] || wrong "--config $config: no such file"
  [ -z "$offline" ] || offline=$(cd "$offline" && pwd)
}

check_system() {
  if ! { command -v dpkg && command -v systemctl; } >/dev/null; then
    fail "this system has no dpkg or no systemd; it has to be Raspberry Pi OS or Debian"
  fi
  local codename name architecture
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  # shellcheck source=/dev/null
  name=$(. /etc/os-release && echo "${PRETTY_NAME:-an unknown system}")
  # The kernel may be 64-bit where the system is not, so it is not uname that is asked.
  architecture=$(dpkg --print-architecture)
  case $architecture in
    arm64 | amd64) ;;
    *) fail "$name is a system for $architecture, and ai-edge-litert has no wheel for it;" \
      "write the 64-bit Raspberry Pi OS onto the card" ;;
  esac
  case $codename in
    bookworm | trixie) ;;
    *) fail "$name is neither bookworm nor trixie; on bullseye, say, ai-edge-litert cannot be loaded (glibc 2.31)" ;;
  esac
}

check_space() {
  local free_mb
  mkdir -p "$prefix"
  free_mb=$(df --output=avail -BM "$prefix" | tail -1 | tr -dc 0-9)
  [ "$free_mb" -ge "$needed_mb" ] ||
    fail "$prefix has $free_mb MB free and $needed_mb are needed; make room, or use a larger card"
}

### A release: a venv of its own, with the files of the system that belong to it

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
# As after an uninstallation of ours: `apt autoremove` may take it away again.
may_go() { [ "$(apt-mark showauto "$1")" ]; }

# numpy is the system's: picamera2 is built against it, and a second one beside it breaks both.
system_packages() {
  local wanted=(python3-venv python3-numpy) missing=() package
  apt-get update -qq || fail "apt-get update failed; is there a network?"
  # Raspberry Pi OS has it, Debian does not.
  [ -z "$(apt-cache madison python3-picamera2)" ] || wanted+=(python3-picamera2)
  for package in "${wanted[@]}"; do
    if ! installed "$package"; then
      missing+=("$package")
    elif may_go "$package"; then
      apt-mark manual "$package" >/dev/null
      echo "$package" >>"$prefix/packages"
    fi
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "${missing[*]}: could not be installed; is there a network? --offline FOLDER needs none"
  # What came with us may go with us.
  printf '%s\n' "${missing[@]}" >>"$prefix/packages"
}

offline_packages() {
  local debs=("$offline"/*.deb)
  if [ -e "${debs[0]}" ]; then
    say "installing ${#debs[@]} packages from $offline"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-download "${debs[@]}" >/dev/null ||
      fail "the packages in $offline could not be installed"
  fi
  installed python3-venv || fail "python3-venv is not installed, and $offline has no .deb of it; put it there"
}

# A wheel in the folder, or beside this file; else the checkout that this file lies in.
edgeinfer_itself() {
  local wheels=("${offline:-$here}"/edgeinfer-*.whl)
  if [ -e "${wheels[-1]}" ]; then
    echo "${wheels[-1]}"
  elif [ "$offline" ]; then
    fail "$offline: has no wheel of edgeinfer; see deploy/wheels"
  elif [ -f "$here/../pyproject.toml" ]; then
    (cd "$here/.." && pwd)
  else
    fail "$here is no checkout of edgeinfer; name a folder of wheels: --offline FOLDER"
  fi
}

# What the sinks of the configuration need beyond the rest, as in [web]: who has no page of his own carries none.
# A file that is wrong is told of by `edgeinfer check`.
extras() {
  local file=${config:-$etc/edgeinfer.toml}
  [ -f "$file" ] || return 0
  /usr/bin/python3 - "$file" 2>/dev/null <<'PYTHON' || true
import sys
import tomllib

with open(sys.argv[1], "rb") as file:
    sinks = tomllib.load(file)["sink"]
needs = {"dashboard": "web", "metrics": "metrics"}
wanted = sorted({needs[sink["type"]] for sink in sinks if sink["type"] in needs})
if wanted:
    print(f"[{','.join(wanted)}]")
PYTHON
}

make_release() {
  local itself options=() pip tmp
  itself=$(edgeinfer_itself) # alone, so that its failure ends this
  itself+=$(extras)
  mkdir -p "$prefix/releases"
  release=$(mktemp -d "$prefix/releases/XXXXXX")
  chmod 755 "$release"
  say "installing edgeinfer into $release"
  # pip is run from where python3-venv keeps it: put into the release and taken out again it would take as long
  # as all the rest, and 20 MB of the card.
  /usr/bin/python3 -m venv --without-pip --system-site-packages "$release"
  pip=(/usr/share/python-wheels/pip-*.whl)
  [ -e "${pip[0]}" ] || fail "${pip[0]} is not there; install python3-venv"
  [ -z "$offline" ] || options+=(--no-index --find-links "$offline")
  [ ! -f "$etc/requirements.txt" ] || options+=(--requirement "$etc/requirements.txt")
  system_numpy >"$release/constraints.txt"
  tmp=$release/tmp # /tmp may be memory, and a Zero 2 W has little
  mkdir "$tmp"
  TMPDIR=$tmp PYTHONPATH=${pip[0]} "$release/bin/python" -m pip install --quiet --disable-pip-version-check \
    --no-cache-dir --no-compile --only-binary=:all: --constraint "$release/constraints.txt" "${options[@]}" "$itself" ||
    fail "pip could not install edgeinfer; nothing was changed"
  # By all cores, where pip takes one. A file that is for another Python is no reason to stop.
  "$release/bin/python" -m compileall -q -j 0 "$release/lib" >/dev/null 2>&1 || true
  rm -rf "$tmp"
  system_files
  "$release/bin/edgeinfer" --version >/dev/null || fail "the new edgeinfer does not start; nothing was changed"
}

# Where there is none, picamera2 is not there either, and pip may bring one.
system_numpy() {
  /usr/bin/python3 -c 'import numpy; print("numpy==" + numpy.__version__)' 2>/dev/null || true
}

# A release keeps its own, so that the way back is a way back in all.
system_files() {
  local from=$here/../systemd
  install -D -m 644 -t "$release/system" "$from/edgeinfer.service"
  install -m 644 "$from/sysusers.d/edgeinfer.conf" "$release/system/sysusers.conf"
  install -m 644 "$from/tmpfiles.d/edgeinfer.conf" "$release/system/tmpfiles.conf"
  install -m 644 "$from/udev/rules.d/60-edgeinfer.rules" "$release/system/udev.rules"
}

# One swap of a link is what changes the version; a power cut leaves the old one or the new one.
activate() {
  touched=yes
  install -D -m 644 "$1/system/sysusers.conf" /etc/sysusers.d/edgeinfer.conf
  install -D -m 644 "$1/system/tmpfiles.conf" /etc/tmpfiles.d/edgeinfer.conf
  install -D -m 644 "$1/system/udev.rules" /etc/udev/rules.d/60-edgeinfer.rules
  install -D -m 644 "$1/system/edgeinfer.service" "$unit"
  systemd-sysusers /etc/sysusers.d/edgeinfer.conf
  systemd-tmpfiles --create /etc/tmpfiles.d/edgeinfer.conf
  ln -sfn "$1" "$prefix/current.new"
  mv -T "$prefix/current.new" "$prefix/current"
  ln -sfn current/bin "$prefix/bin"
  ln -sfn "$prefix/bin/edgeinfer" /usr/local/bin/edgeinfer
  reload
}

reload() {
  booted || return 0
  systemctl daemon-reload
  if udevadm control --reload 2>/dev/null; then
    udevadm trigger --subsystem-match=usb --subsystem-match=apex --action=change
  fi
}

configuration() {
  local file=$etc/edgeinfer.toml
  if [ ! -f "$file" ]; then
    replaced=nothing
  elif [ "$config" ]; then
    cp -p "$file" "$file.before"
    replaced=another
  else
    return 0
  fi
  install -m 644 "${config:-$here/edgeinfer.toml}" "$file"
}

models() {
  local files=("$offline"/*.tflite)
  [ "$offline" ] && [ -e "${files[0]}" ] || return 0
  install -d -m 700 -o edgeinfer -g edgeinfer "$state/models"
  install -m 600 -o edgeinfer -g edgeinfer -t "$state/models" "${files[@]}"
}

### Whether it works

# `edgeinfer check` as the service would see it: its user, its folders, and the secrets that the unit and what a
# person added to it hand over.
check() {
  booted || return 0 # in an image that is being built there is nothing to be tried
  local secrets
  mapfile -t secrets < <(systemctl cat edgeinfer | sed -n 's/^\s*\(\(Load\|Set\)Credential\w*\)\s*=\s*/--property=\1=/p')
  systemd-run --quiet --pipe --wait --collect --service-type=exec --uid=edgeinfer \
    --property=WorkingDirectory="$etc" --property=StateDirectory=edgeinfer --property=UMask=0077 \
    --property="SupplementaryGroups=video plugdev apex" "${secrets[@]}" \
    "$1/bin/edgeinfer" check --config "$etc/edgeinfer.toml"
}

# 243, of systemd.exec(5).
refused_secrets="systemd hands nothing over: in $etc/secrets a name has a sign that is not ASCII, or a colon, or it is \
more than 1 MB; or a LoadCredential= of yours names what is not there"

# Whatever ends this script before it is done: the version that was here is here again, and runs if it ran.
# Nothing ends this one half way: no second Ctrl-C, and not that nobody is there any more to read what it says.
undo() {
  trap '' INT TERM HUP PIPE
  set +e
  [ "$release" ] || return 0
  case $replaced in
    another) mv "$etc/edgeinfer.toml.before" "$etc/edgeinfer.toml" ;;
    nothing) rm -f "$etc/edgeinfer.toml" ;;
  esac
  if [ "$touched" ] && [ "$old" ]; then
    say "going back to the version that was here"
    activate "$old"
  elif [ "$touched" ]; then
    remove
    rm -f "${prefix:?}"/{current,bin}
  fi
  rm -rf "$release"
  # What came with us is still known by the next try.
  rmdir "$prefix/releases" "$prefix" 2>/dev/null || true
  [ -z "$was_active" ] || systemctl start edgeinfer || say "the old version does not start either"
}

install_it() {
  local status=0
  check_system
  check_space
  [ ! -e "$prefix/current" ] || old=$(readlink -f "$prefix/current")
  keep_what_is_there
  trap undo EXIT
  # By themselves they would go on behind a step that takes Ctrl-C for its own.
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if [ "$offline" ]; then offline_packages; else system_packages; fi
  make_release
  # The camera has one reader at a time, and check wants to look through it.
  if active; then
    was_active=yes
    systemctl stop edgeinfer
  fi
  activate "$release"
  configuration
  models
  check "$release" || status=$?
  if [ "$status" = 2 ] && [ "$replaced" = another ]; then
    fail "$config is wrong, as was said above; what was here before is here again, with its configuration"
  fi
  if [ "$status" = 243 ] && [ "$was_active" ]; then # with the old version it is the new unit all the same
    fail "not upgraded: $refused_secrets"
  fi
  # A camera that is unplugged or a broker that is away is not the new version's fault.
  if [ "$status" != 0 ] && [ "$old" ] && check "$old" >/dev/null 2>&1; then
    fail "not upgraded: edgeinfer check passes with the old version and fails with the new one"
  fi
  systemctl enable --quiet edgeinfer
  start_it
  trap - EXIT
  find "$prefix/releases" -mindepth 1 -maxdepth 1 ! -path "$release" -exec rm -rf {} +
  advice
}

# If it is not installed after all.
keep_what_is_there() {
  [ ! -e "$etc" ] && [ ! -e "$unit.d" ] || keep=,config,
  [ ! -e "$state" ] || keep+=,state,
}

start_it() {
  booted && [ "$start$was_active" ] && [ "$status" != 2 ] || return 0
  say "starting the service; the first start may have to fetch the model"
  if [ "$status" != 0 ]; then # it goes on trying by itself
    systemctl start --no-block edgeinfer
  elif ! systemctl start edgeinfer; then
    [ -z "$was_active" ] || fail "not upgraded: the new version does not start"
    say "the service does not start; journalctl -u edgeinfer says why"
  fi
}

advice() {
  say "edgeinfer $("$release/bin/edgeinfer" --version | tr -dc 0-9.) is installed"
  case $status in
    0) ;;
    2) say "its configuration is wrong, so it was not started; correct $etc/edgeinfer.toml, then: systemctl start edgeinfer" ;;
    243) say "$refused_secrets. Then: systemctl restart edgeinfer" ;;
    *) say "what failed above is to be put right, or $etc/edgeinfer.toml changed; then: systemctl restart edgeinfer" ;;
  esac
  say "what it does: journalctl -u edgeinfer -f"
}

### Away again

# All but $prefix, and what is to be kept.
remove() {
  local now=()
  ! booted || now=(--now)
  systemctl disable --quiet "${now[@]}" edgeinfer 2>/dev/null || true
  rm -f "$unit" /etc/udev/rules.d/60-edgeinfer.rules \
    /etc/tmpfiles.d/edgeinfer.conf /etc/sysusers.d/edgeinfer.conf /usr/local/bin/edgeinfer
  # Debian has no such folder until somebody needs it.
  rmdir /etc/sysusers.d 2>/dev/null || true
  kept config || rm -rf "$etc" "$unit.d"
  kept state || rm -rf "$state"
  # Files that are kept need their owner.
  kept state || ! id edgeinfer >/dev/null 2>&1 || userdel edgeinfer
  reload
}

uninstall_it() {
  [ "$(id -u)" = 0 ] || fail "has to be root; try sudo $0 --uninstall"
  local packages=()
  [ ! -f "$prefix/packages" ] || mapfile -t packages <"$prefix/packages"
  remove
  rm -rf "$prefix"
  if [ ${#packages[@]} -gt 0 ]; then
    apt-mark auto "${packages[@]}" >/dev/null
    say "apt autoremove removes ${packages[*]}, if nothing else needs them"
  fi
  say "edgeinfer is gone${keep:+; kept: $(list "$keep")}"
}

check_words
if [ "$uninstall" ]; then
  uninstall_it
else
  [ "$(id -u)" = 0 ] || fail "has to be root; try sudo $0"
  exec 9>/run/edgeinfer-install.lock
  flock -n 9 || fail "another install is running"
  install_it
fi
