/* SPDX-License-Identifier: MIT */
/* The table of keys, and judgements of single values. No system calls. */
#include "confkey.h"

#include <limits.h>
#include <string.h>

#include "blocked.h"
#include "escape.h"
#include "mem.h"
#include "opt.h"
#include "path.h"
#include "util.h"

#define NOW	 true
#define LATER	 false
#define OWN	 false
#define TIGHTENS true
static const struct confkey_row confkey_rows[CONFKEYS] = {
#define KEY(id, name, type, choices, later, now, who, dflt, help) \
	[CONFKEY_##id] = { name, CONFKEY_TYPE_##type, choices, later, now, who, dflt, help },
#include "data/opt.def"
};
#undef NOW
#undef LATER
#undef OWN
#undef TIGHTENS

const struct confkey_row *confkey_row(enum confkey key)
{
	return &confkey_rows[key];
}

const char *confkey_leaf(enum confkey key)
{
	const char *dot = strrchr(confkey_rows[key].name, '.');

	return dot != NULL ? dot + 1 : confkey_rows[key].name;
}

bool confkey_is_child(enum confkey key, enum confkey parent)
{
	const char *name = confkey_rows[key].name;
	const char *above = parent < CONFKEYS ? confkey_rows[parent].name : "";
	size_t n = strlen(above);

	if (n == 0)
		return strchr(name, '.') == NULL;
	return str_starts(name, above) && name[n] == '.' && strchr(name + n + 1, '.') == NULL;
}

enum confkey confkey_find(enum confkey parent, const char *name)
{
	for (enum confkey key = 0; key < CONFKEYS; key++) {
		if (confkey_is_child(key, parent) && streq(confkey_leaf(key), name))
			return key;
	}
	return CONFKEYS;
}

const char *confkey_nearest(enum confkey parent, const char *name)
{
	const char *names[CONFKEYS];
	size_t n = 0;

	for (enum confkey key = 0; key < CONFKEYS; key++) {
		if (confkey_is_child(key, parent))
			names[n++] = confkey_leaf(key);
	}
	return opt_nearest(name, names, n);
}

const char *confkey_bad_path(const char *path, const char *home)
{
	if (path[0] == '\0')
		return "the path is empty";
	if (strlen(path) >= PATH_MAX)
		return "the path is too long";
	if (path[0] == '~' && path[1] != '\0' && path[1] != '/')
		return "~USER is not understood; write the whole path";
	if (path[0] == '~' && home[0] == '\0')
		return "~ means nothing: HOME is not set";
	return NULL;
}

const char *confkey_bad_home_path(const char *path, const char *home)
{
	if (path[0] != '/' && path[0] != '~' && path[0] != '\0' && home[0] == '\0')
		return "a relative path means nothing: HOME is not set";
	return confkey_bad_path(path, home);
}

const char *confkey_bad_path_dir(const char *path, const char *home)
{
	if (strchr(path, ':') != NULL)
		return "a directory with a colon can't be in PATH";
	return confkey_bad_home_path(path, home);
}

const char *confkey_bad_package(const char *name, const char *home)
{
	(void)home;
	if (name[0] == '\0' || name[0] == '-' || name[0] == '.' ||
	    name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] != '\0')
		return "not the name of a package (A-Z, a-z, 0-9, and ., _, - not at the beginning)";
	return NULL;
}

/* A mask that can match nothing would hide nothing. */
const char *confkey_bad_mask(const char *glob, const char *home)
{
	(void)home;
	if (glob[0] == '\0')
		return "the glob is empty";
	if (glob[0] == '/' || glob[0] == '~')
		return "globs are relative to the project";
	for (const char *p = glob; *p != '\0'; p += strcspn(p, "/"), p += *p == '/') {
		size_t n = strcspn(p, "/");

		if (n == 1 && p[0] == '.')
			return "\".\" in a glob matches nothing";
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return "\"..\" in a glob matches nothing";
		if (n == 0)
			return "\"//\" in a glob matches nothing";
	}
	return NULL;
}

const char *confkey_bad_syscall(const char *name, const char *home)
{
	(void)home;
	if (name[0] == '\0' || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name))
		return "not the name of a system call (a-z, 0-9, _)";
	return NULL;
}

const char *confkey_bad_command(const char *pattern, const char *home)
{
	struct blocked_pattern p;
	const char *why = blocked_parse(pattern, &p);

	(void)home;
	blocked_done(&p);
	return why;
}

const char *confkey_bad_port(const char *text, const char *home)
{
	size_t n = strlen(text);

	(void)home;
	/* One spelling: the same port twice is one. */
	if (n == 0 || n > 5 || strspn(text, "0123456789") != n || text[0] == '0' ||
	    (n == 5 && strcmp(text, "65535") > 0))
		return "no port from 1 to 65535";
	return NULL;
}

const char *confkey_bad_escapes(const char *name, const char *home)
{
	static const char words[] = "no class of escape sequences; these are:"
#define ESCAPE_CLASS(id, name, words) " " name
#include "data/escapes.def"
	    ;

	(void)home;
	return escape_class_of(name) != ESCAPE_PASS ? NULL : words;
}

const char *confkey_bad_env_name(const char *name)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

#ifdef PLANTED_BUG
	/* A deliberate overflow, to show that fuzzing finds one. */
	char copy[12];
	strcpy(copy, name);
	if (copy[0] == '=')
		return "planted";
#endif
	if (name[0] == '\0' || strspn(name, set) != strlen(name) || (name[0] >= '0' && name[0] <= '9'))
		return "not the name of a variable (A-Z, a-z, 0-9, _)";
	return NULL;
}

enum limit_id confkey_limit(enum confkey key)
{
	int id = (int)key - CONFKEY_LIMITS_MEMORY;

	return id >= 0 && id < LIMITS ? (enum limit_id)id : LIMITS;
}

char *confkey_pointer(enum confkey key)
{
	char *pointer = xasprintf("/%s", confkey_row(key)->name);

	for (char *s = pointer; *s != '\0'; s++)
		if (*s == '.')
			*s = '/';
	return pointer;
}

char *confkey_path(const char *path, const char *base, const char *home)
{
	AUTO_FREE char *full = path_expand(path, home);

	return path_clean(base, full);
}
