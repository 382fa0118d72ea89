/* SPDX-License-Identifier: MIT */
#include "hostroot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "util.h"

enum { READ_FIRST = 16384, OWNERS_MAX = 1 << 16 };

static ssize_t hostroot_readlink(int fd, char buf[static PATH_MAX])
{
	char name[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, buf, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return n;
}

/* All of an open file, or NULL. Files of /proc tell no size, so it is read until it ends. */
static char *hostroot_slurp(int fd, size_t max)
{
	size_t cap = READ_FIRST, len = 0;
	AUTO_FREE char *text = xmalloc(cap);

	for (;;) {
		ssize_t n = read(fd, text + len, cap - len - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return NULL;
		if (cap - len < 2) {
			cap *= 2;
			text = xrealloc_array(text, cap, 1);
		}
	}
	text[len] = '\0';
	return TAKE_PTR(text);
}

int hostroot_init(struct hostroot *root, int fd, const char *recorded, struct diag *d)
{
	char buf[PATH_MAX];
	ssize_t n = hostroot_readlink(fd, buf);

	*root = (struct hostroot){ .fd = fd };
	if (n < 0)
		return diag_errno(d, (int)n, "cannot read /proc/self/fd");
	root->prefix = streq(buf, "/") ? 0 : (size_t)n;
	if (recorded != NULL) {
		AUTO_FREE char *name = path_join(recorded, "owners");
		AUTO_CLOSE int owners = open(name, O_RDONLY | O_CLOEXEC);

		if (owners < 0)
			return diag_errno(d, -errno, "cannot read %s", name);
		root->owners = hostroot_slurp(owners, OWNERS_MAX);
		if (root->owners == NULL)
			return diag_set(d, -EIO, "cannot read %s", name);
	}
	return 0;
}

void hostroot_done(struct hostroot *root)
{
	free(root->owners);
	for (size_t i = 0; i < root->ndir; i++) {
		free(root->dir[i].path);
		free(root->dir[i].real);
	}
	free(root->dir);
	*root = (struct hostroot){ .fd = -1 };
}

/* Each try fails by chance alone; the bound is for what answers so on purpose. */
#define AGAIN_MAX 1000

int hostroot_open(struct hostroot *root, const char *path, int flags)
{
	const char *below = streq(path, "/") ? "." : path + 1;
	struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	long fd = -1;

	if (!root->no_openat2) {
		/* A rename anywhere on the machine, while ".." is walked: the kernel can't tell, and says so. */
		for (int tries = 0; tries < AGAIN_MAX; tries++) {
			fd = syscall(SYS_openat2, root->fd, below, &how, sizeof(how));
			if (fd >= 0 || errno != EAGAIN)
				break;
		}
		if (fd >= 0)
			return (int)fd;
		/* Only where the root is the real one does a plain open resolve the same way. */
		if (root->prefix != 0 || !oldkernel_lacks_openat2(errno))
			return -errno;
		root->no_openat2 = true;
	}
	fd = openat(root->fd, below, flags | O_CLOEXEC);
	return fd >= 0 ? (int)fd : -errno;
}

/*
 * Owners and modes of a recorded file: lines "PATH UID GID MODE". A line holds
 * for everything below its path too, but for the mode; the longest wins.
 */
static void hostroot_owner(const char *owners, const char *path, struct stat *st)
{
	size_t best = 0;

	st->st_uid = 0;
	st->st_gid = 0;
	st->st_mode = (st->st_mode & S_IFMT) | ((st->st_mode & 0111) != 0 ? 0755 : 0644);
	for (const char *line = owners; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		char name[PATH_MAX];
		unsigned uid, gid, mode;

		if (sscanf(line, "%4095s %u %u %o", name, &uid, &gid, &mode) != 4 || name[0] != '/' ||
		    !path_is_under(path, name) || strlen(name) < best)
			continue;
		best = strlen(name);
		st->st_uid = uid;
		st->st_gid = gid;
		if (streq(path, name))
			st->st_mode = (st->st_mode & S_IFMT) | mode;
	}
}

char *hostroot_real(struct hostroot *root, int fd)
{
	char buf[PATH_MAX];
	ssize_t n = hostroot_readlink(fd, buf);

	if (n <= 0 || buf[0] != '/' || (size_t)n < root->prefix)
		return NULL;
	return xstrdup((size_t)n == root->prefix ? "/" : buf + root->prefix);
}

int hostroot_stat(struct hostroot *root, int fd, struct stat *ret)
{
	if (fstat(fd, ret) < 0)
		return -errno;
	if (root->owners != NULL) {
		AUTO_FREE char *real = hostroot_real(root, fd);

		hostroot_owner(root->owners, real != NULL ? real : "/", ret);
	}
	return 0;
}

enum host_type hostroot_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return HOST_FILE;
	case S_IFDIR:
		return HOST_DIR;
	case S_IFLNK:
		return HOST_LINK;
	case S_IFSOCK:
		return HOST_SOCKET;
	case S_IFIFO:
		return HOST_FIFO;
	default:
		return HOST_OTHER;
	}
}

/* Follows a symlink to its end. NULL when it dangles. */
static char *hostroot_follow(struct hostroot *root, const char *path, struct stat *ret)
{
	AUTO_CLOSE int fd = hostroot_open(root, path, O_PATH);

	return fd < 0 || hostroot_stat(root, fd, ret) < 0 ? NULL : hostroot_real(root, fd);
}

static const char *hostroot_dir_real(struct hostroot *root, const char *path, size_t len);

/* Not xasprintf: this runs hundreds of times a launch. */
static char *hostroot_concat(const char *dir, const char *name)
{
	size_t len = strlen(dir), name_len = strlen(name);
	char *path = xmalloc(len + name_len + 1);

	memcpy(path, dir, len);
	memcpy(path + len, name, name_len + 1);
	return path;
}

/*
 * Attributes of the path itself. A name costs one fstatat, an absent directory
 * spares all names in it, and only symlinks are opened: below a parent without
 * links the real path is known. *ret_real is the path with its parents resolved.
 */
static int hostroot_lstat(struct hostroot *root, const char *path, char **ret_real, struct stat *ret)
{
	size_t len = (size_t)(path_basename(path) - path) - 1;
	const char *dir = hostroot_dir_real(root, path, len);
	AUTO_FREE char *real = NULL;

	if (dir == NULL)
		return -ENOENT;
	real = hostroot_concat(streq(dir, "/") ? "" : dir, path + len);
	if (fstatat(root->fd, real + 1, ret, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (root->owners != NULL)
		hostroot_owner(root->owners, real, ret);
	*ret_real = TAKE_PTR(real);
	return 0;
}

/* The real path of the directory path[0..len), borrowed from the cache; NULL when it is none. */
static const char *hostroot_dir_real(struct hostroot *root, const char *path, size_t len)
{
	struct hostroot_dir entry = { .len = len };
	struct stat st = { 0 };

	while (len > 0 && path[len - 1] == '/')
		len--;
	if (len == 0)
		return "/";
	/* Sorted paths: the last ones are the likely ones. */
	for (size_t i = root->ndir; i-- > 0;)
		if (root->dir[i].len == len && memcmp(root->dir[i].path, path, len) == 0)
			return root->dir[i].real;
	entry.path = xstrndup(path, len);
	if (hostroot_lstat(root, entry.path, &entry.real, &st) == 0 && S_ISLNK(st.st_mode)) {
		mem_free_ptr(&entry.real);
		entry.real = hostroot_follow(root, entry.path, &st);
	}
	if (!S_ISDIR(st.st_mode))
		mem_free_ptr(&entry.real);
	root->dir = xrealloc_array(root->dir, root->ndir + 1, sizeof(*root->dir));
	root->dir[root->ndir++] = entry;
	return entry.real;
}

void hostroot_node(struct hostroot *root, const char *path, struct host_node *ret)
{
	AUTO_FREE char *real = NULL;
	struct stat st;

	*ret = (struct host_node){ .path = xstrdup(path) };
	if (streq(path, "/"))
		real = hostroot_follow(root, path, &st);
	else if (hostroot_lstat(root, path, &real, &st) < 0)
		return;
	if (real == NULL)
		return;
	ret->type = hostroot_type(st.st_mode);
	if (ret->type == HOST_LINK) {
		char text[PATH_MAX];
		ssize_t n = readlinkat(root->fd, real + 1, text, sizeof(text) - 1);

		if (n <= 0) { /* it was swapped for something else meanwhile: as if it were not there */
			ret->type = HOST_ABSENT;
			return;
		}
		ret->link = xstrndup(text, (size_t)n);
		mem_free_ptr(&real);
		real = hostroot_follow(root, path, &st);
		if (real == NULL)
			return;
	}
	ret->real = TAKE_PTR(real);
	ret->real_type = hostroot_type(st.st_mode);
	ret->uid = st.st_uid;
	ret->gid = st.st_gid;
	ret->mode = st.st_mode & 07777;
}

void hostroot_dirs(struct hostroot *root, const struct strv *paths, struct strv *ret)
{
	for (size_t i = 0; i < paths->n; i++) {
		struct host_node n;

		hostroot_node(root, paths->v[i], &n);
		if (n.real_type == HOST_DIR && !strv_has(ret, n.real))
			strv_add(ret, n.real);
		free(n.path);
		free(n.link);
		free(n.real);
	}
}

bool hostroot_exists(struct hostroot *root, const char *path)
{
	AUTO_FREE char *real = NULL;
	struct stat st;

	return streq(path, "/") || hostroot_lstat(root, path, &real, &st) == 0;
}

char *hostroot_read(struct hostroot *root, const char *path, size_t max)
{
	AUTO_CLOSE int fd = hostroot_open(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);

	return fd < 0 ? NULL : hostroot_slurp(fd, max);
}
