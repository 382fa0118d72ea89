/* SPDX-License-Identifier: MIT */
#include "hostclaude.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "slug.h"
#include "textfile.h"
#include "util.h"

enum { FILE_MAX = 16 << 20, ENTRIES_MAX = 4096, HISTORY_TAIL = 1 << 20 };

/* Files whose text is needed: COPY and LOGIN of claude.def. */
static const char *const texts[] = {
	"settings.json",
	"settings.*.json",
	".credentials.json",
};

/* The text of a regular file, or why there is none. */
static struct host_text read_text(struct hostroot *root, const char *path)
{
	struct host_text t = { 0 };
	AUTO_CLOSE int fd = hostroot_open(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0) {
		t.error = -fd;
		return t;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		t.error = EINVAL;
		return t;
	}
	if (st.st_size > FILE_MAX) {
		t.error = EFBIG;
		return t;
	}
	t.bytes = hostroot_read(root, path, FILE_MAX);
	/* A NUL is in no text: what follows it would be lost without a word. */
	if (t.bytes == NULL)
		t.error = EIO;
	else if (strlen(t.bytes) < (size_t)st.st_size) {
		mem_free_ptr(&t.bytes);
		t.error = EILSEQ;
	}
	return t;
}

/* The end of the prompts' file, from the beginning of a line on. */
static char *read_history(struct hostroot *root, const char *path)
{
	AUTO_CLOSE int fd = hostroot_open(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	AUTO_FREE char *text = NULL;
	struct stat st;
	ssize_t n;
	char *s;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	text = xmalloc(HISTORY_TAIL + 1);
	n = pread(fd, text, HISTORY_TAIL, st.st_size > HISTORY_TAIL ? st.st_size - HISTORY_TAIL : 0);
	if (n < 0)
		return NULL;
	text[n] = '\0';
	if (st.st_size <= HISTORY_TAIL)
		return TAKE_PTR(text);
	s = strchr(text, '\n');
	return xstrdup(s != NULL ? s + 1 : "");
}

static void read_entry(struct hostroot *root, struct host_claude *c, const char *dir, const char *name)
{
	AUTO_FREE char *path = path_join(dir, name);
	struct host_claude_entry e = { .name = xstrdup(name) };

	hostroot_node(root, path, &e.node);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (e.node.real_type == HOST_FILE && fnmatch(texts[i], name, 0) == 0 && e.text.bytes == NULL)
			e.text = read_text(root, path);
	if (streq(name, "history.jsonl"))
		e.text.bytes = read_history(root, path);
	c->entry = xrealloc_array(c->entry, c->n + 1, sizeof(*c->entry));
	c->entry[c->n++] = e;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct host_claude_entry *)a)->name,
		      ((const struct host_claude_entry *)b)->name);
}

static void read_dir(struct hostroot *root, struct host_claude *c, size_t max)
{
	int fd = hostroot_open(root, c->node.real, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	AUTO_DIR DIR *dir = mem_dir(fd);
	const struct dirent *e;

	if (dir == NULL) {
		c->error = fd < 0 ? -fd : ENOMEM;
		return;
	}
	while ((e = readdir(dir)) != NULL && c->n < max)
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			read_entry(root, c, c->node.real, e->d_name);
	if (c->n > 1)
		qsort(c->entry, c->n, sizeof(*c->entry), by_name);
}

void hostclaude_read(struct hostroot *root, struct host *h)
{
	struct host_claude *c = &h->claude;
	const char *moved = env_get(h->env, "CLAUDE_CONFIG_DIR");
	AUTO_FREE char *dir = NULL;
	AUTO_FREE char *config = NULL;

	if (*h->home == '\0')
		return;
	/* A relative one, which the agent takes from where it is started, is policy's to judge: it has no directory. */
	c->moved = moved != NULL && *moved != '\0';
	dir = !c->moved	      ? path_join(h->home, ".claude")
	      : *moved == '/' ? path_clean("/", moved)
			      : xstrdup(moved);
	config = path_join(c->moved ? dir : h->home, ".claude.json");
	if (*dir != '/') {
		c->node = (struct host_node){ .path = xstrdup(dir) };
		return;
	}
	hostroot_node(root, dir, &c->node);
	hostroot_node(root, config, &c->config_node);
	if (c->node.real_type == HOST_DIR)
		read_dir(root, c, ENTRIES_MAX);
	if (c->config_node.type != HOST_ABSENT)
		c->config = read_text(root, config);
}

static void node_done(struct host_node *n)
{
	free(n->path);
	free(n->link);
	free(n->real);
}

void hostclaude_project(struct hostroot *root, const char *project, struct host *h)
{
	AUTO_FREE char *dir = path_join(project, ".claude");

	hostroot_node(root, dir, &h->dotclaude.node);
	/* A link is held as one: nothing of it is copied. */
	if (h->dotclaude.node.type == HOST_DIR)
		read_dir(root, &h->dotclaude, HOST_DOTCLAUDE_MAX + 1);
}

/* As a session that writes there meanwhile could have it: what was a file a moment ago may be a link now. */
static void read_memory_file(struct host_claude *m, int dir, const char *name, size_t *bytes)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct host_claude_entry e = { .name = xstrdup(name) };
	struct stat st;

	if (fd < 0)
		e.text.error = errno == ELOOP ? EINVAL : errno;
	else if ((e.text.bytes = textfile_read(fd, HOST_MEMORY_BYTES - *bytes, &st)) == NULL)
		e.text.error = errno;
	else
		*bytes += strlen(e.text.bytes);
	m->entry = xrealloc_array(m->entry, m->n + 1, sizeof(*m->entry));
	m->entry[m->n++] = e;
}

void hostclaude_memory(struct hostroot *root, const char *project, struct host *h)
{
	struct host_claude *m = &h->memory;
	struct host_node node = { 0 };
	AUTO_FREE char *slug = NULL;
	AUTO_FREE char *path = NULL;
	AUTO_DIR DIR *dir = NULL;
	const struct dirent *e;
	size_t bytes = 0;
	int fd;

	hostroot_node(root, project, &node);
	slug = claude_slug(node.real != NULL ? node.real : project);
	node_done(&node);
	if (h->claude.node.real == NULL)
		return;
	path = xasprintf("%s/projects/%s/memory", h->claude.node.real, slug);
	hostroot_node(root, path, &m->node);
	if (m->node.type != HOST_DIR)
		return;
	fd = hostroot_open(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK);
	dir = mem_dir(fd);
	if (dir == NULL) {
		m->error = fd < 0 ? -fd : ENOMEM;
		return;
	}
	while ((e = readdir(dir)) != NULL && m->n <= HOST_MEMORY_MAX)
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			read_memory_file(m, dirfd(dir), e->d_name, &bytes);
	if (m->n > 1)
		qsort(m->entry, m->n, sizeof(*m->entry), by_name);
}

static void state_done(struct host_claude *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->entry[i].name);
		free(c->entry[i].text.bytes);
		node_done(&c->entry[i].node);
	}
	free(c->entry);
	free(c->config.bytes);
	node_done(&c->node);
	node_done(&c->config_node);
	*c = (struct host_claude){ 0 };
}

void hostclaude_done(struct host *h)
{
	state_done(&h->claude);
	state_done(&h->dotclaude);
	state_done(&h->memory);
}
