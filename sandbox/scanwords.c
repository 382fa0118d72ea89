/* SPDX-License-Identifier: MIT */
/* What of a project the words of a command name, which the host starts: scripts, above all. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mem.h"
#include "path.h"
#include "scanwalk.h"
#include "util.h"

enum { WORDS_MAX = 4096, PLACES_MAX = 16 };

enum kind { LEADS, BUILTIN, MOVES, SOURCES, STOPS, RUNS, SHELL, SCRIPT, INTO };

static const struct {
	const char *word;
	enum kind kind;
} shellwords[] = {
#define SHELLWORD(word, kind) { word, kind },
#include "data/shellwords.def"
#undef SHELLWORD
};

/* Without a slash, such a name, or what may be executed, is a script; all else is what a command works on. */
static const char *const script_ends[] = { ".sh",  ".bash", ".zsh", ".py",  ".js",  ".mjs", ".cjs", ".ts",
					   ".mts", ".rb",   ".pl",  ".php", ".lua", ".jar", ".ps1", ".fish" };

char *scanwords_place(const struct scan_walk *w, const char *base, const char *value)
{
	AUTO_FREE char *clean = path_clean(*value == '/' ? "/" : base, value);
	AUTO_FREE char *raw = *value == '/' ? xstrdup(value) : xasprintf("%s/%s", base, value);
	AUTO_FREE char *real = strstr(value, "..") != NULL ? scan_real(w, raw) : NULL;
	AUTO_FREE char *guess = real != NULL ? scan_real(w, clean) : NULL;

	return real == NULL || (guess != NULL && streq(real, guess)) ? TAKE_PTR(clean) : TAKE_PTR(raw);
}

void scanwords_path(struct scan_walk *w, const char *base, const char *value, bool dirs, const char *title)
{
	bool home = str_starts(value, "~/") && w->policy->home != NULL;
	AUTO_FREE char *path = home ? path_join(w->policy->home, value + 2) : scanwords_place(w, base, value);

	scannamed_way(w, path, dirs, title);
}

/* Whether a file lies where tools install, by what is between it and the top of its tree: that may lie anywhere. */
static bool is_installed(const struct scan_walk *w, const char *path)
{
	AUTO_FREE char *dir = path_dirname(path);
	const char *below = NULL;

	for (size_t i = 0; i < w->ntree; i++) {
		const char *top = w->tree[i].path;

		if (path_is_under(dir, top) && (below == NULL || strlen(dir + strlen(top)) < strlen(below)))
			below = dir + strlen(top);
	}
	return below != NULL && scan_in_dependencies(below);
}

/*
 * A file that a command or a text names. One that a tool installed is its to write, and to remove with all that is
 * around it, which a mount there would not let happen.
 */
static void by_file(struct scan_walk *w, const char *base, const char *value, const char *title)
{
	AUTO_FREE char *path = scanwords_named(w, base, value);
	AUTO_FREE char *real = path != NULL ? scan_real(w, path) : NULL;
	bool own = path != NULL && is_installed(w, path), to = real != NULL && is_installed(w, real);
	const char *which = own ? path : real;
	AUTO_FREE char *said = NULL;
	struct stat st;

	if (!own && !to) {
		scanwords_path(w, base, value, false, title);
		return;
	}
	if (real == NULL || fstatat(w->rootfd, real + 1, &st, 0) < 0 || !S_ISREG(st.st_mode))
		return;
	if (!own)
		free(scanlink_way(w, path, title));
	if (!to)
		scannamed_way(w, real, false, title);
	if (!scan_is_written(w, which) || !autorun_is_held(w->policy, which))
		return;
	said = xasprintf("%s is writable, since tools install into its directory: what a session puts there, "
			 "the host runs (%s)",
			 which, title);
	if (!strv_has(&w->res->weaker, said))
		strv_take(&w->res->weaker, TAKE_PTR(said));
}

static bool has_script_end(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(script_ends); i++)
		if (n > strlen(script_ends[i]) && streq(name + n - strlen(script_ends[i]), script_ends[i]))
			return true;
	return false;
}

static bool is_file(const struct scan_walk *w, const char *base, const char *name, struct stat *st)
{
	AUTO_FREE char *path = path_clean(*name == '/' ? "/" : base, name);

	return fstatat(w->rootfd, path + 1, st, 0) == 0 && S_ISREG(st->st_mode);
}

static bool is_script(const struct scan_walk *w, const char *base, const char *name)
{
	struct stat st;

	return is_file(w, base, name, &st) && (has_script_end(name) || (st.st_mode & 0111) != 0);
}

/*
 * "$CLAUDE_PROJECT_DIR/x", "${PWD}/x": of all variables but HOME the project's own directory is the likely value.
 * Owned; NULL: no path.
 */
static char *of_variable(const char *word)
{
	bool brace = word[1] == '{';
	const char *name = word + 1 + brace;
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
	bool home = n == 4 && str_starts(name, "HOME");
	const char *rest = name + n;

	/* "${X:-.}" too */
	if (brace)
		rest += strcspn(rest, "}");
	rest += brace && *rest == '}';
	/* "$(x)" is none */
	if (n == 0 || (*rest != '/' && *rest != '\0'))
		return NULL;
	return xasprintf("%s%s", home ? "~/" : "./", rest + strspn(rest, "/"));
}

char *scanwords_named(const struct scan_walk *w, const char *base, const char *word)
{
	AUTO_FREE char *path = *word == '$' ? of_variable(word) : xstrdup(word);

	if (path == NULL)
		return NULL;
	return str_starts(path, "~/") && w->policy->home != NULL ? path_join(w->policy->home, path + 2)
								 : scanwords_place(w, base, path);
}

/* "./x" of node and ruby is x.js, x.rb. */
static void by_stem(struct scan_walk *w, const char *base, const char *stem, const char *title)
{
	struct stat st;

	if (path_basename(stem)[0] == '\0' || path_basename(stem)[0] == '.' || is_file(w, base, stem, &st))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(script_ends); i++) {
		AUTO_FREE char *name = xasprintf("%s%s", stem, script_ends[i]);

		if (is_file(w, base, name, &st))
			by_file(w, base, name, title);
	}
}

void scanwords_code(struct scan_walk *w, const char *base, const char *word, bool read, const char *title)
{
	bool relative = str_starts(word, "./") || str_starts(word, "../");
	struct stat st;

	/* By its name alone a shell finds none: it is not in PATH. */
	if (strchr(word, '/') == NULL && !read && !has_script_end(word))
		return;
	if (read ? is_file(w, base, word, &st) : is_script(w, base, word))
		by_file(w, base, word, title);
	else if (relative)
		by_stem(w, base, word, title);
}

/* "-r./x" of RUBYOPT; and "./x" of node. */
static void by_option(struct scan_walk *w, const char *base, const char *word, const char *title)
{
	bool option = *word == '-' && word[1] != '\0' && word[1] != '-' && strchr(word + 2, '/') != NULL;

	if (option || str_starts(word, "./") || str_starts(word, "../"))
		scanwords_code(w, base, option ? word + 2 : word, true, title);
}

void scanwords_word(struct scan_walk *w, const char *base, const char *word, char before, const char *title)
{
	AUTO_FREE char *path = *word == '$' ? of_variable(word) : NULL;

	if (*word == '$') {
		if (path != NULL)
			by_file(w, base, path, title);
		return;
	}
	/* What git itself writes is at most read there. */
	if ((strchr(word, '/') != NULL && strstr(word, ".git/") == NULL) || is_script(w, base, word))
		by_file(w, base, word, title);
	by_option(w, base, word, title);
	if (*word == '/' && before != '\0' && strchr("\"')`", before) != NULL)
		by_file(w, base, word + strspn(word, "/"), title);
}

/* "> x": what a command writes to; not "=> x", which many languages have. */
static bool is_output(const char *command, const char *word)
{
	while (word > command && strchr(" \t\"'", word[-1]) != NULL)
		word--;
	return word > command && word[-1] == '>' && (word - command < 2 || word[-2] != '=');
}

static bool is_kind(const char *word, enum kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(shellwords); i++)
		if (shellwords[i].kind == kind && streq(word, shellwords[i].word))
			return true;
	return false;
}

/* What is relative lies elsewhere behind it. */
static bool moves(const char *word)
{
	return is_kind(word, MOVES) || is_kind(word, INTO);
}

/* What is named behind it is read as code, whatever its name. */
static bool reads(const char *word)
{
	const char *name = path_basename(word);

	return is_kind(name, SOURCES) || is_kind(name, SHELL) || is_kind(name, SCRIPT);
}

/* Where words of a command may begin: in the first one, and wherever a "cd" or its like leads. */
struct places {
	struct strv dir;
	bool moving; /* the word that follows is one */
};

static void add_place(const struct scan_walk *w, struct places *p, const char *word, char before)
{
	AUTO_FREE char *path = *word == '$' ? of_variable(word) : xstrdup(word);
	const char *home = w->policy->home, *from[] = { p->dir.v[0], p->dir.v[p->dir.n - 1] };

	/* "cd -P x" */
	if (*word == '-' || path == NULL)
		return;
	/* "/x" of "cd "$X"/x" */
	if (*word == '/' && before != '\0' && strchr("\"'`", before) != NULL)
		memmove(path, word + strspn(word, "/"), strlen(word + strspn(word, "/")) + 1);
	/* "cd a && make -C b" is another place than "cd a && cd b": both count. */
	for (size_t i = 0; i < ARRAY_SIZE(from) && p->dir.n < PLACES_MAX; i++) {
		AUTO_FREE char *dir = str_starts(path, "~/") && home != NULL
					  ? path_join(home, path + 2)
					  : scanwords_place(w, from[i], path);

		if (!strv_has(&p->dir, dir))
			strv_add(&p->dir, dir);
	}
}

/* Words in quotes as a whole: a path with spaces in it. */
static void by_quoted(struct scan_walk *w, const struct places *p, const char *command, const char *title)
{
	const char *s = command;

	while ((s = strpbrk(s, "\"'")) != NULL) {
		const char *end = strchr(s + 1, *s);
		AUTO_FREE char *word = end != NULL ? xstrndup(s + 1, (size_t)(end - s - 1)) : NULL;

		if (word == NULL)
			return;
		if (strpbrk(word, " \t") != NULL && strchr(word, '/') != NULL && !is_output(command, s))
			for (size_t i = 0; i < p->dir.n; i++)
				scanwords_word(w, p->dir.v[i], word, '\0', title);
		s = end + 1;
	}
}

void scanwords_command(struct scan_walk *w, const char *base, const char *command, const char *title)
{
	static const char between[] = " \t\n\"'!;&|()<>=`";
	struct places p = { 0 };
	const char *s = command;

	strv_add(&p.dir, base);
	for (size_t n = 0, words = 0; *(s += strspn(s, between)) != '\0' && words < WORDS_MAX;
	     s += n, words++) {
		AUTO_FREE char *word = xstrndup(s, n = strcspn(s, between));
		char before = s > command ? s[-1] : '\0';

		for (size_t i = 0; i < p.dir.n && !is_output(command, s); i++)
			scanwords_word(w, p.dir.v[i], word, before, title);
		if (p.moving)
			add_place(w, &p, word, before);
		/* "cd "$X"/x" goes on behind the quote. */
		p.moving =
		    moves(word) ||
		    (p.moving && (*word == '-' || str_starts(s + n, "\"/") || str_starts(s + n, "'/")));
	}
	by_quoted(w, &p, command, title);
	if (*s != '\0' || p.dir.n >= PLACES_MAX)
		strv_addf(
		    &w->res->weaker,
		    "a command is too long to be read to its end (%s): what it names beyond is not held",
		    title);
	strv_done(&p.dir);
}

/* --- texts */

/*
 * A word of a text at one of its places; before: as scanwords_word. line: a reader stands somewhere before it, as in
 * sh "$(git rev-parse --show-toplevel)/x".
 */
static void by_code(struct scan_walk *w, const char *base, const char *word, char before, bool read,
		    bool line, const char *title)
{
	AUTO_FREE char *path = *word == '$' ? of_variable(word) : xstrdup(word);
	AUTO_FREE char *whole = path != NULL && str_starts(path, "~/") && w->policy->home != NULL
				    ? path_join(w->policy->home, path + 2)
				    : NULL;
	const char *name = whole != NULL ? whole : path;

	if (name == NULL)
		return;
	scanwords_code(w, base, name, read, title);
	if (*name == '-')
		by_option(w, base, name, title);
	if (*name == '/' && before != '\0' && strchr("\"')`", before) != NULL)
		scanwords_code(w, base, name + strspn(name, "/"), line, title);
}

void scanwords_text(struct scan_walk *w, const struct strv *bases, const char *text, const char *file,
		    const char *title)
{
	static const char between[] = " \t\r\n\"'!;&|()<>=`[],";
	struct places p = { 0 };
	/* The interpreter of a script, of the project maybe. */
	const char *s = text + (str_starts(text, "#!") ? 2 : 0);
	bool read = false, line = false; /* the word follows a reader; its line has one */
	size_t words = 0;

	for (size_t i = 0; i < bases->n; i++)
		strv_add(&p.dir, bases->v[i]);
	while (words < WORDS_MAX) {
		size_t skip = strspn(s, between), n;
		AUTO_FREE char *word = NULL;
		char before;

		read = read && strcspn(s, "\n;&|") >= skip;
		line = line && strcspn(s, "\n") >= skip;
		s += skip;
		if (*s == '\0')
			break;
		before = s > text ? s[-1] : '\0';
		if (*s == '#' && (before == '\n' || before == '\0')) {
			s += strcspn(s, "\n");
			continue;
		}
		word = xstrndup(s, n = strcspn(s, between));
		words++;
		for (size_t i = 0; i < p.dir.n && !is_output(text, s); i++)
			by_code(w, p.dir.v[i], word, before, read, line, title);
		if (p.moving)
			add_place(w, &p, word, before);
		p.moving = moves(word) || (p.moving && *word == '-');
		read = reads(word) || (read && *word == '-');
		line = line || read;
		s += n;
	}
	if (*s != '\0' || p.dir.n >= PLACES_MAX)
		strv_addf(&w->res->weaker,
			  "%s is too long to be read to its end: what it names beyond is not held", file);
	strv_done(&p.dir);
}
