/* SPDX-License-Identifier: MIT */
/*
 * What the host would run by itself (data/autorun.def): which names these are, and
 * what is done with those that a walk found in writable trees. Part of policy; pure.
 */
#ifndef AUTORUN_H
#define AUTORUN_H

#include <stdbool.h>
#include <stddef.h>
#include "policy.h"

enum autorun_place { AUTORUN_ROOT, AUTORUN_ANY, AUTORUN_GIT };
enum autorun_kind { AUTORUN_FILE, AUTORUN_DIR };
enum autorun_at_start { AUTORUN_READ_ONLY, AUTORUN_LEAVE };
enum autorun_later { AUTORUN_QUARANTINE, AUTORUN_REPORT };
/* Of git's own: why it goes. */
enum autorun_judged {
	AUTORUN_THERE,
	AUTORUN_HOOK,
	AUTORUN_AT_END,
	/* By its text, from here on. */
	AUTORUN_CONFIG,
	AUTORUN_COMMON,
	AUTORUN_NUMBER,
	/* And one that may have another name. */
	AUTORUN_SHOWN,
	AUTORUN_REF,
	AUTORUN_INDEX,
	AUTORUN_CONFLICTS,
};

struct autorun_row {
	enum autorun_place place;
	const char *pattern;
	enum autorun_kind kind;
	enum autorun_at_start at_start;
	enum autorun_later later;
	enum autorun_judged judged;
	const char *title;
};

extern const struct autorun_row autorun_rows[];
extern const size_t autorun_nrows;

/* Of most names this says no, and cheaply: false when no row of ROOT or ANY ends with that name. */
bool autorun_may_be(const char *name);
/* The row of `name` in the directory dir; root: that is the top of a writable tree. NULL: none. */
const struct autorun_row *autorun_find(const char *dir, const char *name, bool root);

/* What a walk found. */
enum autorun_what {
	AUTORUN_PROTECT, /* takes no writes, can't be renamed away */
	AUTORUN_PIN,	 /* can't be renamed away, or is a link that leads to what takes no writes */
	AUTORUN_OPEN,	 /* asked for by --allow-autorun, and exists */
};
struct autorun_thing {
	char *path; /* owned; absolute, resolved but for its last name */
	char *why;  /* owned */
	enum autorun_what what;
	bool is_dir;
};
struct autorun_found {
	struct autorun_thing *thing; /* owned */
	size_t n, cap;
};

/* Takes path and why. */
void autorun_put(struct autorun_found *f, enum autorun_what what, char *path, bool is_dir, char *why);
void autorun_found_done(struct autorun_found *f);

/* False: --allow-autorun leaves it as it is. */
bool autorun_is_held(const struct policy *p, const char *path);
/* Adds what was found to p->entry and p->pin. Sorts *f. */
void autorun_add(struct policy *p, struct autorun_found *f);

#endif
