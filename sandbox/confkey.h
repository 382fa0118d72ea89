/* SPDX-License-Identifier: MIT */
/* The keys of a config file, from data/opt.def, and what a single value must be like. */
#ifndef CONFKEY_H
#define CONFKEY_H

#include <stdbool.h>
#include <stddef.h>
#include "limitset.h"

enum confkey {
#define KEY(id, ...) CONFKEY_##id,
#include "data/opt.def"
	CONFKEYS
};

enum confkey_type {
	CONFKEY_TYPE_OBJECT,
	CONFKEY_TYPE_MAP,
	CONFKEY_TYPE_ORIGINS,
	CONFKEY_TYPE_PATHS,
	CONFKEY_TYPE_GLOBS,
	CONFKEY_TYPE_CALLS,
	CONFKEY_TYPE_COMMANDS,
	CONFKEY_TYPE_WORDS,
	CONFKEY_TYPE_PACKAGES,
	CONFKEY_TYPE_HOSTS,
	CONFKEY_TYPE_PORTS,
	CONFKEY_TYPE_FILE,
	CONFKEY_TYPE_CHOICE,
	CONFKEY_TYPE_FLAG,
	CONFKEY_TYPE_LIMIT,
	CONFKEY_TYPE_TEXT
};

/* One row of data/opt.def; the columns are explained there. */
struct confkey_row {
	const char *name;
	enum confkey_type type;
	const char *choices, *later;
	bool now, tightens;
	const char *dflt, *help;
};

const struct confkey_row *confkey_row(enum confkey key);
/* The last part of its name, as it stands in the file. */
const char *confkey_leaf(enum confkey key);
/* Whether the key is one of the object `parent` (CONFKEYS: of the file). */
bool confkey_is_child(enum confkey key, enum confkey parent);
/* The key `name` of the object `parent` (CONFKEYS: of the file); CONFKEYS: there is none. */
enum confkey confkey_find(enum confkey parent, const char *name);
/* The name of that object that `name` was most likely meant to be, borrowed; NULL when nothing is near. */
const char *confkey_nearest(enum confkey parent, const char *name);

/* Single values: NULL when good, else what is wrong with it. `home` is "" when there is none. */
typedef const char *confkey_judge(const char *value, const char *home);
confkey_judge confkey_bad_path;	     /* of an option: relative to the caller's directory */
confkey_judge confkey_bad_home_path; /* of a file: relative to the home */
confkey_judge confkey_bad_path_dir;  /* the same of a directory for PATH */
confkey_judge confkey_bad_package;
confkey_judge confkey_bad_mask;
confkey_judge confkey_bad_syscall;
confkey_judge confkey_bad_command;
confkey_judge confkey_bad_port;
confkey_judge confkey_bad_escapes; /* tty.escapes */
const char *confkey_bad_env_name(const char *name);

/* The limit that a key of "limits" is; LIMITS: it is none. */
enum limit_id confkey_limit(enum confkey key);

/* The JSON pointer (RFC 6901) of a key's value. Owned. */
char *confkey_pointer(enum confkey key);

/* `path`, which passed confkey_bad_path, as an absolute clean one. Owned. */
char *confkey_path(const char *path, const char *base, const char *home);

#endif
