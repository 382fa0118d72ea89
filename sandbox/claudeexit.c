/* SPDX-License-Identifier: MIT */
#include "claudeexit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "claude.h"
#include "dotclaude.h"
#include "json.h"
#include "jsonout.h"
#include "jsonslice.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "state.h"
#include "textfile.h"
#include "util.h"

#define LOGIN_NAME    ".credentials.json"
#define HISTORY_NAME  "history.jsonl"
/* The agent's own: proper-lockfile's directories, given up for dead after 15 s. */
#define LOGIN_LOCK    ".storage-write.lock"
#define HISTORY_LOCK  "history.jsonl.lock"
#define STALE_S	      15
#define LOCK_TRIES    40
#define LOCK_PAUSE_MS 50

#define LOGIN_MAX	  65536
#define CONFIG_MAX	  (16 << 20)
#define HISTORY_MAX	  (4 << 20)
#define LINE_MAX_	  65536
#define NAMES_MAX	  12
#define NAMES_MAX_VERBOSE 1000 /* whoever was inside says how many there are */
/* Names that a session can make without end. */
#define ADDED_MAX	  4096
#define MEMORY_MAX	  (1 << 20) /* bytes of a file */
#define MEMORY_N	  256
#define MEMORY_DEPTH	  32
#define ODD_MAX		  1000 /* links and the like in the record that are looked for */
/* No token that the agent gets lives longer; one that claims to would never be refreshed. */
#define LONGEST_MS	  (400ll * 24 * 3600 * 1000)

/* --- pure */

static const char *const token_keys[] = { "accessToken", "refreshToken", "expiresAt" };

static const char *const login_keys[] = {
#define LOGIN_KEY(key) key,
#include "data/claude.def"
#undef LOGIN_KEY
};

static const char *const later_keys[] = {
#define LOGIN_LATER(key) key,
#include "data/claude.def"
#undef LOGIN_LATER
};

static bool is_one_of(const char *key, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(key, keys[i]))
			return true;
	return false;
}

static bool is_token(const struct json *v)
{
	return v != NULL && v->type == JSON_STRING && *v->string != '\0' && strlen(v->string) < 8192 &&
	       v->string[strspn(v->string, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
					   "-._~+/=:#|")] == '\0';
}

static bool same_value(const struct json *a, const struct json *b)
{
	if (a->type != b->type || a->n != b->n)
		return false;
	if (a->type == JSON_STRING)
		return streq(a->string, b->string);
	if (a->type == JSON_NUMBER)
		return a->is_integer && b->is_integer && a->integer == b->integer;
	for (size_t i = 0; i < a->n; i++) {
		const struct json *other = a->type == JSON_OBJECT ? json_get(b, a->item[i].key) : &b->item[i];

		if (other == NULL || !same_value(&a->item[i], other))
			return false;
	}
	return true;
}

static bool has_string(const struct json *list, const char *s)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->item[i].type == JSON_STRING && streq(list->item[i].string, s))
			return true;
	return false;
}

/* A refresh asks for every right that the agent knows: an older login gets the newer ones too, and loses none. */
static bool same_rights(const struct json *host, const struct json *in)
{
	if (host->type != JSON_ARRAY || in->type != JSON_ARRAY)
		return false;
	for (size_t i = 0; i < host->n; i++)
		if (host->item[i].type != JSON_STRING || !has_string(in, host->item[i].string))
			return false;
	for (size_t i = 0; i < in->n; i++)
		if (in->item[i].type != JSON_STRING ||
		    !(has_string(host, in->item[i].string) || str_starts(in->item[i].string, "user:")))
			return false;
	return true;
}

/* A value beside the tokens. */
static bool same_beside(const struct json *host, const struct json *in)
{
	if (streq(host->key, "scopes"))
		return same_rights(host, in);
	if (host->type == JSON_NULL && is_one_of(host->key, later_keys, ARRAY_SIZE(later_keys)))
		return true;
	return same_value(host, in);
}

/* Why the tokens of `in` can't take the place of `host`'s; "" when they are no newer; NULL: they can. */
static const char *judge_login(const struct json *host, const struct json *in, long long now_ms)
{
	const struct json *expiry;

	if (host == NULL || host->type != JSON_OBJECT)
		return "the host's has another form";
	if (in == NULL || in->type != JSON_OBJECT)
		return "it has other keys";
	for (size_t i = 0; i < in->n; i++)
		if (json_get(host, in->item[i].key) == NULL &&
		    !is_one_of(in->item[i].key, later_keys, ARRAY_SIZE(later_keys)))
			return "it has other keys";
	for (size_t i = 0; i < host->n; i++) {
		const struct json *v = json_get(in, host->item[i].key);

		if (v == NULL)
			return "it has other keys";
		if (is_one_of(v->key, token_keys, ARRAY_SIZE(token_keys)) || same_beside(&host->item[i], v))
			continue;
		return is_one_of(v->key, later_keys, ARRAY_SIZE(later_keys))
			   ? "its plan is another one"
			   : "it is another account's, or of other rights";
	}
	expiry = json_get(in, "expiresAt");
	if (!is_token(json_get(in, "accessToken")) || !is_token(json_get(in, "refreshToken")) ||
	    expiry == NULL || !expiry->is_integer)
		return "its tokens are malformed";
	if (expiry->integer > now_ms + LONGEST_MS)
		return "its expiry is too far away";
	if (json_get(host, "expiresAt") == NULL || !json_get(host, "expiresAt")->is_integer)
		return "the host's has another form";
	return expiry->integer > json_get(host, "expiresAt")->integer ? NULL : "";
}

/* The text of host with the three values of the other one; all slices are of well-formed objects. */
static char *spliced(const char *host, const char *inside)
{
	struct jsonslice to = jsonslice_get(jsonslice_of(host), "claudeAiOauth");
	struct jsonslice from = jsonslice_get(jsonslice_of(inside), "claudeAiOauth");
	struct jsonslice_iter it;
	struct jsonslice_member m;
	const char *done = host;
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	if (f == NULL)
		mem_oom();
	for (bool more = jsonslice_begin(to, &it); more && jsonslice_next(&it, &m) > 0;)
		for (size_t i = 0; i < ARRAY_SIZE(token_keys); i++) {
			struct jsonslice v = jsonslice_get(from, token_keys[i]);

			if (!jsonslice_eq(m.key, jsonslice_of(token_keys[i])) || v.s == NULL)
				continue;
			fwrite(done, 1, (size_t)(m.value.s - done), f);
			fwrite(v.s, 1, v.n, f);
			done = m.value.s + m.value.n;
		}
	fputs(done, f);
	fclose(f);
	return out;
}

char *claudeexit_login(const char *host, const char *inside, long long now_ms, const char **ret_why)
{
	struct json_doc h = { 0 }, in = { 0 };
	struct diag d = { 0 };
	char *out = NULL;

	*ret_why = NULL;
	/* judge_login answers NULL for what can be taken. */
	if (json_parse("host", host, strlen(host), JSON_PLAIN, &h, &d) < 0)
		*ret_why = "the host's can't be read";
	else if (json_parse("inside", inside, strlen(inside), JSON_PLAIN, &in, &d) < 0)
		*ret_why = "it can't be read";
	else
		*ret_why = judge_login(json_get(&h.root, "claudeAiOauth"),
				       json_get(&in.root, "claudeAiOauth"), now_ms);
	if (*ret_why == NULL) {
		out = spliced(host, inside);
		*ret_why = "";
	}
	json_done(&h);
	json_done(&in);
	return out;
}

/* A first login as it may be kept, owned; NULL: it is none. */
static char *first_login(const char *inside, long long now_ms)
{
	struct json_doc in = { 0 };
	struct diag d = { 0 };
	const struct json *login, *expiry;
	char *out = NULL;

	if (json_parse("inside", inside, strlen(inside), JSON_PLAIN, &in, &d) == 0) {
		login = json_get(&in.root, "claudeAiOauth");
		expiry = login != NULL ? json_get(login, "expiresAt") : NULL;
		if (login != NULL && is_token(json_get(login, "accessToken")) &&
		    is_token(json_get(login, "refreshToken")) && expiry != NULL && expiry->is_integer &&
		    expiry->integer < now_ms + LONGEST_MS) {
			struct jsonslice v = jsonslice_get(jsonslice_of(inside), "claudeAiOauth");

			if (v.s != NULL)
				out = xasprintf("{\"claudeAiOauth\":%.*s}", (int)v.n, v.s);
		}
	}
	json_done(&in);
	return out;
}

/* What a terminal would act on, where the agent shows it. */
static bool has_controls(const char *s)
{
	for (const unsigned char *c = (const unsigned char *)s; *c != '\0'; c++)
		if ((*c < 0x20 && strchr("\t\n\r", *c) == NULL) || *c == 0x7f ||
		    (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			return true;
	return false;
}

static bool is_made_of(const char *s, const char *set, size_t max)
{
	size_t n = strlen(s);

	return n > 0 && n <= max && s[strspn(s, set)] == '\0';
}

/* The agent opens a file of that name below ~/.claude/paste-cache. */
static bool is_hash(const struct json *v)
{
	return v->type == JSON_STRING && is_made_of(v->string, "0123456789abcdef", 128);
}

static bool is_count(const struct json *v)
{
	return v->type == JSON_NUMBER && v->is_integer && v->integer >= 0;
}

static bool is_pasted(const struct json *v)
{
	if (streq(v->key, "id"))
		return is_count(v);
	if (streq(v->key, "type"))
		return v->type == JSON_STRING && (streq(v->string, "text") || streq(v->string, "image"));
	if (streq(v->key, "contentHash"))
		return is_hash(v);
	return streq(v->key, "content") && v->type == JSON_STRING;
}

static void put_key(FILE *f, const char *key, size_t *n)
{
	fputs((*n)++ > 0 ? "," : "", f);
	jsonout_string(f, key);
	putc(':', f);
}

static void put_value(FILE *f, const struct json *v)
{
	if (v->type == JSON_STRING)
		jsonout_string(f, v->string);
	else
		fprintf(f, "%lld", v->integer);
}

/* What stands for "[Pasted text #1]". */
static void put_pasted(FILE *f, const struct json *v)
{
	size_t n = 0;

	putc('{', f);
	for (size_t i = 0; i < v->n; i++) {
		const struct json *of = &v->item[i];
		size_t k = 0;

		if (of->type != JSON_OBJECT || !is_made_of(of->key, "0123456789", 9))
			continue;
		put_key(f, of->key, &n);
		putc('{', f);
		for (size_t m = 0; m < of->n; m++)
			if (is_pasted(&of->item[m])) {
				put_key(f, of->item[m].key, &k);
				put_value(f, &of->item[m]);
			}
		putc('}', f);
	}
	putc('}', f);
}

/* What the agent writes of a prompt, and no more. */
static bool is_of_prompt(const struct json *v)
{
	if (streq(v->key, "display") || streq(v->key, "project"))
		return v->type == JSON_STRING;
	if (streq(v->key, "sessionId"))
		return v->type == JSON_STRING && is_made_of(v->string, "0123456789abcdefABCDEF-", 64);
	return streq(v->key, "timestamp") && is_count(v);
}

/* One that is younger than all that follow would be offered first for ever. */
static void put_prompt(FILE *f, const struct json *root, long long now_ms)
{
	size_t n = 0;

	putc('{', f);
	for (size_t i = 0; i < root->n; i++) {
		const struct json *v = &root->item[i];

		if (streq(v->key, "pastedContents") && v->type == JSON_OBJECT) {
			put_key(f, v->key, &n);
			put_pasted(f, v);
		} else if (is_of_prompt(v)) {
			put_key(f, v->key, &n);
			if (streq(v->key, "timestamp") && v->integer > now_ms)
				fprintf(f, "%lld", now_ms);
			else
				put_value(f, v);
		}
	}
	fputs("}\n", f);
}

static bool pasted_has_controls(const struct json *pasted)
{
	for (size_t i = 0; pasted != NULL && i < pasted->n; i++) {
		const struct json *content = json_get(&pasted->item[i], "content");

		if (content != NULL && content->type == JSON_STRING && has_controls(content->string))
			return true;
	}
	return false;
}

/* The agent outside offers it with the arrow key, where "!" is a command of the host's shell. */
static bool is_unfit(const struct json *root)
{
	const char *display = json_get(root, "display")->string;

	return display[strspn(display, " \t\r\n")] == '!' || has_controls(display) ||
	       pasted_has_controls(json_get(root, "pastedContents"));
}

static bool says(const struct json *root, const char *key, const char *value)
{
	const struct json *v = json_get(root, key);

	return v != NULL && v->type == JSON_STRING && (value == NULL || streq(v->string, value));
}

static void take_prompt(FILE *f, const char *line, size_t n, const char *project, long long now_ms,
			size_t *ret_unfit)
{
	AUTO_FREE char *text = xstrndup(line, n);
	struct json_doc doc = { 0 };
	struct diag d = { 0 };

	if (json_parse("prompt", text, n, JSON_PLAIN, &doc, &d) == 0 && doc.root.type == JSON_OBJECT &&
	    says(&doc.root, "project", project) && says(&doc.root, "display", NULL)) {
		if (is_unfit(&doc.root))
			++*ret_unfit;
		else
			put_prompt(f, &doc.root, now_ms);
	}
	json_done(&doc);
}

char *claudeexit_history(const char *before, const char *inside, const char *project, long long now_ms,
			 size_t *ret_unfit)
{
	char *out = NULL;
	size_t len = 0;
	FILE *f;

	*ret_unfit = 0;
	if (!str_starts(inside, before))
		return NULL;
	f = open_memstream(&out, &len);
	if (f == NULL)
		mem_oom();
	for (const char *line = inside + strlen(before); *line != '\0';
	     line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = strcspn(line, "\n");

		if (n > 0 && n <= LINE_MAX_)
			take_prompt(f, line, n, project, now_ms, ret_unfit);
	}
	fclose(f);
	if (len == 0)
		mem_free_ptr(&out);
	return out;
}

struct names {
	FILE *out;
	size_t n;
	const char *but; /* of the outermost object, left out; NULL: none */
};

static size_t names_max(void)
{
	return log_get() == LOG_VERBOSE ? NAMES_MAX_VERBOSE : NAMES_MAX;
}

static void name_key(struct names *names, struct jsonslice above, struct jsonslice key)
{
	if (names->n++ >= names_max())
		return;
	fprintf(names->out, "%s%.*s%s%.*s", names->n > 1 ? ", " : "", (int)(above.n > 60 ? 60 : above.n),
		above.s, above.n > 0 ? "." : "", (int)(key.n > 60 ? 60 : key.n), key.s);
}

static struct jsonslice get_slice(struct jsonslice object, struct jsonslice key)
{
	AUTO_FREE char *name = xstrndup(key.n > 0 ? key.s : "", key.n);

	return jsonslice_get(object, name);
}

static bool quiet_key(struct jsonslice key)
{
	AUTO_FREE char *name = xstrndup(key.n > 0 ? key.s : "", key.n);

	return claude_is_quiet(name);
}

static bool left_out(const struct names *names, struct jsonslice above, struct jsonslice key)
{
	return names->but != NULL && above.n == 0 && jsonslice_says(key, names->but);
}

static void compare(struct names *names, struct jsonslice above, struct jsonslice before,
		    struct jsonslice after, bool config, int depth)
{
	struct jsonslice_iter it;
	struct jsonslice_member m;

	for (bool more = jsonslice_begin(after, &it); more && jsonslice_next(&it, &m) > 0;) {
		struct jsonslice old = get_slice(before, m.key);
		bool objects = old.s != NULL && *old.s == '{' && m.value.n > 0 && *m.value.s == '{';

		if ((old.s != NULL && jsonslice_eq(old, m.value)) || (config && quiet_key(m.key)) ||
		    left_out(names, above, m.key))
			continue;
		/* The project's path is no name of a setting: its entry's keys are said by themselves. */
		if (objects && depth > 0)
			compare(names,
				config && depth == 1 ? (struct jsonslice){ "this project", 12 } : m.key, old,
				m.value, config, depth - 1);
		else
			name_key(names, above, m.key);
	}
	for (bool more = jsonslice_begin(before, &it); more && jsonslice_next(&it, &m) > 0;)
		if (get_slice(after, m.key).s == NULL && !(config && quiet_key(m.key)) &&
		    !left_out(names, above, m.key))
			name_key(names, above, m.key);
}

/* Names of the keys that differ, owned; NULL: none. Both are objects. */
static char *changes(const char *before, const char *after, bool config, const char *but)
{
	struct names names = { .but = but };
	AUTO_FREE char *list = NULL;
	size_t len;

	names.out = open_memstream(&list, &len);
	if (names.out == NULL)
		mem_oom();
	compare(&names, (struct jsonslice){ "", 0 }, jsonslice_of(before), jsonslice_of(after), config,
		config ? 2 : 1);
	if (names.n > names_max())
		fprintf(names.out, " and %zu more%s", names.n - names_max(), log_more());
	fclose(names.out);
	return names.n > 0 ? xasprintf("the key%s %s", names.n > 1 ? "s" : "", list) : NULL;
}

char *claudeexit_changes(const char *before, const char *after, bool config)
{
	if (!jsonslice_is_object(jsonslice_of(after)))
		return xstrdup("it is no JSON object any more");
	return changes(before, after, config, NULL);
}

char *claudeexit_other_logins(const char *before, const char *inside)
{
	if (!jsonslice_is_object(jsonslice_of(inside)))
		return NULL;
	return changes(before, inside, false, "claudeAiOauth");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *claudeexit_names(struct strv *names, size_t max)
{
	size_t show = names->n > max ? max : names->n, len;
	char *out = NULL;
	FILE *f = open_memstream(&out, &len);

	if (f == NULL)
		mem_oom();
	if (names->n > 1)
		qsort(names->v, names->n, sizeof(*names->v), by_name);
	for (size_t i = 0; i < show; i++)
		fprintf(f, "%s%.60s", i > 0 ? ", " : "", names->v[i]);
	if (names->n > show)
		fprintf(f, " and %zu more%s", names->n - show, log_more());
	fclose(f);
	return out;
}

/* --- effects */

static int open_beneath(int dir, const char *path, int flags)
{
	int fd = oldkernel_open_beneath(dir, path, flags, false);

	errno = fd < 0 ? -fd : errno;
	return fd;
}

/* A regular file's text, owned; NULL: none, or nothing that could be one. */
static char *read_file(int dir, const char *path, size_t max)
{
	AUTO_CLOSE int fd = open_beneath(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	return textfile_read(fd, max, &st);
}

/* mkdir(2) as a lock, as the agent does it. */
static bool lock(int dir, const char *name)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000l }, now;
		struct stat st;

		if (mkdirat(dir, name, 0700) == 0)
			return true;
		if (errno != EEXIST)
			return false;
		clock_gettime(CLOCK_REALTIME, &now);
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtime + STALE_S < now.tv_sec)
			unlinkat(dir, name, AT_REMOVEDIR);
		else
			nanosleep(&pause, NULL);
	}
	errno = EBUSY;
	return false;
}

static void unlock(int dir, const char *name)
{
	unlinkat(dir, name, AT_REMOVEDIR);
}

/* Whole or not at all. first: only where there is none yet. */
static bool replace(int dir, const char *name, const char *text, bool first)
{
	AUTO_FREE char *temp = xasprintf("%s.claude-sandbox-%d", name, getpid());
	int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), e;
	bool ok = fd >= 0 && textfile_write(fd, text) && fsync(fd) == 0;

	e = errno;
	if (fd >= 0 && close(fd) < 0 && ok) {
		e = errno;
		ok = false;
	}
	if (ok) {
		ok =
		    syscall(SYS_renameat2, dir, temp, dir, name, first ? 1u /* RENAME_NOREPLACE */ : 0u) == 0;
		e = errno;
	}
	if (!ok && fd >= 0)
		unlinkat(dir, temp, 0);
	errno = e;
	return ok;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* The directory that the login really lies in; the host's ~/.claude unless it is a link to somewhere else. */
static int login_dir(const struct policy *p, int claude)
{
	AUTO_FREE char *dir = p->claude.login != NULL ? path_dirname(p->claude.login) : NULL;

	if (dir == NULL || streq(dir, p->claude.dir))
		return fcntl(claude, F_DUPFD_CLOEXEC, 0);
	if (p->identity != POLICY_SELF) {
		errno = EPERM;
		return -1;
	}
	return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void not_kept(struct account *a, const char *what, const char *why)
{
	account_add(a, ACCOUNT_LOGIN, ACCOUNT_SECURITY, NULL, "%s: %s", what, why);
}

/* A refresh may have ended the tokens that the host still has. */
static void login_not_kept(struct account *a, const char *why)
{
	account_add(
	    a, ACCOUNT_LOGIN, ACCOUNT_SECURITY, NULL,
	    "the login changed inside, and is not kept: %s; if Claude has none outside, log in there: "
	    "/login",
	    why);
}

/* Tokens of MCP servers among them: nothing here knows whose they are. */
static void other_logins_said(struct account *a, const char *before, const char *inside)
{
	AUTO_FREE char *others = claudeexit_other_logins(before, inside);

	if (others != NULL)
		account_add(a, ACCOUNT_LOGIN, ACCOUNT_NOTE, "~/.claude/" LOGIN_NAME,
			    "~/.claude/" LOGIN_NAME ": changes inside are dropped: %s; to log in to an MCP "
			    "server for good, do it outside: /mcp",
			    others);
}

/* What is to be written where `now` is (NULL: nothing); NULL: nothing is, and *ret_why says why or is "". */
static char *judged(const char *now, const char *before, const char *inside, const char **ret_why)
{
	*ret_why = "";
	if (before == NULL && now == NULL) {
		struct jsonslice all = jsonslice_of(inside);
		char *first = first_login(inside, now_ms());

		/* Logins to other servers alone are none of the agent's. */
		if (first == NULL &&
		    (!jsonslice_is_object(all) || jsonslice_get(all, "claudeAiOauth").s != NULL))
			*ret_why = "it has not both tokens, or an expiry that is too far away";
		return first;
	}
	if (before == NULL)
		return NULL;
	if (now != NULL)
		return claudeexit_login(now, inside, now_ms(), ret_why);
	*ret_why = "the host's is gone";
	return NULL;
}

static void login_back(struct account *a, const struct policy *p, const char *before, const char *inside,
		       int claude)
{
	AUTO_CLOSE int dir = -1;
	const char *name = p->claude.login != NULL ? path_basename(p->claude.login) : LOGIN_NAME;
	AUTO_FREE char *now = NULL;
	AUTO_FREE char *text = NULL;
	const char *why = "";

	if (before != NULL && streq(before, inside))
		return;
	other_logins_said(a, before != NULL ? before : "{}", inside);
	/* By what it was lent as; most that is wrong never comes near the host's. */
	text = judged(before, before, inside, &why);
	if (text != NULL) {
		dir = login_dir(p, claude);
		if (dir < 0 || !lock(dir, LOGIN_LOCK)) {
			login_not_kept(a, strerror(errno));
			return;
		}
		/* It may have been refreshed on the host, or by another session. */
		now = read_file(dir, name, LOGIN_MAX);
		mem_free_ptr(&text);
		text = judged(now, before, inside, &why);
	}
	if (text == NULL && *why != '\0' && before == NULL)
		not_kept(a, "the login that was made inside is not kept", why);
	else if (text == NULL && *why != '\0')
		login_not_kept(a, why);
	else if (text != NULL && !replace(dir, name, text, before == NULL))
		login_not_kept(a, strerror(errno));
	else if (text != NULL)
		account_add(a, ACCOUNT_LOGIN, ACCOUNT_NOTE, NULL,
			    before == NULL ? "login kept" : "login refreshed");
	if (dir >= 0)
		unlock(dir, LOGIN_LOCK);
}

static void history_back(struct account *a, const struct policy *p, const char *before, const char *inside,
			 int claude)
{
	const int flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	size_t unfit;
	AUTO_FREE char *text = claudeexit_history(before, inside, p->project, now_ms(), &unfit);
	AUTO_CLOSE int fd = -1;
	bool made;
	struct stat st;

	if (unfit > 0)
		account_add(
		    a, ACCOUNT_LOGIN, ACCOUNT_NOTE, "~/.claude/" HISTORY_NAME,
		    "%zu prompt%s of the session %s not kept: the arrow keys of the agent outside would "
		    "offer a command of its shell (\"!\"), or control characters",
		    unfit, unfit > 1 ? "s" : "", unfit > 1 ? "are" : "is");
	if (text == NULL)
		return;
	if (!lock(claude, HISTORY_LOCK)) {
		not_kept(a, "the prompts that were typed are not kept", strerror(errno));
		return;
	}
	fd = openat(claude, HISTORY_NAME, flags);
	made = fd < 0 && errno == ENOENT;
	if (made)
		fd = openat(claude, HISTORY_NAME, flags | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		not_kept(a, "the prompts that were typed are not kept", strerror(errno));
	} else if (!textfile_write(fd, text)) {
		not_kept(a, "the prompts that were typed are not kept", strerror(errno));
		if (made)
			unlinkat(claude, HISTORY_NAME, 0);
		else if (ftruncate(fd, st.st_size) < 0)
			account_add(a, ACCOUNT_LOGIN, ACCOUNT_SECURITY, "~/.claude/" HISTORY_NAME,
				    "~/.claude/" HISTORY_NAME " may end with half a line");
	}
	unlock(claude, HISTORY_LOCK);
}

/*
 * What the memory was, put where it can be compared with what it is. The directory's path, owned; NULL: it can't be had,
 * as where root gave up what could write there.
 */
static char *memory_before(const struct policy *p, const struct claudeexit_start *start)
{
	AUTO_FREE char *name = path_unique(p->project);
	AUTO_FREE char *below = xasprintf("memory/%s", name);
	struct diag d = { 0 };
	AUTO_CLOSE int fd = start->too_much ? -1 : state_open_below(p->state, below, p->kernel_uid, &d);
	int copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	AUTO_DIR DIR *dir = mem_dir(copy);
	const struct dirent *e;

	if (dir == NULL)
		return NULL;
	/* Of an earlier session. */
	while ((e = readdir(dir)) != NULL)
		if (!streq(e->d_name, ".") && !streq(e->d_name, "..") && unlinkat(fd, e->d_name, 0) < 0)
			return NULL;
	for (size_t i = 0; i < start->n; i++)
		if (!replace(fd, start->was[i].name, start->was[i].text, true))
			return NULL;
	return path_join(p->state, below);
}

/*
 * Anything in it; a directory's own time tells what came to it and went. What can't be searched and has an old time was
 * so for the box, too.
 */
static bool memory_is_changed(int above, const char *name, struct timespec since, int depth)
{
	int fd = open_beneath(above, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	AUTO_DIR DIR *dir = mem_dir(fd);
	const struct dirent *d;
	bool changed = false;

	if (dir == NULL)
		return false;
	if (depth >= MEMORY_DEPTH)
		return true;
	while (!changed && (d = readdir(dir)) != NULL) {
		struct stat st;

		if (streq(d->d_name, ".") || streq(d->d_name, ".."))
			continue;
		changed = fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			  time_is_since(st.st_ctim, since) ||
			  (S_ISDIR(st.st_mode) && memory_is_changed(fd, d->d_name, since, depth + 1));
	}
	return changed;
}

/* What the session did to it, owned; NULL: nothing. record: the directory that has it, or had. */
static char *memory_became(int record, const struct claudeexit_start *start, struct timespec since)
{
	AUTO_FREE char *to = xcalloc(1, PATH_MAX + 1);
	struct stat st;
	bool now;

	if (fstatat(record, "memory", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return start->memory ? xstrdup("was removed or moved away") : NULL;
	now = time_is_since(st.st_ctim, since);
	/* The agent makes an empty one at its first start. */
	if (S_ISDIR(st.st_mode))
		return (now && start->memory) || memory_is_changed(record, "memory", since, 0)
			   ? xstrdup("changed")
			   : NULL;
	if (!now)
		return NULL;
	return readlinkat(record, "memory", to, PATH_MAX) > 0 ? xasprintf("is now a link to %s", to)
							      : xstrdup("is no directory now");
}

/* What came there and is neither a file nor a directory: in `ret`, with its path below the record. */
static void odd_below(int above, const char *name, const char *shown, struct timespec since, int depth,
		      struct strv *ret)
{
	int fd = open_beneath(above, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	AUTO_DIR DIR *dir = mem_dir(fd);
	const struct dirent *d;

	while (dir != NULL && ret->n < ODD_MAX && (d = readdir(dir)) != NULL) {
		AUTO_FREE char *path =
		    *shown != '\0' ? xasprintf("%s/%s", shown, d->d_name) : xstrdup(d->d_name);
		struct stat st;

		/* memory_said() tells what becomes of that. */
		if (streq(d->d_name, ".") || streq(d->d_name, "..") || streq(path, "memory") ||
		    fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < MEMORY_DEPTH)
			odd_below(fd, d->d_name, path, since, depth + 1, ret);
		else if (!S_ISREG(st.st_mode) && time_is_since(st.st_ctim, since))
			strv_take(ret, TAKE_PTR(path));
	}
}

/* The agent on the host goes through the record, and would follow a link or wait at a FIFO. */
static void odd_said(struct account *a, const struct policy_entry *e, int record, struct timespec since)
{
	AUTO_STRV struct strv odd = { 0 };
	AUTO_FREE char *list = NULL;

	odd_below(record, ".", "", since, 0, &odd);
	if (odd.n == 0)
		return;
	list = claudeexit_names(&odd, names_max());
	account_add(a, ACCOUNT_MEMORY, ACCOUNT_SECURITY, e->src,
		    "no files came to the project's record, %s: %s; the agent outside may go by them", e->src,
		    list)
	    ->others = odd.n - 1;
}

/* The box may have put a link in its place, or nothing: it is looked at where it was, and no link is followed. */
static void memory_said(struct account *a, const struct policy *p, const struct policy_entry *e, int claude,
			const struct claudeexit_start *start, struct timespec since)
{
	AUTO_CLOSE int record = open_beneath(claude, e->via + strlen(CLAUDE_STAGE) + 1, O_PATH | O_DIRECTORY);
	AUTO_FREE char *path = path_join(e->src, "memory");
	AUTO_FREE char *now = NULL;
	AUTO_FREE char *before = NULL;
	char word[2][DIAG_WORD];

	/* Where the host's own links lead to it. */
	if (record < 0)
		record = open(e->src, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (record < 0) {
		account_add(a, ACCOUNT_WEAKER, ACCOUNT_SECURITY, path,
			    "weaker: whether the project's memory changed is not known: %s: %s", path,
			    strerror(errno));
		return;
	}
	odd_said(a, e, record, since);
	now = memory_became(record, start, since);
	if (now == NULL)
		return;
	before = memory_before(p, start);
	account_add(a, ACCOUNT_MEMORY, ACCOUNT_SECURITY, path,
		    "the project's memory %s; it shapes later sessions, also outside: %s%s%s%s%s", now, path,
		    before == NULL	    ? "; what it was is not kept: it has directories, or is large"
		    : streq(now, "changed") ? "; see: diff -ruN "
					    : "; as it was: ",
		    before != NULL ? diag_word(word[0], sizeof(word[0]), before) : "",
		    before != NULL && streq(now, "changed") ? " " : "",
		    before != NULL && streq(now, "changed") ? diag_word(word[1], sizeof(word[1]), path) : "");
}

/* A key has no expiry: nothing tells a new one from another account's. */
static void keys_said(struct account *a, const char *before, const char *after)
{
	for (size_t i = 0; i < ARRAY_SIZE(login_keys); i++) {
		struct jsonslice was = jsonslice_get(jsonslice_of(before), login_keys[i]);
		struct jsonslice is = jsonslice_get(jsonslice_of(after), login_keys[i]);

		if (is.s != NULL && *is.s == '"' && (was.s == NULL || !jsonslice_eq(was, is)))
			account_add(
			    a, ACCOUNT_LOGIN, ACCOUNT_SECURITY, "~/.claude.json",
			    "the login that was made inside, %s in ~/.claude.json, is not kept: log in "
			    "outside: /login",
			    login_keys[i]);
	}
}

static void copy_end(struct account *a, const struct policy *p, const struct policy_entry *e, int home,
		     int claude)
{
	const char *rel = e->path + strlen(p->home) + 1, *name = path_basename(e->path);
	bool login = streq(name, LOGIN_NAME), history = streq(name, HISTORY_NAME);
	AUTO_FREE char *after = read_file(home, rel, login ? LOGIN_MAX : history ? HISTORY_MAX : CONFIG_MAX);
	AUTO_FREE char *changes = NULL;

	if (after == NULL) {
		account_add(a, ACCOUNT_STATE, ACCOUNT_NOTE, e->path, "~/%s: changes inside are dropped", rel);
	} else if (login) {
		if (p->claude.login != NULL && claude >= 0)
			login_back(a, p, e->src, after, claude);
	} else if (history) {
		if (claude >= 0)
			history_back(a, p, e->src, after, claude);
	} else if (!streq(e->src, after)) {
		changes = claudeexit_changes(e->src, after, streq(name, ".claude.json"));
		if (changes != NULL)
			account_add(a, ACCOUNT_STATE, ACCOUNT_NOTE, e->path,
				    "~/%s: changes inside are dropped: %s", rel, changes);
		if (streq(name, ".claude.json"))
			keys_said(a, e->src, after);
	}
}

/* What the host did not have: a first login, first prompts. */
static void firsts(struct account *a, const struct policy *p, int home, int claude)
{
	AUTO_FREE char *login = read_file(home, ".claude/" LOGIN_NAME, LOGIN_MAX);
	AUTO_FREE char *history = read_file(home, ".claude/" HISTORY_NAME, HISTORY_MAX);
	bool had_login = false, had_history = false;

	for (size_t i = 0; i < p->nentry; i++) {
		const char *name = path_basename(p->entry[i].path);

		had_login = had_login || streq(name, LOGIN_NAME);
		had_history = had_history || (p->entry[i].access == POLICY_COPY && streq(name, HISTORY_NAME));
	}
	if (!had_login && p->claude.sync && login != NULL)
		login_back(a, p, NULL, login, claude);
	if (!had_history && p->claude.keep && history != NULL)
		history_back(a, p, "", history, claude);
}

/* Where there is no directory to keep it in. */
static void first_lost(struct account *a, const struct policy *p, int home)
{
	AUTO_FREE char *login = read_file(home, ".claude/" LOGIN_NAME, LOGIN_MAX);
	AUTO_FREE char *first = login != NULL ? first_login(login, now_ms()) : NULL;

	if (p->claude.sync && p->claude.dir == NULL && first != NULL)
		not_kept(a, "the login that was made inside is not kept",
			 "there is no ~/.claude for it; try: mkdir ~/.claude");
}

/* Of the host's, where its memory is kept. */
static bool is_record(const struct policy *p, const struct policy_entry *e)
{
	return p->claude.memory.path == NULL && e->access == POLICY_WRITE && e->via != NULL &&
	       path_is_under(e->via, CLAUDE_STAGE "/projects");
}

/* All of it or nothing: half would show as a difference. */
static void memory_read(const char *path, struct claudeexit_start *start)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	AUTO_DIR DIR *dir = mem_dir(fd);
	const struct dirent *e;
	struct stat st;

	start->memory = start->memory || lstat(path, &st) == 0;
	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL && !start->too_much) {
		char *text;

		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		text = start->n < MEMORY_N ? read_file(dirfd(dir), e->d_name, MEMORY_MAX) : NULL;
		start->too_much = text == NULL;
		if (text == NULL)
			break;
		start->was = xrealloc_array(start->was, start->n + 1, sizeof(*start->was));
		start->was[start->n++] = (struct claudeexit_file){ xstrdup(e->d_name), text };
	}
}

void claudeexit_start_done(struct claudeexit_start *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->was[i].name);
		free(s->was[i].text);
	}
	mem_free_ptr(&s->was);
	s->n = 0;
}

struct claudeexit_start claudeexit_begin(const struct policy *p)
{
	struct claudeexit_start start = { 0 };

	for (size_t i = 0; i < p->nentry; i++)
		if (is_record(p, &p->entry[i])) {
			AUTO_FREE char *memory = path_join(p->entry[i].src, "memory");

			memory_read(memory, &start);
		}
	return start;
}

void claudeexit(struct account *a, const struct policy *p, int home, int claude,
		const struct claudeexit_start *start, struct timespec since)
{
	for (size_t i = 0; i < p->nentry; i++) {
		const struct policy_entry *e = &p->entry[i];

		if (e->access == POLICY_COPY && !e->git)
			copy_end(a, p, e, home, claude);
		if (claude >= 0 && is_record(p, e))
			memory_said(a, p, e, claude, start, since);
	}
	if (claude >= 0)
		firsts(a, p, home, claude);
	else
		first_lost(a, p, home);
}

static void settings_said(struct account *a, const struct policy *p, const char *name, const char *before,
			  int dotclaude)
{
	AUTO_FREE char *after = read_file(dotclaude, name, CONFIG_MAX);
	AUTO_FREE char *path = path_join(p->dotclaude.path, name);
	AUTO_FREE char *changes = NULL;

	/* `mask` may hide it. */
	if (after == NULL && p->mask.n == 0) {
		account_add(a, ACCOUNT_STATE, ACCOUNT_NOTE, path, "%s: changes inside are dropped", path);
	} else if (after != NULL && (before == NULL || !streq(before, after))) {
		changes = claudeexit_changes(before != NULL ? before : "{}", after, false);
		if (changes != NULL)
			account_add(a, ACCOUNT_STATE, ACCOUNT_NOTE, path,
				    "%s: changes inside are dropped: %s", path, changes);
	}
}

/* A link of the host's that is another thing now. */
static bool link_changed(const struct policy_dotclaude_item *item, int dir)
{
	AUTO_FREE char *to = xcalloc(1, PATH_MAX + 1);

	return readlinkat(dir, item->name, to, PATH_MAX) < 0 || !streq(to, item->text);
}

static void names_said(struct account *a, const char *path, const char *what, struct strv *names, size_t more)
{
	size_t max = log_get() == LOG_VERBOSE ? names->n : NAMES_MAX;
	AUTO_FREE char *list = claudeexit_names(names, max);

	if (more > 0)
		account_add(a, ACCOUNT_STATE, ACCOUNT_NOTE, path,
			    "%s: %s inside, and dropped: %s; and %zu beyond those", path, what, list, more);
	else if (names->n > 0)
		account_add(a, ACCOUNT_STATE, ACCOUNT_NOTE, path, "%s: %s inside, and dropped: %s", path,
			    what, list);
	for (size_t i = max; i < names->n; i++)
		account_add(a, ACCOUNT_STATE, ACCOUNT_DETAIL, names->v[i], "%s: %s inside, and dropped: %s",
			    path, what, names->v[i]);
}

void claudeexit_project(struct account *a, const struct policy *p, int dotclaude)
{
	const struct policy_dotclaude *c = &p->dotclaude;
	int fd = open_beneath(dotclaude, ".", O_RDONLY | O_DIRECTORY);
	AUTO_DIR DIR *dir = mem_dir(fd);
	AUTO_STRV struct strv added = { 0 }, changed = { 0 };
	const struct dirent *d;
	size_t more = 0, settings = 0;

	if (dir == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		if (!c->item[i].link)
			settings_said(a, p, c->item[i].name, c->item[i].text, dotclaude);
		else if (p->mask.n == 0 && link_changed(&c->item[i], fd))
			strv_add(&changed, c->item[i].name);
	while ((d = readdir(dir)) != NULL) {
		if (streq(d->d_name, ".") || streq(d->d_name, "..") || dotclaude_has(c, d->d_name) ||
		    streq(d->d_name, DOTCLAUDE_WORKTREES))
			continue;
		if (d->d_type == DT_REG && fnmatch("settings*.json", d->d_name, 0) == 0 &&
		    ++settings <= NAMES_MAX)
			settings_said(a, p, d->d_name, NULL, dotclaude);
		else if (added.n < ADDED_MAX)
			strv_add(&added, d->d_name);
		else
			more++;
	}
	names_said(a, c->path, "changed", &changed, 0);
	names_said(a, c->path, "new", &added, more);
}

void claudeexit_memory(struct account *a, const struct policy *p, int memory)
{
	const struct policy_memory *m = &p->claude.memory;
	int fd = open_beneath(memory, ".", O_RDONLY | O_DIRECTORY);
	AUTO_DIR DIR *dir = mem_dir(fd);
	AUTO_STRV struct strv added = { 0 }, changed = { 0 };
	const struct dirent *d;
	size_t more = 0;

	if (dir == NULL) {
		account_add(a, ACCOUNT_STATE, ACCOUNT_NOTE, m->path, "%s: changes inside are dropped",
			    m->path);
		return;
	}
	for (size_t i = 0; i < m->n; i++) {
		AUTO_FREE char *now = read_file(fd, m->file[i].name, HOST_MEMORY_BYTES);

		if (now == NULL || !streq(now, m->file[i].text))
			strv_add(&changed, m->file[i].name);
	}
	while ((d = readdir(dir)) != NULL) {
		bool known = streq(d->d_name, ".") || streq(d->d_name, "..");

		for (size_t i = 0; i < m->n && !known; i++)
			known = streq(m->file[i].name, d->d_name);
		if (!known && added.n < ADDED_MAX)
			strv_add(&added, d->d_name);
		else if (!known)
			more++;
	}
	names_said(a, m->path, "changed", &changed, 0);
	names_said(a, m->path, "new", &added, more);
}
