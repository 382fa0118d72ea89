/* SPDX-License-Identifier: MIT */
/* The agent's state: which of it is inside and how, and what of it goes back. */
#include <stdlib.h>
#include <string.h>

#include "claude.h"
#include "slug.h"
#include "claudeexit.h"
#include "jsonslice.h"
#include "log.h"
#include "mem.h"
#include "replayed.h"
#include "unit.h"
#include "util.h"
#include "verify.h"

#define HUNDRED \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aa"

/* What the agent (2.1.197) answers itself, run with node. */
static const struct {
	const char *project, *slug;
} slugs[] = {
	{ "/home/ann/proj", "-home-ann-proj" },
	{ "/home/ann/my.proj_2", "-home-ann-my-proj-2" },
	{ "/x/\xc3\xa9t\xc3\xa9", "-x--t-" },
	{ "/x/\xf0\x9f\x98\x80", "-x---" },
	{ "/" HUNDRED "/" HUNDRED, "-" HUNDRED "-" HUNDRED },
};

START_TEST(slug_is_the_agents)
{
	AUTO_FREE char *slug = claude_slug(slugs[_i].project);

	if (strlen(slugs[_i].slug) <= 200) {
		ck_assert_str_eq(slug, slugs[_i].slug);
		return;
	}
	/* node -e: the same rule on the same path */
	ck_assert_uint_eq(strlen(slug), 201 + strlen("jn6wtc"));
	ck_assert_int_eq(strncmp(slug, slugs[_i].slug, 200), 0);
	ck_assert_str_eq(slug + 200, "-jn6wtc");
}
END_TEST

static const struct policy_entry *entry(const struct policy *p, const char *name)
{
	AUTO_FREE char *path = xasprintf("/home/ann/%s", name);

	for (size_t i = 0; i < p->nentry; i++)
		if (streq(p->entry[i].path, path))
			return &p->entry[i];
	return NULL;
}

static const struct {
	const char *name;
	enum policy_access access; /* POLICY_ACCESSES: not inside */
	const char *via;
} states[] = {
	{ ".claude.json", POLICY_COPY, NULL },
	{ ".claude/settings.json", POLICY_COPY, NULL },
	{ ".claude/.credentials.json", POLICY_COPY, NULL },
	{ ".claude/history.jsonl", POLICY_COPY, NULL },
	{ ".claude/agents", POLICY_READ, CLAUDE_STAGE "/agents" },
	{ ".claude/CLAUDE.md", POLICY_READ, CLAUDE_STAGE "/CLAUDE.md" },
	{ ".claude/of-a-later-version", POLICY_READ, CLAUDE_STAGE "/of-a-later-version" },
	{ ".claude/projects/-home-ann-proj", POLICY_WRITE, CLAUDE_STAGE "/projects/-home-ann-proj" },
	{ ".claude/todos", POLICY_WRITE, CLAUDE_RECORD "/todos" },
	{ ".claude/projects", POLICY_ACCESSES, NULL },
	{ ".claude/projects/-other", POLICY_ACCESSES, NULL },
	{ ".claude/ide", POLICY_ACCESSES, NULL },
	{ ".claude/linked-secret", POLICY_ACCESSES, NULL },
};

START_TEST(state_has_its_access)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	const struct policy_entry *e;

	replayed_open(&r, "agents", NULL);
	ck_assert_msg(replayed_plan(&r) == 0, "%s", r.diag.msg);
	ck_assert_msg(verify_plan(&r.plan, &r.policy, &r.diag) == 0, "%s", r.diag.msg);
	e = entry(&r.policy, states[_i].name);
	if (e == NULL) {
		ck_assert_int_eq(states[_i].access, POLICY_ACCESSES);
		return;
	}
	ck_assert_msg(e->access == states[_i].access, "%s", states[_i].name);
	ck_assert_str_eq(e->via != NULL ? e->via : "", states[_i].via != NULL ? states[_i].via : "");
}
END_TEST

START_TEST(a_memory_that_is_dropped_lies_over_the_hosts)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	const struct policy_entry *e;
	AUTO_FREE char *path = NULL;

	replayed_open(&r, "agents", NULL);
	r.conf.value[CONFKEY_CLAUDE_MEMORY].n = CONF_MEMORY_DROP;
	ck_assert_msg(replayed_plan(&r) == 0, "%s", r.diag.msg);
	ck_assert_msg(verify_plan(&r.plan, &r.policy, &r.diag) == 0, "%s", r.diag.msg);
	e = entry(&r.policy, ".claude/projects/-home-ann-proj/memory");
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(e->access, POLICY_PRIVATE);
	path = xstrdup(e->path);
	plan_del(&r.plan, plan_find(&r.plan, PLAN_RW_BIND, path));
	ck_assert_int_lt(verify_plan(&r.plan, &r.policy, &r.diag), 0);
	ck_assert_ptr_nonnull(strstr(r.diag.msg, path));
}
END_TEST

START_TEST(copies_hold_this_project_only)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	const struct policy_entry *e;

	replayed_open(&r, "agents", NULL);
	ck_assert_int_eq(replayed_policy(&r), 0);
	for (size_t i = 0; i < r.policy.nentry; i++) {
		e = &r.policy.entry[i];
		ck_assert(e->access != POLICY_COPY || strstr(e->src, "/other") == NULL);
		ck_assert(e->access != POLICY_COPY || e->secret);
		ck_assert(e->access != POLICY_COPY || strstr(e->path, "history") == NULL ||
			  strstr(e->src, "\"y\"") != NULL);
	}
	e = entry(&r.policy, ".claude.json");
	ck_assert_ptr_nonnull(e);
	ck_assert(jsonslice_is_object(jsonslice_of(e->src)));
	ck_assert_ptr_nonnull(strstr(
	    e->src, "\"/home/ann/proj\": {\n  \"allowedTools\": [],\n  \"hasTrustDialogAccepted\": true"));
	ck_assert_ptr_null(strstr(e->src, "bypassPermissionsModeAccepted"));
}
END_TEST

START_TEST(ephemeral_state_keeps_nothing)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "agents", NULL);
	r.conf.value[CONFKEY_CLAUDE_STATE].n = CONF_STATE_EPHEMERAL;
	r.conf.value[CONFKEY_CLAUDE_CREDENTIALS].n = CONF_LOGIN_NONE;
	ck_assert_int_eq(replayed_plan(&r), 0);
	ck_assert_uint_eq(r.policy.make.n, 0);
	for (size_t i = 0; i < r.policy.nentry; i++)
		ck_assert(r.policy.entry[i].via == NULL || r.policy.entry[i].access == POLICY_READ);
	ck_assert(entry(&r.policy, ".claude/.credentials.json") == NULL);
}
END_TEST

/* A key may be said by escapes: what stays out stays out. */
START_TEST(keys_stay_out_however_they_are_written)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	const struct policy_entry *e;

	replayed_open(&r, "agents", NULL);
	r.conf.value[CONFKEY_CLAUDE_CREDENTIALS].n = CONF_LOGIN_NONE;
	ck_assert_int_eq(replayed_host(&r), 0);
	free(r.host.claude.config.bytes);
	r.host.claude.config.bytes =
	    xstrdup("{\"primaryApiKe\\u0079\":\"sk-ant-x\",\"projec\\u0074s\":{\"/other\":{}},"
		    "\"x\\u00e9\\n\":1,\"\\ud800primaryApiKey\":2,\"primaryApiKey\\u000\":3}");
	ck_assert_int_eq(policy_resolve(&r.conf, &r.host, &r.policy, &r.diag), 0);
	e = entry(&r.policy, ".claude.json");
	ck_assert_ptr_nonnull(e);
	ck_assert_ptr_null(strstr(e->src, "sk-ant-x"));
	ck_assert_ptr_null(strstr(e->src, "/other"));
	ck_assert_ptr_nonnull(strstr(e->src, "\"x\\u00e9\\n\": 1"));
	ck_assert_ptr_nonnull(strstr(e->src, "\"\\ud800primaryApiKey\": 2"));
	ck_assert_ptr_nonnull(strstr(e->src, "\"primaryApiKey\\u000\": 3"));
}
END_TEST

/* A stage that stays would show the state of all projects. */
START_TEST(stage_that_stays_is_refused)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "agents", NULL);
	ck_assert_int_eq(replayed_plan(&r), 0);
	plan_del(&r.plan, plan_find(&r.plan, PLAN_UNMOUNT, CLAUDE_STAGE));
	ck_assert_int_lt(verify_plan(&r.plan, &r.policy, &r.diag), 0);
	ck_assert_ptr_nonnull(strstr(r.diag.msg, CLAUDE_STAGE));
}
END_TEST

#define LOGIN(at, rt, exp, rest) \
	"{\"claudeAiOauth\":{\"accessToken\":\"" at "\",\"refreshToken\":\"" rt "\",\"expiresAt\":" exp \
	",\"scopes\":[\"a\"]" rest "}}"
#define SCOPES(list) \
	"{\"claudeAiOauth\":{\"accessToken\":\"at\",\"refreshToken\":\"rt\",\"expiresAt\":2000,\"scopes\":" \
	"[" list "]}}"
#define OLD LOGIN("at-old", "rt-old", "1000", "")

static const struct {
	const char *host, *inside, *result, *why; /* result NULL: not taken */
} logins[] = {
	{ OLD, LOGIN("at", "rt", "2000", ""), LOGIN("at", "rt", "2000", ""), "" },
	/* the host's own form and what else it holds stay */
	{ "{\"mcp\":{\"t\":1}, \"claudeAiOauth\": {\"expiresAt\": 1000, \"refreshToken\":\"r\", "
	  "\"accessToken\":\"a\",\"scopes\":[ \"a\" ]}}\n",
	  LOGIN("at", "rt", "2000", ""),
	  "{\"mcp\":{\"t\":1}, \"claudeAiOauth\": {\"expiresAt\": 2000, \"refreshToken\":\"rt\", "
	  "\"accessToken\":\"at\",\"scopes\":[ \"a\" ]}}\n",
	  "" },
	{ OLD, LOGIN("at", "rt", "1000", ""), NULL, "" },
	{ OLD, LOGIN("at", "rt", "999", ""), NULL, "" },
	{ OLD, LOGIN("at", "rt", "2000", ",\"x\":1"), NULL, "it has other keys" },
	{ LOGIN("a", "r", "1000", ",\"plan\":\"pro\""), LOGIN("at", "rt", "2000", ",\"plan\":\"max\""), NULL,
	  "it is another account's, or of other rights" },
	{ LOGIN("a", "r", "1000", ",\"plan\":\"pro\""), LOGIN("at", "rt", "2000", ",\"Plan\":\"pro\""), NULL,
	  "it has other keys" },
	/* what the agent adds to an older file, with values of its own; it is not written back */
	{ OLD,
	  LOGIN("at", "rt", "2000", ",\"subscriptionType\":null,\"rateLimitTier\":\"t\",\"clientId\":\"c\""),
	  LOGIN("at", "rt", "2000", ""), "" },
	{ LOGIN("a", "r", "1000", ",\"rateLimitTier\":null"),
	  LOGIN("at", "rt", "2000", ",\"rateLimitTier\":\"t\""),
	  LOGIN("at", "rt", "2000", ",\"rateLimitTier\":null"), "" },
	{ LOGIN("a", "r", "1000", ",\"account\":null"), LOGIN("at", "rt", "2000", ",\"account\":\"b\""), NULL,
	  "it is another account's, or of other rights" },
	{ LOGIN("a", "r", "1000", ",\"rateLimitTier\":\"t\""),
	  LOGIN("at", "rt", "2000", ",\"rateLimitTier\":\"u\""), NULL, "its plan is another one" },
	{ LOGIN("a", "r", "1000", ",\"subscriptionType\":\"pro\""),
	  LOGIN("at", "rt", "2000", ",\"subscriptionType\":\"max\""), NULL, "its plan is another one" },
	{ OLD, LOGIN("at", "rt", "2000", ",\"scope\":\"c\""), NULL, "it has other keys" },
	/* a refresh asks for rights that an older login had no word for */
	{ OLD, SCOPES("\"user:new\",\"a\""), LOGIN("at", "rt", "2000", ""), "" },
	{ OLD, SCOPES("\"a\",\"b\""), NULL, "it is another account's, or of other rights" },
	{ OLD, SCOPES("\"user:new\""), NULL, "it is another account's, or of other rights" },
	{ OLD, SCOPES("\"a\",1"), NULL, "it is another account's, or of other rights" },
	{ OLD, SCOPES("{\"x\":\"a\"}"), NULL, "it is another account's, or of other rights" },
	{ OLD, LOGIN("a t", "rt", "2000", ""), NULL, "its tokens are malformed" },
	{ OLD, LOGIN("at\\n", "rt", "2000", ""), NULL, "its tokens are malformed" },
	{ OLD, LOGIN("at", "", "2000", ""), NULL, "its tokens are malformed" },
	{ OLD, LOGIN("at", "rt", "2000.5", ""), NULL, "its tokens are malformed" },
	{ OLD, LOGIN("at", "rt", "99999999999999", ""), NULL, "its expiry is too far away" },
	{ OLD, LOGIN("at", "rt", "2000", ",\"accessToken\":\"z\""), NULL, "it can't be read" },
	{ OLD, "{\"claudeAiOauth\":[]}", NULL, "it has other keys" },
	{ OLD, "", NULL, "it can't be read" },
	{ "{}", LOGIN("at", "rt", "2000", ""), NULL, "the host's has another form" },
	{ "{", LOGIN("at", "rt", "2000", ""), NULL, "the host's can't be read" },
};

START_TEST(login_goes_back_only_if_it_is_the_same_but_newer)
{
	const char *why;
	AUTO_FREE char *out = claudeexit_login(logins[_i].host, logins[_i].inside, 1500, &why);

	ck_assert_str_eq(why, logins[_i].why);
	if (logins[_i].result == NULL)
		ck_assert_ptr_null(out);
	else
		ck_assert_str_eq(out, logins[_i].result);
}
END_TEST

START_TEST(history_takes_prompts_of_this_project_only)
{
	const char *before = "{\"project\":\"/p\"}\n";
	size_t unfit;
	AUTO_FREE char *new =
	    claudeexit_history(before,
			       "{\"project\":\"/p\"}\n{\"display\":\"n\",\"project\":\"/p\"}\n"
			       "{\"project\":\"/q\"}\nnonsense\n{\"a\":\",\\\"project\\\":\\\"/p\\\"\"}\n",
			       "/p", 9, &unfit);

	ck_assert_uint_eq(unfit, 0);
	ck_assert_str_eq(new, "{\"display\":\"n\",\"project\":\"/p\"}\n");
	ck_assert_ptr_null(claudeexit_history(before, before, "/p", 9, &unfit));
	ck_assert_ptr_null(claudeexit_history(before, "{\"project\":\"/p\"}", "/p", 9, &unfit));
}
END_TEST

/* NULL: left out, and counted. */
static const struct {
	const char *in, *out;
} prompts[] = {
	{ "'display':'a\\n\\u00e9\\t\\'','pastedContents':{},'timestamp':8,'project':'/"
	  "p','sessionId':'0aB-1'",
	  "'display':'a\\u000a\xc3\xa9\\u0009\\'','pastedContents':{},'timestamp':8,'project':'/"
	  "p','sessionId':'0aB-1'" },
	{ "'display':'a','timestamp':99999999999999,'project':'/p'",
	  "'display':'a','timestamp':1000,'project':'/p'" },
	{ "'display':'a','timestamp':-1,'project':'/p'", "'display':'a','project':'/p'" },
	{ "'display':'a','timestamp':1e3,'project':'/p'", "'display':'a','project':'/p'" },
	{ "'display':'a','timestamp':'8','project':'/p','hooks':{'a':[1]},'mode':'bash'",
	  "'display':'a','project':'/p'" },
	{ "'display':'a','project':'/p','sessionId':'../x'", "'display':'a','project':'/p'" },
	{ "'display':'a','project':'/p','pastedContents':{'1':{'id':1,'type':'text','content':'b','x':1},'2':"
	  "{'id':2,'type':'text','contentHash':'0123abcdef'},'../3':{'id':3},'4':'x'}",
	  "'display':'a','project':'/p','pastedContents':{'1':{'id':1,'type':'text','content':'b'},'2':"
	  "{'id':2,'type':'text','contentHash':'0123abcdef'}}" },
	{ "'display':'a','project':'/p','pastedContents':{'1':{'id':1,'type':'sh','contentHash':'../../../"
	  "etc/"
	  "passwd'},'2':{'contentHash':''},'3':{'contentHash':'ab/cd'}}",
	  "'display':'a','project':'/p','pastedContents':{'1':{'id':1},'2':{},'3':{}}" },
	{ "'display':'a','project':'/p','pastedContents':[]", "'display':'a','project':'/p'" },
	{ "'display':'say hi!','project':'/p'", "'display':'say hi!','project':'/p'" },
	{ "'display':'! touch /tmp/x','project':'/p'", NULL },
	{ "'display':'!id','project':'/p'", NULL },
	{ "'display':' \\n!id','project':'/p'", NULL },
	{ "'display':'\\u0021id','project':'/p'", NULL },
	{ "'display':'\\u001b]52;c;aGk=\\u0007','project':'/p'", NULL },
	{ "'display':'\\u009b8m','project':'/p'", NULL },
	{ "'display':'a','pastedContents':{'1':{'content':'\\u001b[8m'}},'project':'/p'", NULL },
};

static char *quoted(const char *s)
{
	AUTO_FREE char *in = xasprintf("{%s}\n", s);

	for (char *c = in; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	return TAKE_PTR(in);
}

START_TEST(a_prompt_has_what_is_known_of_one)
{
	AUTO_FREE char *in = quoted(prompts[_i].in);
	size_t unfit;
	AUTO_FREE char *out = claudeexit_history("", in, "/p", 1000, &unfit);

	ck_assert_uint_eq(unfit, prompts[_i].out == NULL ? 1 : 0);
	if (prompts[_i].out == NULL) {
		ck_assert_ptr_null(out);
	} else {
		AUTO_FREE char *want = quoted(prompts[_i].out);

		ck_assert_str_eq(out, want);
	}
}
END_TEST

START_TEST(changes_are_named)
{
	AUTO_FREE char *config = claudeexit_changes(
	    "{\"numStartups\":1,\"mcpServers\":{},\"projects\":{\"/p\":{\"a\":1,\"lastCost\":1}}}",
	    "{\"numStartups\":2,\"mcpServers\":{\"x\":1},\"projects\":{\"/p\":{\"a\":2,\"lastCost\":2}}}",
	    true);
	AUTO_FREE char *settings =
	    claudeexit_changes("{\"a\":1,\"b\":{\"c\":1}}", "{\"b\":{\"c\":2},\"d\":1}", false);

	ck_assert_str_eq(config, "the keys mcpServers.x, this project.a");
	ck_assert_str_eq(settings, "the keys b.c, d, a");
	ck_assert_ptr_null(claudeexit_changes("{\"a\": 1}", "{ \"a\":1}", false));
}
END_TEST

START_TEST(of_many_changes_some_are_named_and_all_when_asked_for)
{
	static const char many[] = "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,"
				   "\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1}";
	enum log_level was = log_get();
	AUTO_FREE char *some = NULL;
	AUTO_FREE char *all = NULL;

	log_set(LOG_NORMAL);
	some = claudeexit_changes("{}", many, false);
	log_set(LOG_VERBOSE);
	all = claudeexit_changes("{}", many, false);
	log_set(was);
	ck_assert_str_eq(some, "the keys a, b, c, d, e, f, g, h, i, j, k, l and 2 more (-v names them)");
	ck_assert_str_eq(all, "the keys a, b, c, d, e, f, g, h, i, j, k, l, m, n");
}
END_TEST

START_TEST(logins_of_others_are_named)
{
	static const char before[] = "{\"claudeAiOauth\":{\"accessToken\":\"a\"},\"mcpOAuth\":{\"s|1\":{"
				     "\"accessToken\":\"b\"},\"t|2\":1}}";
	AUTO_FREE char *some = claudeexit_other_logins(
	    before,
	    "{\"claudeAiOauth\":{\"accessToken\":\"c\"},\"mcpOAuth\":{\"s|1\":{\"accessToken\":\"d\"},"
	    "\"t|2\":1},\"new\":\"x\"}");
	AUTO_FREE char *gone = claudeexit_other_logins(before, "{}");

	ck_assert_str_eq(some, "the keys mcpOAuth.s|1, new");
	ck_assert_str_eq(gone, "the key mcpOAuth");
	ck_assert_ptr_null(claudeexit_other_logins("{\"claudeAiOauth\":1}", "{\"claudeAiOauth\":2}"));
	ck_assert_ptr_null(claudeexit_other_logins(before, "no JSON"));
}
END_TEST

START_TEST(names_are_counted)
{
	static const char *const words[] = { "c", "a", "b", "d" };
	AUTO_STRV struct strv names = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strv_add(&names, words[i]);
	AUTO_FREE char *all = claudeexit_names(&names, 4);
	AUTO_FREE char *some = claudeexit_names(&names, 2);

	ck_assert_str_eq(all, "a, b, c, d");
	ck_assert_str_eq(some, "a, b and 2 more (-v names them)");
	/* Who gave it is not told to. */
	log_set(LOG_VERBOSE);
	AUTO_FREE char *told = claudeexit_names(&names, 2);
	log_set(LOG_NORMAL);
	ck_assert_str_eq(told, "a, b and 2 more");
}
END_TEST

static const struct {
	const char *text;
	bool object;
} texts[] = {
	{ "{}", true },
	{ " {\"a\":[1,{\"b\":\"}\"}]} ", true },
	{ "{\"a\":\"\\\"\"}", true },
	{ "", false },
	{ "[]", false },
	{ "{\"a\":1", false },
	{ "{\"a\":}", false },
	{ "{\"a\":[}]}", false },
	{ "{} x", false },
	{ "{\"a\" 1}", false },
	{ "{\"a\":\"\n\"}", false },
	{ "{\"a\":1 \"b\":2}", false },
};

START_TEST(object_is_told_from_what_is_none)
{
	ck_assert_int_eq(jsonslice_is_object(jsonslice_of(texts[_i].text)), texts[_i].object);
}
END_TEST

Suite *claude_suite(void)
{
	Suite *s = suite_create("claude");
	TCase *t = tcase_create("claude");

	tcase_add_loop_test(t, slug_is_the_agents, 0, ARRAY_SIZE(slugs));
	tcase_add_loop_test(t, state_has_its_access, 0, ARRAY_SIZE(states));
	tcase_add_test(t, a_memory_that_is_dropped_lies_over_the_hosts);
	tcase_add_test(t, copies_hold_this_project_only);
	tcase_add_test(t, ephemeral_state_keeps_nothing);
	tcase_add_test(t, keys_stay_out_however_they_are_written);
	tcase_add_test(t, stage_that_stays_is_refused);
	tcase_add_loop_test(t, login_goes_back_only_if_it_is_the_same_but_newer, 0, ARRAY_SIZE(logins));
	tcase_add_test(t, history_takes_prompts_of_this_project_only);
	tcase_add_loop_test(t, a_prompt_has_what_is_known_of_one, 0, (int)ARRAY_SIZE(prompts));
	tcase_add_test(t, changes_are_named);
	tcase_add_test(t, of_many_changes_some_are_named_and_all_when_asked_for);
	tcase_add_test(t, logins_of_others_are_named);
	tcase_add_test(t, names_are_counted);
	tcase_add_loop_test(t, object_is_told_from_what_is_none, 0, ARRAY_SIZE(texts));
	suite_add_tcase(s, t);
	return s;
}
