/* SPDX-License-Identifier: MIT */
#include "agentcmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agentwords.h"
#include "explain.h"
#include "jsonslice.h"
#include "log.h"
#include "mem.h"
#include "path.h"
#include "util.h"

enum { NAMED_MAX = 8, WORD_MAX = 200, FILE_MAX = 1 << 20, WORDS_MAX = 256, DEPTH_MAX = 3 };

/* --- from commands to programs */

enum word_kind {
	WORD_OTHER, /* a program of any kind */
	WORD_LEADS,
	WORD_BUILTIN,
	WORD_MOVES,
	WORD_SOURCES,
	WORD_STOPS,
	WORD_RUNS,
	WORD_SHELL,
	WORD_SCRIPT,
	WORD_INTO,
	WORD_FILTER, /* this and the rest: of texts, see scanwords.c */
	WORD_TAKES,
	WORD_MODULE,
	WORD_PASSES,
};

static const struct {
	const char *word;
	enum word_kind kind;
} shell_words[] = {
#define SHELLWORD(word, kind) { word, WORD_##kind },
#include "data/shellwords.def"
#undef SHELLWORD
};

static enum word_kind kind_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(shell_words); i++)
		if (streq(word, shell_words[i].word))
			return shell_words[i].kind;
	return WORD_OTHER;
}

struct reading {
	const char *home, *project;
	struct strv *ret;
	bool moved;
	unsigned depth;
};

enum token { TOKEN_END, TOKEN_WORD, TOKEN_REDIRECT, TOKEN_OPEN, TOKEN_OPERATOR };

/* A "$" stands for what only the shell understands. false: the line ends within quotes, or a command begins. */
static bool take_word(const char **line, char *word)
{
	const char *s = *line;
	char quote = '\0';
	size_t n = 0;

	for (; *s != '\0' && (quote != '\0' || strchr(" \t\n;|&<>()", *s) == NULL); s++) {
		if (quote != '\'' && (*s == '`' || (s[0] == '$' && s[1] == '(')))
			return false;
		if (quote != '\'' && *s == '\\' && s[1] != '\0') {
			s++;
			if (quote == '\0')
				word[n++] = '$';
			else if (strchr("\"\\$", *s) == NULL)
				word[n++] = '\\';
			word[n++] = *s;
		} else if (quote == *s) {
			quote = '\0';
		} else if (quote == '\0' && (*s == '"' || *s == '\'')) {
			quote = *s;
		} else {
			word[n++] = *s;
		}
	}
	word[n] = '\0';
	*line = s;
	return quote == '\0';
}

/* The next part of a shell's line; a word is owned, its quotes taken off. */
static enum token next_token(const char **line, char **ret_word)
{
	const char *s = *line + strspn(*line, " \t");
	AUTO_FREE char *word = NULL;

	if (*s == '#')
		s += strcspn(s, "\n");
	/* Here-documents, processes as files, sums. */
	if (*s == '\0' || (str_starts(s, "<<") && s[2] != '<') || str_starts(s, "<(") ||
	    str_starts(s, ">(") || str_starts(s, "(("))
		return TOKEN_END;
	*line = s + 1;
	if (*s == '<' || *s == '>' || str_starts(s, "&>")) {
		*line = s + strspn(s, "<>&|");
		return TOKEN_REDIRECT;
	}
	if (strchr(";|&()\n", *s) != NULL)
		return *s == '(' ? TOKEN_OPEN : TOKEN_OPERATOR;
	/* At most twice as long: "\" and "$". */
	word = xmalloc(2 * strlen(s) + 1);
	*line = s;
	if (!take_word(line, word))
		return TOKEN_END;
	/* "2>x" */
	if ((**line == '<' || **line == '>') && word[strspn(word, "0123456789")] == '\0')
		return next_token(line, ret_word);
	*ret_word = TAKE_PTR(word);
	return TOKEN_WORD;
}

/* Home and project in front of a word. Owned; NULL: another variable stands in it. */
static char *expand(const char *word, const char *home, const char *project)
{
	const struct {
		const char *name, *value;
	} known[] = { { "~/", home },
		      { "$HOME/", home },
		      { "${HOME}/", home },
		      { "$CLAUDE_PROJECT_DIR/", project },
		      { "${CLAUDE_PROJECT_DIR}/", project } };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_starts(word, known[i].name) && strchr(word + strlen(known[i].name), '$') == NULL)
			return path_join(known[i].value, word + strlen(known[i].name));
	return strchr(word, '$') == NULL && *word != '~' ? xstrdup(word) : NULL;
}

static bool is_assignment(const char *word)
{
	size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");

	return n > 0 && word[n] == '=';
}

static void add(const struct reading *r, const char *program)
{
	/* Behind a "cd" nobody knows where it is. */
	bool lost = r->moved && *program != '/' && strchr(program, '/') != NULL;

	if (*program != '\0' && strlen(program) < WORD_MAX && !lost && !strv_has(r->ret, program))
		strv_add(r->ret, program);
}

/* Behind an interpreter only a path is a script for sure. */
static void add_script(const struct reading *r, const char *word)
{
	AUTO_FREE char *script = expand(word, r->home, r->project);

	if (script != NULL && *script == '/')
		add(r, script);
}

static void read_line(struct reading *r, const char *line);

/* What a shell is given: options, and then a script or a line. */
static void read_shell(struct reading *r, const struct strv *words, size_t i)
{
	bool line = false;

	for (; i < words->n && words->v[i][0] == '-' && words->v[i][1] != '-'; i++)
		line = line || strchr(words->v[i], 'c') != NULL;
	if (i >= words->n)
		return;
	if (line)
		read_line(r, words->v[i]);
	else
		add_script(r, words->v[i]);
}

/* One command. shell: a shell reads it. false: what follows is not to be read. */
static bool read_command(struct reading *r, const struct strv *words, bool shell)
{
	bool assigned = shell;

	for (size_t i = 0; i < words->n; i++) {
		AUTO_FREE char *program = NULL;
		enum word_kind kind;

		if (assigned && is_assignment(words->v[i]))
			continue;
		kind = shell ? kind_of(words->v[i]) : WORD_OTHER;
		if (kind == WORD_LEADS)
			continue;
		if (kind == WORD_SOURCES && i + 1 < words->n)
			add_script(r, words->v[i + 1]);
		if (kind == WORD_MOVES)
			r->moved = true;
		if (kind > WORD_LEADS && kind < WORD_RUNS)
			return kind != WORD_STOPS;
		program = expand(words->v[i], r->home, r->project);
		/* "command -v x", "time -p x", "env -i x" */
		if (program == NULL || (i > 0 && *program == '-'))
			return true;
		add(r, program);
		kind = kind_of(path_basename(program));
		if (kind == WORD_SHELL)
			read_shell(r, words, i + 1);
		else if (kind == WORD_SCRIPT && i + 1 < words->n)
			add_script(r, words->v[i + 1]);
		if (kind != WORD_RUNS)
			return true;
		shell = false;
		assigned = true;
	}
	return true;
}

static void read_line(struct reading *r, const char *line)
{
	AUTO_STRV struct strv words = { 0 };
	bool on = ++r->depth <= DEPTH_MAX, skip = false, test = false;

	for (unsigned n = 0; on && n < WORDS_MAX; n++) {
		AUTO_FREE char *word = NULL;
		enum token t = next_token(&line, &word);

		if (t == TOKEN_WORD && !skip)
			strv_add(&words, word);
		/* "[[ a && b ]]" is one command. */
		if (t == TOKEN_WORD)
			test = streq(word, "[[") || (test && !streq(word, "]]"));
		skip = t == TOKEN_REDIRECT;
		if (t == TOKEN_END)
			break;
		if (t < TOKEN_OPEN || test)
			continue;
		/* A function, a list. */
		on = (t != TOKEN_OPEN || words.n == 0) && read_command(r, &words, true);
		strv_done(&words);
	}
	if (on)
		read_command(r, &words, true);
	r->depth--;
}

void agentcmd_programs(const char *command, const char *home, const char *project, struct strv *ret)
{
	struct reading r = { .home = home, .project = project, .ret = ret };

	read_line(&r, command);
}

void agentcmd_server(const struct strv *words, const char *home, const char *project, struct strv *ret)
{
	struct reading r = { .home = home, .project = project, .ret = ret };

	read_command(&r, words, false);
}

/* --- what is there */

static const char *path_inside(const struct policy *p)
{
	for (size_t i = 0; i < p->nenv; i++)
		if (streq(p->env[i].name, "PATH"))
			return p->env[i].value;
	return "";
}

/* Where a name without a slash is found in PATH, inside or on the host; owned, NULL: nowhere. */
static char *find(const struct prepared *p, const char *path, const char *name, bool inside)
{
	for (; path != NULL && *path != '\0'; path += strcspn(path, ":"), path += *path == ':') {
		AUTO_FREE char *dir = xstrndup(path, strcspn(path, ":"));
		AUTO_FREE char *file = *dir == '/' ? path_join(dir, name) : NULL;

		if (file != NULL && (inside ? explain_is_there(&p->plan, file) : access(file, X_OK) == 0))
			return TAKE_PTR(file);
	}
	return NULL;
}

/* Shortened to "~": what a config says. Owned. */
static char *shown(const struct prepared *p, const char *path)
{
	const char *home = p->policy.home;

	return path_is_under(path, home) && !streq(path, home) ? xasprintf("~%s", path + strlen(home))
							       : xstrdup(path);
}

/* Appends the program to what is missing, and the bind that would add it, unless it is there. */
static void judge(const struct prepared *p, const char *program, struct strv *missing, struct strv *binds)
{
	bool path = strchr(program, '/') != NULL;
	AUTO_FREE char *full =
	    path ? path_clean(p->policy.project, program) : find(p, path_inside(&p->policy), program, true);
	AUTO_FREE char *host = NULL;
	AUTO_FREE char *name = NULL;

	if (full != NULL && (!path || explain_is_there(&p->plan, full)))
		return;
	host = path ? (access(full, F_OK) == 0 ? xstrdup(full) : NULL)
		    : find(p, env_get(p->host.env, "PATH"), program, false);
	name = path ? shown(p, full) : xstrdup(program);
	if (host == NULL) {
		strv_addf(missing, "%s (nor on the host)", name);
		return;
	}
	strv_add(missing, name);
	name[0] = '\0';
	strv_take(binds, shown(p, host));
}

/* So many as are named: -v names them all. */
static size_t named(const struct strv *list)
{
	return list->n > NAMED_MAX && log_get() != LOG_VERBOSE ? NAMED_MAX : list->n;
}

static char *joined(const struct strv *list, const char *quote)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < named(list); i++) {
		char *more = xasprintf("%s%s%s%s%s", text, i > 0 ? ", " : "", quote, list->v[i], quote);

		free(text);
		text = more;
	}
	return text;
}

/* A file of the project's: whoever wrote it may have made it a link, a FIFO, or endless. Owned; NULL: none. */
static char *project_text(const char *project, const char *name, size_t *len)
{
	AUTO_FREE char *path = path_join(project, name);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	AUTO_FREE char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return NULL;
	text = xmalloc(FILE_MAX + 1);
	n = read(fd, text, FILE_MAX);
	if (n < 0)
		return NULL;
	*len = (size_t)n;
	return TAKE_PTR(text);
}

struct collecting {
	const struct prepared *p;
	struct strv commands, programs; /* of settings; of servers */
};

static void take_server(const struct strv *words, void *arg)
{
	struct collecting *c = arg;

	agentcmd_server(words, c->p->policy.home, c->p->policy.project, &c->programs);
}

static void collect_servers(struct jsonslice object, struct collecting *ret)
{
	struct jsonslice servers = jsonslice_get(object, "mcpServers");

	if (servers.s != NULL)
		agentwords_servers(servers.s, servers.n, take_server, ret);
}

static void collect_all(struct collecting *ret)
{
	const struct prepared *p = ret->p;
	static const char *const settings[] = { ".claude/settings.json", ".claude/settings.local.json" };
	const struct host_claude *c = &p->host.claude;
	const char *project = p->policy.project;
	char *text;
	size_t len;

	for (size_t i = 0; i < c->n; i++)
		if (c->entry[i].text.bytes != NULL && str_starts(c->entry[i].name, "settings."))
			agentwords_collect(c->entry[i].text.bytes, strlen(c->entry[i].text.bytes),
					   AGENTWORDS_SETTINGS, &ret->commands);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		text = project_text(project, settings[i], &len);
		if (text != NULL)
			agentwords_collect(text, len, AGENTWORDS_SETTINGS, &ret->commands);
		free(text);
	}
	text = project_text(project, ".mcp.json", &len);
	if (text != NULL)
		collect_servers((struct jsonslice){ text, len }, ret);
	free(text);
	if (c->config.bytes != NULL) {
		struct jsonslice all = jsonslice_of(c->config.bytes);

		collect_servers(all, ret);
		collect_servers(jsonslice_get(jsonslice_get(all, "projects"), project), ret);
	}
}

void agentcmd_say(const struct prepared *p)
{
	struct collecting c = { .p = p };
	AUTO_STRV struct strv programs = { 0 };
	AUTO_STRV struct strv missing = { 0 };
	AUTO_STRV struct strv binds = { 0 };
	AUTO_FREE char *names = NULL;
	AUTO_FREE char *entries = NULL;
	AUTO_FREE char *more = NULL;

	collect_all(&c);
	for (size_t i = 0; i < c.commands.n; i++)
		agentcmd_programs(c.commands.v[i], p->policy.home, p->policy.project, &programs);
	for (size_t i = 0; i < c.programs.n; i++)
		if (!strv_has(&programs, c.programs.v[i]))
			strv_add(&programs, c.programs.v[i]);
	for (size_t i = 0; i < programs.n; i++)
		judge(p, programs.v[i], &missing, &binds);
	strv_done(&c.commands);
	strv_done(&c.programs);
	if (missing.n == 0)
		return;
	names = joined(&missing, "");
	entries = joined(&binds, "\"");
	if (missing.n > named(&missing))
		more = xasprintf(" and %zu more (-v names them)", missing.n - named(&missing));
	log_note("the agent's settings name what is not inside: %s%s%s%s%s", names, more != NULL ? more : "",
		 binds.n > 0 ? "; try: \"extra_ro_binds\": [" : "", entries, binds.n > 0 ? "]" : "");
}
