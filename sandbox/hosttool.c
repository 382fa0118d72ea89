/* SPDX-License-Identifier: MIT */
#include "hosttool.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostbwrap.h"
#include "mem.h"
#include "path.h"
#include "util.h"

enum {
	TOOL_MINIMAL = CONF_PROFILE_MINIMAL,
	TOOL_DEFAULT = CONF_PROFILE_DEFAULT,
	TOOL_FULL = CONF_PROFILE_FULL
};

static const struct {
	int profile;
	const char *programs;
} tools[] = {
#define TOOL(name, profile, package, programs) { TOOL_##profile, programs },
#include "data/tools.def"
#undef TOOL
};

static const struct toolchain_row {
	const char *id, *variable, *base, *directory, *path, *secrets, *title;
} toolchains[] = {
#define TOOLCHAIN(id, variable, base, directory, path, secrets, title) \
	{ #id, variable, base, directory, path, secrets, title },
#include "data/tools.def"
#undef TOOLCHAIN
};

static void look(struct hostroot *root, struct host *h, const char *dir, const char *file, const char *name)
{
	AUTO_FREE char *path = path_join(dir, file);
	struct host_node n;

	hostroot_node(root, path, &n);
	free(n.path);
	free(n.link);
	if (n.real == NULL || n.real_type != HOST_FILE || (n.mode & 0111) == 0) {
		free(n.real);
		return;
	}
	h->tool = xrealloc_array(h->tool, h->ntool + 1, sizeof(*h->tool));
	h->tool[h->ntool++] = (struct host_tool){ .name = xstrdup(name), .real = n.real };
}

/* Under its own name everywhere in PATH, then under its other one. */
static void find_program(struct hostroot *root, struct host *h, const struct strv *dirs, const char *word,
			 size_t len)
{
	const char *other = memchr(word, '=', len);
	AUTO_FREE char *name = xstrndup(word, other != NULL ? (size_t)(other - word) : len);
	AUTO_FREE char *file = other != NULL ? xstrndup(other + 1, (size_t)(word + len - other - 1)) : NULL;

	for (size_t i = 0; i < dirs->n; i++)
		look(root, h, dirs->v[i], name, name);
	for (size_t i = 0; i < dirs->n && file != NULL; i++)
		look(root, h, dirs->v[i], file, name);
}

static void find_tools(struct hostroot *root, struct host *h, int profile, bool all)
{
	AUTO_STRV struct strv words = { 0 };
	AUTO_STRV struct strv dirs = { 0 };

	hostbwrap_path_dirs(h->env, &words);
	hostroot_dirs(root, &words, &dirs);
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		const char *s = tools[i].programs;

		for (; tools[i].profile <= profile && *s != '\0'; s += strspn(s, " ")) {
			size_t len = strcspn(s, " ");

			find_program(root, h, &dirs, s, len);
			s += len;
			if (!all)
				break;
		}
	}
}

/* A file that lies in what is shown, links followed: under the name that it has there. */
static void add_secret(struct hostroot *root, const char *path, struct host_toolchain *t)
{
	struct host_node n;

	hostroot_node(root, path, &n);
	if (n.real_type == HOST_FILE && path_is_under(n.real, t->node.real))
		strv_take(&t->secret, path_join(t->node.path, n.real + strlen(t->node.real)));
	free(n.path);
	free(n.link);
	free(n.real);
}

/* What the pattern below `base` stands for, with at most one "*". */
static void find_secrets(struct hostroot *root, const char *base, const char *pattern, size_t len,
			 struct host_toolchain *t)
{
	AUTO_FREE char *rest = xstrndup(pattern, len);
	AUTO_FREE char *path = path_join(base, rest);
	char *star = strchr(path, '*');
	AUTO_FREE char *above = star != NULL ? xstrndup(path, (size_t)(star - path) - 1) : NULL;
	int fd = above != NULL ? hostroot_open(root, above, O_RDONLY | O_DIRECTORY | O_NONBLOCK) : -1;
	AUTO_DIR DIR *dir = mem_dir(fd);
	const struct dirent *e;

	if (star == NULL)
		add_secret(root, path, t);
	while (dir != NULL && (e = readdir(dir)) != NULL) {
		AUTO_FREE char *one = xasprintf("%s/%s%s", above, e->d_name, star + 1);

		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			add_secret(root, one, t);
	}
}

static void find_toolchain(struct hostroot *root, struct host *h, const struct toolchain_row *row)
{
	const char *moved = *row->variable != '\0' ? env_get(h->env, row->variable) : NULL;
	AUTO_FREE char *base =
	    moved != NULL && *moved == '/' ? path_clean("/", moved) : path_join(h->home, row->base);
	struct host_toolchain t = { .title = row->title, .variable = moved != NULL ? row->variable : NULL };
	AUTO_FREE char *path = path_join(base, row->directory);

	hostroot_node(root, path, &t.node);
	if (t.node.real == NULL || (t.node.real_type != HOST_DIR && t.node.real_type != HOST_FILE)) {
		free(t.node.path);
		free(t.node.link);
		free(t.node.real);
		return;
	}
	for (const char *s = row->path; *s != '\0'; s += strspn(s, " ")) {
		AUTO_FREE char *name = xstrndup(s, strcspn(s, " "));
		AUTO_FREE char *dir = path_join(base, name);

		if (hostroot_exists(root, dir))
			strv_take(&t.path, TAKE_PTR(dir));
		s += strcspn(s, " ");
	}
	for (const char *s = row->secrets; *s != '\0'; s += strspn(s, " ")) {
		find_secrets(root, base, s, strcspn(s, " "), &t);
		s += strcspn(s, " ");
	}
	h->toolchain = xrealloc_array(h->toolchain, h->ntoolchain + 1, sizeof(*h->toolchain));
	h->toolchain[h->ntoolchain++] = t;
}

void hosttool_find(struct hostroot *root, const struct conf *conf, struct host *h)
{
	int profile = conf->value[CONFKEY_PROFILE].n;
	bool minimal = profile == CONF_PROFILE_MINIMAL;

	if (minimal || conf->verbose || conf->tell_tools || conf->mode == CONF_TEST)
		find_tools(root, h, profile, minimal);
	for (size_t i = 0; profile == CONF_PROFILE_FULL && *h->home != '\0' && i < ARRAY_SIZE(toolchains);
	     i++)
		find_toolchain(root, h, &toolchains[i]);
}

void hosttool_done(struct host *h)
{
	for (size_t i = 0; i < h->ntool; i++) {
		free(h->tool[i].name);
		free(h->tool[i].real);
	}
	for (size_t i = 0; i < h->ntoolchain; i++) {
		free(h->toolchain[i].node.path);
		free(h->toolchain[i].node.link);
		free(h->toolchain[i].node.real);
		strv_done(&h->toolchain[i].path);
		strv_done(&h->toolchain[i].secret);
	}
	free(h->tool);
	free(h->toolchain);
}
