/* SPDX-License-Identifier: MIT */
#include "dotclaude.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>

#include "claude.h"
#include "mem.h"
#include "path.h"
#include "util.h"

static bool is_settings(const char *name)
{
	return streq(name, "settings.json") || fnmatch("settings.*.json", name, 0) == 0;
}

/* Something in it, or it, was asked for by itself. */
static bool is_asked_for(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->allow_autorun.n; i++)
		if (path_is_under(path, p->allow_autorun.v[i]) || path_is_under(p->allow_autorun.v[i], path))
			return true;
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part > POLICY_PROJECT && path_is_under(p->entry[i].path, path))
			return true;
	return false;
}

/* A mount over a socket or FIFO stops nobody, and what can't be looked at can't be mounted. */
static bool fits(const struct host_claude *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->entry[i].node.type != HOST_FILE && c->entry[i].node.type != HOST_DIR &&
		    (c->entry[i].node.type != HOST_LINK || c->entry[i].node.link == NULL))
			return false;
	return true;
}

static void add_item(struct policy_dotclaude *c, const char *name, const char *text, mode_t mode, bool link)
{
	c->item = xrealloc_array(c->item, c->n + 1, sizeof(*c->item));
	c->item[c->n++] = (struct policy_dotclaude_item){
		.name = xstrdup(name), .text = xstrdup(text), .mode = mode & 0777, .link = link
	};
}

void dotclaude_add(const struct host *h, struct policy *p)
{
	const struct host_claude *c = &h->dotclaude;
	AUTO_FREE char *path = path_join(p->project, ".claude");

	/* By its real name: where the project was named by a link, this is another path of the same directory. */
	if (c->node.type != HOST_DIR || c->node.real == NULL || !streq(c->node.real, path) ||
	    is_asked_for(p, path))
		return;
	if (c->error != 0 || !fits(c) || c->n > HOST_DOTCLAUDE_MAX) {
		strv_addf(&p->notes, "%s is read-only, its settings too: %s", path,
			  c->error != 0		      ? "it can't be read"
			  : c->n > HOST_DOTCLAUDE_MAX ? "it has too many entries"
						      : "it has what is neither file, directory nor link");
		return;
	}
	for (size_t i = 0; i < c->n; i++) {
		const struct host_claude_entry *e = &c->entry[i];

		if (e->node.type == HOST_FILE && is_settings(e->name) && e->text.bytes == NULL)
			strv_addf(&p->notes, "%s/%s is read-only: %s", path, e->name,
				  e->text.error == EFBIG    ? "it is too large for a copy"
				  : e->text.error == EILSEQ ? "it is no text"
							    : "it can't be read");
		if (e->node.type == HOST_FILE && is_settings(e->name) && e->text.bytes != NULL) {
			AUTO_FREE char *shown = path_join(path, e->name);

			claude_judge_settings(p, shown, e->text.bytes);
		}
		if (e->node.type == HOST_LINK)
			add_item(&p->dotclaude, e->name, e->node.link, 0, true);
		else if (e->node.type == HOST_FILE && is_settings(e->name) && e->text.bytes != NULL)
			add_item(&p->dotclaude, e->name, e->text.bytes, e->node.mode, false);
		else
			strv_add(e->node.type == HOST_DIR ? &p->dotclaude.bound_dirs : &p->dotclaude.bound,
				 e->name);
	}
	p->dotclaude.path = TAKE_PTR(path);
}

static void bind(struct policy *p, const struct strv *names, bool is_dir, const char *why)
{
	for (size_t i = 0; i < names->n; i++) {
		AUTO_FREE char *path = path_join(p->dotclaude.path, names->v[i]);

		policy_add(p, POLICY_READ, POLICY_AUTORUN, path, xstrdup(path), is_dir, xstrdup(why));
		p->entry[p->nentry - 1].via = path_join(DOTCLAUDE_HOST, names->v[i]);
	}
}

void dotclaude_mount(struct policy *p, const char *why)
{
	policy_add(p, POLICY_PRIVATE, POLICY_AUTORUN, p->dotclaude.path, NULL, true,
		   xasprintf("%s; fresh, with copies of its settings", why));
	p->entry[p->nentry - 1].via = xstrdup(DOTCLAUDE_COPIES);
	bind(p, &p->dotclaude.bound, false, why);
	bind(p, &p->dotclaude.bound_dirs, true, why);
	p->dotclaude.mounted = true;
}

bool dotclaude_has(const struct policy_dotclaude *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (streq(c->item[i].name, name))
			return true;
	return strv_has(&c->bound, name) || strv_has(&c->bound_dirs, name);
}

void dotclaude_done(struct policy_dotclaude *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->item[i].name);
		free(c->item[i].text);
	}
	free(c->item);
	free(c->path);
	strv_done(&c->bound);
	strv_done(&c->bound_dirs);
	*c = (struct policy_dotclaude){ 0 };
}
