/* SPDX-License-Identifier: MIT */
#include "appear.h"

#include <stdlib.h>
#include <string.h>

#include "appearwalk.h"
#include "log.h"
#include "mem.h"
#include "path.h"
#include "util.h"

static void add_held(struct appear *a)
{
	const struct policy *p = a->o.policy;

	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part == POLICY_AUTORUN
			? p->entry[i].access != POLICY_WRITE
			: p->entry[i].part >= POLICY_PROJECT && !policy_is_tree(&p->entry[i]))
			strv_add(&a->held, p->entry[i].path);
	for (size_t i = 0; i < p->git.n; i++) {
		strv_add(&a->held, p->git.config[i].path);
		if (p->git.config[i].repository)
			strv_add(&a->repositories, p->git.config[i].dir);
	}
	if (p->dotclaude.mounted)
		strv_add(&a->held, p->dotclaude.path);
	for (size_t i = 0; i < p->pin.n; i++)
		strv_add(&a->pinned, p->pin.v[i]);
	strv_sort(&a->held);
	strv_sort(&a->pinned);
}

struct appear *appear_start(const struct appear_opts *opts)
{
	struct appear *a = xcalloc(1, sizeof(*a));

	*a = (struct appear){ .o = *opts, .notify = -1 };
	add_held(a);
	appearjudge_remember(a);
	appearstart_remember(a);
	appearlive_begin(a);
	return a;
}

static char *list_of(const struct appear *a, struct account *account, enum account_kind kind,
		     const char *what, const struct strv *paths)
{
	AUTO_FREE char *list = xstrdup("");
	const char *project = a->o.policy->project;

	for (size_t i = 0; i < paths->n; i++) {
		AUTO_FREE char *before = list;
		const char *path = paths->v[i];

		account_add(account, kind, ACCOUNT_DETAIL, path, "%s: %s", what, path);
		if (path_is_under(path, project) && !streq(path, project))
			path += strlen(project) + 1;
		list = i < APPEAR_NAMED ? xasprintf("%s%s%s", before, i > 0 ? ", " : "", path)
					: TAKE_PTR(before);
	}
	if (paths->n > APPEAR_NAMED) {
		AUTO_FREE char *before = list;

		list = xasprintf("%s and %zu more%s", before, paths->n - APPEAR_NAMED, log_more());
	}
	return TAKE_PTR(list);
}

/* What is left, what is named and what is gone are kinds of their own: who makes many of one hides none of another. */
static void hand_in(const struct appear *a, struct account *account)
{
	AUTO_FREE char *failed = list_of(a, account, ACCOUNT_LEFT, "appeared during the session", &a->failed);
	AUTO_FREE char *replaced = list_of(a, account, ACCOUNT_LEFT, "replaced on the host", &a->replaced);
	AUTO_FREE char *unread = list_of(a, account, ACCOUNT_WEAKER, "could not be searched", &a->unread);
	AUTO_FREE char *named =
	    list_of(a, account, ACCOUNT_APPEARED, "appeared during the session", &a->named);
	AUTO_FREE char *out = list_of(a, account, ACCOUNT_APPEARED, "new link into the home", &a->out);

	if (a->out.n > 0)
		account_add(account, ACCOUNT_APPEARED, ACCOUNT_SECURITY, a->out.v[0],
			    "new links lead into the home: %s; what a program of the host writes by %s lands "
			    "there",
			    out, a->out.n > 1 ? "their names" : "its name")
		    ->others = a->out.n - 1;
	if (a->failed.n > 0)
		account_add(account, ACCOUNT_LEFT, ACCOUNT_SECURITY, a->failed.v[0],
			    "appeared during the session, and can't be moved away: %s; the host acts on %s, "
			    "look at %s",
			    failed, a->failed.n > 1 ? "them" : "it", a->failed.n > 1 ? "them" : "it")
		    ->others = a->failed.n - 1;
	if (a->replaced.n > 0)
		account_add(account, ACCOUNT_LEFT, ACCOUNT_SECURITY, a->replaced.v[0],
			    "replaced on the host during the session, and not held any more: %s; the sandbox "
			    "could write to %s, look at %s",
			    replaced, a->replaced.n > 1 ? "them" : "it", a->replaced.n > 1 ? "them" : "it")
		    ->others = a->replaced.n - 1;
	if (a->named.n > 0)
		account_add(account, ACCOUNT_APPEARED, ACCOUNT_SECURITY, a->named.v[0],
			    "appeared during the session: %s; the host acts on %s, or asks first", named,
			    a->named.n > 1 ? "them" : "it")
		    ->others = a->named.n - 1;
	for (size_t i = 0; i < a->nmoved; i++)
		account_add(account, ACCOUNT_MOVED, i < APPEAR_NAMED ? ACCOUNT_SECURITY : ACCOUNT_DETAIL,
			    a->moved[i].path, "%s", a->moved[i].line);
	if (a->nmoved > APPEAR_NAMED)
		account_add(account, ACCOUNT_MOVED, ACCOUNT_SECURITY, NULL,
			    "moved away: %zu more like these%s; see %s", a->nmoved - APPEAR_NAMED, log_more(),
			    a->o.quarantine->dir >= 0 ? a->o.quarantine->path : a->o.policy->project)
		    ->others = a->nmoved - APPEAR_NAMED - 1;
	if (a->unwatched != NULL) {
		struct account_fact *f = account_add(account, ACCOUNT_WEAKER, ACCOUNT_NOTE,
						     a->o.policy->project, "%s", a->unwatched);

		f->said = a->unwatched_said;
		if (a->unwatched_try != NULL)
			account_try(f, "%s", a->unwatched_try);
	}
	if (a->too_many)
		account_add(account, ACCOUNT_WEAKER, ACCOUNT_SECURITY, a->o.policy->project,
			    "weaker: more than %d names appeared in %s that the host acts on: the rest is "
			    "not named",
			    APPEAR_MAX_NAMED, a->o.policy->project);
	if (a->unread.n > 0)
		account_add(
		    account, ACCOUNT_WEAKER, ACCOUNT_SECURITY, a->o.policy->project,
		    "weaker: could not be searched at the end: %s; what appeared in %s of what the host "
		    "runs is not known",
		    unread, a->unread.n > 1 ? "them" : "it")
		    ->others = a->unread.n - 1;
	if (a->incomplete != NULL)
		account_add(
		    account, ACCOUNT_WEAKER, ACCOUNT_SECURITY, a->o.policy->project,
		    "weaker: %s was not searched to its end (%s): not all that appeared in it of what "
		    "the host runs is known",
		    a->o.policy->project, a->incomplete);
}

void appear_end(struct account *account, struct appear *a)
{
	if (a == NULL)
		return;
	a->account = account;
	appearwalk_search(a);
	/* Last: a line has the first few. */
	for (size_t i = 0; i < a->daily.n; i++)
		strv_add(&a->named, a->daily.v[i]);
	hand_in(a, account);
	appearwalk_done(a);
	appearlive_done(a);
	for (size_t i = 0; i < a->nmoved; i++) {
		free(a->moved[i].path);
		free(a->moved[i].line);
	}
	free(a->moved);
	free(a->unwatched);
	for (size_t i = 0; i < a->nstood; i++)
		free(a->stood[i].path);
	free(a->stood);
	strv_done(&a->replaced);
	strv_done(&a->held);
	strv_done(&a->repositories);
	strv_done(&a->pinned);
	strv_done(&a->held_later);
	strv_done(&a->pinned_later);
	strv_done(&a->followed);
	appearstart_done(a);
	strv_done(&a->named);
	strv_done(&a->daily);
	strv_done(&a->out);
	strv_done(&a->failed);
	strv_done(&a->unread);
	strv_done(&a->ours);
	free(a);
}
