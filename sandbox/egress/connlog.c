/* SPDX-License-Identifier: MIT */
#include "connlog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "egress/tell.h"
#include "jsonout.h"
#include "mem.h"
#include "util.h"

void connlog_open(struct egress *e)
{
	time_t none = 0;
	struct tm tm;
	struct stat st;

	e->log = -1;
	/* Without a log it is /dev/null. */
	if (fstat(EGRESS_FD_LOG, &st) == 0 && S_ISREG(st.st_mode))
		e->log = EGRESS_FD_LOG;
	else
		close(EGRESS_FD_LOG);
	/* The first use looks for a time zone, in files that can't be opened later. */
	gmtime_r(&none, &tm);
}

/* When it began, by the clock on the wall. */
static void put_time(FILE *f, uint64_t since)
{
	uint64_t ago = resolve_now() - since, ms;
	struct timespec t;
	struct tm tm;
	time_t s;

	clock_gettime(CLOCK_REALTIME, &t);
	ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000 - ago;
	s = (time_t)(ms / 1000);
	gmtime_r(&s, &tm);
	fprintf(f, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03uZ\"", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(ms % 1000));
}

static void put_text(FILE *f, const char *name, const char *value)
{
	fprintf(f, ",\"%s\":", name);
	jsonout_string(f, value);
}

static void put_line(FILE *f, const struct connlog_line *l)
{
	char address[IPADDR_TEXT], via[UPSTREAM_PLACE];

	put_time(f, l->since);
	put_text(f, "host", l->host);
	if (l->port != 0)
		fprintf(f, ",\"port\":%u", l->port);
	else
		fputs(",\"port\":null", f);
	put_text(f, "decision", l->decision);
	if (l->why != NULL)
		put_text(f, "why", l->why);
	put_text(f, "rule", l->rule != NULL ? l->rule->pattern : NULL);
	put_text(f, "origin", l->rule != NULL ? l->rule->origin : NULL);
	if (l->address != NULL)
		put_text(f, "address", ipaddr_text(l->address, address));
	if (l->via != NULL)
		put_text(f, "via", upstream_place(l->via, via));
	fprintf(f, ",\"sent\":%llu,\"received\":%llu,\"ms\":%llu}\n", (unsigned long long)l->sent,
		(unsigned long long)l->received, (unsigned long long)(resolve_now() - l->since));
}

/*
 * 0, or why a line of that length is not to be begun. One that does not fit would lose its end; and questions for names
 * alone, as many as somebody inside likes, are not to leave the connections behind them without a line. The length is
 * asked for each time: another session may write to the same file.
 */
static int hindrance(const struct egress *e, const struct connlog_line *l, size_t len)
{
	off_t size = lseek(e->log, 0, SEEK_END);

	if (size < 0)
		return errno;
	if (l->port == 0 && (uint64_t)size >= EGRESS_LOG_MAX / 2)
		return EGRESS_LOG_NAMES;
	return (uint64_t)size + len > EGRESS_LOG_MAX ? EFBIG : 0;
}

void connlog_write(struct egress *e, const struct connlog_line *l)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0, done = 0;
	ssize_t n = 0;
	int error;
	FILE *f;

	if (e->log < 0)
		return;
	f = open_memstream(&text, &len);
	if (f == NULL)
		mem_oom();
	/* Behind half a line a new one begins all the same. */
	if (e->log_torn)
		putc('\n', f);
	put_line(f, l);
	if (fclose(f) != 0)
		mem_oom();
	error = hindrance(e, l, len);
	/* Where half of it finds room, the rest finds what hinders it. */
	while (error == 0 && done < len) {
		n = write(e->log, text + done, len - done);
		if (n > 0)
			done += (size_t)n;
		else
			error = n < 0 ? errno : ENOSPC;
	}
	if (error == 0) {
		e->log_torn = false;
		return;
	}
	e->account->log_error = error;
	e->log_torn = e->log_torn || done > 0;
	if (e->account->unlogged++ == 0)
		tell(e, EGRESS_UNLOGGED, -error, "%s",
		     error == EGRESS_LOG_NAMES ? EGRESS_LOG_NAMES_WORDS : strerror(error));
}
