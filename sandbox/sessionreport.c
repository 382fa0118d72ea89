/* SPDX-License-Identifier: MIT */
#include "sessionreport.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jsonout.h"
#include "log.h"
#include "mem.h"
#include "path.h"
#include "state.h"

#define FORMAT 1
#define ROOM   (1 << 20) /* that is had at the start: who is inside may fill the disk */

static int no_report(const char *path, int code, const char *why, struct diag *d)
{
	diag_set(d, code, "--session-report %s: %s", path, why);
	diag_try(d, "a file of your own in a directory that exists");
	return code;
}

static void put_time(FILE *f, const struct timespec *t)
{
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&t->tv_sec, &tm) != NULL)
		strftime(text, sizeof(text), "%FT%TZ", &tm);
	jsonout_string(f, text);
}

/* a: NULL while it runs; max: facts of it. Owned. */
static char *report_text(const struct sessionreport *s, const struct account *a, size_t max,
			 const struct run_result *res)
{
	const struct policy *p = s->policy;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		mem_oom();
	fprintf(f, "{\"session_report\":%d,\"version\":", FORMAT);
	jsonout_string(f, CLAUDE_SANDBOX_VERSION);
	fputs(",\"project\":", f);
	jsonout_string(f, p->project);
	fputs(",\"command\":", f);
	jsonout_string(f, p->command.n > 0 ? p->command.v[0] : NULL);
	fputs(",\"began\":", f);
	put_time(f, &s->began);
	if (a == NULL) {
		fputs(",\"ended\":null}\n", f);
	} else {
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		fputs(",\"ended\":", f);
		put_time(f, &now);
		fprintf(f, ",\"started\":%s,\"proved\":%s,\"exit\":%d,\"signal\":%d,\"facts\":",
			res->started ? "true" : "false", res->proved ? "true" : "false", res->exit_code,
			res->signal);
		account_json(a, max, f);
		if (max < a->n)
			fprintf(f, ",\"cut\":%zu", a->n - max);
		fputs("}\n", f);
	}
	if (fclose(f) != 0)
		mem_oom();
	return text;
}

/* *done: what is written of it in any case. The room that is not used is given back. */
static int write_all(int fd, const char *text, size_t *done)
{
	size_t n = strlen(text);

	*done = 0;
	while (*done < n) {
		ssize_t w = pwrite(fd, text + *done, n - *done, (off_t)*done);

		if (w < 0 && errno != EINTR)
			return -errno;
		*done += w > 0 ? (size_t)w : 0;
	}
	return ftruncate(fd, (off_t)n) < 0 ? -errno : 0;
}

/*
 * A new file takes the place of an old one whole: another name of that one, or who holds it open, has no part in it,
 * and a link is not followed.
 */
static int make_file(const struct sessionreport *s, int dir, const char *name, int *ret)
{
	AUTO_FREE char *temp = xasprintf(".%s.claude-sandbox-%d", name, getpid());
	AUTO_FREE char *text = report_text(s, NULL, 0, NULL);
	AUTO_CLOSE int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t done;
	int e = fd < 0 ? -errno : fchmod(fd, 0600) < 0 ? -errno : write_all(fd, text, &done);

	/* Not all file systems can: there the end says what has no room. */
	if (e == 0 && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, ROOM) < 0 && (errno == ENOSPC || errno == EDQUOT))
		e = -errno;

	if (e == 0 && renameat(dir, temp, dir, name) < 0)
		e = -errno;
	if (e < 0 && fd >= 0)
		unlinkat(dir, temp, 0);
	if (e == 0)
		*ret = TAKE_FD(fd);
	return e;
}

int sessionreport_begin(const struct policy *p, struct sessionreport *ret, struct diag *d)
{
	const char *path = p->session_report, *name = path != NULL ? path_basename(path) : NULL;
	AUTO_FREE char *above = path != NULL ? path_dirname(path) : NULL;
	AUTO_CLOSE int dir = -1;
	struct stat st;
	int r;

	*ret = (struct sessionreport){ .fd = -1, .dir = -1, .policy = p };
	if (path == NULL)
		return 0;
	clock_gettime(CLOCK_REALTIME, &ret->began);
	r = state_place(path, d);
	if (r < 0)
		return r;
	dir = open(above, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return no_report(path, -errno, strerror(errno), d);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return no_report(path, -EINVAL, S_ISLNK(st.st_mode) ? "it is a link" : "no regular file", d);
	r = make_file(ret, dir, name, &ret->fd);
	if (r == -ENOSPC || r == -EDQUOT) {
		diag_set(d, r, "--session-report %s: there is no room for the %d kB that are kept for it: %s",
			 path, ROOM / 1024, strerror(-r));
		diag_try(d, "a place with more room");
		return r;
	}
	if (r < 0)
		return no_report(path, r, strerror(-r), d);
	ret->dir = TAKE_FD(dir);
	return 0;
}

/* Whoever reads it by its name reads another one. Who gave up root may not look there: then its count of names says it. */
static bool is_elsewhere(const struct sessionreport *s)
{
	struct stat st, there;

	if (fstat(s->fd, &st) < 0)
		return false;
	if (fstatat(s->dir, path_basename(s->policy->session_report), &there, AT_SYMLINK_NOFOLLOW) == 0)
		return there.st_ino != st.st_ino || there.st_dev != st.st_dev;
	return errno == ENOENT || st.st_nlink == 0;
}

/* Half of a text is no JSON: as many facts as have room, or what it said while the session ran, or nothing. */
static void cut_back(const struct sessionreport *s, const struct account *a, const struct run_result *res,
		     size_t room)
{
	size_t fits = 0, too_many = a->n, done;
	int e = -1;

	while (fits + 1 < too_many) {
		size_t half = fits + (too_many - fits) / 2;
		AUTO_FREE char *text = report_text(s, a, half, res);

		*(strlen(text) <= room ? &fits : &too_many) = half;
	}
	if (fits > 0) {
		AUTO_FREE char *text = report_text(s, a, fits, res);

		e = write_all(s->fd, text, &done);
	}
	if (e < 0) {
		AUTO_FREE char *text = report_text(s, NULL, 0, NULL);

		e = write_all(s->fd, text, &done);
	}
	if (e < 0 && ftruncate(s->fd, 0) < 0)
		log_detail("%s: %s", s->policy->session_report, strerror(errno));
}

int sessionreport_end(struct sessionreport *s, const struct account *a, const struct run_result *res,
		      struct diag *d)
{
	AUTO_FREE char *text = NULL;
	bool elsewhere;
	size_t done;
	int e = 0;

	if (s->fd < 0)
		return 0;
	text = report_text(s, a, SIZE_MAX, res);
	e = write_all(s->fd, text, &done);
	if (e < 0)
		cut_back(s, a, res, done);
	elsewhere = is_elsewhere(s);
	if (close(s->fd) < 0 && e == 0)
		e = -errno;
	mem_close_fd(&s->dir);
	s->fd = -1;
	if (elsewhere)
		return diag_set(
		    d, -ESTALE,
		    "the session report %s was moved or replaced while the session ran: what is there "
		    "now is not what the session came to",
		    s->policy->session_report);
	return e < 0 ? diag_errno(d, e, "the session report %s is not whole: it has what had room",
				  s->policy->session_report)
		     : 0;
}
