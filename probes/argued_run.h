/* SPDX-License-Identifier: MIT */
/* The calls of a table of argued.h against the filters in force. */
#ifndef ARGUED_RUN_H
#define ARGUED_RUN_H

#include "past.h"
#include "argued.h"

/* What each call is, as added. */
static struct {
	const struct argued *of;
	unsigned int value;
} argued_added[PAST_MAX];

static inline void argued_name(const struct past_call *c, size_t at, char out[40])
{
	const struct argued *a = argued_added[at].of;

	(void)c;
	if (a->kind == ARGUED_ONE)
		snprintf(out, 40, "%s", a->word);
	else if (a->kind == ARGUED_EACH)
		snprintf(out, 40, "%s-%#x", a->word, argued_added[at].value);
	else
		snprintf(out, 40, "%s-%u", a->word, argued_added[at].value);
}

static inline struct probe_result argued_run(const struct argued *table, size_t n, const char *what)
{
	struct past *p = past_new();
	struct probe_result r;

	if (p == NULL)
		return probe_unknown(errno, "mmap", "no memory");
	for (size_t i = 0; i < n; i++) {
		const struct argued *a = &table[i];
		unsigned int value;

		if (argued_number(a) < 0)
			continue;
		for (bool more = argued_next(a, NULL, &value); more; more = argued_next(a, &value, &value)) {
			struct past_call *c;

			argued_added[p->n].of = a;
			argued_added[p->n].value = value;
			c = past_add(p, argued_number(a), false);
			for (int k = 0; k < 5; k++)
				c->arg[k] = argued_value(a, k, value);
		}
	}
	return past_run(p, &r) ? past_tell(p, what, argued_name) : r;
}

#endif
