# What the scripts beside this folder share; sourced by them, so that each can be run alone on a fresh clone.
# Everything is said on stderr: stdout belongs to the program that is started in the end.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

# Real servers and clients that the tests talk to. The program itself needs none of them.
DEBIAN_PACKAGES=(
  hcloud-cli awscli                          # the vendors' own clients, against the emulators
  bind9 bind9-dnsutils                       # a second opinion on DNS
  ngircd openssh-server openssh-client       # peers of the probes and of the ssh promoter
  dovecot-core dovecot-imapd python3-aiosmtpd nginx-light
  openssl sqlite3 procps iproute2
)

say() { printf '%s\n' "$*" >&2; }

# The header comment of a script, from its second line to the first that is no comment, is its help.
show_help() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$1"; }

need_node() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    say 'Node.js 20.19 or later with npm is needed, and was not found: see https://nodejs.org/en/download'
    exit 1
  fi
  if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
    say "Node.js 20.19 or later is needed; this is $(node --version)"
    exit 1
  fi
}

need_modules() {
  need_node
  # npm writes this file last, so it is there only when an installation went through.
  local installed=node_modules/.package-lock.json
  if [ -e "$installed" ] && ! [ package-lock.json -nt "$installed" ]; then return; fi
  # No package may run a script of its own at installation: none needs to.
  say '== npm ci'
  npm ci --no-audit --no-fund --ignore-scripts >&2 || exit 1
  touch "$installed"
}

missing_packages() {
  local package
  for package in "${DEBIAN_PACKAGES[@]}"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
  done
}

# The daemons are wanted as programs, not as services. RUNLEVEL and SYSTEMD_OFFLINE ask Debian's and systemd's
# tools not to start them; what the administrator set up (policy-rc.d) is not touched.
apt_get() {
  local command=(env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 SYSTEMD_OFFLINE=1 apt-get -qq "$@")
  if [ "$(id -u)" = 0 ]; then
    "${command[@]}" >&2
  else
    sudo -n "${command[@]}" >&2
  fi
}

need_debian_packages() {
  local missing
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "this is not Debian: the tests need what these packages hold: ${DEBIAN_PACKAGES[*]}"
    return
  fi
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "== apt-get install ${missing[*]}"
  if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
    say "not root, and sudo wants a password: please run  sudo apt-get install ${missing[*]}"
    exit 1
  fi
  apt_get install -y --no-install-recommends "${missing[@]}" ||
    { apt_get update && apt_get install -y --no-install-recommends "${missing[@]}"; } ||
    { say "apt-get failed: please install ${missing[*]}"; exit 1; }
}

need_build() {
  need_modules
  local built=dist/understudy.js
  if [ -e "$built" ] &&
    [ "$(node -p 'require("./dist/package.json").node')" = "$(node --version)" ] &&
    [ -z "$(find src scripts/build scripts/build.mjs package-lock.json -newer "$built" -print -quit)" ]; then
    return
  fi
  say '== build'
  node scripts/build.mjs >&2 || exit 1
}
