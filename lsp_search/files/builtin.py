"""What is never worth indexing, or never safe to: the built-in excludes.

The test for this list is "no project keeps hand-written source under this name". So ``dist``, ``out``,
``bin``, ``vendor`` and a bare ``build`` or ``target`` are *not* here (Linux has ``tools/build`` and
``drivers/target``; ignore files name the others), and folders that can only be told by what lies in or
beside them are told by that. One pattern a line, gitignore syntax; ``index.exclude = ["!NAME"]`` takes
one back. The page ``docs/files.md`` says the same to users.
"""

from __future__ import annotations

PATTERNS = r"""
# Version control
.git
.hg/
.svn/
.jj/
.bzr/
.sl/
.pijul/
CVS/
_darcs/
# Installed by a package manager
node_modules/
bower_components/
jspm_packages/
.pnpm-store/
.yarn/cache/
.yarn/unplugged/
.pnp.cjs
.pnp.loader.mjs
__pypackages__/
.venv/
.direnv/
.devenv/
.eggs/
*.egg-info/
# Caches and build output with a name of their own
__pycache__/
.cache/
.tox/
.nox/
.mypy_cache/
.pytest_cache/
.ruff_cache/
.hypothesis/
.ipynb_checkpoints/
.nyc_output/
.gradle/
.dart_tool/
.metals/
.bloop/
.stack-work/
dist-newstyle/
elm-stuff/
.zig-cache/
zig-cache/
.next/
.nuxt/
.svelte-kit/
.angular/
.parcel-cache/
.turbo/
.terraform/
.serverless/
.aws-sam/
.ccls-cache/
.vs/
# Minified and bundled code, source maps
*.min.js
*.min.mjs
*.min.cjs
*.min.css
*-min.js
*-min.css
*.bundle.js
*.bundle.css
*.chunk.js
*.chunk.css
*.js.map
*.mjs.map
*.cjs.map
*.css.map
*.ts.map
# Secrets
.env
.env.*
!.env.example
!.env.sample
!.env.template
!.env.dist
!.env.defaults
*.pem
*.key
*.p12
*.pfx
*.ppk
*.jks
*.keystore
*.kdbx
*.tfstate
*.tfstate.backup
.netrc
_netrc
.pgpass
.pypirc
.htpasswd
.git-credentials
.vault-token
.ssh/
.gnupg/
.password-store/
**/.aws/credentials
**/.docker/config.json
**/.kube/config
# Private keys: id_rsa and its kin, without taking id_utils.py along
id_rsa
id_dsa
id_ecdsa
id_ecdsa_sk
id_ed25519
id_ed25519_sk
id_*.pub
# Left behind by systems and editors
.DS_Store
Thumbs.db
desktop.ini
._*
.Trash-*/
.fuse_hidden*
.nfs*
.#*
\#*#
*~
*.swp
*.swo
""".splitlines()

BUILD_FILES = {
    "target": ("Cargo.toml", "pom.xml", "build.sbt"),
    "build": ("build.gradle", "build.gradle.kts"),
}
"""Output folders that are told by a build file beside them."""

ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")
"""A folder that holds one of these is a virtual environment, whatever its name."""

CACHE_MARK = "CACHEDIR.TAG"
CACHE_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
"""A folder whose CACHEDIR.TAG starts so says of itself that it can be made again (https://bford.info/cachedir/);
Cargo, uv, mypy, pytest and ruff write it."""
