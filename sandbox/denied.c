/* SPDX-License-Identifier: MIT */
#include "denied.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpfsim.h"
#include "confkey.h"
#include "filter.h"
#include "filter_table.h"
#include "log.h"
#include "mem.h"
#include "untold.h"
#include "util.h"

#define ALIKE \
	4 /* acts that are kept of a call that is refused for one reason: who tries makes names and arguments */
#define ACTS_SAID  5
#define NAMES_SAID 24 /* of calls besides those */

enum list {
	LIST_NONE,
	LIST_REQUESTS,
	LIST_FAMILIES,
	LIST_NAMESPACES,
	LIST_TRACES,
	LIST_PERSONALITIES,
	LIST_KEYCTLS,
	LIST_BPFS,
	LIST_SYSLOGS,
};

enum how { HOW_ONE, HOW_BITS, HOW_MODE };

static const char *const groups[] = {
#define GROUP(group) #group,
#include "data/denials.def"
};

static const struct {
	const char *call;
	unsigned arg;
	enum how how;
	enum list list;
} arguments[] = {
#define ARGUMENT(call, arg, how, list) { #call, arg, HOW_##how, LIST_##list },
#include "data/denials.def"
};

static const struct {
	enum list list;
	uint32_t value;
	const char *words;
} values[] = {
#define VALUE(list, value, words) { LIST_##list, value, words },
#include "data/denials.def"
};

static const struct {
	const char *call;
	unsigned arg;
	uint32_t mask, value;
} honest[] = {
#define HONEST(call, arg, mask, value, why) { #call, arg, mask, value },
#include "data/denials.def"
};

/* What asks for a flag. */
static const struct {
	enum confkey key;
	unsigned flag;
} settings[] = {
#define OPENING(key, filter, probes, calls, words) { CONFKEY_##key, FILTER_##filter },
#include "data/openings.def"
#undef OPENING
};

void denied_done(struct denied *x)
{
	for (size_t i = 0; i < x->nact; i++) {
		free(x->act[i].call);
		free(x->act[i].program);
	}
	free(x->act);
	*x = (struct denied){ 0 };
}

uint32_t denied_action(const struct denied *x, const struct seccomp_data *data)
{
	struct diag d = { 0 };
	uint32_t action = x->n > 0 ? bpfsim_run(x->insn, x->n, data, &d) : SECCOMP_RET_ALLOW;

	/* A question stays one, and who is asked it lets the call go on or not. */
	action = untold_action(action);
	return (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO ? action : SECCOMP_RET_ALLOW;
}

/* --- an act in words */

/* The test row that refuses the call, else the plain one. */
static const struct filter_row *row_of(const struct filter_row *plain, const struct seccomp_data *data)
{
	const struct filter_row *row = NULL;

	while ((row = filter_row_next_if(plain, row)) != NULL && !filter_row_holds(row, data))
		;
	return row != NULL ? row : plain;
}

unsigned denied_rank(const char *group)
{
	unsigned i = 0;

	while (i < ARRAY_SIZE(groups) && !streq(groups[i], group))
		i++;
	return i;
}

static bool is_honest(const struct filter_row *row, const struct seccomp_data *data)
{
	for (size_t i = 0; i < ARRAY_SIZE(honest); i++)
		if (streq(honest[i].call, row->name) &&
		    ((uint32_t)data->args[honest[i].arg] & honest[i].mask) == honest[i].value)
			return true;
	return false;
}

static void put_one(FILE *f, enum list list, uint32_t value)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (values[i].list == list && values[i].value == value) {
			fputs(values[i].words, f);
			return;
		}
	fprintf(f, "%#x", value);
}

static void put_bits(FILE *f, enum list list, uint32_t value)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (values[i].list == list && (value & values[i].value) != 0) {
			fprintf(f, "%s%s", any ? "|" : "", values[i].words);
			any = true;
		}
	if (!any)
		fprintf(f, "%#x", value);
}

/* "unshare(CLONE_NEWUSER)": the call, and what of its arguments decides; row: of whom the numbers are. */
static char *call_text(const char *name, const struct filter_row *row, const struct seccomp_data *data)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		mem_oom();
	fputs(name, f);
	for (size_t i = 0; i < ARRAY_SIZE(arguments) && row != NULL; i++) {
		uint32_t value = (uint32_t)data->args[arguments[i].arg];

		if (!streq(arguments[i].call, row->name))
			continue;
		fputc('(', f);
		if (arguments[i].how == HOW_ONE)
			put_one(f, arguments[i].list, value);
		else if (arguments[i].how == HOW_BITS)
			put_bits(f, arguments[i].list, value);
		else
			fprintf(f, "%04o", value & 07777);
		fputc(')', f);
	}
	if (fclose(f) != 0)
		mem_oom();
	return text;
}

/* --- noting */

static struct denied_act *add(struct denied *x, struct denied_act act)
{
	x->act = xrealloc_array(x->act, x->nact + 1, sizeof(*x->act));
	x->act[x->nact] = act;
	return &x->act[x->nact++];
}

void denied_note(struct denied *x, const struct seccomp_data *data, uint32_t action, const char *program)
{
	AUTO_FREE char *name = NULL;
	AUTO_FREE char *call = NULL;
	const struct filter_row *plain, *row;
	struct denied_act *first = NULL;
	bool of_table, is_usual;
	const char *why;
	size_t alike = 0;

	if (!x->counts)
		return;
	plain = filter_row_at(data->arch, data->nr);
	row = plain != NULL ? row_of(plain, data) : NULL;
	of_table = row != NULL && row->action != SECCOMP_RET_ALLOW;
	why = of_table ? row->why : "blocked_syscalls of the config";
	is_usual = of_table && is_honest(row, data);
	x->all += !is_usual;
	name = filter_name(data->arch, data->nr);
	call = call_text(name, plain, data);
	for (size_t i = 0; i < x->nact; i++) {
		struct denied_act *act = &x->act[i];

		if (act->arch != data->arch || act->nr != data->nr || act->why != why ||
		    act->honest != is_usual)
			continue;
		if (streq(act->call, call) && streq(act->program, program)) {
			act->times++;
			return;
		}
		first = first != NULL ? first : act;
		alike++;
	}
	if (alike >= ALIKE) {
		first->more++;
		return;
	}
	add(x, (struct denied_act){ .arch = data->arch,
				    .nr = data->nr,
				    .call = TAKE_PTR(call),
				    .program = xstrdup(program),
				    .why = why,
				    .opened_by = of_table ? filter_opened_by(plain, data) & ~x->flags : 0,
				    .action = action,
				    .rank = denied_rank(of_table ? plain->group : "CONFIG"),
				    .honest = is_usual,
				    .nth = alike,
				    .times = 1 });
}

/* --- saying */

/* Of each call and reason one before any has two, and what weighs most first. */
static int by_weight(const void *pa, const void *pb)
{
	const struct denied_act *const *a = pa, *const *b = pb;

	if ((*a)->honest != (*b)->honest)
		return (*a)->honest ? 1 : -1;
	if ((*a)->nth != (*b)->nth)
		return (*a)->nth < (*b)->nth ? -1 : 1;
	if ((*a)->rank != (*b)->rank)
		return (*a)->rank < (*b)->rank ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
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

static void say(struct account *a, enum account_severity severity, const struct denied_act *act)
{
	AUTO_FREE char *action = action_text(act->action);
	AUTO_FREE char *times = act->times > 1 ? xasprintf(", %lu times", act->times) : xstrdup("");
	AUTO_FREE char *more = act->more > 0 ? xasprintf(", %lu more of this kind", act->more) : xstrdup("");
	struct account_fact *f =
	    account_add(a, ACCOUNT_CALL, severity, act->call, "denied system call: %s by %s (%s%s%s): %s",
			act->call, act->program, action, times, more, act->why);

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if ((act->opened_by & settings[i].flag) != 0)
			account_try(f, "\"%s\": true in the config", confkey_row(settings[i].key)->name);
}

/* The names of the calls behind those that are said, so that none of them is hidden by the others. Owned. */
static char *names_of(struct denied_act *const *act, size_t n)
{
	size_t len, said = 0;
	char *text = NULL;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		mem_oom();
	for (size_t i = 0; i < n && act[i]->nth == 0; i++, said++)
		if (said < NAMES_SAID)
			fprintf(f, "%s%s", said > 0 ? ", " : ": ", act[i]->call);
	if (said > NAMES_SAID)
		fprintf(f, " and %zu more%s", said - NAMES_SAID, log_more());
	if (fclose(f) != 0)
		mem_oom();
	return text;
}

void denied_account(const struct denied *x, struct account *a)
{
	AUTO_FREE struct denied_act **act = xcalloc(x->nact + 1, sizeof(struct denied_act *));
	unsigned long said = 0;
	size_t n = 0, first;

	for (size_t i = 0; i < x->nact; i++) {
		act[i] = &x->act[i];
		n += !act[i]->honest;
	}
	first = n < ACTS_SAID ? n : ACTS_SAID;
	qsort(act, x->nact, sizeof(*act), by_weight);
	for (size_t i = 0; i < x->nact; i++) {
		say(a, i < first ? ACCOUNT_SECURITY : ACCOUNT_DETAIL, act[i]);
		said += i < first ? act[i]->times + act[i]->more : 0;
	}
	if (x->all > said) {
		AUTO_FREE char *names = names_of(act + first, n - first);

		account_add(a, ACCOUNT_CALL, ACCOUNT_SECURITY, NULL, "denied system calls besides: %lu%s",
			    x->all - said, names)
		    ->others = x->all - said - 1;
	}
}
