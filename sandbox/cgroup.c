/* SPDX-License-Identifier: MIT */
/*
 * Three ways to a group of one's own, tried in this order:
 *   a scope    where systemd runs, whose tree of groups it is: of the user's manager, or of the system's for root.
 *              Asked by busctl(1), which comes with systemd: the launcher stays free of a library that the static
 *              build could not have, for one call. Systemd removes a scope that is empty.
 *   delegated  below the nearest group above us that is ours to write to and can pass on what is needed
 *   root       the same, up to the root of the tree
 * A group that was left behind (a warden that was killed too) is removed by the next one that makes its like: each
 * holds a lock on its own.
 */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"
#include "mem.h"
#include "mountinfo.h"
#include "oldkernel.h"
#include "path.h"
#include "strv.h"
#include "util.h"

#define NAME	    "claude-sandbox-"
#define PIECE	    4096
#define BUS	    "org.freedesktop.systemd1"
#define BUS_OBJECT  "/org/freedesktop/systemd1"
#define BUS_SECONDS "20"

extern char **environ;

struct warden {
	uint64_t n[LIMITS]; /* asked for */
	char *root;	    /* owned; where cgroup v2 is mounted */
	int dir;	    /* the group; -1: none */
	int above;	    /* the directory that it lies in; -1: systemd removes it */
	char *name;	    /* owned; there */
	char *path;	    /* owned; as /proc/PID/cgroup has it */
	unsigned made;
};

/* --- texts */

char *cgroup_path(const char *text)
{
	for (const char *s = text; *s != '\0'; s += strcspn(s, "\n"), s += *s == '\n')
		if (str_starts(s, "0::/"))
			return xstrndup(s + 3, strcspn(s + 3, "\n"));
	return NULL;
}

char *cgroup_root(const char *mounts, bool *v1)
{
	struct mountinfo m;
	char *root = NULL;

	*v1 = false;
	while (mountinfo_next(&mounts, &m)) {
		*v1 = *v1 || streq(m.type, "cgroup");
		if (root == NULL && streq(m.type, "cgroup2"))
			root = xstrdup(m.point);
		mountinfo_done(&m);
	}
	return root;
}

uint64_t cgroup_number(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = text; *s != '\0'; s += strcspn(s, "\n"), s += *s == '\n')
		if (strncmp(s, name, n) == 0 && s[n] == ' ')
			return strtoull(s + n + 1, NULL, 10);
	return 0;
}

const char *cgroup_value(enum limit_id id, uint64_t n, char buf[64])
{
	if (limitset_row(id)->unit == LIMIT_PERCENT)
		snprintf(buf, 64, "%" PRIu64 " 100000", n * 1000);
	else
		snprintf(buf, 64, "%" PRIu64, n);
	return buf;
}

/* A word of a line of words. */
static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = text; (s = strstr(s, word)) != NULL; s += n)
		if ((s == text || s[-1] == ' ') && (s[n] == '\0' || s[n] == ' ' || s[n] == '\n'))
			return true;
	return false;
}

/* "memory" of "memory.max" */
static char *controller(enum limit_id id)
{
	const char *file = limitset_row(id)->file;

	return xstrndup(file, strcspn(file, "."));
}

static bool wanted(const struct warden *w, enum limit_id id)
{
	return w->n[id] > 0 && limitset_row(id)->file != NULL;
}

/* --- files */

/* Of the kernel's, which tell no size. Owned; NULL with errno. */
static char *read_at(int dir, const char *name)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	AUTO_FREE char *text = NULL;
	size_t len = 0, size = 0;
	ssize_t n;

	if (fd < 0)
		return NULL;
	do {
		if (size - len < PIECE) {
			size += size + 2 * PIECE;
			text = xrealloc_array(text, size, 1);
		}
		n = read(fd, text + len, size - len - 1);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 || (n < 0 && errno == EINTR));
	text[len] = '\0';
	return n < 0 ? NULL : TAKE_PTR(text);
}

static int write_at(int dir, const char *name, const char *text)
{
	AUTO_CLOSE int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static char *group_of(pid_t pid)
{
	char file[40];
	AUTO_FREE char *text = NULL;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	text = read_at(AT_FDCWD, file);
	return text != NULL ? cgroup_path(text) : NULL;
}

/* --- what holds */

/* The limit that the group has not, by name; NULL: it has all. */
static const char *not_held(const struct warden *w)
{
	for (enum limit_id id = 0; id < LIMITS; id++) {
		AUTO_FREE char *text = NULL;
		char want[64];

		if (!wanted(w, id))
			continue;
		text = read_at(w->dir, limitset_row(id)->file);
		if (text == NULL)
			return limitset_row(id)->name;
		text[strcspn(text, "\n")] = '\0';
		cgroup_value(id, w->n[id], want);
		/* The kernel counts memory in pages; systemd chooses the period of a quota. */
		if (id == LIMIT_MEMORY && strtoull(text, NULL, 10) > 0 &&
		    strtoull(text, NULL, 10) <= w->n[id])
			continue;
		if (id == LIMIT_CPU) {
			unsigned long long quota, period;

			if (sscanf(text, "%llu %llu", &quota, &period) == 2 && period > 0 &&
			    quota * 100 <= w->n[id] * period)
				continue;
		}
		if (!streq(text, want))
			return limitset_row(id)->name;
	}
	return NULL;
}

static int says_no(const char *why, const char *try, struct cgroup_answer *a)
{
	snprintf(a->msg, sizeof(a->msg), "%s", why);
	snprintf(a->try, sizeof(a->try), "%s", try);
	a->error = -ENOTSUP;
	return a->error;
}

/* --- a scope of systemd's */

static const char *find_busctl(void)
{
	static const char *const places[] = { "/usr/bin/busctl", "/bin/busctl",
					      "/run/current-system/sw/bin/busctl" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

/* What it said goes to words, one line. 0; -errno when it could not or failed. */
static int call_bus(const struct strv *args, char *words, size_t n)
{
	const char *program = find_busctl();
	size_t len = 0;
	int p[2], st;
	ssize_t got;
	pid_t pid;

	if (program == NULL) {
		snprintf(words, n, "there is no busctl(1), which comes with systemd");
		return -ENOENT;
	}
	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		if (dup2(p[1], 1) == 1 && dup2(p[1], 2) == 2)
			execve(program, args->v, environ);
		_exit(127);
	}
	close(p[1]);
	while (pid > 0 && len < n - 1 && ((got = read(p[0], words + len, n - 1 - len)) > 0 || errno == EINTR))
		len += got > 0 ? (size_t)got : 0;
	close(p[0]);
	words[len] = '\0';
	words[strcspn(words, "\n")] = '\0';
	if (pid < 0)
		return -EAGAIN;
	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(st) && WEXITSTATUS(st) == 0 ? 0 : -EIO;
}

static void bus_method(struct strv *args, const char *method, const char *signature)
{
	static const char *const head[] = { "busctl", "--timeout=" BUS_SECONDS };

	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		strv_add(args, head[i]);
	strv_add(args, geteuid() == 0 ? "--system" : "--user");
	strv_add(args, "call");
	strv_add(args, BUS);
	strv_add(args, BUS_OBJECT);
	strv_add(args, BUS ".Manager");
	strv_add(args, method);
	strv_add(args, signature);
}

static void add_property(struct strv *args, const char *name, const char *type, uint64_t n)
{
	strv_add(args, name);
	strv_add(args, type);
	strv_addf(args, "%" PRIu64, n);
}

static int start_scope(const struct warden *w, const char *unit, pid_t pid, char *words, size_t n)
{
	const uint64_t *limit = w->n;
	size_t properties =
	    3 + (limit[LIMIT_MEMORY] > 0 ? 2 : 0) + (limit[LIMIT_TASKS] > 0) + (limit[LIMIT_CPU] > 0);
	AUTO_STRV struct strv args = { 0 };

	bus_method(&args, "StartTransientUnit", "ssa(sv)a(sa(sv))");
	strv_add(&args, unit);
	strv_add(&args, "fail");
	strv_addf(&args, "%zu", properties);
	strv_add(&args, "PIDs");
	strv_add(&args, "au");
	strv_add(&args, "1");
	strv_addf(&args, "%d", (int)pid);
	/* What a box that ran out of memory leaves is no failed unit; and systemd does not end the rest of it. */
	strv_add(&args, "CollectMode");
	strv_add(&args, "s");
	strv_add(&args, "inactive-or-failed");
	strv_add(&args, "Delegate");
	strv_add(&args, "b");
	strv_add(&args, "true");
	if (limit[LIMIT_MEMORY] > 0) {
		add_property(&args, "MemoryMax", "t", limit[LIMIT_MEMORY]);
		add_property(&args, "MemorySwapMax", "t", 0);
	}
	if (limit[LIMIT_TASKS] > 0)
		add_property(&args, "TasksMax", "t", limit[LIMIT_TASKS]);
	if (limit[LIMIT_CPU] > 0)
		add_property(&args, "CPUQuotaPerSecUSec", "t", limit[LIMIT_CPU] * 10000);
	strv_add(&args, "0");
	return call_bus(&args, words, n);
}

/* Systemd answers before it has done it: it is asked for the unit until the process is there. */
static int await_scope(const char *unit, pid_t pid, char **ret, char *words, size_t n)
{
	struct timespec start, now;
	int e = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		AUTO_FREE char *path = group_of(pid);
		AUTO_STRV struct strv args = { 0 };

		if (path != NULL && streq(path_basename(path), unit)) {
			*ret = TAKE_PTR(path);
			return 0;
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > KEEPER_HANDSHAKE_MS / 1000) {
			snprintf(words, n, "systemd did not start %s", unit);
			return -ETIMEDOUT;
		}
		bus_method(&args, "GetUnit", "s");
		strv_add(&args, unit);
		e = call_bus(&args, words, n);
		if (e < 0)
			return e;
	}
}

static bool systemd_runs(void)
{
	struct stat st;

	return stat("/run/systemd/system", &st) == 0 && S_ISDIR(st.st_mode);
}

static int by_scope(struct warden *w, pid_t pid, char *words, size_t n)
{
	AUTO_FREE char *unit = xasprintf(NAME "%d-%u.scope", (int)getpid(), w->made++);
	AUTO_FREE char *path = NULL, *dir = NULL;
	int e = start_scope(w, unit, pid, words, n);

	if (e == 0)
		e = await_scope(unit, pid, &path, words, n);
	if (e < 0)
		return e;
	dir = xasprintf("%s%s", streq(w->root, "/") ? "" : w->root, path);
	w->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dir < 0) {
		snprintf(words, n, "%s: %s", dir, strerror(errno));
		return -ENOENT;
	}
	w->path = TAKE_PTR(path);
	return 0;
}

/* --- a group below one of ours */

/*
 * A group with processes of its own has no children with limits; but the kernel lets it pass on some of the
 * controllers, and then nothing can enter the child. The root of the tree is excepted, and has no type.
 */
static bool may_have_children(int dir)
{
	AUTO_FREE char *type = read_at(dir, "cgroup.type"), *procs = NULL;

	if (type == NULL)
		return errno == ENOENT;
	procs = read_at(dir, "cgroup.procs");
	return streq(type, "domain\n") && procs != NULL && *procs == '\0';
}

/* The group can pass on all that is needed, or is made to. */
static bool passes_on(const struct warden *w, int dir)
{
	AUTO_FREE char *has = read_at(dir, "cgroup.controllers"),
		       *on = read_at(dir, "cgroup.subtree_control");
	bool all = has != NULL && on != NULL && may_have_children(dir);

	for (enum limit_id id = 0; all && id < LIMITS; id++) {
		AUTO_FREE char *name = wanted(w, id) ? controller(id) : NULL;

		all = name == NULL || has_word(has, name);
	}
	for (enum limit_id id = 0; all && id < LIMITS; id++) {
		AUTO_FREE char *name = wanted(w, id) ? controller(id) : NULL;
		AUTO_FREE char *add = name != NULL ? xasprintf("+%s", name) : NULL;

		all = name == NULL || has_word(on, name) || write_at(dir, "cgroup.subtree_control", add) == 0;
	}
	return all;
}

/* Removes what nobody holds: made by those whose warden was killed. */
static void sweep(int above)
{
	int copy = openat(above, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		AUTO_CLOSE int fd = str_starts(e->d_name, NAME)
					? openat(above, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
					: -1;

		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlinkat(above, e->d_name, AT_REMOVEDIR);
	}
	if (d != NULL)
		closedir(d);
}

/* Another one's sweep may take a new group before it is locked: then it has no files any more. */
static int make_group(struct warden *w, int above)
{
	for (int i = 0; i < 16; i++) {
		AUTO_FREE char *name = xasprintf(NAME "%d-%u", (int)getpid(), w->made++);
		AUTO_CLOSE int dir = -1;

		if (mkdirat(above, name, 0755) < 0 && errno != EEXIST)
			return -errno;
		dir = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0 || flock(dir, LOCK_EX | LOCK_NB) < 0 ||
		    faccessat(dir, "cgroup.procs", F_OK, 0) < 0)
			continue;
		w->name = TAKE_PTR(name);
		w->dir = TAKE_FD(dir);
		w->above = fcntl(above, F_DUPFD_CLOEXEC, 3);
		return w->above < 0 ? -errno : 0;
	}
	return -EEXIST;
}

static int set_limits(const struct warden *w)
{
	int e = 0;

	for (enum limit_id id = 0; e == 0 && id < LIMITS; id++) {
		char text[64];

		if (wanted(w, id))
			e = write_at(w->dir, limitset_row(id)->file, cgroup_value(id, w->n[id], text));
	}
	/* A kernel without swap has no such file. */
	if (e == 0 && wanted(w, LIMIT_MEMORY)) {
		e = write_at(w->dir, "memory.swap.max", "0");
		e = e == -ENOENT ? 0 : e;
	}
	return e;
}

static int by_hand(struct warden *w, pid_t pid, char *words, size_t n)
{
	AUTO_FREE char *own = group_of(getpid());
	char number[16];
	int e = -EACCES;

	snprintf(words, n, "no control group from %s upwards is delegated to uid %u, with what is needed",
		 own != NULL ? own : "/", geteuid());
	snprintf(number, sizeof(number), "%d", (int)pid);
	for (bool top = false; own != NULL && !top;) {
		AUTO_FREE char *dir = path_join(w->root, own + 1), *up = path_dirname(own);
		AUTO_CLOSE int fd =
		    open(*own == '/' && own[1] == '\0' ? w->root : dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		top = streq(own, "/");
		if (fd < 0 || faccessat(fd, ".", W_OK, AT_EACCESS) < 0 ||
		    faccessat(fd, "cgroup.procs", W_OK, AT_EACCESS) < 0)
			break;
		if (passes_on(w, fd)) {
			sweep(fd);
			e = make_group(w, fd);
			if (e == 0)
				e = set_limits(w);
			if (e == 0)
				e = write_at(w->dir, "cgroup.procs", number);
			if (e < 0)
				snprintf(words, n, "a group in %s: %s", dir, strerror(-e));
			else
				w->path = group_of(pid);
			break;
		}
		free(own);
		own = TAKE_PTR(up);
	}
	return e;
}

/* --- asked */

static void remove_group(struct warden *w)
{
	struct pollfd p = { -1, POLLPRI, 0 };

	if (w->dir < 0)
		return;
	/* Linux 5.14; without it what is left ends by itself, since its PID 1 has. */
	write_at(w->dir, "cgroup.kill", "1");
	p.fd = openat(w->dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	while (w->above >= 0 && p.fd >= 0) {
		char text[256];
		ssize_t n = pread(p.fd, text, sizeof(text) - 1, 0);

		if (n <= 0)
			break;
		text[n] = '\0';
		if (cgroup_number(text, "populated") == 0)
			break;
		poll(&p, 1, -1);
	}
	mem_close_fd(&p.fd);
	if (w->above >= 0)
		unlinkat(w->above, w->name, AT_REMOVEDIR);
	mem_close_fd(&w->dir);
	mem_close_fd(&w->above);
	free(TAKE_PTR(w->name));
	free(TAKE_PTR(w->path));
}

/* What the machine as a whole can't do is said first: no right would help. */
static int find_missing(struct warden *w, struct cgroup_answer *a)
{
	static const char unified[] = "the kernel's command line with systemd.unified_cgroup_hierarchy=1 (or "
				      "without cgroup_disable=), or leave the limit out";
	AUTO_FREE char *mounts = read_at(AT_FDCWD, "/proc/self/mountinfo");
	AUTO_CLOSE int root = -1;
	AUTO_FREE char *has = NULL;
	char why[200];
	bool v1;

	if (mounts == NULL) {
		snprintf(why, sizeof(why), "/proc/self/mountinfo: %s", strerror(errno));
		return says_no(why, "leave the limit out", a);
	}
	w->root = cgroup_root(mounts, &v1);
	if (w->root == NULL)
		return says_no("no cgroup v2 is mounted here", "mount -t cgroup2 cgroup2 /sys/fs/cgroup", a);
	root = open(w->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	has = root >= 0 ? read_at(root, "cgroup.controllers") : NULL;
	if (has == NULL) {
		snprintf(why, sizeof(why), "%.100s/cgroup.controllers: %s", w->root, strerror(errno));
		return says_no(why, "leave the limit out", a);
	}
	for (enum limit_id id = 0; id < LIMITS; id++) {
		AUTO_FREE char *name = wanted(w, id) ? controller(id) : NULL;

		if (name == NULL || has_word(has, name))
			continue;
		snprintf(why, sizeof(why), "cgroup v2 at %.80s has no controller %s%s", w->root, name,
			 v1 ? ": cgroup v1 has it on this machine" : "");
		return says_no(why, unified, a);
	}
	return 0;
}

static int enter(struct warden *w, pid_t pid, struct cgroup_answer *a)
{
	char scope[200] = "", hand[200] = "", why[420];
	bool systemd = systemd_runs();
	const char *missing;
	int e = -ENOENT;

	remove_group(w);
	if (w->root == NULL && find_missing(w, a) < 0) {
		free(TAKE_PTR(w->root));
		return a->error;
	}
	if (systemd)
		e = by_scope(w, pid, scope, sizeof(scope));
	if (e < 0)
		e = by_hand(w, pid, hand, sizeof(hand));
	if (e < 0) {
		snprintf(why, sizeof(why), "%s%s%s", scope, systemd ? "; " : "", hand);
		return says_no(
		    why,
		    geteuid() == 0 ? "leave the limit out"
		    : systemd ? "loginctl enable-linger, with XDG_RUNTIME_DIR set; or leave the limit out"
			      : "a delegated control group (Delegate=yes), or leave the limit out",
		    a);
	}
	missing = not_held(w);
	if (missing == NULL)
		return 0;
	snprintf(why, sizeof(why), "%s has no %s: systemd delegates no such controller", w->path, missing);
	return says_no(why, "systemctl edit user@.service: [Service] Delegate=memory pids cpu", a);
}

static int check(const struct warden *w, pid_t pid, struct cgroup_answer *a)
{
	AUTO_FREE char *path = group_of(pid);
	const char *missing = w->dir >= 0 ? not_held(w) : "";

	if (path == NULL || w->path == NULL || !streq(path, w->path))
		missing = "";
	for (enum limit_id id = 0; missing != NULL && *missing == '\0' && id < LIMITS; id++)
		if (wanted(w, id))
			missing = limitset_row(id)->name;
	snprintf(a->missed, sizeof(a->missed), "%s", missing != NULL ? missing : "");
	return missing != NULL ? -EPERM : 0;
}

static void answer(int sock, const struct cgroup_answer *a, int dir)
{
	struct iovec iov = { (void *)(uintptr_t)a, sizeof(*a) };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = { 0 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (dir >= 0) {
		struct cmsghdr *c;

		m.msg_control = u.buf;
		m.msg_controllen = sizeof(u.buf);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &dir, sizeof(int));
	}
	/* Nobody there any more: the next read says so. */
	(void)!sendmsg(sock, &m, MSG_NOSIGNAL);
}

void cgroup_warden(int sock)
{
	struct warden w = { .dir = -1, .above = -1 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct cgroup_ask ask;
	sigset_t all;
	ssize_t n;

	/* A signal to the launcher's group is not for it. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "claude-limits");
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (sock > 3)
		oldkernel_close_range(3, (unsigned)sock - 1, false);
	oldkernel_close_range((unsigned)sock + 1, ~0u, false);
	while ((n = recv(sock, &ask, sizeof(ask), 0)) > 0 || (n < 0 && errno == EINTR)) {
		struct cgroup_answer a = { 0 };

		if (n != sizeof(ask))
			continue;
		memcpy(w.n, ask.n, sizeof(w.n));
		a.error = ask.what == CGROUP_ENTER ? enter(&w, ask.pid, &a) : check(&w, ask.pid, &a);
		answer(sock, &a, ask.what == CGROUP_ENTER && a.error == 0 ? w.dir : -1);
	}
	remove_group(&w);
	_exit(0);
}
