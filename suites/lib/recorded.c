/* SPDX-License-Identifier: MIT */
#include "recorded.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mem.h"
#include "util.h"

#define AGAIN_MAX 1000

int recorded_lines(const char *path, struct strv *ret)
{
	AUTO_FILE FILE *f = fopen(path, "re");
	AUTO_FREE char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (f == NULL)
		return -errno;
	while ((n = getline(&line, &cap, f)) >= 0) {
		if (n > 0 && line[n - 1] == '\n')
			line[n - 1] = '\0';
		strv_add(ret, line);
	}
	return ferror(f) ? -EIO : 0;
}

static int recorded_by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int recorded_list(const char *dir, struct strv *ret)
{
	AUTO_DIR DIR *d = opendir(dir);
	const struct dirent *e;

	if (d == NULL)
		return -errno;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			strv_add(ret, e->d_name);
	if (ret->n > 1)
		qsort(ret->v, ret->n, sizeof(*ret->v), recorded_by_name);
	return 0;
}

int recorded_open(const char *name, struct recorded *ret, struct diag *d)
{
	AUTO_FREE char *root = xasprintf("%s/%s/root", RECORDED_DIR, name);
	AUTO_FREE char *environ_file = xasprintf("%s/%s/environ", RECORDED_DIR, name);
	AUTO_FREE char *dir = xasprintf("%s/%s", RECORDED_DIR, name);
	int r;

	*ret = (struct recorded){ .rootfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	if (ret->rootfd < 0)
		return diag_errno(d, -errno, "%s", root);
	ret->dir = realpath(dir, NULL);
	if (ret->dir == NULL)
		return diag_errno(d, -errno, "%s", dir);
	r = recorded_lines(environ_file, &ret->env);
	return r < 0 ? diag_errno(d, r, "%s", environ_file) : 0;
}

void recorded_done(struct recorded *r)
{
	free(r->dir);
	strv_done(&r->env);
	mem_close_fd(&r->rootfd);
	r->dir = NULL;
}

struct host_source recorded_source(const struct recorded *r)
{
	return (struct host_source){ .rootfd = r->rootfd, .env = r->env.v, .recorded = r->dir };
}

char *recorded_text(const struct recorded *r, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	AUTO_FREE char *text = xcalloc(1 << 16, 1);
	AUTO_CLOSE int fd = -1;

	/* A rename anywhere on the machine, while ".." is walked: the kernel can't tell, and says so (openat2(2)). */
	for (int tries = 0; fd < 0 && tries < AGAIN_MAX; tries++) {
		fd = (int)syscall(SYS_openat2, r->rootfd, path, &how, sizeof(how));
		if (fd < 0 && errno != EAGAIN)
			break;
	}
	if (fd < 0 || read(fd, text, (1 << 16) - 1) < 0)
		return xstrdup("");
	return TAKE_PTR(text);
}

void recorded_setenv(struct recorded *r, const char *assignment)
{
	size_t n = strcspn(assignment, "=") + 1;

	for (size_t i = 0; i < r->env.n; i++) {
		if (strncmp(r->env.v[i], assignment, n) == 0) {
			free(r->env.v[i]);
			r->env.v[i] = xstrdup(assignment);
			return;
		}
	}
	strv_add(&r->env, assignment);
}
