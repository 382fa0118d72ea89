/* SPDX-License-Identifier: MIT */
#include "notice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build.h"
#include "log.h"
#include "mem.h"
#include "path.h"
#include "state.h"
#include "trust.h"
#include "util.h"

#define NOTICE_HEAD  "claude-sandbox stamp 1\n"
#define NOTICE_BYTES 512

struct notice_stamp notice_now(const struct host *h)
{
	struct notice_stamp s;

	snprintf(s.kernel, sizeof(s.kernel), "%s", h->release != NULL ? h->release : "");
	/* Without the device: the number of one that has no hardware behind it may change with each start. */
	snprintf(s.bwrap, sizeof(s.bwrap), "%llu %lld %lld.%09ld", (unsigned long long)h->bwrap.ino,
		 (long long)h->bwrap.bytes, (long long)h->bwrap.changed.tv_sec, h->bwrap.changed.tv_nsec);
	snprintf(s.build, sizeof(s.build), "%s %s", CLAUDE_SANDBOX_VERSION, build_id);
	return s;
}

char *notice_text(const struct notice_stamp *s)
{
	return xasprintf(NOTICE_HEAD "kernel %s\nbwrap %s\nbuild %s\n", s->kernel, s->bwrap, s->build);
}

/* Takes "NAME VALUE\n" at *p, before end. */
static bool notice_take(const char **p, const char *end, const char *name, char *ret, size_t size)
{
	size_t n = strlen(name), left = (size_t)(end - *p), len;
	const char *stop = memchr(*p, '\n', left);

	if (stop == NULL || left <= n || memcmp(*p, name, n) != 0 || (*p)[n] != ' ')
		return false;
	len = (size_t)(stop - *p) - n - 1;
	if (len == 0 || len >= size)
		return false;
	memcpy(ret, *p + n + 1, len);
	ret[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (ret[i] < 0x20 || ret[i] > 0x7e)
			return false;
	*p = stop + 1;
	return true;
}

int notice_parse(const char *text, size_t len, struct notice_stamp *ret, struct diag *d)
{
	const char *p = text, *end = text + len;

	if (len < sizeof(NOTICE_HEAD) || memcmp(p, NOTICE_HEAD, sizeof(NOTICE_HEAD) - 1) != 0)
		return diag_set(d, -EINVAL, "it does not begin as a stamp does");
	p += sizeof(NOTICE_HEAD) - 1;
	if (!notice_take(&p, end, "kernel", ret->kernel, sizeof(ret->kernel)) ||
	    !notice_take(&p, end, "bwrap", ret->bwrap, sizeof(ret->bwrap)) ||
	    !notice_take(&p, end, "build", ret->build, sizeof(ret->build)) || p != end)
		return diag_set(d, -EINVAL, "it is not whole, or not a stamp");
	return 0;
}

/* Adds to a list with commas; takes `more`. */
static void notice_add(char **list, char *more)
{
	char *joined = *list != NULL ? xasprintf("%s, %s", *list, more) : xstrdup(more);

	free(*list);
	free(more);
	*list = joined;
}

char *notice_compare(const struct notice_stamp *before, const struct notice_stamp *now)
{
	char *list = NULL;
	int b = (int)strcspn(before->build, " "), n = (int)strcspn(now->build, " ");

	if (!streq(before->kernel, now->kernel))
		notice_add(&list, xasprintf("kernel %s → %s", before->kernel, now->kernel));
	if (!streq(before->bwrap, now->bwrap))
		notice_add(&list, xstrdup("bwrap changed"));
	if (!streq(before->build, now->build))
		notice_add(&list,
			   b != n || memcmp(before->build, now->build, (size_t)n) != 0
			       ? xasprintf("claude-sandbox %.*s → %.*s", b, before->build, n, now->build)
			       : xstrdup("claude-sandbox was built anew"));
	return list;
}

/* The project as a word for a shell, short where it can be. Owned. */
static char *notice_project(const struct policy *p)
{
	char word[DIAG_WORD];
	const char *rest = p->project + strlen(p->home);

	if (path_is_under(p->project, p->home) && *rest == '/' &&
	    streq(diag_word(word, sizeof(word), rest), rest))
		return xasprintf("~%s", rest);
	return xstrdup(diag_word(word, sizeof(word), p->project));
}

/* 0; -ENOENT: there is none. */
static int notice_load(char *const *env, const struct policy *p, struct notice_stamp *ret, struct diag *d)
{
	AUTO_FREE char *dir = state_dir(env);
	AUTO_FREE char *path = dir != NULL ? path_join(dir, NOTICE_FILE) : NULL;
	AUTO_FREE char *text = NULL;
	AUTO_CLOSE int fd = -1;
	size_t len = 0;
	int r;

	if (dir == NULL)
		return -ENOENT;
	fd = state_open(dir, false, d);
	if (fd < 0)
		return fd;
	r = state_read(fd, NOTICE_FILE, path, NOTICE_BYTES, &text, &len, d);
	if (r == 0)
		r = trust_file(p, path, d);
	if (r == 0 && notice_parse(text, len, ret, d) < 0) {
		r = diag_set(d, -EINVAL, "%s: %s", path, d->msg);
		diag_try(d, "claude-sandbox --security-test --accept-baseline");
	}
	return r;
}

/* The option that ends the notice here: a project without a baseline has nothing that could hold. */
static const char *notice_option(char *const *env, const struct policy *p)
{
	AUTO_FREE char *dir = state_dir(env);
	AUTO_FREE char *name = state_baseline(p->project);
	AUTO_FREE char *path = dir != NULL ? path_join(dir, name) : NULL;
	struct stat st;

	return path != NULL && lstat(path, &st) == 0 ? "--baseline" : "--accept-baseline";
}

void notice_launch(char *const *env, const struct host *h, const struct policy *p)
{
	struct notice_stamp before, now = notice_now(h);
	struct diag d = { 0 };
	int r = notice_load(env, p, &before, &d);
	AUTO_FREE char *what = r == 0 ? notice_compare(&before, &now) : NULL;
	AUTO_FREE char *project = what != NULL ? notice_project(p) : NULL;

	if (what != NULL)
		log_note("%s since a baseline last held; run claude-sandbox --security-test %s %s", what,
			 notice_option(env, p), project);
	else if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		log_note("what changed since a baseline last held is not known: %s%s%s", d.msg,
			 d.try[0] != '\0' ? "; try: " : "", d.try);
}
