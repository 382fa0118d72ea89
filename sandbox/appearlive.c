/* SPDX-License-Identifier: MIT */
/* Hears of names while the session runs: a watch on each directory, and a moment for who writes a new file. */
#include "appearwalk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "deadline.h"
#include "log.h"
#include "mem.h"
#include "util.h"

/* The kernel takes some 10 ms for the first watch and for the last: a short command has none, and the search at its end. */
#define LATER_MS    200
#define SETTLE_MS   30 /* for who writes a file that he has just made */
#define MAX_WAITS   32 /* times that long, for what it names */
#define SLICE	    64 /* directories at a time, while the supervisor has other work too */
#define SLICE_MS    5
#define MAX_WATCHES 16384
#define MAX_SETTLED 1024 /* names that are waited for: of more, none is */
#define LIMIT_FILE  "/proc/sys/fs/inotify/max_user_watches"
#define SHARE	    4 /* of the user's watches: editors need them too */
#define FILES	    2 /* of those, a half: a fetch of many refs leaves the rest to directories */

#define AT_THE_END "what appears in the project is looked for at the end of the session"

#define EVENTS	    (IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR | IN_EXCL_UNLINK)
#define FILE_EVENTS (IN_MODIFY | IN_ATTRIB | IN_DONT_FOLLOW) /* IN_ATTRIB: another name, too */

static struct appear_watch *watch_of(struct appear *a, int wd)
{
	size_t lo = 0, hi = a->nwatch;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (a->watch[mid].wd < wd)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < a->nwatch && a->watch[lo].wd == wd ? &a->watch[lo] : NULL;
}

/* What appears is not seen before the end, or not all of it: said at once, unless the terminal is the command's. */
static void unwatched(struct appear *a, const char *why, const char *advice)
{
	if (a->unwatched != NULL)
		return;
	a->unwatched = a->nwatch > 0 ? xasprintf(AT_THE_END ", beside %zu directories that are watched: %s",
						 a->nwatch, why)
				     : xasprintf(AT_THE_END ": %s", why);
	a->unwatched_try = advice;
	a->unwatched_said = !a->o.later;
	if (a->unwatched_said)
		log_note("%s%s%s", a->unwatched, advice != NULL ? "; try: " : "",
			 advice != NULL ? advice : "");
}

/* name: owned; a file in p, NULL: p itself. */
static void watch(struct appear *a, const struct appear_place *p, char *name, const char *proc,
		  uint32_t events)
{
	AUTO_FREE char *owned = name;
	struct appear_watch *w;
	int wd;

	if (a->nwatch >= a->watch_max) {
		a->full = true;
		log_detail(
		    "large project: what appears in it is looked for at the end of the session, beside "
		    "%zu directories that are watched",
		    a->nwatch);
		return;
	}
	wd = inotify_add_watch(a->notify, proc, events);
	if (wd < 0) {
		a->full = errno == ENOSPC || errno == ENOMEM;
		if (errno == ENOSPC)
			unwatched(a, "your inotify watches are used up",
				  "sysctl fs.inotify.max_user_watches=524288");
		else if (a->full)
			unwatched(a, "no memory", NULL);
		return;
	}
	w = watch_of(a, wd);
	/* One that is watched already, perhaps by another name now. */
	if (w != NULL) {
		free(w->at.path);
		free(w->name);
		w->at = appearwalk_copy(p);
		w->name = TAKE_PTR(owned);
		return;
	}
	if (a->nwatch == a->watch_cap) {
		a->watch_cap = a->watch_cap * 2 + 64;
		a->watch = xrealloc_array(a->watch, a->watch_cap, sizeof(*a->watch));
	}
	a->watch[a->nwatch++] = (struct appear_watch){ wd, appearwalk_copy(p), TAKE_PTR(owned) };
}

void appearlive_watch(struct appear *a, const struct appear_place *p, int fd)
{
	char proc[64];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (a->live && !a->full && (!p->dependencies || p->own))
		watch(a, p, NULL, proc, EVENTS);
}

void appearlive_watch_file(struct appear *a, const struct appear_place *at, int dir, const char *name)
{
	AUTO_FREE char *proc = xasprintf("/proc/self/fd/%d/%s", dir, name);

	if (a->live && !a->full && a->nwatch < a->watch_max / FILES)
		watch(a, at, xstrdup(name), proc, FILE_EVENTS);
}

static void set_timer(struct appear *a)
{
	struct itimerspec t = { .it_value = { .tv_nsec = 1 } };
	bool more = !appearwalk_is_done(a) || (!a->live && a->late.next < a->late.n);

	if (!more && a->nsettling == 0)
		t.it_value.tv_nsec = 0;
	else if (!more)
		t.it_value = a->settling[0].due;
	timerfd_settime(a->timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static size_t watches_of_user(void)
{
	AUTO_CLOSE int fd = open(LIMIT_FILE, O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	size_t n = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 ? strtoul(text, NULL, 10) / SHARE : 0;

	return n < MAX_WATCHES ? n : MAX_WATCHES;
}

static void begin_watching(struct appear *a)
{
	struct epoll_event e = { .events = EPOLLIN };

	a->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (a->notify < 0 || epoll_ctl(a->poll, EPOLL_CTL_ADD, a->notify, &e) < 0) {
		if (errno == EMFILE)
			unwatched(a, "your inotify instances, or the descriptors of a process, are used up",
				  "sysctl fs.inotify.max_user_instances=512");
		else
			unwatched(a, strerror(errno), NULL);
		mem_close_fd(&a->notify);
		return;
	}
	a->watch_max = watches_of_user();
	a->live = true;
	appearwalk_from_the_top(a);
}

static void settle(struct appear *a, const struct appear_place *at, const char *name, bool now,
		   unsigned waited)
{
	struct appear_settling *s;

	for (size_t i = 0; i < a->nsettling; i++) {
		s = &a->settling[i];
		if (streq(s->name, name) && streq(s->at.path, at->path)) {
			if (now)
				clock_gettime(CLOCK_MONOTONIC, &s->due);
			return;
		}
	}
	if (a->nsettling == a->settling_cap) {
		a->settling_cap = a->settling_cap * 2 + 16;
		a->settling = xrealloc_array(a->settling, a->settling_cap, sizeof(*a->settling));
	}
	a->settling[a->nsettling++] =
	    (struct appear_settling){ appearwalk_copy(at), xstrdup(name),
				      deadline_in(CLOCK_MONOTONIC, now ? 0 : SETTLE_MS), waited };
}

bool appearlive_wait(struct appear *a, const struct appear_place *at, const char *name)
{
	if (!a->live || a->over || a->waited == MAX_WAITS)
		return false;
	settle(a, at, name, false, a->waited + 1);
	return true;
}

/* One is made name by name. */
static bool may_make_repository(const struct appear_place *at, const char *name)
{
	static const char *const names[] = { "HEAD", "commondir", "config", "objects", "refs" };

	if (at->kind == APPEAR_PLAIN ? at->bare == APPEAR_REPOSITORY : at->kind == APPEAR_REPOSITORY)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(name, names[i]))
			return true;
	return false;
}

static void heard(struct appear *a, const struct inotify_event *e)
{
	struct appear_watch *w;

	if ((e->mask & IN_Q_OVERFLOW) != 0) {
		appearwalk_from_the_top(a);
		return;
	}
	w = watch_of(a, e->wd);
	if (w == NULL)
		return;
	if ((e->mask & IN_IGNORED) != 0) {
		free(w->at.path);
		free(w->name);
		memmove(w, w + 1, (size_t)(a->watch + a->nwatch - w - 1) * sizeof(*w));
		a->nwatch--;
		return;
	}
	if (w->name != NULL)
		settle(a, &w->at, w->name, false, 0);
	if (e->len == 0)
		return;
	if (may_make_repository(&w->at, e->name))
		appearwalk_enqueue(a, appearwalk_copy(&w->at));
	if ((e->mask & IN_ISDIR) != 0) {
		settle(a, &w->at, e->name, true, 0);
		return;
	}
	if (appearname_may_count(&w->at, e->name, DT_LNK) || appearstart_is(a, w->at.path, e->name))
		settle(a, &w->at, e->name, (e->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0, 0);
}

static void hear(struct appear *a)
{
	_Alignas(struct inotify_event) char buf[16384];
	ssize_t n;

	/* Once: who makes names without end holds up nothing else that the supervisor waits for. */
	n = a->notify >= 0 ? read(a->notify, buf, sizeof(buf)) : 0;
	for (char *s = buf; n > 0 && s < buf + n;) {
		const struct inotify_event *e = (const struct inotify_event *)(void *)s;

		heard(a, e);
		s += sizeof(*e) + e->len;
	}
}

/* Those whose time has come, and all when there are too many. */
static void look_at_settled(struct appear *a)
{
	bool all = a->over || a->nsettling > MAX_SETTLED;
	AUTO_FREE struct appear_settling *come = xcalloc(a->nsettling + 1, sizeof(*come));
	struct timespec now;
	size_t n = 0, ncome = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	for (size_t i = 0; i < a->nsettling; i++) {
		const struct appear_settling s = a->settling[i];

		if (all || time_is_since(now, s.due))
			come[ncome++] = s;
		else
			a->settling[n++] = s;
	}
	a->nsettling = n;
	for (struct appear_settling *s = come; s < come + ncome; s++) {
		AUTO_CLOSE int dir = appearwalk_open(a, &s->at, O_PATH);

		a->waited = s->waited;
		if (dir >= 0)
			appearwalk_visit(a, &s->at, dir, s->name);
		free(s->at.path);
		free(s->name);
	}
	a->waited = 0;
}

void appearlive_begin(struct appear *a)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct itimerspec later = { .it_value = deadline_in(CLOCK_MONOTONIC, LATER_MS) };

	a->poll = epoll_create1(EPOLL_CLOEXEC);
	a->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (a->poll < 0 || a->timer < 0 || epoll_ctl(a->poll, EPOLL_CTL_ADD, a->timer, &e) < 0 ||
	    timerfd_settime(a->timer, TFD_TIMER_ABSTIME, &later, NULL) < 0)
		unwatched(a, strerror(errno), NULL);
}

bool appear_step(struct appear *a)
{
	bool was_over = a->over;
	struct timespec end;
	uint64_t times;

	if (read(a->timer, &times, sizeof(times)) == sizeof(times) && a->notify < 0 && !a->live)
		begin_watching(a);
	hear(a);
	look_at_settled(a);
	end = deadline_in(CLOCK_MONOTONIC, SLICE_MS);
	for (int i = 0; i < SLICE && !appearwalk_is_done(a) && !deadline_over(CLOCK_MONOTONIC, &end); i++)
		appearwalk_next(a);
	appeartake_say(a);
	set_timer(a);
	return was_over || !a->over;
}

int appear_fd(const struct appear *a)
{
	return a->poll;
}

void appearlive_done(struct appear *a)
{
	for (size_t i = 0; i < a->nwatch; i++) {
		free(a->watch[i].at.path);
		free(a->watch[i].name);
	}
	free(a->watch);
	for (size_t i = 0; i < a->nsettling; i++) {
		free(a->settling[i].at.path);
		free(a->settling[i].name);
	}
	free(a->settling);
	mem_close_fd(&a->notify);
	mem_close_fd(&a->timer);
	mem_close_fd(&a->poll);
}
