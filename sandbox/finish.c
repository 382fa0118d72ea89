/* SPDX-License-Identifier: MIT */
#include "finish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "autorun.h"
#include "compose.h"
#include "deadline.h"
#include "fdmount.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "strv.h"
#include "util.h"

#define BATCH	   200	/* so much is protected at a time, not to wait for the end */
#define AT_END_MS  5000 /* so long the user waits at a session's end for a look at what was changed */
#define NAMED	   8
#define WEAKER_MAX 3000 /* bytes: all is one write to a pipe */

/* A note is one of these, a path, and a NUL. */
#define NOTE_HELD    'h' /* as the host left it */
#define NOTE_PINNED  'p' /* it stays where it is; what is below is not held by that */
#define NOTE_GONE    'g' /* found, and gone before it was held */
#define NOTE_CLOSED  'c' /* a directory that was closed before the session began */
#define NOTE_TOUCHED 't' /* a directory that was changed before it was searched */
#define NOTE_WHOLE   'w' /* no path: all is held */
#define NOTE_RENEWED 'r' /* before the path: what it is since, and its directory; see renewed_read */

/* What the process says at its end, in one write. */
struct finish_word {
	unsigned held, entries, ms;
	unsigned closed; /* directories that it could not search */
	int error;	 /* -errno; the message is in text */
	int unnoted;	 /* -errno: from then on nothing is noted */
	char text[300];
	unsigned weaker;	/* lines of what can't be protected, */
	char lines[WEAKER_MAX]; /* each with its end, as many as there is room for */
};

_Static_assert(sizeof(struct finish_word) <= PIPE_BUF, "one write to a pipe");

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

static void note_weaker(const struct scan *s, struct finish_word *w)
{
	size_t len = strlen(w->lines);

	for (size_t i = 0; i < s->weaker.n; i++) {
		w->weaker++;
		if (len + strlen(s->weaker.v[i]) + 2 > sizeof(w->lines))
			continue;
		len += (size_t)snprintf(w->lines + len, sizeof(w->lines) - len, "%s\n", s->weaker.v[i]);
	}
}

static int protect(const struct finish_work *work, int mnt_fd, struct finish_word *w, struct diag *d)
{
	size_t entry = work->policy->nentry, pin = work->policy->pin.n;
	AUTO_PLAN struct plan plan = { 0 };
	const struct strv none = { 0 };
	struct fdmount_job job = { .plan = &plan, .keep = &none, .late = true };
	struct fdmount_helper helper = { .sock = -1 };
	struct fdmount_result done;
	int e;

	autorun_add(work->policy, &work->scan->autorun);
	compose_late(work->policy, entry, pin, &work->scan->found, &plan);
	w->held += (unsigned)(work->policy->nentry - entry);
	if (plan.n == 0)
		return 0;
	e = fdmount_start(&job, &helper, d);
	if (e == 0)
		e = fdmount_all(&helper, &job, mnt_fd, &done, d);
	fdmount_end(&helper);
	return e;
}

/* Where there are no leases (NFS) the end of the session tells what was written to. */
static bool is_refused(int fd, int lease)
{
	/* Should somebody break it: not by a signal that ends this process. */
	if (fcntl(fd, F_SETSIG, SIGCHLD) < 0 || fcntl(fd, F_SETLEASE, lease) < 0)
		return errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

/* What was open before, no mount closes; and who has it open for reading can open it for writing by that. */
static void tell_opened(int out, const char *path, bool below, bool noted)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	struct finish_opened o = { .below = below, .noted = noted, .unread = fd < 0 && errno == EACCES };
	struct stat st;

	if ((o.unread ? lstat(path, &st) : fstat(fd, &st)) < 0 || !S_ISREG(st.st_mode) ||
	    strlen(path) >= sizeof(o.path))
		return;
	/* Who has it open gives it its mode again; another's can't. */
	if (o.unread ? st.st_uid != geteuid() : !is_refused(fd, F_WRLCK))
		return;
	o.written = !o.unread && is_refused(fd, F_RDLCK);
	strcpy(o.path, path);
	/* Whoever hears it is gone with the session. */
	(void)send(out, &o, offsetof(struct finish_opened, path) + strlen(path) + 1, MSG_NOSIGNAL);
}

/* Of a directory those right in it: hooks and settings lie there. */
static void tell_all_opened(int out, const struct autorun_thing *t, bool noted)
{
	AUTO_DIR DIR *d =
	    t->is_dir ? mem_dir(open(t->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC))
		      : NULL;
	const struct dirent *e;

	if (!t->is_dir)
		tell_opened(out, t->path, false, noted);
	while (d != NULL && (e = readdir(d)) != NULL) {
		AUTO_FREE char *path = path_join(t->path, e->d_name);

		tell_opened(out, path, true, noted);
	}
}

/* Half of one would be read as a part of the next: the first that can't be written is the last. */
static void note(const struct finish_work *work, struct finish_word *w, char what, const char *path)
{
	if (work->notes >= 0 && w->unnoted == 0 && dprintf(work->notes, "%c%s%c", what, path, 0) < 0)
		w->unnoted = -errno;
}

/* Of what was found, once it is held: nothing can be put in its place any more. */
static void note_found(const struct finish_work *work, int opened, struct finish_word *w)
{
	const struct autorun_found *f = &work->scan->autorun;

	for (size_t i = 0; i < f->n; i++) {
		const struct autorun_thing *t = &f->thing[i];
		AUTO_FREE char *moved = NULL;
		struct stat st;

		if (t->what == AUTORUN_OPEN || !autorun_is_held(work->policy, t->path))
			continue;
		if (lstat(t->path, &st) < 0) {
			note(work, w, NOTE_GONE, t->path);
			continue;
		}
		moved = scan_moved(work->scan, t->path, *work->since);
		if (moved == NULL)
			note(work, w, t->what == AUTORUN_PIN ? NOTE_PINNED : NOTE_HELD, t->path);
		if (t->what == AUTORUN_PROTECT)
			tell_all_opened(opened, t, moved == NULL && work->notes >= 0 && w->unnoted == 0);
	}
}

static void note_whole(const struct finish_work *work, struct finish_word *w)
{
	const struct strv *touched = &work->scan->touched;

	for (size_t i = 0; i < touched->n; i++)
		note(work, w, NOTE_TOUCHED, touched->v[i]);
	note(work, w, NOTE_WHOLE, "");
}

static unsigned ms_since(struct timespec t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)((now.tv_sec - t.tv_sec) * 1000 + (now.tv_nsec - t.tv_nsec) / 1000000);
}

/* For an end that may not come: what the policy holds from the start is not known to the next session. */
static void note_start(const struct finish_work *work, struct finish_word *w)
{
	const struct policy *p = work->policy;
	const struct compose_found *f = &work->scan->found; /* still of the start */

	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part == POLICY_AUTORUN && p->entry[i].access != POLICY_WRITE)
			note(work, w, NOTE_HELD, p->entry[i].path);
	for (size_t i = 0; i < p->pin.n; i++)
		note(work, w, NOTE_PINNED, p->pin.v[i]);
	for (size_t i = 0; i < f->n; i++)
		if (f->mask[i].is_dir && f->mask[i].closed)
			note(work, w, NOTE_CLOSED, f->mask[i].path);
}

static unsigned count_closed(const struct compose_found *f)
{
	unsigned n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->mask[i].is_dir && f->mask[i].closed;
	return n;
}

static void work_on(const struct finish_work *work, int mnt_fd, int out, int opened)
    __attribute__((noreturn));
static void work_on(const struct finish_work *work, int mnt_fd, int out, int opened)
{
	struct finish_word w = { 0 };
	struct timespec start;
	struct diag d = { 0 };
	size_t n;
	int *fds = scan_fds(work->scan, 4, &n), r = 1;

	clock_gettime(CLOCK_MONOTONIC, &start);
	fds[n++] = mnt_fd;
	fds[n++] = out;
	fds[n++] = opened;
	if (work->notes >= 0)
		fds[n++] = work->notes;
	close_all_but(fds, n);
	work->scan->since = work->since;
	note_start(work, &w);
	while (r > 0) {
		int e;

		r = scan_rest(work->scan, BATCH, &d);
		w.closed += count_closed(&work->scan->found);
		e = protect(work, mnt_fd, &w, &d);
		r = e < 0 ? e : r;
		if (r >= 0)
			note_found(work, opened, &w);
		note_weaker(work->scan, &w);
		if (w.ms == 0 && (work->scan->names_known || r == 0)) {
			w.ms = ms_since(start) + 1;
			if (r >= 0)
				note_whole(work, &w);
		}
	}
	w.error = r;
	w.entries = (unsigned)work->scan->entries;
	if (r < 0)
		snprintf(w.text, sizeof(w.text), "%.299s", d.msg);
	_exit(write(out, &w, sizeof(w)) == sizeof(w) ? 0 : 1);
}

int finish_notes(void)
{
	return memfd_create("claude-sandbox-search", MFD_CLOEXEC);
}

void finish_start(const struct finish_work *work, int mnt_fd, struct finish *ret)
{
	pid_t parent = getpid();
	int p[2] = { -1, -1 }, opened[2] = { -1, -1 };

	*ret = (struct finish){ .fd = -1, .opened = -1 };
	/* The process that mounts for it is in the box's namespace, and is to be gone when it is: see reap. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 || pipe2(p, O_CLOEXEC) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, opened) < 0 || (ret->pid = fork()) < 0) {
		ret->pid = 0;
		log_security("weaker: what the host runs is not protected to the end: %s", strerror(errno));
		prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
		for (size_t i = 0; i < 2; i++) {
			mem_close_fd(&p[i]);
			mem_close_fd(&opened[i]);
		}
		return;
	}
	if (ret->pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent || setpgid(0, 0) < 0)
			_exit(1);
		work_on(work, mnt_fd, p[1], opened[1]);
	}
	/* Whoever of the two comes first. */
	setpgid(ret->pid, ret->pid);
	close(p[1]);
	close(opened[1]);
	ret->fd = p[0];
	ret->opened = opened[0];
	log_detail("large project: protecting ...");
}

/* All of it: as long as one is in the box's namespace, the box's mounts lie over the host's files for whoever looks. */
static void reap(struct finish *f)
{
	while (f->pid > 0 && waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
		;
	while (f->pid > 0 && (waitpid(-f->pid, NULL, 0) > 0 || errno == EINTR))
		;
	if (f->pid > 0)
		prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	f->pid = 0;
	mem_close_fd(&f->fd);
}

static void say_weaker(struct account *a, struct finish_word *w)
{
	unsigned said = 0;
	char *rest = w->lines;

	for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; said++)
		account_tell(a, ACCOUNT_WEAKER, ACCOUNT_SECURITY, NULL, "weaker: %s", line);
	if (w->weaker > said)
		account_tell(a, ACCOUNT_WEAKER, ACCOUNT_SECURITY, NULL, "weaker: %u more like these",
			     w->weaker - said);
}

void finish_told(struct account *a, struct finish *f)
{
	struct finish_word w;
	ssize_t n = read(f->fd, &w, sizeof(w));

	if (n < 0 && errno == EINTR)
		return;
	reap(f);
	w.text[sizeof(w.text) - 1] = w.lines[sizeof(w.lines) - 1] = '\0';
	if (n != sizeof(w))
		account_tell(a, ACCOUNT_WEAKER, ACCOUNT_SECURITY, NULL,
			     "weaker: what the host runs is not protected to the end: the search died");
	else if (w.error < 0)
		account_tell(a, ACCOUNT_WEAKER, ACCOUNT_SECURITY, NULL,
			     "weaker: what the host runs is not protected to the end: %s", w.text);
	else if (w.closed == 0)
		log_detail("large project: %u more protected %u ms after the start; %u entries", w.held, w.ms,
			   w.entries);
	else
		log_detail(
		    "large project: %u more protected %u ms after the start; %u entries; %u director%s "
		    "could not be searched",
		    w.held, w.ms, w.entries, w.closed, w.closed > 1 ? "ies" : "y");
	if (n == sizeof(w) && w.unnoted < 0)
		account_tell(
		    a, ACCOUNT_WEAKER, ACCOUNT_SECURITY, NULL,
		    "weaker: what was removed or moved before it was protected may not be named at the "
		    "end: the notes of the search can't be written: %s",
		    strerror(-w.unnoted));
	if (n == sizeof(w))
		say_weaker(a, &w);
}

void finish_done(struct finish *f)
{
	if (f->pid > 0)
		kill(-f->pid, SIGKILL);
	reap(f);
	mem_close_fd(&f->opened);
}

bool finish_opened(struct finish *f, struct finish_opened *ret)
{
	const size_t least = offsetof(struct finish_opened, path) + 1;
	ssize_t n = recv(f->opened, ret, sizeof(*ret), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	/* One whole message is one whole path. */
	if (n < (ssize_t)least || ((const char *)ret)[n - 1] != '\0') {
		mem_close_fd(&f->opened);
		return false;
	}
	return true;
}

void finish_renewed(const struct finish_work *work, const char *path, const struct stat *st,
		    const struct timespec *dir)
{
	const struct timespec none = { 0 }, *d = dir != NULL ? dir : &none;
	AUTO_FREE char *text = xasprintf("%c%ju %lld.%09ld %lld.%09ld %s", NOTE_RENEWED,
					 (uintmax_t)st->st_ino, (long long)st->st_ctim.tv_sec,
					 st->st_ctim.tv_nsec, (long long)d->tv_sec, d->tv_nsec, path);

	/* One write, beside those of the search. Without it the file is named as one that was changed. */
	if (work->notes >= 0 && write(work->notes, text, strlen(text) + 1) < 0)
		log_detail("%s will be named as changed: the notes of the search can't be written: %s", path,
			   strerror(errno));
}

/* What that process left. */
struct notes {
	struct strv held;   /* those that are pinned, too, and those that were closed from the start */
	struct strv below;  /* held with all that is in them */
	struct strv pinned; /* by themselves */
	struct strv gone, touched;
	struct strv renewed; /* the notes themselves */
	bool whole;
};

static void notes_done(struct notes *n)
{
	strv_done(&n->held);
	strv_done(&n->below);
	strv_done(&n->pinned);
	strv_done(&n->gone);
	strv_done(&n->touched);
	strv_done(&n->renewed);
}

/* A note that it did not end, as it was killed, is none. */
static void read_notes(int fd, struct notes *ret)
{
	AUTO_FREE char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	text = xmalloc((size_t)st.st_size + 1);
	n = pread(fd, text, (size_t)st.st_size, 0);
	for (char *s = text, *end; n > 0 && (end = memchr(s, 0, (size_t)(text + n - s))) != NULL;
	     s = end + 1) {
		if (*s == NOTE_HELD || *s == NOTE_PINNED) {
			strv_add(&ret->held, s + 1);
			strv_add(*s == NOTE_HELD ? &ret->below : &ret->pinned, s + 1);
		} else if (*s == NOTE_CLOSED)
			strv_add(&ret->held, s + 1);
		else if (*s == NOTE_GONE)
			strv_add(&ret->gone, s + 1);
		else if (*s == NOTE_TOUCHED)
			strv_add(&ret->touched, s + 1);
		else if (*s == NOTE_RENEWED)
			strv_add(&ret->renewed, s + 1);
		else if (*s == NOTE_WHOLE)
			ret->whole = true;
	}
	strv_sort(&ret->held);
}

static void move_sorted(struct strv *from, struct strv *to)
{
	strv_done(to);
	*to = *from;
	*from = (struct strv){ 0 };
	strv_sort(to);
}

void finish_held(const struct finish_work *work, struct strv *ret, struct strv *pinned)
{
	__attribute__((cleanup(notes_done))) struct notes notes = { 0 };

	read_notes(work->notes, &notes);
	move_sorted(&notes.below, ret);
	move_sorted(&notes.pinned, pinned);
}

/* The first few of them, for a line; -v tells all. Owned. */
static char *list_of(struct account *a, enum account_kind kind, const struct strv *names, const char *detail)
{
	AUTO_FREE char *list = xstrdup("");

	for (size_t i = 0; i < names->n; i++) {
		AUTO_FREE char *before = list;

		account_add(a, kind, ACCOUNT_DETAIL, names->v[i], "%s: %s", detail, names->v[i]);
		list = i < NAMED ? xasprintf("%s%s%s", before, i > 0 ? ", " : "", names->v[i])
				 : TAKE_PTR(before);
	}
	if (names->n > NAMED) {
		AUTO_FREE char *before = list;

		list = xasprintf("%s and %zu more%s", before, names->n - NAMED, log_more());
	}
	return TAKE_PTR(list);
}

/* Something in dir itself that the host acts on. */
static bool is_named_in(const struct strv *changed, const char *dir)
{
	for (size_t i = 0; i < changed->n; i++) {
		const char *path = changed->v[i];
		AUTO_FREE char *name = NULL;

		if (!str_starts(path, dir) || path[strlen(dir)] != '/')
			continue;
		path += strlen(dir) + 1;
		name = xstrndup(path, strcspn(path, "/ "));
		if (autorun_may_be(name))
			return true;
	}
	return false;
}

struct renewed {
	const char *path; /* in the note */
	unsigned long long ino;
	struct timespec changed, dir;
};

static bool renewed_read(const char *note, struct renewed *ret)
{
	long long sec, dir_sec;
	int n = 0;

	if (sscanf(note, "%llu %lld.%9ld %lld.%9ld %n", &ret->ino, &sec, &ret->changed.tv_nsec, &dir_sec,
		   &ret->dir.tv_nsec, &n) != 5 ||
	    n == 0)
		return false;
	ret->changed.tv_sec = sec;
	ret->dir.tv_sec = dir_sec;
	ret->path = note + n;
	return true;
}

static bool is_right_in(const char *path, const char *dir)
{
	return path_is_under(path, dir) && strrchr(path, '/') == path + strlen(dir);
}

/* By us, and by nobody since: the file at path, or (dir) what a file in it did to the directory. */
static bool is_only_renewed(const struct notes *notes, const char *path, bool dir)
{
	struct renewed r;
	struct stat st;

	if (notes->renewed.n == 0 || lstat(path, &st) < 0)
		return false;
	for (size_t i = 0; i < notes->renewed.n; i++) {
		if (!renewed_read(notes->renewed.v[i], &r))
			continue;
		if (dir ? time_is_same(st.st_ctim, r.dir) && is_right_in(r.path, path)
			: streq(r.path, path) && r.ino == st.st_ino && time_is_same(st.st_ctim, r.changed))
			return true;
	}
	return false;
}

static void leave_out_renewed(const struct notes *notes, struct strv *paths, bool dirs)
{
	struct strv left = { 0 };

	for (size_t i = 0; i < paths->n; i++)
		if (!is_only_renewed(notes, paths->v[i], dirs))
			strv_add(&left, paths->v[i]);
	strv_done(paths);
	*paths = left;
}

/* What a search at the end of a session found, or what one finds at the start after it. */
struct found {
	const char *project;
	enum account_kind kind;
	struct timespec since;
	const struct notes *notes;
	const struct strv *touched, *unsearched;
	struct strv changed;
	int r; /* of scan_changed */
	struct diag d;
};

/* Nobody knows what was in them; who is told of what is there now looks there anyway. */
static void leave_named(const struct found *f, struct strv *ret)
{
	for (size_t i = 0; i < f->touched->n; i++)
		if (!is_named_in(&f->changed, f->touched->v[i]))
			strv_add(ret, f->touched->v[i]);
}

static void add_gone(struct found *f)
{
	struct stat st;

	for (size_t i = 0; i < f->notes->gone.n; i++)
		if (lstat(f->notes->gone.v[i], &st) < 0)
			strv_addf(&f->changed, "%s (removed or moved away)", f->notes->gone.v[i]);
}

/* when: between which times, in words. killed: NULL, or the line that comes before all others. False: nothing to say. */
static bool say_found(struct account *a, struct found *f, const char *when, const char *killed)
{
	AUTO_STRV struct strv dirs = { 0 };
	AUTO_FREE char *list = NULL;
	AUTO_FREE char *places = NULL;
	AUTO_FREE char *unsearched = NULL;
	char word[DIAG_WORD];

	leave_out_renewed(f->notes, &f->changed, false);
	add_gone(f);
	leave_named(f, &dirs);
	leave_out_renewed(f->notes, &dirs, true);
	if (f->r == 0 && f->changed.n == 0 && dirs.n == 0 && f->unsearched->n == 0)
		return false;
	if (killed != NULL)
		account_add(a, ACCOUNT_KILLED, ACCOUNT_SECURITY, f->project, "%s", killed);
	if (f->r < 0)
		account_add(a, ACCOUNT_WEAKER, ACCOUNT_SECURITY, f->project,
			    "weaker: what the host runs was not all searched for changes: %s", f->d.msg);
	else if (f->r > 0)
		account_add(
		    a, ACCOUNT_WEAKER, ACCOUNT_SECURITY, f->project,
		    "weaker: %s is too large to be searched in %d s: not all that changed of what the host "
		    "runs is known; try: find %s -newerct @%lld",
		    f->project, AT_END_MS / 1000, diag_word(word, sizeof(word), f->project),
		    (long long)f->since.tv_sec);
	list = list_of(a, f->kind, &f->changed, "changed or new");
	if (f->changed.n > 0)
		account_add(a, f->kind, ACCOUNT_SECURITY, NULL,
			    "changed or new since %s: %s; the host acts on %s", when, list,
			    f->changed.n > 1 ? "them" : "it");
	places = list_of(a, f->kind, &dirs, "changed before it was searched");
	if (dirs.n > 0)
		account_add(a, f->kind, ACCOUNT_SECURITY, NULL,
			    "changed before %s searched: %s; what the host acts on may have been removed or "
			    "moved from there",
			    dirs.n > 1 ? "they were" : "it was", places);
	unsearched = list_of(a, f->kind, f->unsearched, "could not be searched");
	if (f->unsearched->n > 0)
		account_add(
		    a, f->kind, ACCOUNT_SECURITY, NULL,
		    "could not be searched, and %s open to the session at its start: %s; what the host "
		    "acts on there may have been changed: look at it",
		    f->unsearched->n > 1 ? "were" : "was", unsearched);
	return true;
}

static struct timespec at_the_latest(void)
{
	return deadline_in(CLOCK_MONOTONIC, AT_END_MS);
}

void finish_changed(struct account *a, const struct finish_work *work)
{
	__attribute__((cleanup(notes_done))) struct notes notes = { 0 };
	struct found f = { .project = work->policy->project, .kind = ACCOUNT_AUTORUN, .since = *work->since };

	read_notes(work->notes, &notes);
	f.r = scan_changed(work->scan, f.since, &notes.held, at_the_latest(), &f.changed, &f.d);
	f.notes = &notes;
	f.touched = notes.whole ? &notes.touched : &work->scan->touched;
	f.unsearched = &work->scan->unsearched;
	say_found(a, &f, "the start, before it was protected", NULL);
	strv_done(&f.changed);
}

void finish_killed(struct account *a, const struct policy *policy, const char *mounts, int fd,
		   struct timespec since)
{
	__attribute__((cleanup(notes_done))) struct notes notes = { 0 };
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FREE char *killed = NULL;
	struct found f = { .project = policy->project, .kind = ACCOUNT_KILLED, .since = since };
	struct scan scan = { 0 };
	const struct strv none = { 0 };
	char began[64] = "?";
	struct tm tm;

	if (localtime_r(&since.tv_sec, &tm) != NULL)
		strftime(began, sizeof(began), "%F %T", &tm);
	read_notes(fd, &notes);
	f.r = scan_changed_before(policy, root, mounts, since, &notes.held, at_the_latest(), &scan,
				  &f.changed, &f.d);
	f.notes = &notes;
	f.touched = notes.whole ? &notes.touched : &scan.touched;
	/* Without notes its search was at its end before the start, and so was what it closed. */
	f.unsearched = fd >= 0 ? &scan.unsearched : &none;
	killed = xasprintf("the session of %s in this project was killed, and could not say what it changed",
			   began);
	if (!say_found(a, &f, "it began, by it or on the host", killed))
		account_add(a, ACCOUNT_KILLED, ACCOUNT_NOTE, policy->project,
			    "the session of %s in this project was killed; nothing that the host acts on was "
			    "changed since it began",
			    began);
	scan_done(&scan);
	strv_done(&f.changed);
}
