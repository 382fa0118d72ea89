/* SPDX-License-Identifier: MIT */
/* What of a project the host runs since the text of a held file names it: hooks, tasks, .envrc and their like. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agentwords.h"
#include "jsonstrings.h"
#include "mem.h"
#include "path.h"
#include "scanwalk.h"
#include "textfile.h"
#include "util.h"

enum { TEXT_MAX = 1 << 20, SOURCED_DEPTH = 4, NESTED_DEPTH = 8, SOURCED_MAX = 64, WORDS_MAX = 4096 };

enum way { APART, LINES, VALUES, TASKS, LAUNCH, DIRENV, FRONT, WORKSPACE, LEFTHOOK };

static const struct {
	const char *dir, *name;
	enum way way;
} rows[] = {
#define HELDTEXT(dir, name, way) { dir, name, way },
#include "data/heldtexts.def"
};

/* Members of JSON whose value is a directory of programs. */
static const char *const programs[] = {
#define HELDPROGRAMS(key) key,
#include "data/heldtexts.def"
};

/* Above the directory of that name that holds path, owned; NULL: none does. */
static char *top_of(const char *path, const char *dir)
{
	AUTO_FREE char *part = xasprintf("/%s/", dir);
	const char *last = NULL;

	for (const char *s = path; (s = strstr(s, part)) != NULL; s++)
		last = s;
	return last == NULL ? NULL : last == path ? xstrdup("/") : xstrndup(path, (size_t)(last - path));
}

static bool is_json(const char *name)
{
	return fnmatch("*.json", name, 0) == 0 || fnmatch("*.jsonc", name, 0) == 0;
}

/* The directory that autorun.def's pattern of a file begins in: the project of ".cargo/config.toml". Owned. */
static char *above_row(const char *path)
{
	AUTO_FREE char *dir = path_dirname(path);
	const struct autorun_row *row = autorun_find(dir, path_basename(path), true);

	for (const char *s = row != NULL ? row->pattern : ""; (s = strchr(s, '/')) != NULL; s++) {
		char *above = path_dirname(dir);

		free(dir);
		dir = above;
	}
	return TAKE_PTR(dir);
}

/* How it is read, and where from commands begin (owned); APART: not at all. own: it is a file of autorun.def's. */
static enum way way_of(const char *path, bool own, char **top)
{
	const char *name = path_basename(path);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if ((*rows[i].dir == '\0') == own && fnmatch(rows[i].name, name, 0) == 0 &&
		    (*top = own ? above_row(path) : top_of(path, rows[i].dir)) != NULL)
			return rows[i].way;
	*top = own ? above_row(path) : NULL;
	return !own ? APART : is_json(name) ? VALUES : LINES;
}

struct text {
	struct scan_walk *w;
	const char *file, *top;
	char *bytes;	   /* may be taken apart */
	struct strv bases; /* where what it names begins */
	const char *title;
	size_t sourced; /* files that .envrc leads to */
};

static void by_lines(struct text *t, const char *bytes)
{
	scanwords_text(t->w, &t->bases, bytes, t->file, t->title);
}

/* --- JSON */

/* Where commands are started, besides. */
static void add_places(struct text *t)
{
	struct jsonstrings it = { .s = t->bytes };

	while (jsonstrings_next(&it) && t->bases.n < SOURCED_MAX) {
		AUTO_FREE char *place = streq(it.key, "cwd") ? scanwords_named(t->w, t->top, it.value) : NULL;

		if (place != NULL && !strv_has(&t->bases, place))
			strv_take(&t->bases, TAKE_PTR(place));
	}
	jsonstrings_done(&it);
}

/* A value, as code; with spaces it may be a path, too. */
static void by_value(struct text *t, const struct jsonstrings *it)
{
	by_lines(t, it->value);
	for (size_t i = 0; i < t->bases.n && strchr(it->value, ' ') != NULL; i++)
		scanwords_code(t->w, t->bases.v[i], it->value, false, t->title);
}

/* Of what the user starts in a debugger. */
static bool is_debugged(const char *key)
{
	static const char *const keys[] = { "program", "args", "module", "file" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (streq(key, keys[i]))
			return true;
	return false;
}

static void by_programs(struct text *t, const char *key, const char *value)
{
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *of = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (streq(key, programs[i]))
			path = scanwords_named(t->w, t->top, value);
	if (path == NULL)
		return;
	of = xasprintf("the %s that %s sets", key, path_basename(t->file));
	scannamed_programs(t->w, path, of);
}

/* What a command's words are named by that stand apart from it. */
static bool is_argument(const char *key)
{
	return streq(key, "args") || streq(key, "arguments");
}

static void by_values(struct text *t, bool launch)
{
	struct jsonstrings it = { .s = t->bytes };
	struct scanwords_reader reader = { 0 };
	AUTO_FREE char *list = xstrdup("");

	add_places(t);
	while (jsonstrings_next(&it)) {
		if (launch && is_debugged(it.key))
			continue;
		by_value(t, &it);
		by_programs(t, it.key, it.value);
		scanwords_variable(t->w, &t->bases, it.key, it.value, t->file);
		/* ["node", "x"], or {"command": "node", ..., "args": ["x"]} */
		if (!streq(it.key, list) && !is_argument(it.key)) {
			if (!scanwords_reads(it.value))
				continue;
			reader = (struct scanwords_reader){ 0 };
			free(list);
			list = xstrdup(it.key);
		}
		scanwords_listed(t->w, &t->bases, &reader, it.value, t->title);
	}
	jsonstrings_done(&it);
}

static bool is_task(const char *key)
{
	static const char *const keys[] = { "command", "args", "value", "executable" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (streq(key, keys[i]))
			return true;
	return false;
}

static void by_tasks(struct text *t)
{
	struct jsonstrings it = { .s = t->bytes };
	bool opens = false;

	while (!opens && jsonstrings_next(&it))
		opens = streq(it.key, "runOn") && streq(it.value, "folderOpen");
	jsonstrings_done(&it);
	if (!opens)
		return;
	add_places(t);
	it.s = t->bytes;
	while (jsonstrings_next(&it))
		for (size_t i = 0; is_task(it.key) && i < t->bases.n; i++) {
			scanwords_word(t->w, t->bases.v[i], it.value, '\0', t->title);
			scanwords_command(t->w, t->bases.v[i], it.value, t->title);
		}
	jsonstrings_done(&it);
}

/* Of members that settings of the agent name commands by: the last of each way of commands.def that is none of "*". */
static bool is_command(const char *key)
{
	static const char *const ways[] = {
#define COMMAND(where, kind) where,
#include "data/commands.def"
#undef COMMAND
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		size_t n = strlen(ways[i]);
		const char *end = ways[i] + n - (n > 2 && streq(ways[i] + n - 2, ".*") ? 2 : 0), *begin = end;

		while (begin > ways[i] && begin[-1] != '.')
			begin--;
		if (strlen(key) == (size_t)(end - begin) && strncmp(key, begin, strlen(key)) == 0)
			return true;
	}
	return false;
}

void scantext_odd(struct scan_walk *w, const char *file, char *bytes, const char *top)
{
	struct text t = { .w = w,
			  .file = file,
			  .top = top,
			  .bytes = bytes,
			  .title = "Claude Code: its settings start it" };
	struct jsonstrings it = { .s = bytes };

	strv_add(&t.bases, top);
	add_places(&t);
	while (jsonstrings_next(&it)) {
		enum agentwords_variable variable = agentwords_variable(it.key);
		AUTO_FREE char *set = xasprintf("%s=%s", it.key, it.value);

		if (variable == AGENTWORDS_PROGRAMS || variable == AGENTWORDS_LIBRARY)
			scannamed_set(w, top, set);
		for (size_t i = 0; (is_command(it.key) || variable == AGENTWORDS_WORDS) && i < t.bases.n;
		     i++) {
			scanwords_word(w, t.bases.v[i], it.value, '\0', t.title);
			scanwords_command(w, t.bases.v[i], it.value, t.title);
		}
		by_value(&t, &it);
	}
	jsonstrings_done(&it);
	strv_done(&t.bases);
}

/* --- Markdown */

/* Behind the line that s is in. */
static char *line_behind(char *s)
{
	s += strcspn(s, "\n");
	return s + (*s == '\n');
}

static bool is_rule(const char *line)
{
	return str_starts(line, "---") && strchr("\r\n", line[3]) != NULL;
}

/* Blocks that begin with "```!" are commands. */
static void by_blocks(struct text *t)
{
	const char *s = t->bytes, *end;

	while ((s = strstr(s, "```!")) != NULL) {
		AUTO_FREE char *block = NULL;

		s += strlen("```!");
		end = strstr(s, "```");
		block = end != NULL ? xstrndup(s, (size_t)(end - s)) : xstrdup(s);
		by_lines(t, block);
		if (end == NULL)
			return;
		s = end + 3;
	}
}

static void by_front(struct text *t)
{
	char *s = t->bytes, *front;

	by_blocks(t);

	if (is_rule(s)) {
		front = s = line_behind(s);
		while (*s != '\0' && !is_rule(s))
			s = line_behind(s);
		if (*s != '\0') {
			*s++ = '\0';
			by_lines(t, front);
		}
	}
	/* As the command is used, before anybody is asked. */
	while ((s = strstr(s, "!`")) != NULL) {
		char *end = strchr(s + 2, '`');

		if (end == NULL)
			return;
		*end = '\0';
		by_lines(t, s + 2);
		s = end + 1;
	}
}

/* --- direnv */

enum envrc { READ, PROGRAMS, PREFIX, FLAKE };

static const struct {
	const char *word;
	enum envrc kind;
	const char *otherwise;
} envrc[] = {
#define DIRENV(word, kind, otherwise) { word, kind, otherwise },
#include "data/direnv.def"
};

static void by_envrc(struct text *t, const char *base, const char *bytes, int depth);

/* Held, and read as one more .envrc. */
static void by_sourced(struct text *t, const char *base, const char *name, int depth)
{
	AUTO_FREE char *path = scanwords_named(t->w, base, name);
	AUTO_FREE char *above = path != NULL ? path_dirname(path) : NULL;
	AUTO_FREE char *bytes = NULL;

	if (path == NULL)
		return;
	scanwords_path(t->w, base, path, false, t->title);
	if (depth >= SOURCED_DEPTH || t->sourced++ >= SOURCED_MAX)
		return;
	bytes = scantext_read(t->w, path, TEXT_MAX);
	if (bytes != NULL)
		by_envrc(t, above, bytes, depth + 1);
}

static void by_word(struct text *t, const char *base, size_t row, const char *arg, int depth)
{
	static const char *const in[] = { [READ] = "", [PROGRAMS] = "", [PREFIX] = "bin" };
	enum envrc kind = envrc[row].kind;
	/* "./x#shell" of a flake */
	AUTO_FREE char *name = xstrndup(arg, strcspn(arg, "#"));
	AUTO_FREE char *path = scanwords_named(t->w, base, name);
	AUTO_FREE char *below = NULL;

	if (path == NULL)
		return;
	below = path_join(path, kind == FLAKE ? envrc[row].otherwise : in[kind]);
	switch (kind) {
	case READ:
		by_sourced(t, base, path, depth);
		break;
	case PROGRAMS:
	case PREFIX:
		scannamed_programs(t->w, below, "the PATH that .envrc sets");
		break;
	case FLAKE:
		scanwords_path(t->w, base, path, false, t->title);
		scanwords_path(t->w, base, below, false, t->title);
		break;
	}
}

/* One command: its words, and what row of the table each is. */
static void by_command(struct text *t, const char *base, const struct strv *word, int depth)
{
	for (size_t i = 0; i < word->n; i++)
		for (size_t row = 0; row < ARRAY_SIZE(envrc); row++) {
			bool flake = envrc[row].kind == FLAKE;

			if (!streq(word->v[i], envrc[row].word) ||
			    (flake && (i == 0 || !streq(word->v[i - 1], "use"))))
				continue;
			for (size_t k = i + 1; k < word->n; k++)
				by_word(t, base, row, word->v[k], depth);
			if (flake)
				by_word(t, base, row, ".", depth);
			else if (i + 1 == word->n && envrc[row].otherwise != NULL)
				by_word(t, base, row, envrc[row].otherwise, depth);
		}
}

/* What "$(...)" is whose output is known before it runs: "$PWD", "" for what is in it; NULL: of no other. */
static const char *output_of(const char *command, size_t n)
{
	static const char expand[] = "expand_path ";
	static const char *const tops[] = { "pwd", "pwd -P", "pwd -L", "git rev-parse --show-toplevel" };

	for (size_t i = 0; i < ARRAY_SIZE(tops); i++)
		if (strlen(tops[i]) == n && strncmp(command, tops[i], n) == 0)
			return "$PWD";
	return n > strlen(expand) && str_starts(command, expand) ? "" : NULL;
}

/* Behind the parenthesis or backtick that closes what begins at s, or at the end of its line. */
static char *closing(char *s, bool backtick)
{
	int open = 1;

	for (; *s != '\0' && *s != '\n'; s++) {
		open += backtick ? 0 : (*s == '(') - (*s == ')');
		if (backtick ? *s == '`' : open == 0)
			return s + 1;
	}
	return s;
}

/*
 * In place: instead of "$(...)" its output, where that is known; else it, and what is glued to it, is no name: the
 * commands in it go to `inner`, which is as large.
 */
static void substitute(char *s, char *inner)
{
	while ((s = strpbrk(s, "$`")) != NULL) {
		bool backtick = *s == '`';
		char *in = s + (backtick ? 1 : 2), *end;
		const char *output;
		size_t n;

		if (!backtick && s[1] != '(') {
			s++;
			continue;
		}
		end = closing(in, backtick);
		n = (size_t)(end - in) - (end > in && (end[-1] == ')' || end[-1] == '`'));
		output = output_of(in, n);
		if (output != NULL && *output == '\0') {
			size_t skip = strcspn(in, " ");

			memset(s, ' ', (size_t)(in - s) + skip);
		} else if (output != NULL) {
			memset(s, ' ', (size_t)(end - s));
			memcpy(end - strlen(output), output, strlen(output));
			s = end;
		} else {
			memcpy(inner, in, n);
			inner += n;
			*inner++ = '\n';
			end += strcspn(end, " \t\r\n;&|\"'()`");
			memset(s, ' ', (size_t)(end - s));
			s = end;
		}
	}
	*inner = '\0';
}

static void by_commands(struct text *t, const char *base, const char *bytes, int depth)
{
	size_t words = 0;

	for (const char *s = bytes; *s != '\0' && words < WORDS_MAX;) {
		AUTO_STRV struct strv word = { 0 };
		const char *end = s + strcspn(s, "\n;&|");

		while (s < end && words++ < WORDS_MAX) {
			size_t skip = strspn(s, " \t\r\"'()`"), n = strcspn(s + skip, " \t\r\n;&|\"'()`");

			if (s[skip] == '#')
				end = s + skip + strcspn(s + skip, "\n");
			else if (n > 0)
				strv_take(&word, xstrndup(s + skip, n));
			s = s[skip] == '#' ? end : s + skip + n;
		}
		by_command(t, base, &word, depth);
		s = end + (*end != '\0');
	}
}

static void by_envrc(struct text *t, const char *base, const char *bytes, int depth)
{
	AUTO_STRV struct strv bases = { 0 };
	AUTO_FREE char *outer = xstrdup(bytes);

	strv_add(&bases, base);
	scanwords_text(t->w, &bases, bytes, t->file, t->title);
	for (int i = 0; i < NESTED_DEPTH && *outer != '\0'; i++) {
		AUTO_FREE char *inner = xcalloc(strlen(outer) + 1, 1);

		substitute(outer, inner);
		by_commands(t, base, outer, depth);
		free(outer);
		outer = TAKE_PTR(inner);
	}
}

/* --- lefthook */

static bool is_name(char c)
{
	return c == '_' || c == '-' || isalnum((unsigned char)c);
}

/* The end of what a member has as its value: of its line, or of the list that begins there. */
static const char *end_of_value(const char *s)
{
	const char *end = s + strcspn(s, *s == '[' ? "]" : "\n");

	/* "  - x" in lines of their own */
	if (*s == '\n' || *s == '\0')
		for (const char *line = end; *line == '\n'; line = end) {
			line += 1 + strspn(line + 1, " \t");
			if (*line != '-')
				break;
			end = line + strcspn(line, "\n");
		}
	return end;
}

static void by_lefthook(struct text *t, const char *bytes, int depth);

/* A file of its kind, or a directory of scripts. */
static void by_named(struct text *t, const char *name, bool dir, int depth)
{
	AUTO_FREE char *path = scanwords_named(t->w, t->top, name);
	AUTO_FREE char *bytes = NULL;

	if (path == NULL)
		return;
	if (dir) {
		scannamed_hooks(t->w, t->top, path, t->title);
		return;
	}
	scanwords_path(t->w, t->top, path, false, t->title);
	if (depth >= SOURCED_DEPTH || t->sourced++ >= SOURCED_MAX)
		return;
	bytes = scantext_read(t->w, path, TEXT_MAX);
	if (bytes != NULL)
		by_lefthook(t, bytes, depth + 1);
}

static void by_lefthook(struct text *t, const char *bytes, int depth)
{
	static const char *const keys[] = { "extends", "source_dir", "source_dir_local" };
	static const char between[] = " \t\r\n\"',[]";

	by_lines(t, bytes);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		for (const char *s = bytes, *end; (s = strstr(s, keys[i])) != NULL; s = end) {
			bool begins = s == bytes || !is_name(s[-1]);

			end = s += strlen(keys[i]);
			if (!begins || is_name(*s))
				continue;
			s += strspn(s, "\"' \t");
			if (*s != ':' && *s != '=')
				continue;
			s += 1 + strspn(s + 1, " \t\r");
			end = end_of_value(s);
			while ((s += strspn(s, between)) < end) {
				size_t n = strcspn(s, between);
				AUTO_FREE char *name = xstrndup(s, n);

				if (!streq(name, "-"))
					by_named(t, name, i > 0, depth);
				s += n;
			}
		}
}

/* --- files */

static int open_file(const struct scan_walk *w, const char *file)
{
	return openat(w->rootfd, file + 1, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

char *scantext_read(const struct scan_walk *w, const char *file, size_t max)
{
	AUTO_CLOSE int fd = open_file(w, file);
	struct stat st;

	return textfile_read(fd, max, &st);
}

/* As bash, which leaves NUL bytes out. */
static char *read_script(const struct scan_walk *w, const char *file)
{
	AUTO_CLOSE int fd = open_file(w, file);
	struct stat st;

	return textfile_read_script(fd, TEXT_MAX, &st);
}

static void take_apart(struct text *t, enum way way)
{
	switch (way) {
	case APART:
		break;
	case LINES:
		by_lines(t, t->bytes);
		break;
	case VALUES:
	case LAUNCH:
		by_values(t, way == LAUNCH);
		break;
	case WORKSPACE:
		by_tasks(t);
		by_values(t, true);
		break;
	case TASKS:
		by_tasks(t);
		break;
	case DIRENV:
		by_envrc(t, t->top, t->bytes, 0);
		break;
	case FRONT:
		by_front(t);
		break;
	case LEFTHOOK:
		by_lefthook(t, t->bytes, 0);
		break;
	}
}

/* What can't be read: too large, or somebody else's. A hook that is a program has a NUL byte in its first line: it names nothing. */
static void say_unread(struct scan_walk *w, const char *file)
{
	struct stat st;

	if (errno != EILSEQ && fstatat(w->rootfd, file + 1, &st, 0) == 0 && S_ISREG(st.st_mode))
		strv_addf(&w->res->weaker,
			  "%s can't be read here (%s): scripts of the project that it names are not held",
			  file, errno == EFBIG ? "too large" : strerror(errno));
}

static void by_file(struct text *t, enum way way)
{
	AUTO_FREE char *above = path_dirname(t->file);

	t->bytes = read_script(t->w, t->file);
	if (t->bytes == NULL) {
		say_unread(t->w, t->file);
		return;
	}
	if (t->bases.n == 0)
		strv_add(&t->bases, t->top);
	/* "$(dirname "$0")/x" */
	if (way == LINES && !strv_has(&t->bases, above))
		strv_add(&t->bases, above);
	take_apart(t, way);
	mem_free_ptr(&t->bytes);
	strv_done(&t->bases);
}

void scantext_file(struct scan_walk *w, const char *path, bool own)
{
	AUTO_FREE char *top = NULL;
	AUTO_FREE char *title = NULL;
	enum way way = way_of(path, own, &top);
	struct text t = { .w = w, .file = path, .top = top };

	if (way == APART || !autorun_is_held(w->policy, path))
		return;
	title = xasprintf("%s names it", path_basename(path));
	t.title = title;
	by_file(&t, way);
}

bool scantext_is_hook(const char *name)
{
	return *name != '.' && fnmatch("*.sample", name, 0) != 0;
}

void scantext_hook(struct scan_walk *w, const char *path, const struct strv *tops)
{
	struct text t = { .w = w, .file = path, .top = tops->v[0], .title = "git: a hook starts it" };

	for (size_t i = 0; i < tops->n; i++)
		strv_add(&t.bases, tops->v[i]);
	by_file(&t, LINES);
}
