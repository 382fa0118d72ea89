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

enum { NAMED_MAX = 8, WORD_MAX = 200, FILE_MAX = 1 << 20 };

/* --- from commands to programs */

/* The next word of a shell's line, quotes taken off, owned; NULL: none, or one that only the shell understands. */
static char *next_word(const char **line)
{
	const char *s = *line + strspn(*line, " \t\n");
	AUTO_FREE char *word = xmalloc(strlen(s) + 1);
	size_t n = 0;
	char quote = '\0';

	for (; *s != '\0' && (quote != '\0' || strchr(" \t\n", *s) == NULL); s++) {
		if (quote != '\'' && (*s == '\\' || *s == '`'))
			return NULL;
		if (quote == '\0' && strchr(";|&<>()", *s) != NULL)
			break;
		if (quote == *s)
			quote = '\0';
		else if (quote == '\0' && (*s == '"' || *s == '\''))
			quote = *s;
		else
			word[n++] = *s;
	}
	word[n] = '\0';
	*line = s;
	return n > 0 && quote == '\0' ? TAKE_PTR(word) : NULL;
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

static bool is_interpreter(const char *program)
{
	static const char *const names[] = { "sh",	"bash", "zsh", "dash", "env",  "python",
					     "python3", "node", "bun", "deno", "perl", "ruby" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(path_basename(program), names[i]))
			return true;
	return false;
}

void agentcmd_programs(const char *command, const char *home, const char *project, struct strv *ret)
{
	bool script = false;

	for (;;) {
		AUTO_FREE char *word = next_word(&command);
		AUTO_FREE char *program = NULL;

		if (word == NULL)
			return;
		if (is_assignment(word) && !script)
			continue;
		program = expand(word, home, project);
		/* Behind an interpreter only a path is a script for sure. */
		if (program == NULL || (script && *program != '/'))
			return;
		if (strlen(program) < WORD_MAX && !strv_has(ret, program))
			strv_add(ret, program);
		if (script || !is_interpreter(program))
			return;
		script = true;
	}
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

static char *joined(const struct strv *list, const char *quote)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < list->n && i <= NAMED_MAX; i++) {
		char *more = xasprintf("%s%s%s%s%s", text, i > 0 ? ", " : "", i < NAMED_MAX ? quote : "",
				       i < NAMED_MAX ? list->v[i] : "...", i < NAMED_MAX ? quote : "");

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

static void collect_servers(struct jsonslice object, struct strv *commands)
{
	struct jsonslice servers = jsonslice_get(object, "mcpServers");

	if (servers.s != NULL)
		agentwords_collect(servers.s, servers.n, AGENTWORDS_SERVERS, commands);
}

static void collect_all(const struct prepared *p, struct strv *commands)
{
	static const char *const settings[] = { ".claude/settings.json", ".claude/settings.local.json" };
	const struct host_claude *c = &p->host.claude;
	const char *project = p->policy.project;
	char *text;
	size_t len;

	for (size_t i = 0; i < c->n; i++)
		if (c->entry[i].text.bytes != NULL && str_starts(c->entry[i].name, "settings."))
			agentwords_collect(c->entry[i].text.bytes, strlen(c->entry[i].text.bytes),
					   AGENTWORDS_SETTINGS, commands);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		text = project_text(project, settings[i], &len);
		if (text != NULL)
			agentwords_collect(text, len, AGENTWORDS_SETTINGS, commands);
		free(text);
	}
	text = project_text(project, ".mcp.json", &len);
	if (text != NULL)
		collect_servers((struct jsonslice){ text, len }, commands);
	free(text);
	if (c->config.bytes != NULL) {
		struct jsonslice all = jsonslice_of(c->config.bytes);

		collect_servers(all, commands);
		collect_servers(jsonslice_get(jsonslice_get(all, "projects"), project), commands);
	}
}

void agentcmd_say(const struct prepared *p)
{
	AUTO_STRV struct strv commands = { 0 };
	AUTO_STRV struct strv programs = { 0 };
	AUTO_STRV struct strv missing = { 0 };
	AUTO_STRV struct strv binds = { 0 };
	AUTO_FREE char *names = NULL;
	AUTO_FREE char *entries = NULL;

	collect_all(p, &commands);
	for (size_t i = 0; i < commands.n; i++)
		agentcmd_programs(commands.v[i], p->policy.home, p->policy.project, &programs);
	for (size_t i = 0; i < programs.n; i++)
		judge(p, programs.v[i], &missing, &binds);
	if (missing.n == 0)
		return;
	names = joined(&missing, "");
	entries = joined(&binds, "\"");
	log_note("the agent's settings name what is not inside: %s%s%s%s", names,
		 binds.n > 0 ? "; try: \"extra_ro_binds\": [" : "", entries, binds.n > 0 ? "]" : "");
}
