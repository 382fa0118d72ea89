/* SPDX-License-Identifier: MIT */
#include "hostagent.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostbwrap.h"
#include "mem.h"
#include "path.h"
#include "util.h"

/* As the kernel counts. */
#define MAX_LINKS 40
#define NPMRC_MAX 65536

static const struct agent_row {
	const char *id, *variable, *base, *find, *real, *beside;
} agents[] = {
#define AGENT(id, variable, base, find, real, beside, title) { #id, variable, base, find, real, beside },
#include "data/agents.def"
#undef AGENT
};

static const struct agent_row nodes[] = {
#define NODE(id, variable, base, real, title) { #id, variable, base, real, real, "" },
#include "data/agents.def"
#undef NODE
};

/* `prefix` of ~/.npmrc as npm reads it, owned; NULL: none. */
static char *npmrc_prefix(struct hostroot *root, const struct host *h)
{
	AUTO_FREE char *path = path_join(h->home, ".npmrc");
	AUTO_FREE char *text = hostroot_read(root, path, NPMRC_MAX);

	for (const char *line = text; line != NULL && *line != '\0';
	     line += strcspn(line, "\n"), line += *line == '\n') {
		const char *s = line + strspn(line, " \t");
		AUTO_FREE char *value = NULL;
		size_t n;

		if (!str_starts(s, "prefix"))
			continue;
		s += strlen("prefix");
		s += strspn(s, " \t");
		if (*s++ != '=')
			continue;
		s += strspn(s, " \t\"");
		n = strcspn(s, "\r\n\"");
		while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
			n--;
		value = xstrndup(s, n);
		if (str_starts(value, "${HOME}/"))
			return path_join(h->home, value + strlen("${HOME}/"));
		if (str_starts(value, "~/"))
			return path_join(h->home, value + 2);
		return *value == '/' ? path_clean("/", value) : NULL;
	}
	return NULL;
}

/* Where a row begins, links resolved: its patterns are compared with resolved paths. Owned; NULL: not there. */
static char *base_of(struct hostroot *root, const struct host *h, const struct agent_row *row)
{
	const char *moved = *row->variable != '\0' ? env_get(h->env, row->variable) : NULL;
	AUTO_FREE char *base = NULL;
	struct host_node n;
	char *real;

	if (moved != NULL && *moved == '/')
		base = path_clean("/", moved);
	else if (*row->base == '/')
		base = xstrdup(row->base);
	else if (*h->home == '\0')
		return NULL;
	else if (*row->base == '%')
		base = npmrc_prefix(root, h);
	else
		base = path_expand(row->base, h->home);
	if (base == NULL)
		base = path_join(h->home, ".npm-global");
	hostroot_node(root, base, &n);
	real = n.real_type == HOST_DIR ? TAKE_PTR(n.real) : NULL;
	free(n.path);
	free(n.link);
	free(n.real);
	return real;
}

/* Notes every link on the way to `path`; false where the way ends before it. */
static bool walk(struct hostroot *root, const char *path, struct host_program *ret)
{
	AUTO_FREE char *way = path_clean("/", path);
	size_t links = 0;

	for (char *s = way + 1;; s++) {
		struct host_node n;
		bool there, last = *s == '\0';

		if (*s != '/' && !last)
			continue;
		*s = '\0';
		hostroot_node(root, way, &n);
		there = n.type != HOST_ABSENT && links < MAX_LINKS;
		if (there && n.link != NULL) {
			AUTO_FREE char *dir = path_dirname(way);
			AUTO_FREE char *to = path_clean(dir, n.link);
			char *next = last ? xstrdup(to) : path_join(to, s + 1);

			links++;
			strv_add(&ret->place, way);
			strv_add(&ret->text, n.link);
			free(way);
			way = next;
			s = way;
			last = false;
		} else if (!last) {
			*s = '/';
		}
		free(n.path);
		free(n.link);
		free(n.real);
		if (!there || last)
			return there;
	}
}

/* The npm package that a file lies in: node_modules/NAME or node_modules/@SCOPE/NAME; else the file. Owned. */
static char *package_of(const char *real)
{
	static const char dir[] = "/node_modules/";
	const char *s = NULL, *end;

	for (const char *t = strstr(real, dir); t != NULL; t = strstr(t + 1, dir))
		s = t;
	if (s == NULL)
		return xstrdup(real);
	s += strlen(dir);
	end = strchr(s, '/');
	if (*s == '@' && end != NULL)
		end = strchr(end + 1, '/');
	return end != NULL ? xstrndup(real, (size_t)(end - real)) : xstrdup(real);
}

static void program_done(struct host_program *p)
{
	if (p == NULL)
		return;
	program_done(p->by);
	free(p->by);
	free(p->path);
	free(p->real);
	free(p->interpreter);
	strv_done(&p->place);
	strv_done(&p->text);
	strv_done(&p->need);
	*p = (struct host_program){ 0 };
}

/* The row that a resolved path fits, or NULL. */
static const struct agent_row *row_of(struct hostroot *root, const struct host *h, const char *real,
				      const struct agent_row *rows, size_t n, char **ret_base)
{
	for (size_t i = 0; i < n; i++) {
		AUTO_FREE char *base = *rows[i].real != '\0' ? base_of(root, h, &rows[i]) : NULL;

		/* "*" takes slashes too: the package's own layout is its maker's affair. */
		if (base == NULL || !path_is_under(real, base) || streq(real, base) ||
		    fnmatch(rows[i].real, real + strlen(base) + 1, 0) != 0)
			continue;
		*ret_base = TAKE_PTR(base);
		return &rows[i];
	}
	return NULL;
}

/* Fills *ret when there is an executable file at `path`. */
static bool look(struct hostroot *root, const struct host *h, const char *path, const struct agent_row *rows,
		 size_t n, struct host_program *ret)
{
	AUTO_FREE char *base = NULL;
	const struct agent_row *row;
	struct host_node node;

	*ret = (struct host_program){ 0 };
	hostroot_node(root, path, &node);
	free(node.path);
	free(node.link);
	if (node.real == NULL || node.real_type != HOST_FILE || (node.mode & 0111) == 0 ||
	    !walk(root, path, ret)) {
		free(node.real);
		program_done(ret);
		return false;
	}
	ret->path = xstrdup(path);
	ret->real = node.real;
	ret->uid = node.uid;
	ret->mode = node.mode;
	row = row_of(root, h, node.real, rows, n, &base);
	ret->row = row != NULL ? row->id : NULL;
	strv_take(&ret->need, rows == agents ? package_of(node.real) : xstrdup(node.real));
	if (row != NULL && *row->beside != '\0') {
		AUTO_FREE char *beside = path_join(base, row->beside);

		if (hostroot_exists(root, beside))
			strv_take(&ret->need, TAKE_PTR(beside));
	}
	return true;
}

/* What a script asks to be run by, as a name to look for; NULL: no script, or an interpreter with a path. Owned. */
static char *interpreter_of(struct hostroot *root, const char *real)
{
	AUTO_CLOSE int fd = hostroot_open(root, real, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	char head[256], *word, *rest = NULL;
	ssize_t n = fd >= 0 ? pread(fd, head, sizeof(head) - 1, 0) : -1;

	if (n < 2 || head[0] != '#' || head[1] != '!')
		return NULL;
	head[n] = '\0';
	head[strcspn(head, "\n")] = '\0';
	word = strtok_r(head + 2, " \t", &rest);
	if (word == NULL)
		return NULL;
	/* The shell scripts of pnpm and of the migration start node themselves. */
	if (!streq(path_basename(word), "env"))
		return streq(path_basename(word), "sh") || streq(path_basename(word), "bash")
			   ? xstrdup("node")
			   : NULL;
	while ((word = strtok_r(NULL, " \t", &rest)) != NULL)
		if (*word != '-' && strchr(word, '=') == NULL)
			return xstrdup(word);
	return NULL;
}

/* Through PATH, as env(1) would, then beside the agent. */
static void find_interpreter(struct hostroot *root, const struct host *h, struct host_program *p)
{
	AUTO_STRV struct strv dirs = { 0 };
	struct host_program found;

	p->interpreter = interpreter_of(root, p->real);
	if (p->interpreter == NULL)
		return;
	hostbwrap_path_dirs(h->env, &dirs);
	strv_take(&dirs, path_dirname(p->path));
	for (size_t i = 0; i < dirs.n; i++) {
		AUTO_FREE char *path = path_join(dirs.v[i], p->interpreter);

		if (!hostroot_exists(root, path) || !look(root, h, path, nodes, ARRAY_SIZE(nodes), &found))
			continue;
		p->by = xmalloc(sizeof(*p->by));
		*p->by = found;
		return;
	}
}

static void node_done(struct host_node *n)
{
	free(n->path);
	free(n->link);
	free(n->real);
	*n = (struct host_node){ 0 };
}

/* What a user would call his agent, but no program: without permission to run it, or a link to nothing. */
static void note_lame(struct hostroot *root, struct host *h, const char *path)
{
	struct host_node n;

	if (h->agent_lame.path != NULL)
		return;
	hostroot_node(root, path, &n);
	if ((n.real_type == HOST_FILE && (n.mode & 0111) == 0) || (n.type == HOST_LINK && n.real == NULL))
		h->agent_lame = n;
	else
		node_done(&n);
}

static void try_agent(struct hostroot *root, struct host *h, const char *path, bool in_path)
{
	struct host_program found;

	for (size_t i = 0; i < h->nagent; i++)
		if (streq(h->agent[i].path, path))
			return;
	/* exists first: most directories have none. */
	if (!hostroot_exists(root, path))
		return;
	if (!look(root, h, path, agents, ARRAY_SIZE(agents), &found)) {
		note_lame(root, h, path);
		return;
	}
	found.in_path = in_path;
	find_interpreter(root, h, &found);
	h->agent = xrealloc_array(h->agent, h->nagent + 1, sizeof(*h->agent));
	h->agent[h->nagent++] = found;
}

/* Later versions first; runs of digits count as numbers. */
static int by_version(const void *a, const void *b)
{
	return strverscmp(*(char *const *)b, *(char *const *)a);
}

/* The names that a pattern with at most one "*" stands for, the newest first. */
static void expand(struct hostroot *root, const char *base, const char *find, struct strv *ret)
{
	const char *star = strchr(find, '*');
	AUTO_FREE char *before = star != NULL ? xstrndup(find, (size_t)(star - find)) : NULL;
	AUTO_FREE char *above = star != NULL ? path_join(base, before) : NULL;
	int fd = above != NULL ? hostroot_open(root, above, O_RDONLY | O_DIRECTORY | O_NONBLOCK) : -1;
	AUTO_DIR DIR *dir = mem_dir(fd);
	const struct dirent *e;

	if (star == NULL)
		strv_take(ret, path_join(base, find));
	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			strv_take(ret, xasprintf("%s/%s%s", above, e->d_name, star + 1));
	if (ret->n > 1)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_version);
}

void hostagent_find(struct hostroot *root, struct host *h)
{
	AUTO_STRV struct strv dirs = { 0 };

	hostbwrap_path_dirs(h->env, &dirs);
	for (size_t i = 0; i < dirs.n; i++) {
		AUTO_FREE char *path = path_join(dirs.v[i], "claude");

		/* The npm of Windows puts one there that starts Windows' node. */
		if (host_drive(h, path) != NULL)
			continue;
		try_agent(root, h, path, true);
	}
	for (size_t i = 0; i < ARRAY_SIZE(agents); i++) {
		AUTO_FREE char *base = base_of(root, h, &agents[i]);
		AUTO_STRV struct strv names = { 0 };

		if (base != NULL)
			expand(root, base, agents[i].find, &names);
		for (size_t k = 0; k < names.n; k++)
			try_agent(root, h, names.v[k], false);
	}
}

void hostagent_done(struct host *h)
{
	for (size_t i = 0; i < h->nagent; i++)
		program_done(&h->agent[i]);
	node_done(&h->agent_lame);
	free(h->agent);
	h->agent = NULL;
	h->nagent = 0;
}
