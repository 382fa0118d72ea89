/* SPDX-License-Identifier: MIT */
/* The project's .claude inside: what is a copy, a link, bound, and when all of it stays read-only. */
#include <errno.h>
#include <string.h>

#include "dotclaude.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

static char path[] = "/p/.claude", other[] = "/other/.claude", to[] = "../elsewhere";
static char copied[] = "settings.json", odd[] = "settings.x.json", no_text[] = "settings.local.json",
	    file[] = "CLAUDE.md", dir[] = "commands", link[] = "link", text[] = "{}";

static struct host_claude_entry entry[HOST_DOTCLAUDE_MAX + 1];
static struct host h;
static struct policy p;

static struct host_node node(enum host_type type, mode_t mode)
{
	return (struct host_node){ .type = type, .real_type = type, .mode = mode };
}

static void make(void)
{
	const struct host_claude_entry list[] = {
		{ .name = file, .node = node(HOST_FILE, 0644) },
		{ .name = dir, .node = node(HOST_DIR, 0755) },
		{ .name = link, .node = node(HOST_LINK, 0777) },
		{ .name = copied, .node = node(HOST_FILE, 0640), .text.bytes = text },
		{ .name = no_text, .node = node(HOST_FILE, 0644), .text.error = EILSEQ },
		{ .name = odd, .node = node(HOST_FILE, 06755), .text.bytes = text },
	};

	memset(entry, 0, sizeof(entry));
	memcpy(entry, list, sizeof(list));
	entry[2].node.link = to;
	h = (struct host){ .dotclaude = {
			       .node = node(HOST_DIR, 0755), .entry = entry, .n = ARRAY_SIZE(list) } };
	h.dotclaude.node.path = h.dotclaude.node.real = path;
	p = (struct policy){ .project = xstrdup("/p") };
}

static void done(void)
{
	policy_done(&p);
}

START_TEST(settings_are_copies_and_the_rest_is_bound)
{
	const struct policy_dotclaude *c = &p.dotclaude;

	dotclaude_add(&h, &p);
	ck_assert_str_eq(c->path, path);
	ck_assert_uint_eq(c->n, 3);
	ck_assert(c->item[0].link && streq(c->item[0].name, link) && streq(c->item[0].text, to));
	ck_assert(!c->item[1].link && streq(c->item[1].name, copied) && streq(c->item[1].text, text));
	ck_assert_uint_eq(c->item[1].mode, 0640);
	/* Programs may ask for the bit that runs a file; nobody becomes another by a copy. */
	ck_assert_uint_eq(c->item[2].mode, 0755);
	ck_assert(c->bound.n == 2 && streq(c->bound.v[0], file) && streq(c->bound.v[1], no_text));
	ck_assert(c->bound_dirs.n == 1 && streq(c->bound_dirs.v[0], dir));
	ck_assert(dotclaude_has(c, link) && dotclaude_has(c, dir) && dotclaude_has(c, copied) &&
		  dotclaude_has(c, file));
	ck_assert(!dotclaude_has(c, "worktrees"));
	ck_assert_uint_eq(p.notes.n, 1);
	ck_assert_str_eq(p.notes.v[0], "/p/.claude/settings.local.json is read-only: it is no text");
}
END_TEST

START_TEST(what_is_bound_comes_from_the_hosts)
{
	dotclaude_add(&h, &p);
	dotclaude_mount(&p, "why");
	ck_assert(p.dotclaude.mounted);
	ck_assert_uint_eq(p.nentry, 4);
	ck_assert(p.entry[0].access == POLICY_PRIVATE && streq(p.entry[0].path, path));
	for (size_t i = 1; i < p.nentry; i++) {
		ck_assert_int_eq(p.entry[i].access, POLICY_READ);
		ck_assert(str_starts(p.entry[i].via, DOTCLAUDE_HOST "/"));
		ck_assert(str_starts(p.entry[i].path, "/p/.claude/"));
	}
	ck_assert(p.entry[3].is_dir && !p.entry[2].is_dir);
}
END_TEST

/* What keeps it from being fresh; said: a note of the start says why. */
static void by_a_link(void)
{
	h.dotclaude.node.real = other;
}
static void a_link(void)
{
	h.dotclaude.node.type = HOST_LINK;
}
static void absent(void)
{
	h.dotclaude.node.type = HOST_ABSENT;
}
static void unreadable(void)
{
	h.dotclaude.error = EACCES;
}
static void a_socket(void)
{
	entry[0].node.type = HOST_SOCKET;
}
static void a_link_nobody_can_read(void)
{
	entry[2].node.link = NULL;
}
static void many(void)
{
	for (size_t i = h.dotclaude.n; i <= HOST_DOTCLAUDE_MAX; i++)
		entry[i] = (struct host_claude_entry){ .name = file, .node = node(HOST_FILE, 0644) };
	h.dotclaude.n = HOST_DOTCLAUDE_MAX + 1;
}
static void opened(void)
{
	strv_add(&p.allow_autorun, "/p/.claude/commands");
}
static void opened_above(void)
{
	strv_add(&p.allow_autorun, "/p");
}
static void asked_for(void)
{
	policy_add(&p, POLICY_READ, POLICY_EXTRA, "/p/.claude/CLAUDE.md", NULL, false, xstrdup("asked for"));
}
static const struct {
	void (*change)(void);
	const char *said;
} held[] = {
	{ by_a_link, NULL },
	{ a_link, NULL },
	{ absent, NULL },
	{ unreadable, "it can't be read" },
	{ a_socket, "neither file, directory nor link" },
	{ a_link_nobody_can_read, "neither file, directory nor link" },
	{ many, "too many entries" },
	{ opened, NULL },
	{ opened_above, NULL },
	{ asked_for, NULL },
};

START_TEST(what_can_not_be_fresh_is_held)
{
	held[_i].change();
	dotclaude_add(&h, &p);
	ck_assert_ptr_null(p.dotclaude.path);
	ck_assert_uint_eq(p.dotclaude.n, 0);
	ck_assert_uint_eq(p.notes.n, held[_i].said != NULL ? 1 : 0);
	if (held[_i].said != NULL)
		ck_assert_ptr_nonnull(strstr(p.notes.v[0], held[_i].said));
}
END_TEST

Suite *dotclaude_suite(void)
{
	Suite *s = suite_create("dotclaude");
	TCase *tc = tcase_create("dotclaude");

	tcase_add_checked_fixture(tc, make, done);
	tcase_add_test(tc, settings_are_copies_and_the_rest_is_bound);
	tcase_add_test(tc, what_is_bound_comes_from_the_hosts);
	tcase_add_loop_test(tc, what_can_not_be_fresh_is_held, 0, ARRAY_SIZE(held));
	suite_add_tcase(s, tc);
	return s;
}
