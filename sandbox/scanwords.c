/* SPDX-License-Identifier: MIT */
/* What of a project the words of a command name, which the host starts: scripts, above all. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agentwords.h"
#include "mem.h"
#include "path.h"
#include "scanwalk.h"
#include "util.h"

enum { WORDS_MAX = 4096, PLACES_MAX = 16, WORD_MAX = 4096 };

enum kind {
	LEADS,
	BUILTIN,
	MOVES,
	SOURCES,
	STOPS,
	RUNS,
	SHELL,
	SCRIPT,
	INTO,
	FILTER,
	TAKES,
	MODULE,
	PASSES,
};

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
	bool home = str_starts(value, "~/");
	AUTO_FREE char *path = NULL;

	/* git, too, refuses it then. */
	if (home && w->policy->home == NULL)
		return;
	path = home ? path_join(w->policy->home, value + 2) : scanwords_place(w, base, value);

	scanstart_note(w, base, value, path, dirs, title);
	scannamed_way(w, path, dirs, title);
}

/*
 * Whether a file lies in what tools fill of a Python environment, whatever its name. Not of one that is the top: a
 * session could make it one, and its bin is where scripts of the project are.
 */
static bool in_environment(const struct scan_walk *w, const char *path, const char *top)
{
	static const char *const filled[] = { "bin", "lib", "lib64", "Scripts" };
	AUTO_FREE char *here = path_dirname(path);
	struct stat st;

	while (path_is_under(here, top) && !streq(here, top)) {
		char *above = path_dirname(here);
		AUTO_FREE char *python = path_join(above, "pyvenv.cfg");

		for (size_t i = 0; i < ARRAY_SIZE(filled) && !streq(above, top); i++)
			if (streq(path_basename(here), filled[i]) &&
			    fstatat(w->rootfd, python + 1, &st, 0) == 0) {
				free(above);
				return true;
			}
		free(here);
		here = above;
	}
	return false;
}

/* Whether a file lies where tools install, by what is between it and the top of its tree: that may lie anywhere. */
static bool is_installed(const struct scan_walk *w, const char *path)
{
	AUTO_FREE char *dir = path_dirname(path);
	const char *top = NULL;

	for (size_t i = 0; i < w->ntree; i++)
		if (path_is_under(dir, w->tree[i].path) &&
		    (top == NULL || strlen(w->tree[i].path) > strlen(top)))
			top = w->tree[i].path;
	return top != NULL && (scan_in_dependencies(dir + strlen(top)) || in_environment(w, path, top));
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

/* "./x" of node and ruby is x.js, x.rb; of node and python a directory is a file in it. */
static void by_stem(struct scan_walk *w, const char *base, const char *stem, const char *title)
{
	static const char *const in[] = { "__main__.py", "__init__.py", "index.js",    "index.mjs",
					  "index.cjs",	 "index.ts",	"package.json" };
	struct stat st;

	if (path_basename(stem)[0] == '\0' || path_basename(stem)[0] == '.' || is_file(w, base, stem, &st))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(script_ends); i++) {
		AUTO_FREE char *name = xasprintf("%s%s", stem, script_ends[i]);

		if (is_file(w, base, name, &st))
			by_file(w, base, name, title);
	}
	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		AUTO_FREE char *name = xasprintf("%s/%s", stem, in[i]);

		if (is_file(w, base, name, &st))
			by_file(w, base, name, title);
	}
}

/* "a.b" of python -m: the files of the module, and of the packages that it is in. */
static void by_module(struct scan_walk *w, const char *base, const char *module, const char *title)
{
	AUTO_FREE char *stem = xstrdup(module);

	for (char *dot = stem; (dot = strchr(dot, '.')) != NULL; *dot++ = '/') {
		AUTO_FREE char *package = xasprintf("%.*s/__init__.py", (int)(dot - stem), stem);
		struct stat st;

		if (is_file(w, base, package, &st))
			by_file(w, base, package, title);
	}
	by_stem(w, base, stem, title);
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
	else if (relative || read)
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

/* Whether a ">" ends a tag: "<a b="c">". */
static bool is_tag(const char *text, const char *end)
{
	if (end == text || strchr(" \t\n0123456789&", end[-1]) != NULL)
		return false;
	for (const char *s = end; s > text && s[-1] != '\n' && s[-1] != '>'; s--)
		if (s[-1] == '<')
			return true;
	return false;
}

/* "> x": what a command writes to; not "=> x", which many languages have, nor "<a>x". */
static bool is_output(const char *command, const char *word)
{
	while (word > command && strchr(" \t\"'", word[-1]) != NULL)
		word--;
	return word > command && word[-1] == '>' && (word - command < 2 || word[-2] != '=') &&
	       !is_tag(command, word - 1);
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

bool scanwords_reads(const char *word)
{
	AUTO_FREE char *name = xstrdup(path_basename(word));
	size_t n = strlen(name);

	if (is_kind(name, SOURCES) || is_kind(name, SHELL) || is_kind(name, SCRIPT))
		return true;
	/* "python3.11" */
	while (n > 0 && strchr("0123456789.", name[n - 1]) != NULL)
		name[--n] = '\0';
	return n > 0 && is_kind(name, SCRIPT);
}

static void read_on(struct scanwords_reader *r, const char *word, bool is_file)
{
	bool option = (*word == '-' || *word == '+') && word[1] != '\0';

	if (scanwords_reads(word)) {
		*r = (struct scanwords_reader){ .on = true };
	} else if (r->filter && streq(word, "-f")) {
		r->on = true;
	} else if (r->on) {
		/* "-o pipefail": what is no file is an option's own. */
		r->on =
		    !r->module && (option || r->takes || is_kind(word, PASSES) || (r->option && !is_file));
		r->takes = option && is_kind(word, TAKES);
		r->module = option && is_kind(word, MODULE);
		r->option = option;
	}
	r->filter = r->filter || is_kind(path_basename(word), FILTER);
}

/* One of these places has such a file. */
static bool is_there(const struct scan_walk *w, const struct strv *dirs, const char *word)
{
	struct stat st;

	for (size_t i = 0; i < dirs->n; i++)
		if (is_file(w, dirs->v[i], word, &st))
			return true;
	return false;
}

/* Behind "$(...)" or "`...`", or NULL: its line does not close it. */
static const char *behind_output(const char *s)
{
	bool backtick = *s == '`';
	int open = 0;

	for (s += backtick ? 1 : 0; *s != '\0' && *s != '\n'; s++) {
		open += (*s == '(') - (*s == ')');
		if (backtick ? *s == '`' : (*s == ')' && open == 0))
			return s + 1;
	}
	return NULL;
}

/*
 * The word that a shell makes of what begins at s: without quotes and backslashes, "$_" for the output of a command.
 * Owned; whole: also where it has none of these, else NULL then. A quote that its line does not close ends it.
 */
static char *shell_word(const char *s, bool whole)
{
	AUTO_FREE char *word = xmalloc(WORD_MAX);
	bool odd = whole;
	char quote = '\0';
	size_t n = 0;

	while (n + 3 < WORD_MAX && *s != '\0' && *s != '\n' &&
	       (quote != '\0' || strchr(" \t\r;&|<>()", *s) == NULL)) {
		bool output = quote != '\'' && (*s == '`' || (s[0] == '$' && s[1] == '('));
		const char *end = output ? behind_output(s) : NULL;

		if (end != NULL) {
			word[n++] = '$';
			word[n++] = '_';
			s = end;
			odd = true;
		} else if (output) {
			break;
		} else if (*s == quote) {
			quote = '\0';
			s++;
		} else if (quote == '\0' && (*s == '"' || *s == '\'')) {
			const char *close = s + 1 + strcspn(s + 1, *s == '"' ? "\"\n" : "'\n");

			if (*close != *s)
				break;
			odd = true;
			quote = *s++;
		} else {
			if (quote != '\'' && *s == '\\' && s[1] != '\0' && s[1] != '\n') {
				odd = true;
				s++;
			}
			word[n++] = *s++;
		}
	}
	word[n] = '\0';
	return odd && n > 0 ? TAKE_PTR(word) : NULL;
}

/* Where the word of a shell begins that the bytes at s are of: before the quotes in front of it. */
static const char *word_begin(const char *text, const char *s)
{
	while (s > text && (s[-1] == '"' || s[-1] == '\''))
		s--;
	return s;
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

/* What a command's word names at each of its places, and what a shell makes of it with what is around. */
static void by_places(struct scan_walk *w, const struct places *p, const char *command, const char *s,
		      const char *word, const struct scanwords_reader *r, const char *title)
{
	AUTO_FREE char *whole = shell_word(word_begin(command, s), false);
	char before = s > command ? s[-1] : '\0';

	for (size_t i = 0; i < p->dir.n; i++) {
		const char *dir = p->dir.v[i];

		scanwords_word(w, dir, word, before, title);
		if (whole != NULL && strchr(whole, '/') != NULL)
			scanwords_word(w, dir, whole, '\0', title);
		if (r->module)
			by_module(w, dir, word, title);
		else if (r->on)
			by_stem(w, dir, word, title);
	}
}

void scanwords_command(struct scan_walk *w, const char *base, const char *command, const char *title)
{
	static const char between[] = " \t\n\"'!;&|()<>=`";
	struct scanwords_reader reader = { 0 };
	struct places p = { 0 };
	const char *s = command;

	strv_add(&p.dir, base);
	for (size_t n = 0, words = 0; *(s += strspn(s, between)) != '\0' && words < WORDS_MAX;
	     s += n, words++) {
		AUTO_FREE char *word = xstrndup(s, n = strcspn(s, between));
		char before = s > command ? s[-1] : '\0';

		if (!is_output(command, s))
			by_places(w, &p, command, s, word, &reader, title);
		read_on(&reader, word, is_there(w, &p.dir, word));
		if (p.moving)
			add_place(w, &p, word, before);
		/* "cd "$X"/x" goes on behind the quote. */
		p.moving =
		    moves(word) ||
		    (p.moving && (*word == '-' || str_starts(s + n, "\"/") || str_starts(s + n, "'/")));
	}
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

bool scanwords_variable(struct scan_walk *w, const struct strv *bases, const char *name, const char *value,
			const char *file)
{
	enum agentwords_variable kind = agentwords_variable(name);
	AUTO_FREE char *who = xasprintf("%s sets", path_basename(file));

	for (size_t i = 0; i < bases->n && kind == AGENTWORDS_PROGRAMS; i++)
		scannamed_directories(w, bases->v[i], name, value, who, i == 0);
	return kind == AGENTWORDS_WORDS;
}

void scanwords_listed(struct scan_walk *w, const struct strv *bases, struct scanwords_reader *r,
		      const char *word, const char *title)
{
	for (size_t i = 0; i < bases->n && r->on; i++) {
		if (r->module)
			by_module(w, bases->v[i], word, title);
		by_code(w, bases->v[i], word, '\0', true, false, title);
	}
	read_on(r, word, is_there(w, bases, word));
}

/* A word of a text at its places, with what a shell makes of it and of what is around. */
static void by_word(struct scan_walk *w, const struct places *p, const char *text, const char *s,
		    const char *word, const struct scanwords_reader *r, bool line, const char *title)
{
	AUTO_FREE char *whole = shell_word(word_begin(text, s), false);
	char before = s > text ? s[-1] : '\0';

	for (size_t i = 0; i < p->dir.n; i++) {
		by_code(w, p->dir.v[i], word, before, r->on, line, title);
		if (whole != NULL)
			by_code(w, p->dir.v[i], whole, '\0', r->on, line, title);
		if (r->module)
			by_module(w, p->dir.v[i], word, title);
	}
}

void scanwords_text(struct scan_walk *w, const struct strv *bases, const char *text, const char *file,
		    const char *title)
{
	static const char between[] = " \t\r\n\"'!;&|()<>=`[],";
	struct scanwords_reader reader = { 0 };
	struct places p = { 0 };
	/* The interpreter of a script, of the project maybe. */
	const char *s = text + (str_starts(text, "#!") ? 2 : 0);
	bool line = false; /* a reader stands in the line */
	size_t words = 0;

	for (size_t i = 0; i < bases->n; i++)
		strv_add(&p.dir, bases->v[i]);
	while (words < WORDS_MAX) {
		size_t skip = strspn(s, between), n;
		AUTO_FREE char *word = NULL;
		char before;

		if (strcspn(s, "\n;&|") < skip)
			reader = (struct scanwords_reader){ 0 };
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
		if (!is_output(text, s))
			by_word(w, &p, text, s, word, &reader, line, title);
		if (p.moving)
			add_place(w, &p, word, before);
		p.moving = moves(word) || (p.moving && *word == '-');
		/* "-d x=y" is one word more, not two. */
		if (before != '=' || !reader.on)
			read_on(&reader, word, is_there(w, &p.dir, word));
		line = line || reader.on;
		s += n;
		if (*s == '=' && agentwords_variable(word) != AGENTWORDS_NOTHING) {
			AUTO_FREE char *value = shell_word(s + 1, true);

			reader.on |= scanwords_variable(w, bases, word, value != NULL ? value : "", file);
		}
	}
	if (*s != '\0' || p.dir.n >= PLACES_MAX)
		strv_addf(&w->res->weaker,
			  "%s is too long to be read to its end: what it names beyond is not held", file);
	strv_done(&p.dir);
}
