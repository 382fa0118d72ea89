/* SPDX-License-Identifier: MIT */
#include "finish.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "autorun.h"
#include "compose.h"
#include "fdmount.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "util.h"

#define BATCH	200 /* so much is protected at a time, not to wait for the end */
#define MAX_FDS 64

/* What the process says at its end, in one write. */
struct finish_word {
	unsigned held, entries, ms;
	unsigned changed; /* while nothing protected them */
	int error;	  /* -errno; the message is in text */
	char text[300];	  /* or the first that changed */
};

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Whoever waits for the end of the box waits for its descriptors. */
static void close_all_but(int *fds, size_t n)
{
	int null = open("/dev/null", O_RDWR);
	unsigned from = 3;

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	qsort(fds, n, sizeof(*fds), by_number);
	for (size_t i = 0; i < n; i++) {
		if ((unsigned)fds[i] > from)
			oldkernel_close_range(from, (unsigned)fds[i] - 1, false);
		from = (unsigned)fds[i] + 1;
	}
	oldkernel_close_range(from, ~0u, false);
}

/* The time of change of an inode can't be set. */
static void look_for_changes(const struct scan *s, int rootfd, struct timespec since, struct finish_word *w)
{
	for (size_t i = 0; i < s->autorun.n; i++) {
		const struct autorun_thing *t = &s->autorun.thing[i];
		struct stat st;

		if (t->what != AUTORUN_PROTECT ||
		    fstatat(rootfd, t->path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_ctim.tv_sec < since.tv_sec ||
		    (st.st_ctim.tv_sec == since.tv_sec && st.st_ctim.tv_nsec < since.tv_nsec))
			continue;
		if (w->changed++ == 0)
			snprintf(w->text, sizeof(w->text), "%s", t->path);
	}
}

static int protect(const struct finish_work *work, int mnt_fd, struct finish_word *w, struct diag *d)
{
	size_t entry = work->policy->nentry, pin = work->policy->pin.n;
	AUTO_PLAN struct plan plan = { 0 };
	const struct strv none = { 0 };
	struct fdmount_job job = { .plan = &plan, .mnt_fd = mnt_fd, .keep = &none, .late = true };
	struct fdmount_result done;

	autorun_add(work->policy, &work->scan->autorun);
	compose_late(work->policy, entry, pin, &work->scan->found, &plan);
	w->held += (unsigned)(work->policy->nentry - entry);
	return plan.n > 0 ? fdmount_all(&job, &done, d) : 0;
}

static unsigned ms_since(struct timespec t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)((now.tv_sec - t.tv_sec) * 1000 + (now.tv_nsec - t.tv_nsec) / 1000000);
}

static void work_on(const struct finish_work *work, int mnt_fd, int out) __attribute__((noreturn));
static void work_on(const struct finish_work *work, int mnt_fd, int out)
{
	struct finish_word w = { 0 };
	struct timespec start, since;
	struct diag d = { 0 };
	int fds[MAX_FDS], r = 1;
	size_t n = scan_fds(work->scan, fds, MAX_FDS - 2);
	int rootfd = fds[0];

	clock_gettime(CLOCK_MONOTONIC, &start);
	clock_gettime(CLOCK_REALTIME_COARSE, &since);
	fds[n++] = mnt_fd;
	fds[n++] = out;
	close_all_but(fds, n);
	while (r > 0) {
		int e;

		r = scan_rest(work->scan, BATCH, &d);
		look_for_changes(work->scan, rootfd, since, &w);
		e = protect(work, mnt_fd, &w, &d);
		r = e < 0 ? e : r;
		if (w.ms == 0 && (work->scan->names_known || r == 0))
			w.ms = ms_since(start) + 1;
	}
	w.error = r;
	w.entries = (unsigned)work->scan->entries;
	if (r < 0)
		snprintf(w.text, sizeof(w.text), "%.299s", d.msg);
	_exit(write(out, &w, sizeof(w)) == sizeof(w) ? 0 : 1);
}

void finish_start(const struct finish_work *work, int mnt_fd, struct finish *ret)
{
	pid_t parent = getpid();
	int p[2];

	*ret = (struct finish){ .fd = -1 };
	if (pipe2(p, O_CLOEXEC) < 0 || (ret->pid = fork()) < 0) {
		ret->pid = 0;
		log_security("weaker: what the host runs is not protected to the end: %s", strerror(errno));
		return;
	}
	if (ret->pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
			_exit(1);
		work_on(work, mnt_fd, p[1]);
	}
	close(p[1]);
	ret->fd = p[0];
	log_detail("large project: protecting ...");
}

static void reap(struct finish *f)
{
	while (f->pid > 0 && waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
		;
	f->pid = 0;
	mem_close_fd(&f->fd);
}

void finish_told(struct finish *f)
{
	struct finish_word w;
	ssize_t n = read(f->fd, &w, sizeof(w));

	if (n < 0 && errno == EINTR)
		return;
	reap(f);
	w.text[sizeof(w.text) - 1] = '\0';
	if (n != sizeof(w))
		log_security("weaker: what the host runs is not protected to the end: the search died");
	else if (w.error < 0)
		log_security("weaker: what the host runs is not protected to the end: %s", w.text);
	else
		log_detail("large project: %u more protected %u ms after the start; %u entries", w.held, w.ms,
			   w.entries);
	if (n == sizeof(w) && w.error == 0 && w.changed > 0)
		log_security("changed inside before it was protected: %s%s; the host acts on it", w.text,
			     w.changed > 1 ? " and others" : "");
}

void finish_done(struct finish *f)
{
	if (f->pid > 0)
		kill(f->pid, SIGKILL);
	reap(f);
}
