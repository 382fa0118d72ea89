/* SPDX-License-Identifier: MIT */
#include "unfinished.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "state.h"
#include "trust.h"
#include "util.h"

#define FOLDER "unfinished"
#define MEMORY "/dev/shm"
#define TRIES  100 /* while others take the directory away */

/* The project's name, when the session began, and who it was: "NAME-DIGEST.SECONDS.NANOSECONDS.PID". */
static char *mark_name(const char *project, struct timespec since)
{
	AUTO_FREE char *name = path_unique(project);

	return xasprintf("%s.%lld.%09ld.%ld", name, (long long)since.tv_sec, since.tv_nsec, (long)getpid());
}

/* unique: of the project. The name before the three numbers may have dots, too. */
static bool mark_read(const char *name, const char *unique, struct unfinished_mark *ret)
{
	const char *at = name + strlen(name);
	long long sec;
	long nsec, pid;
	int n = 0;

	for (int dots = 0; at > name && dots < 3;)
		dots += *--at == '.';
	if (sscanf(at, ".%19lld.%9ld.%19ld%n", &sec, &nsec, &pid, &n) != 3 || at[n] != '\0' || sec < 0 ||
	    nsec < 0)
		return false;
	*ret = (struct unfinished_mark){
		.since = { .tv_sec = sec, .tv_nsec = nsec },
		.pid = (pid_t)pid,
		.project = str_starts(name, unique) && at == name + strlen(unique),
	};
	return true;
}

static int no_folder(struct diag *d)
{
	diag_set(d, -ENOENT, "no state folder: neither XDG_STATE_HOME nor HOME is an absolute path");
	return d->code;
}

/* By the box's user: root, who starts it, becomes that one, and each finds what the other left. */
static char *memory_dir(const struct policy *p)
{
	return xasprintf(MEMORY "/claude-sandbox-%u", (unsigned)p->kernel_uid);
}

/* Anybody may make directories there, by this name too. */
static int open_memory(const struct policy *p, const char *path, struct diag *d)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return diag_set(d, -EPERM, "%s is a link, or no directory", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return diag_errno(d, -errno, "%s", path);
	if (st.st_uid != p->kernel_uid)
		return diag_set(d, -EPERM, "%s belongs to another user (uid %u)", path, (unsigned)st.st_uid);
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return diag_set(d, -EPERM, "%s has the mode %04o, not 0700", path,
				(unsigned)st.st_mode & 07777);
	return TAKE_FD(fd);
}

/* It is locked before it has a name that others look for. 0, or -errno: -ENOENT where the directory is gone meanwhile. */
static int make_mark(struct unfinished *u)
{
	AUTO_FREE char *fresh = xasprintf("new.%s", u->name);
	char proc[64];
	bool named;
	int e;

	/* One without a name goes with us, at whatever moment that is; not all file systems have such. */
	u->fd = openat(u->dir, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	named = u->fd < 0;
	if (named)
		u->fd = openat(u->dir, fresh, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (u->fd < 0)
		return -errno;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", u->fd);
	if (flock(u->fd, LOCK_EX | LOCK_NB) == 0 &&
	    (named ? renameat(u->dir, fresh, u->dir, u->name)
		   : linkat(AT_FDCWD, proc, u->dir, u->name, AT_SYMLINK_FOLLOW)) == 0)
		return 0;
	e = -errno;
	mem_close_fd(&u->fd);
	if (named)
		unlinkat(u->dir, fresh, 0);
	return e;
}

static int begin_in_memory(const struct policy *p, struct unfinished *u, struct diag *d)
{
	int e = trust_file(p, u->memory, d);

	if (e < 0)
		return e;
	/* A session that ends beside us takes the directory away where it sees no mark. */
	for (int i = 0; i < TRIES && u->fd < 0; i++) {
		mem_close_fd(&u->dir);
		*d = (struct diag){ 0 };
		if (mkdir(u->memory, S_IRWXU) < 0 && errno != EEXIST)
			return diag_errno(d, -errno, "%s", u->memory);
		e = u->dir = open_memory(p, u->memory, d);
		if (e == -ENOENT)
			continue;
		if (e < 0)
			return e;
		e = make_mark(u);
		if (e < 0 && e != -ENOENT)
			return diag_errno(d, e, "%s/%s", u->memory, u->name);
	}
	return u->fd >= 0 ? 0 : diag_errno(d, e, "%s/%s", u->memory, u->name);
}

static int begin_in_state(const struct policy *p, char *const *env, struct unfinished *u, struct diag *d)
{
	AUTO_FREE char *folder = state_dir(env);
	AUTO_FREE char *path = folder != NULL ? path_join(folder, FOLDER) : NULL;
	int e;

	if (folder == NULL)
		return no_folder(d);
	/* A box that could take the mark away would be believed. */
	e = trust_file(p, path, d);
	if (e < 0)
		return e;
	u->dir = state_open_below(folder, FOLDER, p->kernel_uid, d);
	if (u->dir < 0)
		return u->dir;
	e = make_mark(u);
	return e < 0 ? diag_errno(d, e, "%s/%s", path, u->name) : 0;
}

int unfinished_begin(const struct policy *p, char *const *env, struct timespec since, bool notes,
		     struct unfinished *ret, struct diag *d)
{
	/* The caller's may take the owner's rights: what can't be opened is in the way of all sessions to come. */
	mode_t mask = umask(S_IRWXG | S_IRWXO);
	int e;

	*ret = (struct unfinished){ .dir = -1, .fd = -1, .name = mark_name(p->project, since) };
	if (!notes)
		ret->memory = memory_dir(p);
	e = notes ? begin_in_state(p, env, ret, d) : begin_in_memory(p, ret, d);
	umask(mask);
	if (e < 0)
		unfinished_end(ret);
	return e < 0 ? e : ret->fd;
}

int unfinished_end(struct unfinished *u)
{
	int e = u->fd >= 0 && unlinkat(u->dir, u->name, 0) < 0 ? -errno : 0;

	/* Not while there are others. */
	if (u->memory != NULL && u->dir >= 0)
		rmdir(u->memory);
	mem_close_fd(&u->fd);
	mem_close_fd(&u->dir);
	mem_free_ptr(&u->name);
	mem_free_ptr(&u->memory);
	return e;
}

static int open_to_find(const struct policy *p, char *const *env, bool memory, struct unfinished *u)
{
	AUTO_FREE char *folder = state_dir(env);
	AUTO_FREE char *path = folder != NULL ? path_join(folder, FOLDER) : NULL;
	struct diag d = { 0 };

	*u = (struct unfinished){ .dir = -1, .fd = -1 };
	if (memory) {
		u->memory = memory_dir(p);
		return open_memory(p, u->memory, &d);
	}
	if (path == NULL || access(path, F_OK) < 0)
		return -ENOENT;
	return state_open_below(folder, FOLDER, p->kernel_uid, &d);
}

/* Held, its session runs; without a name, that has ended while we looked. */
static bool is_left(int fd)
{
	struct stat st;

	return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0;
}

/* The directory of the marks; NULL: there is none. u->dir: the same. */
static DIR *open_marks(const struct policy *p, char *const *env, bool memory, struct unfinished *u)
{
	int copy;
	DIR *dir;

	u->dir = open_to_find(p, env, memory, u);
	copy = u->dir >= 0 ? fcntl(u->dir, F_DUPFD_CLOEXEC, 0) : -1;
	dir = copy >= 0 ? fdopendir(copy) : NULL;
	if (dir == NULL)
		mem_close_fd(&copy);
	return dir;
}

static int open_mark(const struct unfinished *u, const char *name)
{
	return openat(u->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static bool find_in(const struct policy *p, char *const *env, bool memory, struct unfinished *ret,
		    struct timespec *since)
{
	AUTO_FREE char *unique = path_unique(p->project);
	AUTO_DIR DIR *dir = open_marks(p, env, memory, ret);
	const struct dirent *e;
	struct unfinished_mark mark;

	while (dir != NULL && ret->fd < 0 && (e = readdir(dir)) != NULL) {
		if (!mark_read(e->d_name, unique, &mark) || !mark.project)
			continue;
		*since = mark.since;
		ret->fd = open_mark(ret, e->d_name);
		if (ret->fd >= 0 && !is_left(ret->fd))
			mem_close_fd(&ret->fd);
		if (ret->fd >= 0)
			ret->name = xstrdup(e->d_name);
	}
	if (ret->fd < 0)
		unfinished_end(ret);
	return ret->fd >= 0;
}

bool unfinished_find(const struct policy *p, char *const *env, struct unfinished *ret, struct timespec *since)
{
	return find_in(p, env, false, ret, since) || find_in(p, env, true, ret, since);
}

static void add_running(const struct policy *p, char *const *env, bool memory, struct unfinished_mark **ret,
			size_t *n)
{
	AUTO_FREE char *unique = path_unique(p->project);
	struct unfinished at;
	AUTO_DIR DIR *dir = open_marks(p, env, memory, &at);
	const struct dirent *e;
	struct unfinished_mark mark;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		AUTO_CLOSE int fd = mark_read(e->d_name, unique, &mark) ? open_mark(&at, e->d_name) : -1;

		/* Shared, and for a moment: who else looks takes it for none that runs. */
		if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			continue;
		*ret = xrealloc_array(*ret, *n + 1, sizeof(**ret));
		(*ret)[(*n)++] = mark;
	}
	mem_close_fd(&at.dir);
	free(at.memory);
}

size_t unfinished_running(const struct policy *p, char *const *env, struct unfinished_mark **ret)
{
	size_t n = 0;

	*ret = NULL;
	add_running(p, env, false, ret, &n);
	add_running(p, env, true, ret, &n);
	return n;
}
