/* SPDX-License-Identifier: MIT */
/*
 * What of a project the host runs since something names it: git's configs (core.hooksPath, include.path, scripts of
 * commands), and the agent's (hooks, statusLine, servers).
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agentwords.h"
#include "git.h"
#include "gitconf.h"
#include "jsonslice.h"
#include "mem.h"
#include "path.h"
#include "scanwalk.h"
#include "util.h"

enum {
	INCLUDE_DEPTH = 10, /* as git's own */
	INCLUDES_MAX = 64,  /* of one repository */
	POINTER_MAX = 4096, /* of a file that names a path */
	TOPS_MAX = 256,	    /* worktrees of one repository */
	ODD_MAX = 8 << 20,  /* of settings; what is strictly read is at most a megabyte: json.h */
	HOOKS_MAX =
	    512, /* in one directory and below it; git knows about thirty, what they start is often beside */
	HOOKS_DEPTH = 3,
	HOME_DEPTH = 3,	     /* of directories in the home */
	HOME_ENTRIES = 4096, /* links and directories in them */
};

/* A tree that holds whole binds: may the sandbox write to any of it? */
static bool is_written(const struct policy *p, const char *real)
{
	const struct policy_entry *in = NULL;

	for (size_t i = 0; i < p->nentry; i++) {
		const struct policy_entry *e = &p->entry[i];

		if (e->access == POLICY_WRITE && path_is_under(e->path, real))
			return true;
		if ((e->access == POLICY_READ || e->access == POLICY_WRITE) && path_is_under(real, e->path) &&
		    (in == NULL || path_is_under(e->path, in->path)))
			in = e;
	}
	return in != NULL && in->access == POLICY_WRITE;
}

void scannamed_way(struct scan_walk *w, const char *path, bool dirs, const char *title)
{
	AUTO_FREE char *real = scan_real(w, path);
	AUTO_FREE char *again = NULL;
	struct stat st = { 0 };

	if (real != NULL && fstatat(w->rootfd, real + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode) && !dirs)
		return;
	again = scanlink_way(w, path, title);
	if (real == NULL || st.st_mode == 0 || scan_bound(w->policy, real) == NULL ||
	    scan_masked(w, real) != NULL)
		return;
	if (scan_holds_bound(w->policy, real) != NULL) {
		AUTO_FREE char *leads = streq(path, real) ? NULL : xasprintf(" leads to %s, which", real);

		if (is_written(w->policy, real))
			strv_addf(&w->res->weaker,
				  "%s%s is writable: what the host runs from there is not protected", path,
				  leads != NULL ? leads : "");
		return;
	}
	scanlink_note(w, real, &st);
	if (S_ISDIR(st.st_mode) && autorun_is_held(w->policy, real))
		scan_follow(w, real, w->at.flags & SCAN_DEPENDENCIES);
	autorun_put(&w->res->autorun, AUTORUN_PROTECT, xstrdup(real), S_ISDIR(st.st_mode),
		    streq(real, path) ? xasprintf("autorun.def: %s", title)
				      : xasprintf("autorun.def: %s; %s leads here", title, path));
}

/* --- git */

/* What is named and not there, where the box could put it, with what is to be above: nothing can be mounted on it. */
static void say_absent(struct scan_walk *w, const char *path, const char *title)
{
	AUTO_FREE char *dir = path_dirname(path);
	AUTO_FREE char *above = scan_real(w, path);

	/* It is there. */
	if (above != NULL)
		return;
	while ((above = scan_real(w, dir)) == NULL && !streq(dir, "/")) {
		char *next = path_dirname(dir);

		free(dir);
		dir = next;
	}
	if (above != NULL && scan_is_written(w, above) && autorun_is_held(w->policy, path))
		strv_addf(&w->res->weaker, "%s is not there, and the sandbox can make it: %s", path, title);
}

/* A path of an include, owned; NULL: of no form that is followed. */
static char *included(const struct scan_walk *w, const char *dir, const char *value, bool users)
{
	if (*value != '~')
		return scanwords_place(w, dir, value);
	return users && value[1] == '/' ? path_join(w->policy->home, value + 2) : NULL;
}

/* What the files in a directory of hooks start, and below it: "pre-commit.d/x". *left: so many more are read. */
static void by_hooks(struct scan_walk *w, const char *dir, const struct strv *tops, int depth, size_t *left)
{
	int fd = openat(w->rootfd, dir + 1, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	AUTO_DIR DIR *list = mem_dir(fd);
	const struct dirent *e;

	while (list != NULL && *left > 0 && (e = readdir(list)) != NULL) {
		AUTO_FREE char *path = NULL;

		if (!scantext_is_hook(e->d_name))
			continue;
		path = path_join(dir, e->d_name);
		--*left;
		if (e->d_type != DT_DIR)
			scantext_hook(w, path, tops);
		else if (depth < HOOKS_DEPTH)
			by_hooks(w, path, tops, depth + 1, left);
	}
}

/* The directory that husky makes beside its hooks. */
static bool is_husky(const struct scan_walk *w, const char *dir)
{
	static const char *const helpers[] = { "h", "husky.sh" };
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(helpers) && streq(path_basename(dir), "_"); i++) {
		AUTO_FREE char *helper = path_join(dir, helpers[i]);

		if (fstatat(w->rootfd, helper + 1, &st, 0) == 0)
			return true;
	}
	return false;
}

/* Hooks that husky is to make. */
static void say_husky(struct scan_walk *w, const char *dir)
{
	AUTO_FREE char *said = NULL;

	if (!streq(path_basename(dir), "_") || !scan_is_written(w, dir) || !autorun_is_held(w->policy, dir))
		return;
	said = xasprintf("%s has the hooks of git and is not there: what husky makes inside is refused or "
			 "moved away; before the session, on the host, try: npx husky",
			 dir);
	if (!strv_has(&w->res->notes, said))
		strv_take(&w->res->notes, TAKE_PTR(said));
}

void scannamed_hooks(struct scan_walk *w, const char *top, const char *value, const char *title)
{
	AUTO_FREE char *dir = scanwords_named(w, top, value);
	AUTO_FREE char *real = NULL;
	struct strv tops = { .v = (char *[]){ (char *)(uintptr_t)top, NULL }, .n = 1 };
	size_t left = HOOKS_MAX;

	scanwords_path(w, top, value, true, title);
	real = dir != NULL ? scan_real(w, dir) : NULL;
	if (dir != NULL && real == NULL)
		say_husky(w, dir);
	/* A whole tree is no directory of hooks, whatever it is called. */
	if (real == NULL || scan_holds_bound(w->policy, real) != NULL)
		return;
	/* husky's own, "x/_", start what is in x. */
	if (is_husky(w, real)) {
		AUTO_FREE char *above = path_dirname(dir);
		AUTO_FREE char *name = xasprintf("%s/..", value);

		scanstart_note(w, top, name, above, true, title);
		scannamed_hooks(w, top, above, title);
	}
	w->starts.unasked = false;
	by_hooks(w, dir, &tops, 0, &left);
	if (left == 0)
		strv_addf(
		    &w->res->weaker,
		    "%s has too many files for all to be read as hooks: scripts of the project that others "
		    "start are not held",
		    dir);
}

/* One line of a config, but an include. */
static void by_git_item(struct scan_walk *w, const char *top, const char *key, const char *value)
{
	const char *program = git_program(key, value);
	const struct scan_starts starts = w->starts;

	w->starts.unasked = !str_starts(key, "alias.");
	if (streq(key, "core.hookspath"))
		scannamed_hooks(w, top, value, "git: core.hooksPath names it");
	else if (streq(key, "init.templatedir"))
		scanwords_path(w, top, value, true, "git: new repositories get its hooks and config");
	else if (streq(key, "core.attributesfile"))
		scanwords_path(w, top, value, true, "git: selects filters and drivers");
	else if (program != NULL)
		scanwords_command(w, top, program, "git: a config starts it");
	w->starts = starts;
}

static void by_include(struct scan_walk *w, const char *dir, const char *value, const char *top, int depth,
		       bool users);

/*
 * A config, or what it includes: `git config include.path ../.gitconfig` is the way to share one. What conditions say
 * doesn't count: git reads it elsewhere. users: one of the user's own, of which all is followed wherever it leads.
 */
static void by_config(struct scan_walk *w, const char *file, const char *top, int depth, bool users)
{
	AUTO_GITCONF struct gitconf c = { 0 };
	AUTO_FREE char *text = scantext_read(w, file, GITCONF_MAX);
	AUTO_FREE char *dir = path_dirname(file);

	if (text == NULL || gitconf_parse(text, strlen(text), &c, NULL) < 0)
		return;
	for (size_t i = 0; i < c.n; i++) {
		const struct gitconf_item *it = &c.item[i];
		bool include = streq(it->key, "include.path") || str_starts(it->key, "includeif.");

		if (it->value == NULL || *it->value == '\0')
			continue;
		by_git_item(w, top, it->key, it->value);
		if (!include || depth >= INCLUDE_DEPTH || w->includes++ >= INCLUDES_MAX)
			continue;
		by_include(w, dir, it->value, top, depth, users);
	}
}

static void by_include(struct scan_walk *w, const char *dir, const char *value, const char *top, int depth,
		       bool users)
{
	static const char title[] = "git: a config includes it";
	AUTO_FREE char *next = included(w, dir, value, users);
	const struct scan_starts starts = w->starts;

	/* Its name begins where the config is. */
	w->starts.tops = NULL;
	w->starts.unasked = true;
	scanwords_path(w, dir, value, true, title);
	w->starts = starts;
	if (next != NULL && users)
		say_absent(w, next, title);
	if (next != NULL && (users || scan_bound(w->policy, next) != NULL))
		by_config(w, next, top, depth + 1, users);
}

/* The place that a file of one line names, as it is written; owned, NULL: none. */
static char *pointed(const struct scan_walk *w, const char *file, const char *prefix)
{
	AUTO_FREE char *text = scantext_read(w, file, POINTER_MAX);
	AUTO_FREE char *dir = path_dirname(file);
	const char *s;

	if (text == NULL || !str_starts(text, prefix))
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	s = text + strlen(prefix);
	s += strspn(s, " ");
	return *s == '\0' ? NULL : *s == '/' ? xstrdup(s) : xasprintf("%s/%s", dir, s);
}

/* As core.worktree says it; owned, NULL: it does not. */
static char *core_worktree(const struct scan_walk *w, const char *dir)
{
	AUTO_FREE char *file = path_join(dir, "config");
	AUTO_FREE char *text = scantext_read(w, file, GITCONF_MAX);
	AUTO_GITCONF struct gitconf c = { 0 };
	AUTO_FREE char *path = NULL;
	const char *value;

	if (text == NULL || gitconf_parse(text, strlen(text), &c, NULL) < 0)
		return NULL;
	value = gitconf_get(&c, "core.worktree");
	path = value != NULL && *value != '\0' ? scanwords_place(w, dir, value) : NULL;
	return path != NULL ? scan_real(w, path) : NULL;
}

/* Where the files of a worktree are, by what its directory in the repository says; owned, NULL: nowhere. */
static char *files_of(const struct scan_walk *w, const char *dir)
{
	AUTO_FREE char *file = path_join(dir, "gitdir");
	AUTO_FREE char *git = pointed(w, file, "");
	AUTO_FREE char *top = git != NULL ? path_dirname(git) : NULL;

	return top != NULL ? scan_real(w, top) : NULL;
}

static void add_top(struct strv *tops, char *top)
{
	if (top != NULL && !strv_has(tops, top) && tops->n < TOPS_MAX)
		strv_take(tops, top);
	else
		free(top);
}

/* Where git starts hooks and commands: wherever the repository's files are. */
static void find_tops(const struct scan_walk *w, const char *dir, struct strv *tops)
{
	AUTO_FREE char *worktrees = path_join(dir, "worktrees");
	int fd =
	    openat(w->rootfd, worktrees + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	AUTO_DIR DIR *list = mem_dir(fd);
	const struct dirent *e;

	add_top(tops, core_worktree(w, dir));
	add_top(tops, files_of(w, dir));
	if (tops->n == 0)
		add_top(tops, streq(path_basename(dir), ".git") ? path_dirname(dir) : xstrdup(dir));
	if (list == NULL)
		return;
	while ((e = readdir(list)) != NULL) {
		AUTO_FREE char *one = path_join(worktrees, e->d_name);

		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			add_top(tops, files_of(w, one));
	}
}

/* What the config of a repository and of one of its worktrees, and the user's, name from where git starts it. */
static void by_tops(struct scan_walk *w, const char *dir, const char *worktree, const struct strv *tops)
{
	AUTO_FREE char *config = path_join(dir, "config");
	AUTO_FREE char *own = path_join(worktree, "config.worktree");
	const struct policy_named *user = &w->policy->named;

	w->starts.tops = tops;
	for (size_t i = 0; i < tops->n; i++) {
		w->includes = 0;
		w->starts.dir = dir;
		by_config(w, config, tops->v[i], 0, false);
		by_config(w, own, tops->v[i], 0, false);
		w->starts.dir = "";
		for (size_t k = 0; k < user->hooks.n; k++) {
			w->starts.unasked = true;
			scannamed_hooks(w, tops->v[i], user->hooks.v[k], "git: your core.hooksPath names it");
		}
		for (size_t k = 0; k < user->programs.n; k++) {
			/* An alias, most of them. */
			w->starts.unasked = *user->programs.v[k] != '!';
			scanwords_command(w, tops->v[i], user->programs.v[k], "git: your config starts it");
		}
	}
	w->starts = (struct scan_starts){ 0 };
}

void scannamed_by_repository(struct scan_walk *w, const char *dir)
{
	AUTO_STRV struct strv tops = { 0 };

	find_tops(w, dir, &tops);
	by_tops(w, dir, dir, &tops);
}

/* The directory that a .git leads to, real: it itself, through a link, or the one that it names. Owned; NULL: none. */
static char *leads_to(struct scan_walk *w, const char *git)
{
	AUTO_FREE char *real = scan_real(w, git);
	AUTO_FREE char *path = NULL;
	struct stat st;

	if (real == NULL || fstatat(w->rootfd, real + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return NULL;
	if (S_ISDIR(st.st_mode))
		return TAKE_PTR(real);
	path = pointed(w, git, "gitdir:");
	if (path == NULL)
		return NULL;
	free(scanlink_way(w, path, "git: a .git file leads through it"));
	return scan_real(w, path);
}

/* Whether the walk comes to a repository, and finds there that these are its files. */
static bool is_walked(const struct scan_walk *w, const char *dir, const char *top)
{
	AUTO_FREE char *worktree = core_worktree(w, dir);
	AUTO_FREE char *files = worktree == NULL ? files_of(w, dir) : NULL;
	const char *known = worktree != NULL ? worktree : files;

	return scan_is_written(w, dir) && known != NULL && streq(known, top);
}

void scannamed_by_git(struct scan_walk *w, const char *git)
{
	AUTO_FREE char *above = path_dirname(git);
	AUTO_FREE char *top = scan_real(w, above);
	AUTO_FREE char *dir = leads_to(w, git);
	AUTO_FREE char *file = dir != NULL ? path_join(dir, "commondir") : NULL;
	AUTO_FREE char *named = file != NULL ? pointed(w, file, "") : NULL;
	AUTO_FREE char *common = named != NULL ? scan_real(w, named) : NULL;
	AUTO_FREE char *hooks = NULL;
	AUTO_STRV struct strv tops = { 0 };

	if (top == NULL || dir == NULL || is_walked(w, dir, top))
		return;
	if (common == NULL)
		common = xstrdup(dir);
	add_top(&tops, TAKE_PTR(top));
	find_tops(w, common, &tops);
	by_tops(w, common, dir, &tops);
	hooks = path_join(common, "hooks");
	w->starts = (struct scan_starts){ .tops = &tops, .dir = common };
	for (size_t i = 0; i < tops.n; i++)
		scannamed_hooks(w, tops.v[i], hooks, "git: run at commit, checkout, merge, push");
	w->starts = (struct scan_starts){ 0 };
}

void scannamed_by_hook(struct scan_walk *w, const char *dir, const char *path)
{
	AUTO_STRV struct strv tops = { 0 };

	if (!scantext_is_hook(path_basename(path)))
		return;
	find_tops(w, dir, &tops);
	w->starts = (struct scan_starts){ .tops = &tops, .dir = dir };
	if (tops.n > 0)
		scantext_hook(w, path, &tops);
	w->starts = (struct scan_starts){ 0 };
}

/* What the agent reads and we don't, at least not as what it is; bytes: what could be read of it, or NULL. */
static void by_unread(struct scan_walk *w, const char *file, char *bytes, const char *top)
{
	struct stat st;

	if (fstatat(w->rootfd, file + 1, &st, 0) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		strv_addf(&w->res->weaker,
			  "%s can't be read here (too large, or a key twice, or odd characters): %s", file,
			  bytes != NULL
			      ? "scripts of the project are held that any string in it names, but not "
				"directories"
			      : "scripts of the project that it starts are not held");
	if (bytes != NULL)
		scantext_odd(w, file, bytes, top);
}

/* --- the agent */

/* Directories of code: to write there is mostly what the session is for. */
static void say_library(struct scan_walk *w, const char *base, const char *dir, const char *name,
			const char *who)
{
	AUTO_FREE char *path = scanwords_named(w, base, dir);
	AUTO_FREE char *real = path != NULL ? scan_real(w, path) : NULL;
	struct stat st;

	if (real == NULL || fstatat(w->rootfd, real + 1, &st, 0) < 0)
		return;
	if (!S_ISDIR(st.st_mode))
		scannamed_way(w, path, false, "a variable that is set names it");
	else if (scan_is_written(w, real) && autorun_is_held(w->policy, real))
		strv_addf(&w->res->weaker,
			  "%s is in the %s that %s, and writable: code that a session puts "
			  "there is loaded on the host; try: --extra-ro %s",
			  real, name, who, real);
}

/* Up to the next colon that is in no braces: "${env:PATH}" is one. */
static size_t entry_length(const char *s)
{
	size_t n = 0;

	for (int open = 0; s[n] != '\0' && (open > 0 || s[n] != ':'); n++)
		open += (s[n] == '{') - (s[n] == '}' && open > 0);
	return n;
}

/* What variable it begins with is the project's directory, as far as one can know. */
static bool is_sure(const char *dir)
{
	return *dir != '$' || str_starts(dir, "$PWD/") || str_starts(dir, "${PWD}/") ||
	       str_starts(dir, "$CLAUDE_PROJECT_DIR/") || str_starts(dir, "${CLAUDE_PROJECT_DIR}/");
}

void scannamed_directories(struct scan_walk *w, const char *base, const char *name, const char *value,
			   const char *who, bool absent)
{
	AUTO_FREE char *of = xasprintf("the %s that %s", name, who);
	bool programs = agentwords_variable(name) == AGENTWORDS_PROGRAMS;
	size_t n;

	for (const char *s = value; *s != '\0'; s += n + (s[n] == ':')) {
		AUTO_FREE char *dir = xstrndup(s, n = entry_length(s));
		AUTO_FREE char *path = NULL;
		AUTO_FREE char *real = NULL;

		/* "$PATH" */
		if (*dir == '\0' || (*dir == '$' && strchr(dir, '/') == NULL))
			continue;
		path = scanwords_named(w, base, dir);
		real = path != NULL ? scan_real(w, path) : NULL;
		if (!programs)
			say_library(w, base, dir, name, who);
		else if (path != NULL && (real != NULL || (absent && is_sure(dir))))
			scannamed_programs(w, path, of);
	}
}

void scannamed_set(struct scan_walk *w, const char *base, const char *assignment)
{
	static const char git[] = "GIT_CONFIG:";
	AUTO_FREE char *name = xstrndup(assignment, strcspn(assignment, "="));
	const char *value = assignment + strlen(name) + 1;

	if (!str_starts(name, git)) {
		scannamed_directories(w, base, name, value, "settings of Claude Code set", true);
		return;
	}
	for (char *s = name; *s != '\0'; s++)
		*s = (char)tolower(*s);
	if (streq(name + strlen(git), "include.path"))
		scanwords_path(w, base, value, false, "git: a config includes it");
	else
		by_git_item(w, base, name + strlen(git), value);
}

/* What variables of the caller name, who may be at the top of a tree when he starts something that looks at them. */
static void by_environment(struct scan_walk *w, const char *base)
{
	const struct strv *env = &w->policy->named.env;

	for (size_t i = 0; i < env->n; i++) {
		AUTO_FREE char *name = xstrndup(env->v[i], strcspn(env->v[i], "="));
		const char *value = env->v[i] + strlen(name) + 1;
		AUTO_FREE char *words = agentwords_words(value);

		if (strchr(name, ':') != NULL)
			scannamed_set(w, base, env->v[i]);
		else if (agentwords_variable(name) != AGENTWORDS_WORDS)
			scannamed_directories(w, base, name, value, "your environment sets", false);
		else if (strchr(value, '/') != NULL || strchr(value, '.') != NULL)
			scanwords_command(w, base, words, "a variable of yours names it");
	}
}

static void by_assignments(struct scan_walk *w, const char *base, const struct strv *set)
{
	for (size_t i = 0; i < set->n; i++)
		scannamed_set(w, base, set->v[i]);
}

/* Of a command, as they are; `bash -c "..."` is a command again. */
static void by_words(struct scan_walk *w, const char *base, const struct strv *words, const char *title)
{
	for (size_t i = 0; i < words->n; i++) {
		scanwords_word(w, base, words->v[i], '\0', title);
		scanwords_command(w, base, words->v[i], title);
	}
}

static void by_settings(struct scan_walk *w, const char *dir, const char *name, const char *top)
{
	static const char title[] = "Claude Code: its settings start it";
	AUTO_FREE char *file = path_join(dir, name);
	AUTO_FREE char *text = scantext_read(w, file, ODD_MAX);
	AUTO_STRV struct strv commands = { 0 };
	AUTO_STRV struct strv words = { 0 };
	AUTO_STRV struct strv dirs = { 0 };
	AUTO_STRV struct strv set = { 0 };

	if (text == NULL ||
	    (jsonslice_is_object(jsonslice_of(text)) && !agentwords_readable(text, strlen(text)))) {
		by_unread(w, file, text, top);
		return;
	}
	agentwords_collect(text, strlen(text), AGENTWORDS_SETTINGS, &commands);
	agentwords_collect(text, strlen(text), AGENTWORDS_HOOK_ARGUMENTS, &words);
	agentwords_collect(text, strlen(text), AGENTWORDS_VARIABLES, &commands);
	agentwords_collect(text, strlen(text), AGENTWORDS_DIRECTORIES, &dirs);
	agentwords_collect(text, strlen(text), AGENTWORDS_ASSIGNMENTS, &set);
	by_assignments(w, top, &set);
	for (size_t i = 0; i < commands.n; i++)
		scanwords_command(w, top, commands.v[i], title);
	by_words(w, top, &words, title);
	for (size_t i = 0; i < dirs.n; i++)
		scanwords_path(w, top, dirs.v[i], true, "Claude Code: its settings take plugins from it");
}

/* At one of the places where they are started. */
static void by_servers_at(struct scan_walk *w, const char *place, const struct strv *commands,
			  const struct strv *words, const struct strv *set)
{
	static const char title[] = "Claude Code: .mcp.json starts it";

	for (size_t i = 0; i < commands->n; i++)
		scanwords_command(w, place, commands->v[i], title);
	by_words(w, place, words, title);
	by_assignments(w, place, set);
}

static void by_servers(struct scan_walk *w, const char *file, const char *top)
{
	AUTO_FREE char *text = scantext_read(w, file, ODD_MAX);
	struct jsonslice servers =
	    text != NULL ? jsonslice_get(jsonslice_of(text), "mcpServers") : (struct jsonslice){ 0 };
	AUTO_STRV struct strv commands = { 0 };
	AUTO_STRV struct strv words = { 0 };
	AUTO_STRV struct strv places = { 0 };
	AUTO_STRV struct strv set = { 0 };

	if (text == NULL || (servers.s != NULL && !agentwords_readable(servers.s, servers.n))) {
		by_unread(w, file, text, top);
		return;
	}
	if (servers.s == NULL)
		return;
	agentwords_collect(servers.s, servers.n, AGENTWORDS_SERVERS, &commands);
	agentwords_collect(servers.s, servers.n, AGENTWORDS_HELPERS, &commands);
	agentwords_collect(servers.s, servers.n, AGENTWORDS_SERVER_VARIABLES, &commands);
	agentwords_collect(servers.s, servers.n, AGENTWORDS_SERVER_ASSIGNMENTS, &set);
	agentwords_collect(servers.s, servers.n, AGENTWORDS_ARGUMENTS, &words);
	agentwords_collect(servers.s, servers.n, AGENTWORDS_PLACES, &places);
	by_servers_at(w, top, &commands, &words, &set);
	for (size_t i = 0; i < places.n && i < TOPS_MAX; i++) {
		AUTO_FREE char *place = scanwords_place(w, top, places.v[i]);

		by_servers_at(w, place, &commands, &words, &set);
	}
}

void scannamed_by_agent(struct scan_walk *w, const char *path)
{
	AUTO_FREE char *top = path_dirname(path);
	const char *name = path_basename(path);

	if (streq(name, ".mcp.json"))
		by_servers(w, path, top);
	if (!streq(name, ".claude"))
		return;
	by_settings(w, path, "settings.json", top);
	by_settings(w, path, "settings.local.json", top);
}

void scannamed_by_user(struct scan_walk *w)
{
	for (size_t i = 0; i < w->policy->named.agent.n; i++)
		scanwords_command(w, w->at.path, w->policy->named.agent.v[i],
				  "Claude Code: your settings start it");
	by_assignments(w, w->at.path, &w->policy->named.set);
	by_environment(w, w->at.path);
}

/* --- the home */

/* A link to nothing, where the box could put something. */
static void say_dangling(struct scan_walk *w, const char *link, const char *title)
{
	AUTO_FREE char *here = xstrdup(link);
	char text[POINTER_MAX];
	ssize_t n;
	int hops = 0;

	while (hops < INCLUDE_DEPTH && (n = readlinkat(w->rootfd, here + 1, text, sizeof(text) - 1)) > 0) {
		AUTO_FREE char *dir = path_dirname(here);
		AUTO_FREE char *real = scan_real(w, dir);

		text[n] = '\0';
		if (real == NULL)
			return;
		free(here);
		here = path_clean(*text == '/' ? "/" : real, text);
		hops++;
	}
	if (hops > 0)
		say_absent(w, here, title);
}

static void by_entry(struct scan_walk *w, const char *path, const char *title, int depth);

/* The links in a directory that is the box's in no way. */
static void by_entries(struct scan_walk *w, const char *path, const char *title, int depth)
{
	int fd = openat(w->rootfd, path + 1, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	AUTO_DIR DIR *list = mem_dir(fd);
	const struct dirent *e;

	if (list == NULL)
		return;
	while ((e = readdir(list)) != NULL) {
		AUTO_FREE char *one = NULL;

		if (streq(e->d_name, ".") || streq(e->d_name, "..") ||
		    (e->d_type != DT_LNK && e->d_type != DT_DIR && e->d_type != DT_UNKNOWN))
			continue;
		if (w->home_left == 0) {
			w->home_over = true;
			return;
		}
		w->home_left--;
		one = path_join(path, e->d_name);
		by_entry(w, one, title, depth + 1);
	}
}

static void by_entry(struct scan_walk *w, const char *path, const char *title, int depth)
{
	AUTO_FREE char *real = NULL;
	struct stat st;

	/*
	 * Of the table's names a home has few: that costs half of what opening them does, and looking for a link after it.
	 * In a recorded root it may be a link above that leads elsewhere.
	 */
	if (*w->root == '\0' && fstatat(w->rootfd, path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return;
	real = scan_real(w, path);
	if (real == NULL) {
		say_dangling(w, path, title);
		return;
	}
	/* Read-only inside anyway, and then only a link on the way could be put elsewhere. */
	if (scan_bound(w->policy, real) != NULL && !scan_is_written(w, real))
		free(scanlink_way(w, path, title));
	else
		scannamed_way(w, path, true, title);
	if (scan_bound(w->policy, real) == NULL && depth < HOME_DEPTH &&
	    fstatat(w->rootfd, real + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		by_entries(w, path, title, depth);
}

/* What pip, npm and their like fill. */
static bool is_installed_into(const struct scan_walk *w, const char *dir)
{
	AUTO_FREE char *python = xasprintf("%s/../pyvenv.cfg", dir);
	struct stat st;

	return scan_in_dependencies(dir) || fstatat(w->rootfd, python + 1, &st, 0) == 0;
}

void scannamed_programs(struct scan_walk *w, const char *dir, const char *of)
{
	AUTO_FREE char *title = xasprintf("%s has it", of);
	AUTO_FREE char *clean = path_clean("/", dir);
	AUTO_FREE char *real = scan_real(w, clean);

	if (real == NULL)
		say_absent(w, clean, title);
	else if (!scan_is_written(w, real) || !autorun_is_held(w->policy, real))
		free(scanlink_way(w, clean, title));
	else if (is_installed_into(w, real))
		strv_addf(
		    &w->res->weaker,
		    "%s is in %s and writable, since tools install into it: what a session puts there, the "
		    "host runs by its name",
		    dir, of);
	else
		scannamed_way(w, clean, true, title);
}

/* The rest of a name that begins where one is: "bin" of "./bin", of "/proc/self/cwd/bin". NULL: another one. */
static const char *behind_cwd(const char *dir)
{
	static const char *const names[] = { "/proc/self/cwd", "/proc/thread-self/cwd" };

	if (*dir != '/')
		return dir;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (path_is_under(dir, names[i]))
			return dir[strlen(names[i])] == '/' ? dir + strlen(names[i]) + 1 : ".";
	return NULL;
}

/* At the tops of what is writable it is held where it is there already; elsewhere one can only say so. */
static void by_relative(struct scan_walk *w, const char *dir, const char *below)
{
	strv_addf(
	    &w->res->weaker,
	    "PATH has \"%s\", which is wherever you are: in the project the host runs what a session puts "
	    "there",
	    dir);
	for (size_t i = 0; i < w->ntree; i++) {
		AUTO_FREE char *path = path_clean(w->tree[i].path, below);
		AUTO_FREE char *real = scan_real(w, path);

		if (w->tree[i].writable && real != NULL && scan_holds_bound(w->policy, real) == NULL)
			scannamed_programs(w, path, "your PATH");
	}
}

static void by_path_entry(struct scan_walk *w, const char *dir)
{
	/* bash takes it for the home; others for a name. */
	AUTO_FREE char *home = str_starts(dir, "~/") ? path_join(w->policy->home, dir + 2) : NULL;
	AUTO_FREE char *clean = *dir == '/' ? path_clean("/", dir) : xstrdup(dir);
	const char *below = behind_cwd(clean);
	AUTO_FREE char *real = below == NULL ? scan_real(w, clean) : NULL;

	if (home != NULL)
		by_path_entry(w, home);
	if (below != NULL) {
		by_relative(w, dir, below);
		return;
	}
	scannamed_programs(w, dir, "your PATH");
	if (real != NULL && scan_is_written(w, real) && scan_holds_bound(w->policy, real) == NULL &&
	    autorun_is_held(w->policy, real) && !is_installed_into(w, real))
		strv_addf(&w->res->notes,
			  "%s is in your PATH, and so read-only inside: what is built there fails; "
			  "try: --allow-autorun %s",
			  real, real);
}

void scannamed_by_home(struct scan_walk *w)
{
	const struct policy_named *user = &w->policy->named;

	w->at = (struct scan_item){ .flags = SCAN_URGENT };
	w->includes = 0;
	for (size_t i = 0; i < user->config.n; i++)
		by_config(w, user->config.v[i], w->policy->home, 0, true);
	w->home_left = HOME_ENTRIES;
	for (size_t i = 0; i < user->home.n; i++)
		by_entry(w, user->home.v[i], user->home_why.v[i], 0);
	for (size_t i = 0; i < user->path.n; i++)
		by_path_entry(w, user->path.v[i]);
	if (w->home_over)
		strv_addf(&w->res->weaker,
			  "%s has too much for all of its links to be followed: what some lead to in the "
			  "project can be changed",
			  w->policy->home);
}
