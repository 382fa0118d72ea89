/* SPDX-License-Identifier: MIT */
#include "gittodo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gitconf.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "textfile.h"
#include "util.h"

#define STATE_MAX     (1 << 20)
#define WORKTREES_MAX 256
#define SHOWN_MAX     120 /* bytes of the command */

/* The command of a line "exec COMMAND" or "x COMMAND" (git-rebase(1)), or NULL. */
static const char *program(const char *line)
{
	line += strspn(line, " \t\r");
	if (strncmp(line, "exec", 4) == 0 && strspn(line + 4, " \t") > 0)
		line += 4;
	else if (*line == 'x' && strspn(line + 1, " \t") > 0)
		line++;
	else
		return NULL;
	return line + strspn(line, " \t");
}

char *gittodo_list(char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
		if (program(line) != NULL)
			return xasprintf("%.*s", SHOWN_MAX, program(line));
	return NULL;
}

/* Another name than git's own is a program's; one with a slash, a path's in the worktree (try_merge_command() of merge.c). */
static char *merge_program(const char *strategy)
{
	static const char *const own[] = { "ort", "recursive", "resolve", "octopus", "ours", "subtree" };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (streq(strategy, own[i]))
			return NULL;
	return xasprintf("git-merge-%.*s", SHOWN_MAX, strategy);
}

char *gittodo_strategy(char *text)
{
	size_t n = strlen(text);

	/* As read_oneliner() of sequencer.c. */
	if (n > 0 && text[n - 1] == '\n')
		n -= n > 1 && text[n - 2] == '\r' ? 2 : 1;
	text[n] = '\0';
	return merge_program(text);
}

char *gittodo_options(char *text)
{
	AUTO_GITCONF struct gitconf c = { 0 };
	char *found = NULL;

	if (gitconf_parse(text, strlen(text), &c, NULL) < 0)
		return xstrdup("what it says: it is no list of options as git writes it");
	for (size_t i = 0; i < c.n && found == NULL; i++)
		if (streq(c.item[i].key, "options.strategy") && c.item[i].value != NULL)
			found = merge_program(c.item[i].value);
	return found;
}

/* Of what was not committed; its files are whatever it says. */
static char *autostash(char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return xasprintf("a stash; see: git stash show -p %.*s", n < SHOWN_MAX ? (int)n : SHOWN_MAX, text);
}

/* What `git am` takes for `git apply` (builtin/am.c). Others have it write where they say: --build-fake-ancestor. */
static bool is_am_option(const char *word)
{
	static const char *const given[] = { "--whitespace=",
					     "--ignore-space-change",
					     "--ignore-whitespace",
					     "--directory=",
					     "--exclude=",
					     "--include=",
					     "--reject",
					     "-C",
					     "-p" };

	for (size_t i = 0; i < ARRAY_SIZE(given); i++)
		if (str_starts(word, given[i]))
			return true;
	return false;
}

static char *shown(const char *word)
{
	size_t n = strcspn(word, "\r\n");

	return xasprintf("%.*s", n < SHOWN_MAX ? (int)n : SHOWN_MAX, word);
}

/* Words in single quotes, as git's sq_quote_argv() writes them; a quote in one is '\\''. */
char *gittodo_apply_opt(char *text)
{
	for (char *s = text + strspn(text, " \t\r\n"); *s != '\0'; s += strspn(s, " \t\r\n")) {
		char *word = s + 1, *end = s;

		if (*s != '\'' || !is_am_option(word))
			return shown(s);
		while ((end = strchr(end + 1, '\'')) != NULL && end[1] == '\\' && end[2] != '\0' &&
		       end[3] == '\'')
			end += 3;
		if (end == NULL)
			return shown(s);
		s = end + 1;
	}
	return NULL;
}

static const struct state {
	const char *dir, *name;
	char *(*judge)(char *text);
	const char *by, *does;
} states[] = {
	{ "rebase-merge", "git-rebase-todo", gittodo_list, "git rebase --continue", "run" },
	{ "rebase-merge", "strategy", gittodo_strategy, "git rebase --continue", "run" },
	{ "rebase-merge", "autostash", autostash, "git rebase --continue, or --abort,", "apply" },
	{ "rebase-apply", "autostash", autostash, "git rebase --continue, or --abort,", "apply" },
	{ "sequencer", "opts", gittodo_options, "git cherry-pick --continue, or git revert --continue,",
	  "run" },
	{ "rebase-apply", "apply-opt", gittodo_apply_opt, "git am --continue", "give git apply" },
};

/* A directory that was moved there has its own time alone. */
static bool is_since(int dir, const struct stat *file, struct timespec since)
{
	struct stat st;

	return time_is_since(file->st_ctim, since) || fstat(dir, &st) < 0 || time_is_since(st.st_ctim, since);
}

/* dir: the git directory's, of the state. */
static void look_at(struct account *a, int dir, const char *path, const struct state *s, bool moved,
		    struct timespec since)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(dir, s->name, O_RDONLY | O_NONBLOCK | O_NOCTTY, true);
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *what = NULL;
	struct stat st;

	if (fd == -ENOENT)
		return;
	text = fd < 0 ? NULL : textfile_read(fd, STATE_MAX, &st);
	if (text == NULL) {
		account_add(a, ACCOUNT_AUTORUN, ACCOUNT_SECURITY, path,
			    "%s/%s/%s can't be read (%s): look at it before %s", path, s->dir, s->name,
			    strerror(fd < 0 ? -fd : errno), s->by);
		return;
	}
	if (!moved && !is_since(dir, &st, since))
		return;
	what = s->judge(text);
	if (what != NULL)
		account_add(a, ACCOUNT_AUTORUN, ACCOUNT_SECURITY, path,
			    "%s/%s/%s was written inside: %s would %s: %s", path, s->dir, s->name, s->by,
			    s->does, what);
}

/* One that keeps merges, as git had it until 2.33, which runs a file of it in a shell. */
static void look_for_old(struct account *a, int dir, const char *path, bool moved, struct timespec since)
{
	struct stat st;

	if (fstatat(dir, "rewritten", &st, AT_SYMLINK_NOFOLLOW) == 0 && (moved || is_since(dir, &st, since)))
		account_add(a, ACCOUNT_AUTORUN, ACCOUNT_SECURITY, path,
			    "%s/rebase-merge/rewritten was written inside: git rebase --continue of a git "
			    "before 2.34 would run: the author-script beside it",
			    path);
}

static const char *first_of(const char *dir)
{
	const struct state *s = states;

	while (!streq(s->dir, dir))
		s++;
	return s->name;
}

/* dir: a git directory, or that of a linked worktree, at path. moved: it may have come there as it is. */
static void look(struct account *a, int dir, const char *path, bool moved, struct timespec since)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		const struct state *s = &states[i];
		AUTO_CLOSE int of = oldkernel_open_beneath(dir, s->dir, O_PATH | O_DIRECTORY, true);

		if (of == -ENOENT)
			continue;
		if (of < 0 && s->name == first_of(s->dir))
			account_add(a, ACCOUNT_AUTORUN, ACCOUNT_SECURITY, path,
				    "%s/%s can't be read (%s): look at it before %s", path, s->dir,
				    strerror(-of), s->by);
		if (of >= 0)
			look_at(a, of, path, s, moved, since);
		if (of >= 0 && s->judge == gittodo_list)
			look_for_old(a, of, path, moved, since);
	}
}

static void look_in_worktrees(struct account *a, int dir, const char *path, struct timespec since)
{
	int fd = oldkernel_open_beneath(dir, "worktrees", O_RDONLY | O_DIRECTORY | O_NONBLOCK, true);
	AUTO_DIR DIR *d = mem_dir(fd);
	const struct dirent *e;
	size_t left = WORKTREES_MAX;
	struct stat st;
	bool moved;

	if (d == NULL)
		return;
	moved = fstat(fd, &st) < 0 || time_is_since(st.st_ctim, since);
	while ((e = readdir(d)) != NULL) {
		AUTO_FREE char *name = NULL;
		AUTO_CLOSE int one = -1;

		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		if (left-- == 0) {
			account_add(a, ACCOUNT_AUTORUN, ACCOUNT_SECURITY, path,
				    "%s/worktrees: more than %d: look at the lists of their rebases", path,
				    WORKTREES_MAX);
			return;
		}
		one = oldkernel_open_beneath(fd, e->d_name, O_PATH | O_DIRECTORY, true);
		name = xasprintf("%s/worktrees/%s", path, e->d_name);
		if (one >= 0)
			look(a, one, name, moved, since);
	}
}

static bool is_known(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->git.n && i < POLICY_GIT_COPIES; i++) {
		const struct policy_git_config *c = &p->git.config[i];
		AUTO_FREE char *worktrees = path_join(c->dir, "worktrees");

		if (c->copy != NULL &&
		    (streq(path, c->dir) || (c->repository && path_is_under(path, worktrees))))
			return true;
	}
	return false;
}

void gittodo_say_other(struct account *a, const struct policy *p, int dir, const char *path, bool moved,
		       struct timespec since)
{
	if (!is_known(p, path))
		look(a, dir, path, moved, since);
}

void gittodo_say(struct account *a, const struct policy *p, const int *dir, struct timespec since)
{
	for (size_t i = 0; i < p->git.n && i < POLICY_GIT_COPIES; i++) {
		const struct policy_git_config *c = &p->git.config[i];

		if (c->copy == NULL)
			continue;
		look(a, dir[i], c->dir, false, since);
		if (c->repository)
			look_in_worktrees(a, dir[i], c->dir, since);
	}
}
