/* SPDX-License-Identifier: MIT */
#include "arrived.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deadline.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "strv.h"
#include "util.h"

/* The end of a session waits for it: in processor time, so that a busy machine finds what an idle one does. */
#define BUDGET_MS   15
#define WALL_FACTOR 10
#define DIRS_MAX    4096
#define NAMED	    3
#define CLOCK_EVERY 64

struct search {
	int project;
	struct timespec since, cpu_end, wall_end;
	struct strv dir; /* relative to the project, a queue */
	struct strv found;
	bool incomplete;
};

static bool is_late(const struct search *s)
{
	return deadline_over(CLOCK_PROCESS_CPUTIME_ID, &s->cpu_end) ||
	       deadline_over(CLOCK_MONOTONIC, &s->wall_end);
}

/* The time of change of an inode can't be set; within a tick of the start nothing runs inside yet. */
static void look(struct search *s, int dir, const char *name, char *path)
{
	AUTO_FREE char *owned = path;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || time_is_since(s->since, st.st_ctim))
		return;
	if (S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode))
		strv_addf(&s->found, "%s (%s)", owned, S_ISSOCK(st.st_mode) ? "socket" : "FIFO");
}

static void read_dir(struct search *s, const char *rel)
{
	int fd =
	    openat(s->project, rel, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	AUTO_DIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	unsigned n = 0;

	if (dir == NULL) {
		mem_close_fd(&fd);
		return;
	}
	while ((e = readdir(dir)) != NULL) {
		struct stat st;
		unsigned char type = e->d_type;

		/* Some file systems don't tell. */
		if (type == DT_UNKNOWN && fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			type = IFTODT(st.st_mode);
		if (n++ % CLOCK_EVERY == CLOCK_EVERY - 1 && is_late(s)) {
			s->incomplete = true;
			return;
		}
		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		if (type == DT_DIR && s->dir.n < DIRS_MAX)
			strv_take(&s->dir,
				  streq(rel, ".") ? xstrdup(e->d_name) : xasprintf("%s/%s", rel, e->d_name));
		else if (type == DT_DIR)
			s->incomplete = true;
		else if (type == DT_SOCK || type == DT_FIFO)
			look(s, dirfd(dir), e->d_name,
			     streq(rel, ".") ? xstrdup(e->d_name) : xasprintf("%s/%s", rel, e->d_name));
	}
}

void arrived_say(int project, struct timespec since)
{
	struct search s = { .project = project,
			    .since = since,
			    .cpu_end = deadline_in(CLOCK_PROCESS_CPUTIME_ID, BUDGET_MS),
			    .wall_end = deadline_in(CLOCK_MONOTONIC, BUDGET_MS * WALL_FACTOR) };
	AUTO_FREE char *list = xstrdup("");

	strv_add(&s.dir, ".");
	for (size_t i = 0; i < s.dir.n && !s.incomplete; i++) {
		read_dir(&s, s.dir.v[i]);
		s.incomplete = s.incomplete || (i + 1 < s.dir.n && is_late(&s));
	}
	for (size_t i = 0; i < s.found.n && i < NAMED; i++) {
		AUTO_FREE char *before = list;

		list = xasprintf("%s%s%s", before, i > 0 ? ", " : "", s.found.v[i]);
	}
	if (s.found.n > NAMED)
		log_note("new in the project: %s and %zu more; nothing kept them from being used%s", list,
			 s.found.n - NAMED, s.incomplete ? "; not all of it was searched" : "");
	else if (s.found.n > 0)
		log_note("new in the project: %s; nothing kept %s from being used%s", list,
			 s.found.n > 1 ? "them" : "it", s.incomplete ? "; not all of it was searched" : "");
	strv_done(&s.dir);
	strv_done(&s.found);
}
