/* SPDX-License-Identifier: MIT */
#include "denied.h"

#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpfsim.h"
#include "filter_table.h"
#include "mem.h"
#include "util.h"

#define ACTS_MAX  64 /* kept for the end */
#define ACTS_SAID 5

/* What a setting would let pass. */
static const struct {
	const char *call, *group, *setting;
} opened[] = {
	{ NULL, "DEBUG", "\"allow_debug\": true in the config" },
	{ "unshare", NULL, "\"allow_nested_userns\": true in the config, for user namespaces" },
	{ "clone", NULL, "\"allow_nested_userns\": true in the config, for user namespaces" },
	{ "chroot", NULL, "\"allow_nested_userns\": true in the config, in a user namespace" },
};

int denied_init(struct denied *ret, const struct policy *policy, struct diag *d)
{
	unsigned flags = policy->filter & ~(unsigned)(FILTER_TELL | FILTER_EXEC);

	*ret = (struct denied){ 0 };
	if ((policy->filter & FILTER_TELL) == 0)
		return 0;
	if (flags == 0 && policy->blocked_syscalls.n == 0)
		return filter_default(filter_native_arch(), &ret->plain, d);
	return filter_build_with(filter_native_arch(), flags, policy->blocked_syscalls.v,
				 policy->blocked_syscalls.n, &ret->plain, d);
}

void denied_done(struct denied *x)
{
	filter_done(&x->plain);
	for (size_t i = 0; i < x->n; i++) {
		free(x->act[i].call);
		free(x->act[i].program);
	}
	free(x->act);
	*x = (struct denied){ 0 };
}

uint32_t denied_action(const struct denied *x, const struct seccomp_data *data)
{
	struct diag d = { 0 };

	return x->plain.n > 0 ? bpfsim_run(x->plain.insn, x->plain.n, data, &d) : SECCOMP_RET_ALLOW;
}

static bool holds(const struct filter_test *t, const struct seccomp_data *data)
{
	uint32_t low = (uint32_t)data->args[t->arg];

	switch (t->op) {
	case FILTER_EQ:
		return low == t->value;
	case FILTER_NE:
		return low != t->value;
	case FILTER_ANY:
		return (low & t->value) != 0;
	case FILTER_MASKED:
		return (low & t->mask) == t->value;
	case FILTER_SET:
		return data->args[t->arg] != 0;
	case FILTER_NONE:
		break;
	}
	return true;
}

/* The row that refuses the call; NULL: a setting of the user's does. */
static const struct filter_row *row_of(const char *name, const struct seccomp_data *data)
{
	const struct filter_row *plain = filter_row_find(name), *row = NULL;

	while (plain != NULL && (row = filter_row_next_if(plain, row)) != NULL)
		if (holds(&row->test[0], data) && holds(&row->test[1], data))
			break;
	row = row != NULL ? row : plain;
	return row != NULL && row->action != SECCOMP_RET_ALLOW ? row : NULL;
}

static const char *opened_by(const char *name, const struct filter_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(opened); i++)
		if ((opened[i].call != NULL && streq(opened[i].call, name)) ||
		    (opened[i].group != NULL && row->group != NULL && streq(opened[i].group, row->group)))
			return opened[i].setting;
	return NULL;
}

void denied_note(struct denied *x, const struct seccomp_data *data, uint32_t action, const char *program)
{
	AUTO_FREE char *name = filter_name(data->arch, data->nr);
	const struct filter_row *row = row_of(name, data);
	const char *why = row != NULL ? row->why : "blocked_syscalls of the config";

	if (!x->counts)
		return;
	x->all++;
	for (size_t i = 0; i < x->n; i++)
		if (streq(x->act[i].call, name) && x->act[i].why == why &&
		    streq(x->act[i].program, program)) {
			x->act[i].times++;
			return;
		}
	if (x->n == ACTS_MAX)
		return;
	x->act = xrealloc_array(x->act, x->n + 1, sizeof(*x->act));
	x->act[x->n++] = (struct denied_act){ .call = TAKE_PTR(name),
					      .program = xstrdup(program),
					      .why = why,
					      .opened_by = row != NULL ? opened_by(row->name, row) : NULL,
					      .action = action,
					      .times = 1 };
}

static char *action_text(uint32_t action)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		mem_oom();
	filter_put_action(f, action);
	if (fclose(f) != 0)
		mem_oom();
	return text;
}

void denied_account(const struct denied *x, struct account *a)
{
	unsigned long said = 0;

	for (size_t i = 0; i < x->n; i++) {
		const struct denied_act *act = &x->act[i];
		AUTO_FREE char *action = action_text(act->action);
		bool first = i < ACTS_SAID;
		struct account_fact *f;
		char times[40] = "";

		if (act->times > 1)
			snprintf(times, sizeof(times), ", %lu times", act->times);
		f = account_add(a, ACCOUNT_CALL, first ? ACCOUNT_SECURITY : ACCOUNT_DETAIL, act->call,
				"denied system call: %s by %s (%s%s): %s", act->call, act->program, action,
				times, act->why);
		if (act->opened_by != NULL)
			account_try(f, "%s", act->opened_by);
		said += first ? act->times : 0;
	}
	if (x->all > said)
		account_add(a, ACCOUNT_CALL, ACCOUNT_SECURITY, NULL, "denied system calls besides: %lu",
			    x->all - said)
		    ->others = x->all - said - 1;
}
