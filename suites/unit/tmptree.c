/* SPDX-License-Identifier: MIT */
#include "tmptree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "unit.h"

char *tmptree_make(void)
{
	char name[] = "/tmp/cs-unit.XXXXXX";
	char *root;

	ck_assert_ptr_nonnull(mkdtemp(name));
	root = realpath(name, NULL);
	ck_assert_ptr_nonnull(root);
	return root;
}

void tmptree_put(const char *root, const char *name, const char *text, mode_t mode)
{
	AUTO_FREE char *path = path_join(root, name);
	AUTO_CLOSE int fd = -1;

	for (char *s = strchr(path + strlen(root) + 1, '/'); s != NULL; s = strchr(s + 1, '/')) {
		*s = '\0';
		ck_assert(mkdir(path, 0755) == 0 || errno == EEXIST);
		*s = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
}

void tmptree_flood(int dir, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO_FREE char *name = xasprintf("some-name-of-a-file-%zu", i);
		AUTO_CLOSE int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(unlinkat(dir, name, 0), 0);
	}
}

static int tmptree_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void tmptree_remove(char *root)
{
	if (root == NULL)
		return;
	nftw(root, tmptree_remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(root);
}
