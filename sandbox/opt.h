/* SPDX-License-Identifier: MIT */
/*
 * The command line, read through data/opt.def. opt looks at nothing but argv:
 * what the options mean together with environment and config file is conf's.
 */
#ifndef OPT_H
#define OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "conf.h"
#include "diag.h"

enum opt_id {
#define OPT(id, ...) OPT_##id,
#include "data/opt.def"
	OPTS
};

enum opt_kind {
	OPT_KIND_FLAG,
	OPT_KIND_CHOICE,
	OPT_KIND_MAYBE,
	OPT_KIND_FD,
	OPT_KIND_COUNT,
	OPT_KIND_TEXT,
	OPT_KIND_OPTEXT
};

enum opt_group {
	OPT_GROUP_LAUNCH,
	OPT_GROUP_FILES,
	OPT_GROUP_NETWORK,
	OPT_GROUP_LIMITS,
	OPT_GROUP_TEST,
	OPT_GROUP_REPORTS,
	OPT_GROUP_INFO,
	OPT_GROUPS
};

/* One row of data/opt.def; the columns are explained there. */
struct opt_def {
	const char *name;
	char letter;
	enum opt_kind kind;
	const char *arg, *later;
	enum opt_group group;
	bool now, many;
	const char *dflt, *help;
};

/* One option as it was given. */
struct opt_given {
	enum opt_id id;
	const char *value; /* borrowed from argv; NULL: none */
	int number;	   /* CHOICE, MAYBE: index of the choice; FD, COUNT: the number; else -1 */
};

struct opt_line {
	enum conf_mode mode;
	struct opt_given *given; /* owned; in the order of argv */
	size_t n;
	const char *project;  /* borrowed from argv; NULL: not given */
	char *const *command; /* borrowed from argv: the words after "--" */
	size_t n_command;
};

/*
 * Reads argv. 0, or -EINVAL with a message that names the option and what to do
 * instead; then ret->mode is still a test mode when an option asks for one.
 * opt_line_done releases *ret in both cases.
 */
int opt_parse(int argc, char *const *argv, struct opt_line *ret, struct diag *d);
void opt_line_done(struct opt_line *line);
#define AUTO_OPT_LINE __attribute__((cleanup(opt_line_done)))

/* The option `id` as it was given last, borrowed; NULL: not given. */
const struct opt_given *opt_find(const struct opt_line *line, enum opt_id id);

/* The row of one option; never NULL. */
const struct opt_def *opt_row(enum opt_id id);

/* Index of value in "a|b|c", or -1. */
int opt_choice(const char *choices, const char *value);

/* What --help prints. */
void opt_help(FILE *f);

/* The name that `word` was most likely meant to be, borrowed; NULL when nothing is near. */
const char *opt_nearest(const char *word, const char *const *names, size_t n);

#endif
