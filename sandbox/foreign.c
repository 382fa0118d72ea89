/* SPDX-License-Identifier: MIT */
#include "foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "mem.h"
#include "util.h"

#define PAGE	  4096u
#define POINTERS  16 /* that are read at a time */
#define LINKS_MAX 40 /* as the kernel */
#define PROC_ROOT 1  /* inode of procfs's root */

/* --- memory */

static ssize_t read_memory(pid_t pid, uint64_t addr, void *buf, size_t n)
{
	struct iovec here = { buf, n }, there = { (void *)(uintptr_t)addr, n };
	ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);

	return got < 0 ? -errno : got;
}

ssize_t foreign_text(pid_t pid, uint64_t addr, char *buf, size_t size)
{
	size_t len = 0;

	/* Page by page: what comes behind the text need not be there. */
	while (len < size) {
		size_t n = PAGE - (size_t)((addr + len) % PAGE);
		ssize_t got;
		const char *end;

		if (n > size - len)
			n = size - len;
		got = read_memory(pid, addr + len, buf + len, n);
		if (got <= 0)
			return got < 0 ? got : -EFAULT;
		end = memchr(buf + len, '\0', (size_t)got);
		if (end != NULL)
			return end - buf;
		len += (size_t)got;
	}
	return -ENAMETOOLONG;
}

/* Pointers from addr on, at least one and as many as there are in its page and in *ret. Their number, -errno. */
static ssize_t read_pointers(pid_t pid, uint64_t addr, size_t width, uint64_t ret[POINTERS])
{
	unsigned char bytes[POINTERS * sizeof(uint64_t)];
	size_t n = (PAGE - (size_t)(addr % PAGE)) / width;
	ssize_t got;

	/* One may lie across two pages. */
	n = n == 0 ? 1 : n > POINTERS ? POINTERS : n;
	got = read_memory(pid, addr, bytes, n * width);
	if (got < (ssize_t)width)
		return got < 0 ? got : -EFAULT;
	n = (size_t)got / width;
	for (size_t i = 0; i < n; i++) {
		ret[i] = 0;
		memcpy(&ret[i], bytes + i * width, width); /* both architectures are little-endian */
	}
	return (ssize_t)n;
}

int foreign_vector(pid_t pid, uint64_t addr, size_t width, size_t max, size_t bytes, struct strv *ret)
{
	AUTO_FREE char *buf = xmalloc(bytes);
	uint64_t at[POINTERS] = { 0 };
	ssize_t have = 0;

	for (size_t i = 0, k = 0; addr != 0; i++, k++) {
		ssize_t len;

		if (k == (size_t)have) {
			have = read_pointers(pid, addr + i * width, width, at);
			k = 0;
		}
		if (have < 0)
			return (int)have;
		if (at[k] == 0)
			return 0;
		if (i == max || bytes == 0)
			return 1;
		len = foreign_text(pid, at[k], buf, bytes);
		if (len == -ENAMETOOLONG)
			return 1;
		if (len < 0)
			return (int)len;
		strv_add(ret, buf);
		bytes -= (size_t)len + 1;
	}
	return 0;
}

/* --- descriptors */

static int open_proc(pid_t pid, const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The text behind "NAME:" in /proc/PID/status, however long the lists before it are. 0; -ENOENT: there is none; -errno. */
static int read_status(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	AUTO_FILE FILE *f = NULL;
	AUTO_FREE char *line = NULL;
	size_t room = 0, n = strlen(name);

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return -errno;
	while (getline(&line, &room, f) > 0)
		if (strncmp(line, name, n) == 0 && line[n] == ':') {
			snprintf(buf, size, "%.*s", (int)strcspn(line + n + 1, "\n"), line + n + 1);
			return 0;
		}
	return feof(f) ? -ENOENT : -errno;
}

int foreign_take(pid_t pid, int fd)
{
	AUTO_CLOSE int process = (int)syscall(SYS_pidfd_open, pid, 0);
	char tgid[32];
	long taken;

	/* A thread: descriptors are the process's. */
	if (process < 0 && read_status(pid, "Tgid", tgid, sizeof(tgid)) == 0)
		process = (int)syscall(SYS_pidfd_open, (pid_t)strtol(tgid, NULL, 10), 0);
	if (process < 0)
		return -errno;
	taken = syscall(SYS_pidfd_getfd, process, fd, 0);
	return taken < 0 ? -errno : (int)taken;
}

int foreign_file(pid_t pid, int fd)
{
	char name[32];
	int r;

	snprintf(name, sizeof(name), "fd/%d", fd);
	r = open_proc(pid, name, O_PATH);
	return r == -ENOENT ? -EBADF : r;
}

int foreign_cwd(pid_t pid)
{
	return open_proc(pid, "cwd", O_PATH | O_DIRECTORY);
}

/* --- names */

struct walk {
	pid_t pid;
	size_t level;
	int root, dir; /* owned */
	unsigned links, *names;
	char rest[2 * PATH_MAX];
};

static void walk_done(struct walk *w)
{
	mem_close_fd(&w->root);
	mem_close_fd(&w->dir);
}

static bool same_file(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static bool on_proc(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static bool is_proc_root(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_ino == PROC_ROOT && on_proc(fd);
}

/* Puts text in front of what is left of the name. */
static int prepend(struct walk *w, const char *text)
{
	size_t n = strlen(text), have = strlen(w->rest);

	if (n + 1 + have + 1 > sizeof(w->rest))
		return -ENAMETOOLONG;
	memmove(w->rest + n + 1, w->rest, have + 1);
	memcpy(w->rest, text, n);
	w->rest[n] = '/';
	return 0;
}

/* The directory that an absolute name begins at. */
static int restart(struct walk *w)
{
	mem_close_fd(&w->dir);
	w->dir = fcntl(w->root, F_DUPFD_CLOEXEC, 0);
	return w->dir < 0 ? -errno : 0;
}

/* The number at `level` of a list of NSpid's or NStgid's; NULL: there is none. */
static const char *number_at(char *list, size_t level)
{
	char *save = NULL, *s = strtok_r(list, " \t", &save);

	while (s != NULL && level-- > 0)
		s = strtok_r(NULL, " \t", &save);
	return s;
}

int foreign_level(pid_t init, size_t *ret)
{
	char list[256];
	size_t n = 0;
	int r = read_status(init, "NSpid", list, sizeof(list));

	if (r < 0)
		return r;
	for (const char *s = list; *s != '\0'; s += strspn(s, "0123456789")) {
		s += strspn(s, " \t");
		n += *s != '\0';
	}
	/* One at least, its own. */
	if (n == 0)
		return -EPROTO;
	*ret = n - 1;
	return 0;
}

/* What "self" or "thread-self" is in the box's procfs. */
static int own_name(const struct walk *w, bool thread, char *buf, size_t size)
{
	char processes[256], tasks[256];
	const char *process, *task;
	int r = read_status(w->pid, "NStgid", processes, sizeof(processes));

	if (r == 0)
		r = read_status(w->pid, "NSpid", tasks, sizeof(tasks));
	if (r < 0)
		return r;
	process = number_at(processes, w->level);
	task = number_at(tasks, w->level);
	if (process == NULL || task == NULL)
		return -ENOENT;
	if (thread)
		snprintf(buf, size, "%s/task/%s", process, task);
	else
		snprintf(buf, size, "%s", process);
	return 0;
}

/* A link of procfs whose target the kernel knows, whatever its text says. */
static int follow_magic(struct walk *w, const char *name)
{
	int fd = openat(w->dir, name, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(w->dir);
	w->dir = fd;
	return 0;
}

static int follow_link(struct walk *w, const char *name, int link)
{
	char text[PATH_MAX];
	ssize_t n;
	int r;

	if (++w->links > LINKS_MAX)
		return -ELOOP;
	if (on_proc(w->dir) && !is_proc_root(w->dir))
		return follow_magic(w, name);
	n = readlinkat(link, "", text, sizeof(text) - 1);
	if (n <= 0)
		return n < 0 ? -errno : -ENOENT;
	text[n] = '\0';
	r = prepend(w, text);
	return r == 0 && text[0] == '/' ? restart(w) : r;
}

static int step_up(struct walk *w)
{
	int fd;

	if (same_file(w->dir, w->root))
		return 0;
	fd = openat(w->dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(w->dir);
	w->dir = fd;
	return 0;
}

/* Takes n of what may still be looked up. */
static bool spend(unsigned *names, size_t n)
{
	bool enough = n <= *names;

	*names = enough ? *names - (unsigned)n : 0;
	return enough;
}

/* One name below w->dir, which becomes what it leads to. */
static int step(struct walk *w, const char *name, bool last, bool nofollow)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;

	if (!spend(w->names, 1))
		return -EDQUOT;
	if (streq(name, "."))
		return 0;
	if (streq(name, ".."))
		return step_up(w);
	if ((streq(name, "self") || streq(name, "thread-self")) && is_proc_root(w->dir)) {
		char number[128];
		int r = own_name(w, *name == 't', number, sizeof(number));

		return r == 0 ? prepend(w, number) : r;
	}
	fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return last && nofollow ? -ELOOP : follow_link(w, name, fd);
	close(w->dir);
	w->dir = TAKE_FD(fd);
	return 0;
}

static int walk(struct walk *w, bool nofollow)
{
	int r = w->rest[0] == '/' ? restart(w) : 0;

	while (r == 0) {
		char name[NAME_MAX + 1];
		size_t skip = strspn(w->rest, "/"), n = strcspn(w->rest + skip, "/");

		if (n == 0)
			break;
		if (n > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, w->rest + skip, n);
		name[n] = '\0';
		memmove(w->rest, w->rest + skip + n, strlen(w->rest + skip + n) + 1);
		r = step(w, name, w->rest[strspn(w->rest, "/")] == '\0', nofollow);
	}
	return r;
}

static size_t slashes(const char *path)
{
	size_t n = 0;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

int foreign_open(pid_t pid, size_t level, int at, const char *path, bool nofollow, unsigned *names)
{
	struct walk w __attribute__((
	    cleanup(walk_done))) = { .pid = pid, .level = level, .root = -1, .dir = -1, .names = names };
	int r;

	if (*path == '\0')
		return -ENOENT;
	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	w.root = open_proc(pid, "root", O_PATH | O_DIRECTORY);
	if (w.root < 0)
		return w.root;
	/*
	 * One call for most. What it does not find, or has links, is walked to: 40 links with 4,096 bytes each take
	 * the kernel long, and it can't be told to give up.
	 */
	if (path[0] == '/' && !nofollow) {
		struct open_how how = { .flags = O_PATH | O_CLOEXEC,
					.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS };
		int fd = !spend(names, slashes(path))
			     ? -1
			     : (int)syscall(SYS_openat2, w.root, path, &how, sizeof(how));

		if (fd >= 0)
			return fd;
	}
	/* An absolute name asks nobody where it is. */
	w.dir = fcntl(path[0] == '/' ? w.root : at, F_DUPFD_CLOEXEC, 0);
	if (w.dir < 0)
		return -errno;
	strcpy(w.rest, path);
	r = walk(&w, nofollow);
	return r == 0 ? TAKE_FD(w.dir) : r;
}
