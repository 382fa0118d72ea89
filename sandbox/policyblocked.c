/* SPDX-License-Identifier: MIT */
/* blocked_commands: who is asked, and which files are masked besides. */
#include "policyparts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "mem.h"
#include "path.h"
#include "util.h"

/* A judged call goes on by SECCOMP_USER_NOTIF_FLAG_CONTINUE, of Linux 5.5. */
static bool kernel_can(const char *release)
{
	char *end;
	long major = strtol(release, &end, 10), minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

	return major > 5 || (major == 5 && minor >= 5);
}

/* Why what the whole pattern is for can't be masked; NULL: it can. */
static const char *unmasked(const struct policy *p, const struct host_blocked *b)
{
	if (blocked_is_multicall(b->real))
		return "the file is other commands, too";
	if (policy_written(p, b->real) != NULL)
		return "it lies where the sandbox can write";
	return NULL;
}

static void add_file(struct policy *p, const struct host_blocked *b, const char *text, bool whole)
{
	bool shown = policy_shows(p, b->real);
	const char *why = whole && shown ? unmasked(p, b) : NULL;

	p->blocked_file = xrealloc_array(p->blocked_file, p->nblocked_file + 1, sizeof(*p->blocked_file));
	p->blocked_file[p->nblocked_file++] =
	    (struct blocked_file){ .path = xstrdup(b->real),
				   .dev = b->dev,
				   .ino = b->ino,
				   .pattern = b->pattern,
				   .masked = whole && shown && why == NULL };
	if (why != NULL)
		strv_addf(&p->notes,
			  "blocked_commands, \"%s\": %s can be read and copied (%s); a copy under another "
			  "name runs",
			  text, b->real, why);
	if (!whole || !shown || why != NULL || policy_has(p, b->real))
		return;
	policy_add(p, POLICY_HIDDEN, POLICY_SYSTEM, b->real, NULL, false,
		   xasprintf("blocked_commands: \"%s\" (%s): so that no copy of it is made", text,
			     p->blocked_from.v[b->pattern]));
	p->entry[p->nentry - 1].command = true;
}

int policy_add_blocked(const struct conf *conf, const struct host *h, struct policy *p, struct diag *d)
{
	const struct conf_list *list = &conf->blocked_commands;
	const struct conf_value *log = &conf->value[CONFKEY_DENIAL_LOG];

	for (size_t i = 0; i < list->n; i++) {
		strv_add(&p->blocked, list->item[i].value);
		strv_add(&p->blocked_from, list->item[i].origin);
	}
	if (log->n > 0 && log->origin != NULL && p->no_seccomp) {
		diag_set(d, -EINVAL,
			 "denial_log (%s) can't be kept without the system call filter, which "
			 "CLAUDE_SANDBOX_NO_SECCOMP=1 removes",
			 log->origin);
		diag_try(d, "one without the other");
		return d->code;
	}
	if (log->n > 0 && !p->no_seccomp) {
		p->filter |= FILTER_TELL;
		p->tell_or_fail = log->origin != NULL;
	}
	if (list->n == 0)
		return 0;
	if (p->no_seccomp) {
		diag_set(d, -EINVAL,
			 "blocked_commands (%s) can't be kept without the system call filter, which "
			 "CLAUDE_SANDBOX_NO_SECCOMP=1 removes",
			 list->item[0].origin);
		diag_try(d, "one without the other");
		return d->code;
	}
	if (!kernel_can(h->release)) {
		diag_set(d, -ENOTSUP,
			 "blocked_commands (%s) can't be kept by this kernel (%s): it takes Linux 5.5",
			 list->item[0].origin, h->release);
		diag_try(d, "a newer kernel, or the config without blocked_commands");
		return d->code;
	}
	p->filter |= FILTER_EXEC;
	for (size_t i = 0; i < h->nblocked; i++) {
		struct blocked_pattern pattern;
		size_t k = h->blocked[i].pattern;

		if (blocked_parse(p->blocked.v[k], &pattern) == NULL)
			add_file(p, &h->blocked[i], p->blocked.v[k], pattern.whole);
		blocked_done(&pattern);
	}
	return 0;
}
