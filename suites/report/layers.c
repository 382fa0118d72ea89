/* SPDX-License-Identifier: MIT */
#include "report/layers.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

static int report_layer_order(const void *pa, const void *pb)
{
	const struct report_layer_sum *a = pa, *b = pb;

	if ((a->name == NULL) != (b->name == NULL))
		return a->name == NULL ? 1 : -1;
	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return a->name != NULL ? strcmp(a->name, b->name) : 0;
}

size_t report_layer_sums(const struct report *r, struct report_layer_sum sums[REPORT_LAYER_NAMES + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct report_probe *p = &r->probe[i];
		size_t k = 0;

		if (p->arm != REPORT_BOXED || p->where != REPORT_SCRATCH || p->state != REPORT_PASS ||
		    !streq(p->observed, "denied"))
			continue;
		while (k < n && !(sums[k].name == p->layer || (sums[k].name != NULL && p->layer != NULL &&
							       streq(sums[k].name, p->layer))))
			k++;
		if (k == REPORT_LAYER_NAMES + 1)
			continue;
		if (k == n)
			sums[n++] = (struct report_layer_sum){ .name = p->layer };
		sums[k].n++;
	}
	qsort(sums, n, sizeof(*sums), report_layer_order);
	return n;
}

struct report_depth report_layer_depth(const struct report *r)
{
	struct report_depth d = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		const struct report_probe *p = &r->probe[i];

		d.counted += p->counted;
		d.several += p->counted && p->alone.n - strv_has(&p->alone, "rest") >= 2;
		d.none += p->counted && p->alone.n == 0;
	}
	return d;
}

char *report_layer_hanging(const struct report *r, const char *layer, size_t max)
{
	char *out = xstrdup("");
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		char *more;

		if (!strv_has(&r->probe[i].hangs, layer) || n++ >= max)
			continue;
		more = xasprintf("%s%s%s", out, out[0] != '\0' ? ", " : "", r->probe[i].id);
		free(out);
		out = more;
	}
	if (n > max) {
		char *more = xasprintf("%s and %zu more", out, n - max);

		free(out);
		out = more;
	}
	return out;
}
