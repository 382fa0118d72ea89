/* SPDX-License-Identifier: MIT */
/*
 * A process enters the namespaces that own the box, and its child the box's pid namespace: kill(-1) there reaches
 * all but PID 1, which is ours, and the kernel lets no fork happen meanwhile. What is in a system call goes on to its
 * end; so it waits until the box's own /proc shows every thread stopped. A stopped process can be continued by
 * the kernel alone: by a SIGCONT to a process group whose last parent ends, or one that it asked for before (a timer,
 * F_SETSIG), and it may stop itself again. So at the end the same threads, and no others, must be stopped, and none of
 * them may have had a processor meanwhile.
 *
 * The child is in the box's process table. What is inside can end it, which is an error here, and the box is ended;
 * it can't look into it, which has capabilities that nobody inside has.
 */
#include "freeze.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/nsfs.h>

#include "deadline.h"
#include "fdmount.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "util.h"

#define STOPS_MS   20000 /* a machine under load, or a slow disk */
#define HIDDEN_MS  3000	 /* where it can't be seen what is waited for: that may be somebody inside */
#define ANSWER_MS  30000
#define HEAR_MS	   100
#define TOLD_MS	   700	/* for an answer, once we are to end */
#define END_MS	   5000 /* for all in a box to end, when its init does */
#define PAUSE_US   100
#define PAUSE_MAX  10000
#define PARENT_MS  1000
#define FIRST_FREE 3
#define STATUS_MAX (1u << 20) /* a process may be in 65536 groups */

/* What is asked for. */
struct word {
	enum { END, MOUNT, OPENED } what;
	const struct plan_op *op; /* of MOUNT; in the launcher's memory, which this is a copy of */
	dev_t dev;
	ino_t ino;
};

struct task {
	int pid, tid, parent, group;
	char state;
	unsigned long long start, switches; /* of the processor, so far */
};

#define NAME_SIZE 64

struct tasks {
	struct task *v; /* owned */
	size_t n, cap;
	bool runs; /* one of them does */
	bool seen; /* ... and it isn't hidden from us what it waits for */
	int who;   /* one that does, and its name */
	char name[NAME_SIZE];
};

/* What is said of a question. */
struct word_back {
	int e;
	int who; /* of -ETIMEDOUT: who didn't stop, as inside; 0: not known */
	char name[NAME_SIZE];
};

static void tasks_done(struct tasks *t)
{
	free(t->v);
	*t = (struct tasks){ 0 };
}

static struct task *add(struct tasks *t, struct task one)
{
	if (t->n == t->cap) {
		t->cap = t->cap * 2 + 64;
		t->v = xrealloc_array(t->v, t->cap, sizeof(*t->v));
	}
	t->v[t->n] = one;
	return &t->v[t->n++];
}

static bool read_of(int task, const char *name, char *buf, size_t size)
{
	AUTO_CLOSE int fd = openat(task, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, buf, size - 1) : -1;

	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/*
 * "syscall" of a process that is not dumpable belongs to a root that the box's user namespace does not know: no
 * capability there opens it. "wchan" may be opened by all, and is told to who may trace. In a function of
 * the fork itself nothing is written.
 */
static bool sleeps_in_fork(int task)
{
	static const char *const in[] = { "kernel_clone", "wait_for_vfork_done", "_do_fork", "do_fork" };
	char text[256];

	if (!read_of(task, "wchan", text, sizeof(text)))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(in); i++)
		if (streq(text, in[i]))
			return true;
	return false;
}

/* Of a program that its user may not read. */
static bool is_hidden(int task)
{
	char text[256];

	return !read_of(task, "syscall", text, sizeof(text)) &&
	       (!read_of(task, "wchan", text, sizeof(text)) || streq(text, "0"));
}

/* A thread that waits for the exec of the child it made does nothing before that, and the child is stopped. */
static bool waits_for_child(int task)
{
	char text[256];
	long nr;

	if (!read_of(task, "syscall", text, sizeof(text)))
		return sleeps_in_fork(task);
	if (!isdigit((unsigned char)text[0]))
		return false;
	nr = strtol(text, NULL, 10);
#ifdef SYS_vfork
	if (nr == SYS_vfork)
		return true;
#endif
	return nr == SYS_clone || nr == SYS_clone3;
}

/* What was listed a moment ago has ended. Any other failure leaves unknown whether it runs. */
static int unless_ended(int e)
{
	return e == ENOENT || e == ESRCH ? 0 : -e;
}

/* One thread, if it is none that has ended. -errno. */
static int look_at_task(int dir, const char *pid, const char *tid, struct tasks *ret)
{
	AUTO_CLOSE int task = openat(dir, tid, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = task >= 0 ? openat(task, "stat", O_RDONLY | O_CLOEXEC) : -1;
	unsigned long long start;
	char text[1024], state;
	const char *s;
	int parent, group;
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (n <= 0)
		return n < 0 ? unless_ended(errno) : 0;
	text[n] = '\0';
	/* The name before it may have any bytes. */
	s = strrchr(text, ')');
	if (s == NULL || s[1] != ' ')
		return -EPROTO;
	if (s[2] == 'Z' || s[2] == 'X')
		return 0;
	if (s[2] != 'T' && s[2] != 't' && !(s[2] == 'D' && waits_for_child(task))) {
		const char *name = strchr(text, '(');

		ret->runs = true;
		ret->seen = ret->seen || s[2] != 'D' || !is_hidden(task);
		ret->who = atoi(pid);
		snprintf(ret->name, sizeof(ret->name), "%.*s", (int)(s - name - 1), name + 1);
	}
	s += 2;
	state = *s;
	if (sscanf(s + 1, " %d %d", &parent, &group) != 2)
		parent = group = 0;
	/* Field 22; the state is 3. */
	for (int i = 3; i < 22 && s != NULL; i++) {
		s = strchr(s, ' ');
		s = s != NULL ? s + 1 : NULL;
	}
	start = s != NULL ? strtoull(s, NULL, 10) : 0;
	add(ret, (struct task){ atoi(pid), atoi(tid), parent, group, state, start, 0 });
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

static int look_at_process(int proc, const char *pid, struct tasks *ret)
{
	AUTO_FREE char *name = xasprintf("%s/task", pid);
	AUTO_DIR DIR *d = mem_dir(openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *t;
	int e = 0;

	if (d == NULL)
		return unless_ended(errno);
	while (e == 0 && (errno = 0, t = readdir(d)) != NULL)
		if (isdigit((unsigned char)t->d_name[0]))
			e = look_at_task(dirfd(d), pid, t->d_name, ret);
	return e < 0 ? e : unless_ended(errno);
}

/* All threads of the box but init's and our own, in the order of their numbers. -errno. */
static int look(struct tasks *ret)
{
	AUTO_DIR DIR *proc = opendir("/proc");
	const struct dirent *d;
	int e = 0;

	*ret = (struct tasks){ 0 };
	if (proc == NULL)
		return -errno;
	while (e == 0 && (errno = 0, d = readdir(proc)) != NULL) {
		int pid = isdigit((unsigned char)d->d_name[0]) ? atoi(d->d_name) : 1;

		if (pid != 1 && pid != getpid())
			e = look_at_process(dirfd(proc), d->d_name, ret);
	}
	if (e == 0 && errno != 0)
		e = -errno;
	if (ret->n > 0)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_number);
	return e;
}

static int switches_of(const char *text, const char *name, unsigned long long *ret)
{
	const char *s = strstr(text, name);

	if (s == NULL)
		return -EPROTO;
	*ret += strtoull(s + strlen(name), NULL, 10);
	return 0;
}

/* Who has run and stopped again has left the processor once more than before. -errno. */
static int count_switches(struct tasks *t)
{
	static char text[STATUS_MAX];
	int e = 0;

	for (size_t i = 0; i < t->n && e == 0; i++) {
		struct task *one = &t->v[i];
		AUTO_FREE char *name = xasprintf("/proc/%d/task/%d/status", one->pid, one->tid);

		one->switches = 0;
		errno = 0;
		if (!read_of(AT_FDCWD, name, text, sizeof(text))) {
			/* One that has ended since it was listed is missed the next time. */
			e = unless_ended(errno);
			continue;
		}
		e = switches_of(text, "\nvoluntary_ctxt_switches:", &one->switches);
		if (e == 0)
			e = switches_of(text, "\nnonvoluntary_ctxt_switches:", &one->switches);
	}
	return e;
}

static bool same(const struct tasks *a, const struct tasks *b)
{
	if (a->n != b->n || a->runs || b->runs)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].tid != b->v[i].tid || a->v[i].pid != b->v[i].pid ||
		    a->v[i].start != b->v[i].start || a->v[i].switches != b->v[i].switches)
			return false;
	return true;
}

static bool has(const struct tasks *t, int pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].pid == pid)
			return true;
	return false;
}

/* Those that were stopped before, by somebody inside: they stay so. */
static void already_stopped(const struct tasks *all, struct tasks *ret)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].pid == all->v[i].tid && all->v[i].state == 'T')
			add(ret, all->v[i]);
}

static bool has_child(const struct tasks *t, int pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].parent == pid && t->v[i].pid == t->v[i].tid)
			return true;
	return false;
}

/* As far as it goes: a shell that still waits when its child stops takes that for a stop of the job. */
static void stop_parents(const struct tasks *all)
{
	const struct timespec end = deadline_in(CLOCK_MONOTONIC, PARENT_MS);
	const struct timespec pause = { .tv_nsec = PAUSE_US * 1000l };

	for (size_t i = 0; i < all->n; i++) {
		const struct task *t = &all->v[i];
		AUTO_FREE char *name = xasprintf("/proc/%d/task", t->pid);
		AUTO_CLOSE int dir = -1;

		if (t->pid != t->tid || t->state == 'T' || (t->group != t->pid && !has_child(all, t->pid)) ||
		    kill(t->pid, SIGSTOP) < 0)
			continue;
		dir = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		while (!deadline_over(CLOCK_MONOTONIC, &end)) {
			struct tasks now = { 0 };
			AUTO_FREE char *number = xasprintf("%d", t->pid);
			bool done;

			(void)look_at_task(dir, number, number, &now);
			done = now.n == 0 || (now.v[0].state != 'S' && now.v[0].state != 'R');
			tasks_done(&now);
			if (done)
				break;
			nanosleep(&pause, NULL);
		}
	}
}

static int stop_all(struct tasks *ret)
{
	struct timespec end = deadline_in(CLOCK_MONOTONIC, STOPS_MS);
	struct timespec hidden = deadline_in(CLOCK_MONOTONIC, HIDDEN_MS);
	struct timespec pause = { .tv_nsec = PAUSE_US * 1000l };
	int e;

	/* There may be nobody. */
	if (kill(-1, SIGSTOP) < 0 && errno != ESRCH)
		return -errno;
	for (;;) {
		e = look(ret);
		if (e < 0 || !ret->runs)
			return e < 0 ? e : count_switches(ret);
		if (deadline_over(CLOCK_MONOTONIC, ret->seen ? &end : &hidden))
			return -ETIMEDOUT;
		tasks_done(ret);
		nanosleep(&pause, NULL);
		pause.tv_nsec = pause.tv_nsec * 2 < PAUSE_MAX * 1000l ? pause.tv_nsec * 2 : PAUSE_MAX * 1000l;
	}
}

/* The younger first: who waits for his children, a shell, goes on when they do, and sees none that is stopped. */
static void let_go(const struct tasks *all, const struct tasks *stay)
{
	for (size_t i = all->n; i-- > 0;)
		if (all->v[i].pid == all->v[i].tid && !has(stay, all->v[i].pid))
			kill(all->v[i].pid, SIGCONT);
	/* A leader that has ended is not among them. */
	for (size_t i = all->n; i-- > 0;)
		if (all->v[i].pid != all->v[i].tid && !has(stay, all->v[i].pid))
			kill(all->v[i].pid, SIGCONT);
}

static bool say(int sock, const struct word_back *w)
{
	return send(sock, w, sizeof(*w), MSG_NOSIGNAL) == sizeof(*w);
}

static bool answer(int sock, int e)
{
	return say(sock, &(struct word_back){ .e = e });
}

/*
 * Whether descriptors wait in a socket to be received: nobody can see of what (unix_show_fdinfo() of the kernel's
 * net/unix/af_unix.c, since 5.6; before that it is not known).
 */
static bool passes(const struct task *t, const char *number)
{
	AUTO_FREE char *name = xasprintf("/proc/%d/task/%d/fdinfo/%s", t->pid, t->tid, number);
	AUTO_CLOSE int fd = open(name, O_RDONLY | O_CLOEXEC);
	static const char key[] = "scm_fds:";
	char text[1024];
	const char *at;
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

	if (n <= 0)
		return false;
	text[n] = '\0';
	at = strstr(text, key);
	return at != NULL && strtoul(at + strlen(key), NULL, 10) > 0;
}

/* Those of a process that is not dumpable can't be listed: hostsavehold.c says what that leaves. -errno. */
static int opened(const struct tasks *all, const struct stat *st)
{
	bool hidden = false;

	for (size_t i = 0; i < all->n; i++) {
		AUTO_FREE char *name = xasprintf("/proc/%d/task/%d/fd", all->v[i].pid, all->v[i].tid);
		AUTO_DIR DIR *d = opendir(name);
		const struct dirent *e;
		struct stat is;

		hidden = hidden || (d == NULL && errno == EACCES);
		if (d == NULL && errno != EACCES && unless_ended(errno) < 0)
			return -errno;
		while (d != NULL && (errno = 0, e = readdir(d)) != NULL) {
			if (fstatat(dirfd(d), e->d_name, &is, 0) < 0) {
				/* On a file system that is gone: not the one that was just looked at. */
				if (unless_ended(errno) < 0 && errno != ENOTCONN && errno != ESTALE)
					return -errno;
			} else if (is.st_ino == st->st_ino && is.st_dev == st->st_dev) {
				return 1;
			} else if (S_ISSOCK(is.st_mode) && !hidden) {
				hidden = passes(&all->v[i], e->d_name);
			}
		}
		if (d != NULL && unless_ended(errno) < 0)
			return -errno;
	}
	return hidden ? FREEZE_HIDDEN : 0;
}

static void stand_by(int sock, const struct fdmount_box *box) __attribute__((noreturn));
static void stand_by(int sock, const struct fdmount_box *box)
{
	struct tasks before, stay = { 0 }, all = { 0 }, now = { 0 };
	struct word_back back = { 0 };
	struct word w;
	int e = look(&before);

	if (e == 0) {
		already_stopped(&before, &stay);
		stop_parents(&before);
		e = stop_all(&all);
	}
	back.e = e;
	if (e == -ETIMEDOUT) {
		back.who = all.who;
		memcpy(back.name, all.name, sizeof(back.name));
	}
	if (!say(sock, &back) || e < 0)
		_exit(1);
	while (recv(sock, &w, sizeof(w), 0) == sizeof(w)) {
		const struct stat st = { .st_dev = w.dev, .st_ino = w.ino };

		if (w.what != END) {
			if (!answer(sock,
				    w.what == OPENED ? opened(&all, &st) : fdmount_again(box, w.op, &st)))
				break;
			continue;
		}
		e = look(&now);
		e = e < 0 ? e : count_switches(&now);
		e = e < 0 ? e : same(&all, &now) ? 0 : -EAGAIN;
		/* First: who goes on may end, and the box with him, and so do we. Who asked waits for our end. */
		answer(sock, e);
		let_go(&now, &stay);
		_exit(0);
	}
	/* Whoever asked is gone, and the box with him. */
	_exit(1);
}

/* The descriptors that are needed, at numbers that nobody sees: the child is in the process table of the box. */
static int close_others(int *sock, int *mnt, int *pid)
{
	const int from[3] = { *sock, *mnt, *pid };
	int high[3], null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -errno;
	/* Above those that they take the place of. */
	for (int i = 0; i < 3; i++) {
		high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 2 * FIRST_FREE);
		if (high[i] < 0)
			return -errno;
	}
	for (int fd = 0; fd < FIRST_FREE; fd++)
		if (dup2(null, fd) < 0)
			return -errno;
	for (int i = 0; i < 3; i++)
		if (dup3(high[i], FIRST_FREE + i, O_CLOEXEC) < 0)
			return -errno;
	oldkernel_close_range(FIRST_FREE + 3, ~0u, false);
	*sock = FIRST_FREE;
	*mnt = FIRST_FREE + 1;
	*pid = FIRST_FREE + 2;
	return 0;
}

static int enter_and_stop(int sock, int mnt, int pid)
{
	struct fdmount_box box;
	pid_t child;
	int e;

	e = close_others(&sock, &mnt, &pid);
	/* Not to be looked into, nor traced, by who has the same uid in there. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (e == 0)
		e = fdmount_enter(mnt, &box);
	if (e == 0 && setns(pid, CLONE_NEWPID) < 0)
		e = -errno;
	child = e == 0 ? fork() : -1;
	if (child < 0) {
		answer(sock, e < 0 ? e : -errno);
		return 1;
	}
	if (child == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
			_exit(1);
		close(mnt);
		close(pid);
		stand_by(sock, &box);
	}
	close(sock);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

static void end(struct freeze *f)
{
	mem_close_fd(&f->sock);
	while (f->pid > 0 && waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
		;
	f->pid = 0;
}

/* Signals are blocked, and read by who called us. */
static bool told_to_end(void)
{
	static const int all[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	sigset_t set;

	if (sigpending(&set) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (sigismember(&set, all[i]) == 1)
			return true;
	return false;
}

static int hear(struct freeze *f)
{
	const struct timespec end = deadline_in(CLOCK_MONOTONIC, ANSWER_MS);
	struct pollfd p = { f->sock, POLLIN, 0 };
	struct word_back w = { 0 };
	struct timespec over;
	bool told = false;
	int n;

	while ((n = poll(&p, 1, HEAR_MS)) <= 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (told && deadline_over(CLOCK_MONOTONIC, &over))
			return -ECANCELED;
		if (deadline_over(CLOCK_MONOTONIC, &end))
			return -ETIMEDOUT;
		if (!told && told_to_end()) {
			told = true;
			over = deadline_in(CLOCK_MONOTONIC, TOLD_MS);
		}
	}
	if (recv(f->sock, &w, sizeof(w), MSG_DONTWAIT) != sizeof(w))
		return -EPIPE;
	w.name[sizeof(w.name) - 1] = '\0';
	if (w.who != 0)
		log_security("process %d inside (%s) can't be stopped, or can't be seen to have stopped",
			     w.who, w.name);
	return w.e;
}

int freeze_begin(int mnt, int pid, struct freeze *ret)
{
	pid_t parent = getpid();
	int pair[2], e;

	*ret = (struct freeze){ .sock = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	ret->pid = fork();
	e = -errno;
	if (ret->pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
			_exit(1);
		_exit(enter_and_stop(pair[1], mnt, pid));
	}
	close(pair[1]);
	ret->sock = pair[0];
	if (ret->pid > 0)
		e = hear(ret);
	if (e < 0) {
		/* One that is stuck has its child in there: both end with the box. */
		if (ret->pid > 0)
			kill(ret->pid, SIGKILL);
		end(ret);
	}
	return e;
}

static int ask(struct freeze *f, struct word w)
{
	return send(f->sock, &w, sizeof(w), MSG_NOSIGNAL) == sizeof(w) ? hear(f) : -EPIPE;
}

int freeze_mount(struct freeze *f, const struct plan_op *op, const struct stat *st)
{
	return ask(f, (struct word){ .what = MOUNT, .op = op, .dev = st->st_dev, .ino = st->st_ino });
}

int freeze_opened(struct freeze *f, const struct stat *st)
{
	return ask(f, (struct word){ .what = OPENED, .dev = st->st_dev, .ino = st->st_ino });
}

int freeze_end(struct freeze *f)
{
	int e = ask(f, (struct word){ .what = END });

	if (e < 0 && e != -EAGAIN && f->pid > 0)
		kill(f->pid, SIGKILL);
	end(f);
	return e;
}

/* A box whose init has ended takes nobody in, and ends who is in there: pid_namespaces(7). */
bool freeze_met_end(int init, int e)
{
	struct pollfd p = { init, POLLIN, 0 };

	return init >= 0 && poll(&p, 1, e == -ECANCELED ? 0 : END_MS) == 1;
}
