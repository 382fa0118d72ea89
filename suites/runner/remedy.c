/* SPDX-License-Identifier: MIT */
/* The generated table of remedies and references. */
#include "runner/remedy.h"

#include <stddef.h>

#include "util.h"

struct remedy {
	const char *id, *remedy, *see;
};

static const struct remedy remedies[] = {
#define REMEDY(id, remedy, see) { id, remedy, see },
#include "remedies.h"
#undef REMEDY
	{ NULL, NULL, NULL },
};

static const struct remedy *remedy_find(const char *id)
{
	const struct remedy *r = remedies;

	while (r->id != NULL && !streq(r->id, id))
		r++;
	return r;
}

const char *remedy_of(const char *id)
{
	return remedy_find(id)->remedy;
}

const char *remedy_see(const char *id)
{
	return remedy_find(id)->see;
}
