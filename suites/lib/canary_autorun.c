/* SPDX-License-Identifier: MIT */
/* What the host would run by itself, planted in the scratch project: an example of most kinds that autorun.def names. */
#include "canary_autorun.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "util.h"

/* A name that ends with a slash is a directory. */
static const char *const names[] = {
	".claude/settings.json",
	".claude/settings.local.json",
	".claude/commands/x.md",
	".claude/agents/x.md",
	".claude/skills/x/SKILL.md",
	".claude/hooks/x",
	".claude/plugins/x",
	".claude/output-styles/x.md",
	".claude/rules/x.md",
	".mcp.json",
	".vscode/tasks.json",
	".idea/workspace.xml",
	".devcontainer/devcontainer.json",
	".zed/tasks.json",
	".cursor/mcp.json",
	"crush.json",
	".pi/extensions/x.ts",
	".helix/languages.toml",
	".vim/coc-settings.json",
	"canary.code-workspace",
	".nvim.lua",
	".exrc",
	".dir-locals.el",
	".husky/pre-commit",
	".githooks/pre-commit",
	"shell/envrc",
	"mise.toml",
	".pre-commit-config.yaml",
	".cargo/config.toml",
	".gdbinit",
	".direnv/flake-profile.rc",
	".hg/hgrc",
	".git/info/attributes",
	".git/objects/info/alternates",
	".git/modules/canary/HEAD",
	".git/modules/canary/config",
	".git/modules/canary/hooks/pre-commit",
	".git/modules/canary/objects/",
	".git/modules/canary/refs/",
	".git/worktrees/canary/HEAD",
	".git/worktrees/canary/commondir",
	".git/worktrees/canary/config.worktree",
	"a/b/c/d/repo/.git/HEAD",
	"a/b/c/d/repo/.git/config",
	"a/b/c/d/repo/.git/hooks/pre-commit",
	"node_modules/dep/.git/HEAD",
	"node_modules/dep/.git/hooks/pre-commit",
	"mirror.git/HEAD",
	"mirror.git/config",
	"mirror.git/hooks/pre-commit",
	"mirror.git/objects/",
	"mirror.git/refs/",
	"submodule/.git",
	"a/linked-repo/HEAD",
	"a/linked-repo/config",
	"a/linked-repo/hooks/pre-commit",
	"linked/README",
	".git/branches/canary",
	".git/remotes/canary",
	".git/worktrees/canary/gitdir",
	"wt/.git",
	"script/hook",
	"script/hook2",
	"shell/config/mise.toml",
	"a/b/c/d/repo/own-hooks/pre-push",
	"a/b/c/d/repo/tools/fsm",
	"a/b/c/d/repo/shared.gitconfig",
	"tools/status",
	"tools/server",
	"tools/check",
	"tools/watch",
	"tools/env",
	"tools/guard",
	"tools/bin/canary",
	"other/README",
};

/* What names others of them, in place of "# canary". */
static const struct {
	const char *name, *text;
} texts[] = {
	{ ".claude/settings.json",
	  "{\"statusLine\": {\"type\": \"command\", \"command\": \"$CLAUDE_PROJECT_DIR/tools/status\"}}" },
	{ ".claude/settings.local.json", "{\"env\": {\"PATH\": \"tools/bin:$PATH\"}}" },
	{ ".mcp.json",
	  "{\"mcpServers\": {\"canary\": {\"command\": \"sh\", \"args\": [\"tools/server\"]}}}" },
	{ "a/b/c/d/repo/.git/config", "[core]\n\thooksPath = own-hooks\n\tfsmonitor = "
				      "./tools/fsm\n[include]\n\tpath = ../shared.gitconfig" },
	{ ".husky/pre-commit", "sh tools/check\n" },
	{ ".vscode/tasks.json", "{\"tasks\": [{\"command\": \"sh tools/watch\", \"runOptions\": {\"runOn\": "
				"\"folderOpen\"}}]}" },
	{ "shell/envrc", "source_env tools/env\n" },
	{ ".claude/agents/x.md", "---\nhooks:\n  Stop:\n  - command: sh tools/guard\n---\n" },
	{ "wt/.git", "gitdir: ../.git/worktrees/canary" },
	{ ".git/worktrees/canary/commondir", "../.." },
	{ ".git/worktrees/canary/gitdir", "../../../wt/.git" },
};

static const struct {
	const char *name, *leads;
} links[] = {
	{ ".envrc", "shell/envrc" },
	{ "linked/.git", "../a/linked-repo" },
	{ ".git/hooks/post-merge", "../../script/hook" },
	{ "way", "script" },
	{ ".git/hooks/post-rewrite", "../../way/hook2" },
	{ ".config", "shell/config" },
};

static const char *text_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (streq(texts[i].name, name))
			return texts[i].text;
	return "# canary";
}

/* Trees of these that no box may change on the host. */
static const char *const kept[] = {
	".claude", ".mcp.json", ".vscode", ".husky", ".git/hooks", ".git/modules", "a/b/c/d/repo/.git",
};

static int plant_link(const struct canary_site *s, const char *target, const char *name)
{
	AUTO_FREE char *path = path_join(s->project, name);

	if (symlink(target, path) < 0)
		return -errno;
	return geteuid() == 0 && lchown(path, s->uid, s->gid) < 0 ? -errno : 0;
}

static int plant_name(const struct canary_site *s, const char *of, const char *name)
{
	AUTO_FREE char *from = path_join(s->project, of);
	AUTO_FREE char *to = path_join(s->project, name);

	return link(from, to) < 0 ? -errno : 0;
}

/* A file system in a directory that the box must not write to. */
static int plant_mount(struct canary_site *s)
{
	AUTO_FREE char *dir = path_join(s->project, ".githooks/disk");
	AUTO_FREE char *file = path_join(dir, "file");
	int r = canary_dir(s, dir, 0755);

	if (r < 0 || mount("claude-sandbox", dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0777,size=1m") < 0)
		return r;
	r = canary_file(s, file, 0666, NULL);
	if (r == 0)
		canary_input(s, "CANARY_AUTORUN_SUB", file);
	return r;
}

int canary_plant_autorun(struct canary_site *s)
{
	AUTO_FREE char *watched = path_join(s->project, CANARY_WATCHED_DIR);
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++) {
		AUTO_FREE char *path = path_join(s->project, names[i]);

		r = names[i][strlen(names[i]) - 1] == '/' ? canary_dir(s, path, 0755)
							  : canary_file(s, path, 0644, text_of(names[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(links) && r == 0; i++)
		r = plant_link(s, links[i].leads, links[i].name);
	r = r < 0 ? r : plant_name(s, ".husky/pre-commit", "other/name");
	r = r < 0 ? r : plant_mount(s);
	r = r < 0 ? r : canary_dir(s, watched, 0755);
	canary_input(s, "CANARY_WATCHED", watched);
	canary_input(s, "CANARY_AUTORUN", s->project);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		strv_addf(&s->kept, "CANARY_AUTORUN=%s/%s", s->project, kept[i]);
	return r;
}
