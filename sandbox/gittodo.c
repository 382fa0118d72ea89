/* SPDX-License-Identifier: MIT */
#include "gittodo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "textfile.h"
#include "util.h"

#define LIST	      "rebase-merge/git-rebase-todo"
#define LIST_MAX      (1 << 20)
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

/* dir: a git directory, or that of a linked worktree, at path. */
static void look(struct account *a, int dir, const char *path, struct timespec since)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(dir, LIST, O_RDONLY | O_NONBLOCK | O_NOCTTY, true);
	AUTO_FREE char *text = NULL;
	struct stat st;
	char *save = NULL;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return;
	text = fd < 0 ? NULL : textfile_read(fd, LIST_MAX, &st);
	if (text == NULL) {
		account_add(a, ACCOUNT_AUTORUN, ACCOUNT_SECURITY, path,
			    "%s/" LIST " can't be read (%s): look at it before git rebase --continue", path,
			    strerror(fd < 0 ? -fd : errno));
		return;
	}
	if (!time_is_since(st.st_ctim, since))
		return;
	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		const char *command = program(line);

		if (command != NULL) {
			account_add(a, ACCOUNT_AUTORUN, ACCOUNT_SECURITY, path,
				    "%s/" LIST " was written inside: git rebase --continue would run: %.*s",
				    path, SHOWN_MAX, command);
			return;
		}
	}
}

static void look_in_worktrees(struct account *a, int dir, const char *path, struct timespec since)
{
	int fd = oldkernel_open_beneath(dir, "worktrees", O_RDONLY | O_DIRECTORY | O_NONBLOCK, true);
	AUTO_DIR DIR *d = mem_dir(fd);
	const struct dirent *e;
	size_t left = WORKTREES_MAX;

	if (d == NULL)
		return;
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
			look(a, one, name, since);
	}
}

void gittodo_say(struct account *a, const struct policy *p, const int *dir, struct timespec since)
{
	for (size_t i = 0; i < p->git.n && i < POLICY_GIT_COPIES; i++) {
		const struct policy_git_config *c = &p->git.config[i];

		if (c->copy == NULL)
			continue;
		look(a, dir[i], c->dir, since);
		if (c->repository)
			look_in_worktrees(a, dir[i], c->dir, since);
	}
}
