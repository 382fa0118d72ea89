/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <dirent.h>
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
#define SESSION_MAX (1 << 24)
#define HELD_MAX    (SESSION_MAX / 2) /* bytes */

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

/* What is too much for one message is not told, nor the trees: who does not know both judges by neither. */
static void put_held(FILE *f, const struct policy *p, const struct strv *held)
{
	size_t n = 0;

	for (size_t i = 0; i < held->n; i++)
		n += strlen(held->v[i]) + sizeof("held=");
	if (n > HELD_MAX)
		return;
	for (size_t i = 0; i < p->nentry; i++)
		if (policy_is_tree(&p->entry[i]))
			put(f, "tree", p->entry[i].path);
	put_all(f, "held", held);
}

int session_tell(int fd, const struct conf *c, const struct policy *p, struct timespec since,
		 const struct strv *held, struct diag *d)
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
	fprintf(f, "since=%lld.%09ld%c", (long long)since.tv_sec, since.tv_nsec, '\0');
	put_held(f, p, held);
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
	long long sec;
	long nsec;

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
	else if (str_starts(entry, "tree="))
		strv_add(&s->trees, value);
	else if (str_starts(entry, "held="))
		strv_add(&s->held, value);
	else if (str_starts(entry, "since=") && sscanf(value, "%19lld.%9ld", &sec, &nsec) == 2)
		s->since = (struct timespec){ .tv_sec = sec, .tv_nsec = nsec };
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
	strv_sort(&ret->held);
	if (ret->pid > 0 && ret->project != NULL && ret->command != NULL && ret->profile != NULL &&
	    ret->net != NULL)
		return true;
	session_done(ret);
	return false;
}

/* The two processes are in the same namespace of that kind; -errno. */
static int same_namespace(int dir, const char *name)
{
	AUTO_FREE char *own = xasprintf("/proc/self/%s", name);
	char theirs[64] = "", ours[64] = "";

	if (readlinkat(dir, name, theirs, sizeof(theirs) - 1) < 0 ||
	    readlink(own, ours, sizeof(ours) - 1) < 0)
		return -errno;
	return streq(theirs, ours);
}

int session_find(int dir, pid_t pid, uid_t owner, struct session *ret)
{
	struct stat st;
	int r;

	/* Not the process's uid: what a launcher holds that gave up root is root's. */
	if (fstatat(dir, "fd", &st, 0) < 0 || st.st_uid != owner)
		return 0;
	r = same_namespace(dir, "ns/pid");
	if (r <= 0)
		return r;

	AUTO_DIR DIR *fds = mem_dir(openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *e;

	if (fds == NULL)
		return -errno;
	while ((e = readdir(fds)) != NULL) {
		char to[sizeof(SESSION_LINK) + 1] = "";
		AUTO_CLOSE int fd = -1;

		if (readlinkat(dirfd(fds), e->d_name, to, sizeof(to) - 1) < 0 || !streq(to, SESSION_LINK))
			continue;
		fd = openat(dirfd(fds), e->d_name, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || !session_read(fd, owner, ret))
			continue;
		/* Its children may hold it too. */
		if (ret->pid == pid)
			return 1;
		session_done(ret);
	}
	return 0;
}

void session_done(struct session *s)
{
	free(s->project);
	free(s->command);
	free(s->profile);
	free(s->net);
	strv_done(&s->weaker);
	strv_done(&s->openings);
	strv_done(&s->trees);
	strv_done(&s->held);
	*s = (struct session){ 0 };
}
