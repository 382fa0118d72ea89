/* SPDX-License-Identifier: MIT */
#include "beside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appearwalk.h"
#include "autorun.h"
#include "log.h"
#include "mem.h"
#include "path.h"
#include "util.h"

/* What root started holds its session as root, who else did as the box's user. */
static void ask(struct beside_session *s, uid_t box)
{
	AUTO_FREE char *path = xasprintf("/proc/%ld", (long)s->mark.pid);
	AUTO_CLOSE int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	s->told = dir >= 0 && (session_find(dir, s->mark.pid, geteuid(), &s->said) > 0 ||
			       session_find(dir, s->mark.pid, box, &s->said) > 0);
	if (s->told && time_is_since(s->since, s->said.since))
		s->since = s->said.since;
}

static struct beside_session *known(struct beside *b, const struct unfinished_mark *mark)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->session[i].mark.pid == mark->pid &&
		    time_is_same(b->session[i].mark.since, mark->since))
			return &b->session[i];
	return NULL;
}

void beside_look(struct beside *b, const struct policy *p, char *const *env)
{
	AUTO_FREE struct unfinished_mark *mark = NULL;
	size_t n = unfinished_running(p, env, &mark);

	for (size_t i = 0; i < n; i++) {
		struct beside_session *s = known(b, &mark[i]);

		if (s == NULL) {
			b->session = xrealloc_array(b->session, b->n + 1, sizeof(*b->session));
			s = &b->session[b->n++];
			*s = (struct beside_session){ .mark = mark[i], .since = mark[i].since };
		}
		if (!s->told)
			ask(s, p->kernel_uid);
	}
}

/* The tree of its that path lies in; NULL: it does not write there. */
static const char *tree_of(const struct beside_session *s, const char *path)
{
	for (size_t i = 0; i < s->said.trees.n; i++)
		if (path_is_under(path, s->said.trees.v[i]))
			return s->said.trees.v[i];
	return NULL;
}

/* By its own name, or with a directory above it: a rename changes what is renamed. */
static bool came_since(const char *path, const char *tree, struct timespec since)
{
	AUTO_FREE char *at = xstrdup(path);
	struct stat st;

	while (path_is_under(at, tree) && !streq(at, tree)) {
		AUTO_FREE char *below = TAKE_PTR(at);

		if (lstat(below, &st) < 0 || time_is_since(st.st_ctim, since))
			return true;
		at = path_dirname(below);
	}
	return false;
}

/* What is only named at a session's end stays: it is as much the host's as any other work. */
static bool is_named_only(const struct policy *p, const char *path)
{
	AUTO_FREE char *dir = path_dirname(path);
	const struct autorun_row *row = autorun_find(dir, path_basename(path), streq(dir, p->project));

	return row != NULL && row->place != AUTORUN_GIT && row->later == AUTORUN_REPORT;
}

static bool may_be_of(const struct beside_session *s, const char *path)
{
	const char *tree = tree_of(s, path);

	return tree != NULL && came_since(path, tree, s->since);
}

/* It is the host's for that session, which brings it back: two that are not of one mind would do so for ever. */
static bool is_held(const struct beside *b, const char *path)
{
	for (size_t i = 0; i < b->n; i++)
		if (appearjudge_is_below(&b->session[i].said.held, path))
			return true;
	return false;
}

static void judge(struct beside *b, const struct policy *p, const char *path)
{
	for (size_t i = 0; i < b->n; i++)
		if (may_be_of(&b->session[i], path) && !is_held(b, path) && !is_named_only(p, path)) {
			strv_add(&b->doubt, path);
			return;
		}
}

void beside_judge(struct beside *b, const struct policy *p)
{
	if (b->n == 0)
		return;
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part == POLICY_AUTORUN && p->entry[i].access != POLICY_WRITE)
			judge(b, p, p->entry[i].path);
	for (size_t i = 0; i < p->git.n; i++)
		judge(b, p, p->git.config[i].path);
	strv_sort(&b->doubt);
}

void beside_say(const struct beside *b)
{
	for (size_t i = 0; i < b->doubt.n; i++)
		log_detail(
		    "%s appeared during another session, which runs: if that one's end moves it away, it "
		    "does not come back",
		    b->doubt.v[i]);
}

struct timespec beside_since(const struct beside *b, struct timespec since)
{
	for (size_t i = 0; i < b->n; i++)
		if (time_is_since(since, b->session[i].since))
			since = b->session[i].since;
	return since;
}

static void add_held(const struct beside *b, const char *path, struct strv *ret)
{
	if (!strv_has_sorted(&b->doubt, path))
		strv_add(ret, path);
}

void beside_held(const struct beside *b, const struct policy *p, struct strv *ret)
{
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part >= POLICY_AUTORUN && p->entry[i].access != POLICY_WRITE)
			add_held(b, p->entry[i].path, ret);
	for (size_t i = 0; i < p->git.n; i++)
		add_held(b, p->git.config[i].path, ret);
	if (p->dotclaude.mounted)
		add_held(b, p->dotclaude.path, ret);
}

void beside_done(struct beside *b)
{
	for (size_t i = 0; i < b->n; i++)
		session_done(&b->session[i].said);
	free(b->session);
	strv_done(&b->doubt);
	*b = (struct beside){ 0 };
}
