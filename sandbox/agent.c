/* SPDX-License-Identifier: MIT */
#include "agent.h"

#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "mem.h"
#include "path.h"
#include "util.h"

static const char *const creds[] = {
#define CRED(id, path, kind, title) path,
#include "data/creds.def"
#undef CRED
};

/* The first place on the way to a program that the sandbox can write: it could turn it into another one. */
static const struct policy_entry *changeable(const struct policy *p, const struct host_program *a)
{
	const struct policy_entry *e = policy_written(p, a->real);

	for (size_t i = 0; i < a->place.n && e == NULL; i++)
		e = policy_written(p, a->place.v[i]);
	for (size_t i = 0; i < a->need.n && e == NULL; i++)
		e = policy_written(p, a->need.v[i]);
	return e;
}

/* Showing it would show a secret, or part of one. */
static bool is_secret(const struct host *h, const struct policy *p, const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(creds); i++) {
		AUTO_FREE char *cred = path_join(p->home, creds[i]);
		const struct host_node *n = host_find(h, cred);
		const char *real = n != NULL && n->real != NULL ? n->real : cred;

		if (path_is_under(path, cred) || path_is_under(cred, path) || path_is_under(path, real) ||
		    path_is_under(real, path))
			return true;
	}
	return path_is_under(p->home, path);
}

/* Owned words why a program can't be shown; NULL: it can. */
static char *refusal(const struct host *h, const struct policy *p, const struct host_program *a)
{
	const struct policy_entry *e = changeable(p, a);
	bool all = true;

	if (e != NULL)
		return xasprintf("the sandbox can write to %s", e->path);
	for (size_t i = 0; i < a->need.n; i++)
		all = all && policy_shows(p, a->need.v[i]);
	if (all)
		return NULL;
	if (a->row == NULL && streq(a->path, a->real))
		return xstrdup("it lies in no place that agents are installed in (--extra-ro shows it)");
	if (a->row == NULL)
		return xasprintf("it is %s, no place that agents are installed in (--extra-ro shows it)",
				 a->real);
	/* Started by root, the box is the project's owner's: his own program is no other's. */
	if ((a->uid != 0 && a->uid != h->uid && a->uid != p->kernel_uid) || (a->mode & 02) != 0)
		return xasprintf("others can write to %s", a->real);
	for (size_t i = 0; i < a->need.n; i++)
		if (is_secret(h, p, a->need.v[i]))
			return xasprintf("%s holds credentials", a->need.v[i]);
	return NULL;
}

static void show(struct policy *p, const struct host_program *a, const char *what)
{
	for (size_t i = 0; i < a->need.n; i++)
		if (!policy_shows(p, a->need.v[i]))
			policy_add(p, POLICY_READ, POLICY_HOME, a->need.v[i], xstrdup(a->need.v[i]),
				   !streq(a->need.v[i], a->real),
				   xasprintf("agents.def: %s (%s)", what, a->row != NULL ? a->row : "PATH"));
	for (size_t i = 0; i < a->place.n; i++)
		if (!policy_shows(p, a->place.v[i]) && !policy_has(p, a->place.v[i]))
			policy_add(p, POLICY_LINK, POLICY_HOME, a->place.v[i], xstrdup(a->text.v[i]), false,
				   xasprintf("agents.def: leads to %s", what));
}

/* The node of a script. Owned words why there is none; NULL: it is there, or not needed. */
static char *show_interpreter(const struct host *h, struct policy *p, const struct host_program *a)
{
	AUTO_FREE char *why = NULL;

	if (a->interpreter == NULL)
		return NULL;
	if (a->by == NULL)
		return xasprintf("%s needs %s, which is not in PATH", a->path, a->interpreter);
	why = refusal(h, p, a->by);
	if (why != NULL)
		return xasprintf("%s needs %s: %s", a->path, a->by->path, why);
	show(p, a->by, a->interpreter);
	return NULL;
}

void agent_add(const struct host *h, struct policy *p)
{
	bool passed_over = false, homeless = !streq(p->home, h->home);

	for (size_t i = 0; i < h->nagent; i++) {
		const struct host_program *a = &h->agent[i];
		char *why = refusal(h, p, a);

		if (why == NULL) {
			free(p->agent_why);
			show(p, a, "the agent");
			p->agent_why = show_interpreter(h, p, a);
			p->agent = xstrdup(a->path);
			/* By its name, unless PATH would lead elsewhere. */
			p->agent_by_path = !a->in_path || passed_over;
			p->agent_in_path = a->in_path;
			return;
		}
		passed_over = passed_over || a->in_path;
		if (p->agent_why == NULL)
			p->agent_why = xasprintf("%s is not used: %s", a->path, why);
		free(why);
	}
	if (p->agent_why != NULL)
		return;
	if (h->agent_lame.path == NULL)
		p->agent_why =
		    xasprintf("it is neither in PATH nor in a place that agents are installed in%s%s%s",
			      homeless ? " (no home was searched: HOME " : "",
			      !homeless		 ? ""
			      : *h->home != '\0' ? "is no home"
						 : "names no directory",
			      homeless ? ")" : "");
	else if (h->agent_lame.real == NULL)
		p->agent_why = xasprintf("%s is a link to %s, which is not there", h->agent_lame.path,
					 h->agent_lame.link);
	else
		p->agent_why = xasprintf("%s is not executable", h->agent_lame.real);
	p->agent_locked = h->agent_lame.real;
}
