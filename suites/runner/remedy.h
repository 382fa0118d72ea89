/* SPDX-License-Identifier: MIT */
/* What to do about a finding, from the first comment of each probe's source (generated: ci/gen-remedies). */
#ifndef REMEDY_H
#define REMEDY_H

/* Static text, or NULL for an unknown id. */
const char *remedy_of(const char *id);
const char *remedy_see(const char *id);

#endif
