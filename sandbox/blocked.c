/* SPDX-License-Identifier: MIT */
#include "blocked.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "path.h"
#include "util.h"

#define PATTERN_MAX 1024
#define BUNDLE_MAX  3 /* letters of an option in a pattern that may be given apart, or with others */

static const char *const multicalls[] = {
#define MULTICALL(name) name,
#include "data/multicall.def"
};

bool blocked_is_multicall(const char *path)
{
	for (size_t i = 0; path != NULL && i < ARRAY_SIZE(multicalls); i++)
		if (streq(path_basename(path), multicalls[i]))
			return true;
	return false;
}

/* --- globs */

/* Whether *g stands for the byte c; *n: bytes of the glob that do. */
static bool glob_takes(const char *g, char c, size_t *n)
{
	*n = 1;
	if (*g == '?')
		return true;
	if (*g == '\\' && g[1] != '\0') {
		*n = 2;
		g++;
	}
	return *g == c;
}

bool blocked_glob(const char *glob, const char *name)
{
	const char *star = NULL, *back = NULL;

	/* The last star takes one more byte at each miss: no way back beyond it is needed. */
	while (*name != '\0') {
		size_t n;

		if (*glob == '*') {
			star = ++glob;
			back = name;
		} else if (*glob != '\0' && glob_takes(glob, *name, &n)) {
			glob += n;
			name++;
		} else if (star != NULL) {
			glob = star;
			name = ++back;
		} else {
			return false;
		}
	}
	glob += strspn(glob, "*");
	return *glob == '\0';
}

/* --- patterns */

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

/* The next word as a glob, in which what was quoted stands for itself. Owned; *why: what is wrong. */
static char *next_word(const char **text, const char **why)
{
	AUTO_FREE char *word = xmalloc(2 * strlen(*text) + 1);
	const char *s = *text + strspn(*text, " \t");
	char quote = '\0', *to = word;
	bool any = false;

	for (; *s != '\0' && (quote != '\0' || (*s != ' ' && *s != '\t')); s++) {
		any = true;
		if (quote == '\0' && (*s == '\'' || *s == '"')) {
			quote = *s;
			continue;
		}
		if (quote != '\0' && *s == quote) {
			quote = '\0';
			continue;
		}
		if (*s == '\\' && quote != '\'') {
			if (s[1] == '\0') {
				*why = "a backslash at the end";
				return NULL;
			}
			s++;
			*to++ = '\\';
		} else if (quote != '\0' && strchr("*?\\", *s) != NULL) {
			*to++ = '\\';
		}
		*to++ = *s;
	}
	*to = '\0';
	*text = s;
	if (quote != '\0')
		*why = "a quote without its end";
	return any && quote == '\0' ? TAKE_PTR(word) : NULL;
}

static const char *bad_name(const char *name)
{
	if (name == NULL || *name == '\0')
		return "the pattern is empty";
	if (strchr(name, '/') != NULL)
		return "a command is named without a directory: whatever leads to it is refused";
	if (name[0] == '-')
		return "a command's name does not begin with \"-\"";
	if (name[strspn(name, "*?")] == '\0')
		return "this name would block every command";
	return NULL;
}

const char *blocked_parse(const char *text, struct blocked_pattern *ret)
{
	const char *why = NULL;
	char *word;

	*ret = (struct blocked_pattern){ .whole = true };
	if (strlen(text) > PATTERN_MAX)
		return "the pattern is too long (1024 bytes)";
	for (const char *s = text; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 && *s != '\t')
			return "a control character in the pattern";
	ret->name = next_word(&text, &why);
	if (why == NULL)
		why = bad_name(ret->name);
	while (why == NULL && (word = next_word(&text, &why)) != NULL) {
		ret->whole = ret->whole && streq(word, "*");
		/* It only ends the options. */
		if (streq(word, "--"))
			free(word);
		else
			strv_take(is_option(word) ? &ret->options : &ret->operands, word);
	}
	return why;
}

void blocked_done(struct blocked_pattern *p)
{
	free(p->name);
	strv_done(&p->options);
	strv_done(&p->operands);
	*p = (struct blocked_pattern){ 0 };
}

/* --- arguments */

/* "-rf": letters that may be given apart. */
static bool is_bundle(const char *option)
{
	size_t n = strspn(option + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return option[1] != '-' && n >= 1 && n <= BUNDLE_MAX && option[n + 1] == '\0';
}

static bool letter_given(char letter, char *const *arg, size_t n)
{
	for (size_t i = 0; i < n && !streq(arg[i], "--"); i++)
		if (is_option(arg[i]) && arg[i][1] != '-' &&
		    memchr(arg[i] + 1, letter, strcspn(arg[i] + 1, "=")) != NULL)
			return true;
	return false;
}

/* As it stands, with a value behind "=", or letter by letter. */
static bool option_given(const char *option, char *const *arg, size_t n)
{
	for (size_t i = 0; i < n && !streq(arg[i], "--"); i++) {
		AUTO_FREE char *name = xstrndup(arg[i], strcspn(arg[i], "="));

		if (is_option(arg[i]) && (blocked_glob(option, arg[i]) || blocked_glob(option, name)))
			return true;
	}
	if (!is_bundle(option))
		return false;
	for (const char *s = option + 1; *s != '\0'; s++)
		if (!letter_given(*s, arg, n))
			return false;
	return true;
}

/* Also in the plain spelling, where it is a path: "//", "/." and "./" are written in a moment. */
static bool operand_fits(const char *glob, const char *arg)
{
	AUTO_FREE char *plain = NULL;
	bool inside = str_starts(arg, "./") && strstr(arg, "..") == NULL;

	if (blocked_glob(glob, arg))
		return true;
	if (arg[0] != '/' && !inside)
		return false;
	plain = path_clean("/", arg);
	return blocked_glob(glob, inside ? plain + 1 : plain);
}

/* The operands in their order; a "*" in between takes any number, as in blocked_glob. */
static bool operands_fit(const struct strv *glob, const struct strv *arg)
{
	size_t g = 0, a = 0, star = SIZE_MAX, back = 0;

	while (a < arg->n) {
		if (g < glob->n && streq(glob->v[g], "*")) {
			star = ++g;
			back = a;
		} else if (g < glob->n && operand_fits(glob->v[g], arg->v[a])) {
			g++;
			a++;
		} else if (star != SIZE_MAX) {
			g = star;
			a = ++back;
		} else {
			return false;
		}
	}
	while (g < glob->n && streq(glob->v[g], "*"))
		g++;
	return g == glob->n;
}

static bool arguments_fit(const struct blocked_pattern *p, char *const *arg, size_t n)
{
	AUTO_STRV struct strv operands = { 0 };
	bool ended = false;

	if (p->whole)
		return true;
	for (size_t i = 0; i < p->options.n; i++)
		if (!option_given(p->options.v[i], arg, n))
			return false;
	for (size_t i = 0; i < n; i++) {
		if (!ended && streq(arg[i], "--"))
			ended = true;
		else if (ended || !is_option(arg[i]))
			strv_add(&operands, arg[i]);
	}
	return operands_fit(&p->operands, &operands);
}

/* --- calls */

/* The file is one of the pattern's. */
static bool file_is(const struct blocked_file *f, const struct blocked_call *c)
{
	if (c->path != NULL && streq(f->path, c->path))
		return true;
	return f->ino != 0 && f->ino == c->ino && f->dev == c->dev;
}

static bool by_file(const struct blocked_file *f, size_t nf, size_t pattern, const struct blocked_call *c)
{
	for (size_t i = 0; i < nf; i++)
		if (f[i].pattern == pattern && file_is(&f[i], c))
			return true;
	return false;
}

/* A name by which it takes the command from its next word. These two need but begin so: busybox's libbb/appletlib.c. */
static bool is_box(const char *name)
{
	return blocked_is_multicall(name) || str_starts(name, "busybox") || str_starts(name, "toybox");
}

/*
 * The command that a file of many is, and where its arguments begin; NULL: its own name, without a word. As in "-sh", the
 * name of a login, a dash before it does not count; and "busybox busybox rm" is rm.
 */
static const char *applet(const struct blocked_call *c, size_t *from)
{
	/* The second is for "#!": behind it comes the script. coreutils(1). */
	static const char prog[] = "--coreutils-prog=", shebang[] = "--coreutils-prog-shebang=";
	const char *name = c->argc > 0 ? c->argv[0] : "";

	*from = 1;
	name = path_basename(*name == '-' ? name + 1 : name);
	while (is_box(name)) {
		if (c->argc <= *from)
			return NULL;
		name = c->argv[(*from)++];
		if (str_starts(name, prog))
			return name + strlen(prog);
		if (str_starts(name, shebang)) {
			(*from)++;
			return name + strlen(shebang);
		}
		name = path_basename(name);
	}
	return name;
}

/* uutils takes "x-rm", and what else ends with a command behind no letter or digit, for that command. */
static bool applet_fits(const struct blocked_pattern *p, const char *name)
{
	for (const char *end = name; *end != '\0'; end++)
		if ((end == name || isalnum((unsigned char)end[-1]) == 0) && blocked_glob(p->name, end))
			return true;
	return false;
}

static bool by_name(const struct blocked_pattern *p, const struct blocked_call *c)
{
	return blocked_glob(p->name, c->called) ||
	       (c->path != NULL && blocked_glob(p->name, path_basename(c->path)));
}

/* "git-push" of git's own directory is "git push". */
static bool fits_joined(const struct blocked_pattern *p, const struct blocked_call *c)
{
	const char *name = c->argc > 0 ? path_basename(c->argv[0]) : "", *dash = strchr(name, '-');
	AUTO_FREE char *head = dash != NULL ? xstrndup(name, (size_t)(dash - name)) : NULL;
	AUTO_FREE char **arg = xcalloc(c->argc + 1, sizeof(*arg));

	if (head == NULL || !blocked_glob(p->name, head))
		return false;
	for (size_t i = 1; i < c->argc; i++)
		arg[i] = c->argv[i];
	arg[0] = (char *)(uintptr_t)(dash + 1);
	return arguments_fit(p, arg, c->argc);
}

static bool call_fits(const struct blocked_pattern *p, size_t pattern, const struct blocked_file *f,
		      size_t nf, const struct blocked_call *c)
{
	static char *const none[1];
	char *const *arg;
	bool many = blocked_is_multicall(c->path), file = by_file(f, nf, pattern, c);
	size_t from = 1;

	if (many) {
		const char *name = applet(c, &from);

		if (name != NULL && c->argc >= from && applet_fits(p, name) &&
		    arguments_fit(p, c->argv + from, c->argc - from))
			return true;
		/* Not by the file: that is the file of all the others, too. */
		file = false;
	}
	/* Where the file can't be read either, nobody is given it to start. */
	if (c->indirect && (p->whole || !file))
		return false;
	if (!file && !by_name(p, c))
		return false;
	arg = c->argc > 0 ? c->argv + 1 : none;
	return arguments_fit(p, arg, c->argc > 0 ? c->argc - 1 : 0) || fits_joined(p, c);
}

bool blocked_asks(const struct blocked_pattern *p, size_t n, const struct blocked_file *f, size_t nf,
		  const struct blocked_call *c)
{
	if (blocked_is_multicall(c->path))
		return true;
	for (size_t i = 0; i < n; i++)
		if (!p[i].whole && (by_name(&p[i], c) || by_file(f, nf, i, c)))
			return true;
	return false;
}

size_t blocked_find(const struct blocked_pattern *p, size_t n, const struct blocked_file *f, size_t nf,
		    const struct blocked_call *c)
{
	for (size_t i = 0; i < n; i++)
		if (call_fits(&p[i], i, f, nf, c))
			return i;
	return n;
}
