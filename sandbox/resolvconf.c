/* SPDX-License-Identifier: MIT */
#include "resolvconf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "path.h"
#include "textfile.h"
#include "util.h"

#define MAX_BYTES 65536
/* The kernel takes some 10 ms for the first watch and for the last: a command that is over by then has none. */
#define LATER_S	  1
/* What is written in its place, and what takes its place; a link tells of nothing else. */
#define IN_DIR	  (IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO)
#define IN_FILE	  IN_CLOSE_WRITE

/* What is read and not used, and why: an address may have a zone (fe80::1%eth0), which egress is not told. */
static void note_skipped(struct resolvconf_skipped *s, const char *word)
{
	AUTO_FREE char *address = xstrndup(word, strcspn(word, "%"));
	struct ipaddr a;

	if (word[strlen(address)] == '%' && ipaddr_parse(address, strlen(address), &a))
		s->zones++;
	else if (s->wrong++ == 0)
		snprintf(s->word, sizeof(s->word), "%s", word);
}

static struct egress_servers read_servers(const char *path, struct resolvconf_skipped *ret_skipped)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct egress_servers s = { .message = EGRESS_SERVERS_ARE };
	struct stat st;
	AUTO_FREE char *text = textfile_read(fd, MAX_BYTES, &st);
	char *save = NULL;

	*ret_skipped = (struct resolvconf_skipped){ 0 };
	for (char *line = text != NULL ? strtok_r(text, "\n", &save) : NULL; line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		char *words = NULL, *word = strtok_r(line, " \t\r", &words);

		if (word == NULL || !streq(word, "nameserver"))
			continue;
		word = strtok_r(NULL, " \t\r", &words);
		if (word == NULL || s.n == EGRESS_SERVERS)
			continue;
		if (ipaddr_parse(word, strlen(word), &s.server[s.n]))
			s.n++;
		else
			note_skipped(ret_skipped, word);
	}
	return s;
}

static void say_wrong(const struct resolvconf *r, const struct resolvconf_skipped *s)
{
	if (s->wrong > 0 && (s->wrong != r->skipped.wrong || !streq(s->word, r->skipped.word)))
		log_note(
		    "network: %u name servers of %s are not used, as \"nameserver %s\": that is no address",
		    s->wrong, r->path, s->word);
}

void resolvconf_begin(struct resolvconf *r, const char *path)
{
	struct resolvconf_skipped skipped;

	*r = (struct resolvconf){ .path = path, .fd = -1 };
	r->now = read_servers(path, &skipped);
	say_wrong(r, &skipped);
	if (r->now.n == 0 && skipped.zones == 0)
		log_note("network: %s names no name server that can be used: 127.0.0.1 is asked for names",
			 path);
	r->skipped = skipped;
}

/* Its directory, the file that it leads to, and the directory of that. What is watched already stays so. */
static void add_watches(const struct resolvconf *r)
{
	AUTO_FREE char *dir = path_dirname(r->path);
	AUTO_FREE char *real = realpath(r->path, NULL);
	AUTO_FREE char *real_dir = real != NULL ? path_dirname(real) : NULL;

	inotify_add_watch(r->fd, dir, IN_DIR);
	if (real == NULL)
		return;
	inotify_add_watch(r->fd, real_dir, IN_DIR);
	/* A file that is mounted over its name, as in a container, is written by another one. */
	inotify_add_watch(r->fd, real, IN_FILE);
}

static void watch(struct resolvconf *r)
{
	mem_close_fd(&r->fd);
	r->waiting = false;
	r->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (r->fd < 0) {
		log_detail("network: other name servers in %s will not be noticed (inotify)", r->path);
		return;
	}
	add_watches(r);
}

void resolvconf_watch(struct resolvconf *r)
{
	const struct itimerspec later = { .it_value.tv_sec = LATER_S };

	r->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	r->waiting = r->fd >= 0 && timerfd_settime(r->fd, 0, &later, NULL) == 0;
	if (!r->waiting)
		watch(r);
}

bool resolvconf_changed(struct resolvconf *r)
{
	struct egress_servers s;
	struct resolvconf_skipped skipped;
	char buf[4096];

	if (r->waiting)
		watch(r);
	/* Which it was does not matter: the file is small. */
	while (r->fd >= 0 && read(r->fd, buf, sizeof(buf)) > 0)
		;
	if (r->fd >= 0)
		add_watches(r);
	s = read_servers(r->path, &skipped);
	if (skipped.zones > 0 && skipped.zones != r->skipped.zones)
		log_note(
		    "network: %u name servers of %s are not used before the next start: they have a zone",
		    skipped.zones, r->path);
	say_wrong(r, &skipped);
	r->skipped = skipped;
	if (s.n == 0 || memcmp(&s, &r->now, sizeof(s)) == 0)
		return false;
	r->now = s;
	return true;
}

void resolvconf_done(struct resolvconf *r)
{
	mem_close_fd(&r->fd);
}
