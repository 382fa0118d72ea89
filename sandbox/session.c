/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "util.h"

#define NAME	    "claude-sandbox-session"
#define SEALS	    (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)
#define SESSION_MAX (1 << 20)

int session_begin(void)
{
	int fd = memfd_create(NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	return fd < 0 ? -errno : fd;
}

/* "NAME=VALUE" and a NUL each, since a path can have any other byte; what a later version adds is passed over. */
static void put(FILE *f, const char *name, const char *value)
{
	fprintf(f, "%s=%s%c", name, value, '\0');
}

static void put_all(FILE *f, const char *name, const struct strv *values)
{
	for (size_t i = 0; i < values->n; i++)
		put(f, name, values->v[i]);
}

int session_tell(int fd, const struct conf *c, const struct policy *p, struct diag *d)
{
	static const char *const egress[] = { "none", "filtered", "open" }, *const profile[] = { "minimal",
												 "default",
												 "full" };
	AUTO_FREE char *text = NULL;
	size_t len, done = 0;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		mem_oom();
	fprintf(f, "pid=%ld%c", (long)getpid(), '\0');
	put(f, "project", p->project);
	put(f, "command", p->command.n > 0 ? p->command.v[0] : "");
	put(f, "profile", profile[c->value[CONFKEY_PROFILE].n]);
	put(f, "net", p->net_host ? "host" : egress[p->egress]);
	if (c->yolo)
		put(f, "yolo", "1");
	put_all(f, "weaker", &p->weaker);
	put_all(f, "open", &p->openings);
	if (fclose(f) != 0)
		mem_oom();
	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0)
			return diag_errno(d, -errno, "writing a memfd");
		done += (size_t)n;
	}
	/* Unsealed it is nobody's word. */
	return fcntl(fd, F_ADD_SEALS, SEALS) < 0 ? diag_errno(d, -errno, "F_ADD_SEALS") : 0;
}

static void take(struct session *s, const char *entry)
{
	static const struct {
		const char *name;
		size_t at;
	} words[] = { { "project", offsetof(struct session, project) },
		      { "command", offsetof(struct session, command) },
		      { "profile", offsetof(struct session, profile) },
		      { "net", offsetof(struct session, net) } };
	const char *value = strchr(entry, '=');
	size_t n = value != NULL ? (size_t)(value - entry) : 0;

	if (value++ == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].name) == n && str_starts(entry, words[i].name)) {
			char **to = (char **)((char *)s + words[i].at);

			free(*to);
			*to = xstrdup(value);
		}
	if (str_starts(entry, "pid="))
		s->pid = (pid_t)strtol(value, NULL, 10);
	else if (str_starts(entry, "yolo="))
		s->yolo = true;
	else if (str_starts(entry, "weaker="))
		strv_add(&s->weaker, value);
	else if (str_starts(entry, "open="))
		strv_add(&s->openings, value);
}

bool session_read(int fd, uid_t owner, struct session *ret)
{
	AUTO_FREE char *text = NULL;
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	size_t len, done = 0;
	ssize_t n;

	*ret = (struct session){ 0 };
	if (fstat(fd, &st) < 0 || st.st_uid != owner || st.st_size <= 0 || st.st_size > SESSION_MAX ||
	    seals < 0 || (seals & SEALS) != SEALS)
		return false;
	len = (size_t)st.st_size;
	text = xcalloc(len + 1, 1);
	while (done < len && (n = pread(fd, text + done, len - done, (off_t)done)) > 0)
		done += (size_t)n;
	for (size_t i = 0; i < done; i += strlen(text + i) + 1)
		take(ret, text + i);
	if (ret->pid > 0 && ret->project != NULL && ret->command != NULL && ret->profile != NULL &&
	    ret->net != NULL)
		return true;
	session_done(ret);
	return false;
}

void session_done(struct session *s)
{
	free(s->project);
	free(s->command);
	free(s->profile);
	free(s->net);
	strv_done(&s->weaker);
	strv_done(&s->openings);
	*s = (struct session){ 0 };
}
