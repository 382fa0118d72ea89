/* SPDX-License-Identifier: MIT */
/* Where the agent is found, what of it is shown, and which places are passed over. */
#include <string.h>

#include "mem.h"
#include "replayed.h"
#include "unit.h"
#include "util.h"

#define NVM "/home/ann/.nvm/versions/node/"
#define PKG "/lib/node_modules/@anthropic-ai/claude-code"

static const struct {
	const char *set[2];		  /* variables of the caller */
	const char *agent, *shown, *node; /* NULL: nothing */
} found[] = {
	/* PATH first */
	{ { "PATH=/home/ann/.npm-packages/bin:/usr/local/bin:/usr/bin" },
	  "/home/ann/.npm-packages/bin/claude",
	  "/home/ann/.npm-packages" PKG,
	  NULL },
	{ { "PATH=" NVM "v9.11.2/bin:/usr/bin" },
	  NVM "v9.11.2/bin/claude",
	  NVM "v9.11.2" PKG,
	  NVM "v9.11.2/bin/node" },
	/* a shell script starts its package with node, from wherever PATH has it */
	{ { "PATH=/home/ann/.local/share/pnpm:" NVM "v20.11.1/bin:/usr/bin" },
	  "/home/ann/.local/share/pnpm/claude",
	  "/home/ann/.local/share/pnpm/global",
	  NVM "v20.11.1/bin/node" },
	/* then the table, in its order */
	{ { "PATH=/usr/bin" },
	  "/home/ann/.local/bin/claude",
	  "/home/ann/.local/share/claude/versions/2.1.197",
	  NULL },
	{ { "PATH=relative:./bin:/usr/bin" }, "/home/ann/.local/bin/claude", NULL, NULL },
	/* what a sandbox can write, and what only looks like an agent, is passed over */
	{ { "PATH=/home/ann/proj/node_modules/.bin:/usr/bin" }, "/home/ann/.local/bin/claude", NULL, NULL },
	{ { "PATH=/home/ann/steal:/usr/bin" }, "/home/ann/.local/bin/claude", NULL, NULL },
};

static const struct policy_entry *entry(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->nentry; i++)
		if (streq(p->entry[i].path, path))
			return &p->entry[i];
	return NULL;
}

static enum policy_access access_of(const struct policy *p, const char *path)
{
	const struct policy_entry *e = entry(p, path);

	return e != NULL ? e->access : POLICY_ACCESSES;
}

START_TEST(agent_is_found_and_shown_read_only)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	const char *path = found[_i].set[0] + strlen("PATH=");
	enum policy_access link;

	replayed_open(&r, "agents", NULL);
	r.conf.agent = true;
	for (size_t i = 0; i < 2 && found[_i].set[i] != NULL; i++)
		recorded_setenv(&r.rec, found[_i].set[i]);
	ck_assert_msg(replayed_policy(&r) == 0, "%s", r.diag.msg);
	ck_assert_str_eq(r.policy.agent, found[_i].agent);
	ck_assert_ptr_null(r.policy.agent_why);
	link = access_of(&r.policy, found[_i].agent);
	ck_assert(link == POLICY_LINK || link == POLICY_READ);
	ck_assert(found[_i].shown == NULL || access_of(&r.policy, found[_i].shown) == POLICY_READ);
	ck_assert(found[_i].node == NULL || access_of(&r.policy, found[_i].node) == POLICY_READ);
	/* Its bare name would lead to what was passed over, or nowhere. */
	ck_assert_str_eq(r.policy.command.v[0], strncmp(found[_i].agent, path, strcspn(path, ":")) == 0
						    ? "claude"
						    : found[_i].agent);
}
END_TEST

/* Nothing else of the trees that agents live in: not npm, not a token, not another version. */
static const struct {
	const char *command;
	bool good;
} yolo[] = {
	{ "claude", true },
	{ "/home/ann/.local/bin/claude", true },
	{ "/home/ann/.local/share/claude/versions/2.1.197", true },
	{ "../.local/bin/claude", true },
	{ "/home/ann/proj/node_modules/.bin/claude", false },
	{ "node_modules/.bin/claude", false },
	{ "./claude", false },
	{ "/usr/bin/true", false },
};

START_TEST(yolo_is_for_the_agent_that_is_shown)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	int code;

	replayed_open(&r, "agents", NULL);
	recorded_setenv(&r.rec, "PATH=/home/ann/proj/node_modules/.bin:/usr/bin");
	r.conf.yolo = true;
	strv_add(&r.conf.command, yolo[_i].command);
	code = replayed_policy(&r);
	ck_assert_msg((code == 0) == yolo[_i].good, "%s: %s", yolo[_i].command, r.diag.msg);
	ck_assert(yolo[_i].good || strstr(r.diag.msg, "is no installation of it") != NULL);
}
END_TEST

START_TEST(nothing_beside_the_agent_is_shown)
{
	static const char *const hidden[] = { "/home/ann/.npmrc",
					      "/home/ann/.npm-packages",
					      "/home/ann/.npm-packages/bin",
					      "/home/ann/.nvm",
					      "/home/ann/.ssh/id_rsa",
					      "/home/ann/steal/claude",
					      "/home/ann/.local/bin/claude" };
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "agents", NULL);
	recorded_setenv(&r.rec, "PATH=/home/ann/steal:/home/ann/.npm-packages/bin:/usr/bin");
	ck_assert_int_eq(replayed_plan(&r), 0);
	ck_assert_str_eq(r.policy.agent, "/home/ann/.npm-packages/bin/claude");
	ck_assert(r.policy.agent_by_path);
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		ck_assert_msg(entry(&r.policy, hidden[i]) == NULL, "%s is shown", hidden[i]);
}
END_TEST

/* Writable by a bind that was asked for: not that one, and said when there is no other. */
START_TEST(agent_that_the_sandbox_can_change_is_not_used)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "agents", NULL);
	recorded_setenv(&r.rec, "PATH=/home/ann/.npm-packages/bin:/usr/bin");
	replayed_extra(&r.conf.extra_bind, "/home/ann/.npm-packages", "--extra-bind");
	replayed_extra(&r.conf.extra_bind, "/home/ann/.local/share/claude", "--extra-bind");
	replayed_extra(&r.conf.extra_bind, "/home/ann/.nvm", "--extra-bind");
	replayed_extra(&r.conf.extra_bind, "/home/ann/.local/share/pnpm", "--extra-bind");
	ck_assert_msg(replayed_policy(&r) == 0, "%s", r.diag.msg);
	ck_assert_ptr_null(r.policy.agent);
	ck_assert_str_eq(r.policy.agent_why,
			 "/home/ann/.npm-packages/bin/claude is not used: the sandbox can write to "
			 "/home/ann/.npm-packages");
}
END_TEST

START_TEST(agent_without_its_node_is_said)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "agents", NULL);
	recorded_setenv(&r.rec, "PATH=/home/ann/.npm-packages/bin:/usr/bin");
	ck_assert_int_eq(replayed_policy(&r), 0);
	ck_assert_str_eq(r.policy.agent_why,
			 "/home/ann/.npm-packages/bin/claude needs node, which is not in PATH");
}
END_TEST

START_TEST(no_agent_is_said)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	ck_assert_int_eq(replayed_policy(&r), 0);
	ck_assert_ptr_null(r.policy.agent);
	ck_assert_ptr_nonnull(r.policy.agent_why);
}
END_TEST

Suite *agent_suite(void)
{
	Suite *s = suite_create("agent");
	TCase *t = tcase_create("agent");

	tcase_add_loop_test(t, agent_is_found_and_shown_read_only, 0, ARRAY_SIZE(found));
	tcase_add_loop_test(t, yolo_is_for_the_agent_that_is_shown, 0, ARRAY_SIZE(yolo));
	tcase_add_test(t, nothing_beside_the_agent_is_shown);
	tcase_add_test(t, agent_that_the_sandbox_can_change_is_not_used);
	tcase_add_test(t, agent_without_its_node_is_said);
	tcase_add_test(t, no_agent_is_said);
	suite_add_tcase(s, t);
	return s;
}
