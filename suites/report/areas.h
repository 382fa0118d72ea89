/* SPDX-License-Identifier: MIT */
/* What users call the areas of probes: the part of an id before its first hyphen. For the writers. */
#ifndef AREAS_H
#define AREAS_H

#include <stdbool.h>
#include <stddef.h>

struct area {
	const char *prefix, *name;
};

/* The table ends with a NULL prefix. */
extern const struct area areas[];
/* True when the id belongs to the area; the last row takes what no other does. */
bool area_has(const struct area *a, const char *id);

#endif
