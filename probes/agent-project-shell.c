/* SPDX-License-Identifier: MIT */
/*
 * AG-12: what tools run when a directory is entered, at a commit, or on behalf of an editor.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: direnv(1), https://mise.jdx.dev/, https://doc.rust-lang.org/cargo/reference/config.html
 */
#include "hold.h"

PROBE("agent-project-shell", "what shells and tools run by themselves in the project cannot be changed")
{
	LOOK_NEED(project, "CANARY_AUTORUN");
	return HOLD_ALL(project, ".husky/pre-commit", ".husky/", ".envrc", "shell/envrc", "mise.toml",
			".pre-commit-config.yaml", ".cargo/config.toml", ".gdbinit",
			".direnv/flake-profile.rc", ".hg/hgrc");
}
