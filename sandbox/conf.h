/* SPDX-License-Identifier: MIT */
/*
 * The effective settings of one run, layered: built-in < the user's config
 * file < the project's file, which can only tighten < environment < options.
 * Every value remembers where it came from ("built-in",
 * "~/.config/claude-sandbox/config.json:12:5", "CLAUDE_SANDBOX_NO_NET_NS",
 * "--extra-bind"). conf decides nothing about the machine: paths are as the
 * user wrote them, only "~" is expanded and relative ones are made absolute
 * (options: from the caller's directory; config file: from $HOME).
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "confkey.h"
#include "diag.h"
#include "limitset.h"
#include "strv.h"

enum conf_mode {
	CONF_LAUNCH,
	CONF_DRY_RUN,
	CONF_DRY_RUN_JSON,
	CONF_TEST,
	CONF_SECURITY_TEST,
	CONF_LIST_SYSCALLS,
	CONF_LIST_PROBES,
	CONF_DUMP_CONFIG,
	CONF_EXPLAIN,
	CONF_STATUS,
	CONF_STATUS_JSON,
	CONF_HELP,
	CONF_VERSION,
	CONF_MODES
};
enum conf_net { CONF_NET_NONE, CONF_NET_FILTERED, CONF_NET_OPEN, CONF_NET_HOST, CONF_NETS };
enum conf_baseline { CONF_BASELINE_NONE, CONF_BASELINE_COMPARE, CONF_BASELINE_ACCEPT };
/* In the order of their keys' choices: the earlier is the tighter. */
enum conf_profile { CONF_PROFILE_MINIMAL, CONF_PROFILE_DEFAULT, CONF_PROFILE_FULL };
enum conf_claude_state { CONF_STATE_EPHEMERAL, CONF_STATE_PERSIST };
enum conf_claude_login { CONF_LOGIN_NONE, CONF_LOGIN_RO, CONF_LOGIN_SYNC };
enum conf_claude_memory { CONF_MEMORY_DROP, CONF_MEMORY_KEEP };
enum conf_cache { CONF_CACHE_NONE, CONF_CACHE_PROJECT };
enum conf_tty { CONF_TTY_PROXY, CONF_TTY_DIRECT };
enum conf_color { CONF_COLOR_AUTO, CONF_COLOR_ALWAYS, CONF_COLOR_NEVER, CONF_COLORS };
enum conf_format {
	CONF_FORMAT_TERMINAL,
	CONF_FORMAT_TAP,
	CONF_FORMAT_JSON,
	CONF_FORMAT_MARKDOWN,
	CONF_FORMAT_JUNIT,
	CONF_FORMATS
};

/* One value of a list, with its origin. */
struct conf_item {
	char *value;  /* owned */
	char *origin; /* owned */
};
struct conf_list {
	struct conf_item *item; /* owned; of different values: only conf_add adds one */
	size_t n;
	uint32_t *slot; /* owned; by the hash of a value: its place in item + 1; 0: free */
	size_t slots;	/* a power of two, more than twice n */
};

/* A choice, as its place in the key's row, or a flag, 0 or 1. */
struct conf_value {
	int n;
	char *origin; /* owned; NULL: built-in */
};

/* What is asked for of one row of limits.def. */
struct conf_limit {
	uint64_t n;   /* 0: no limit */
	char *origin; /* owned; NULL: no limit */
};

/* The text of a config file, under the name that messages and origins call it by. */
struct conf_text {
	char *name, *text; /* owned */
	size_t len;
};

struct conf {
	enum conf_mode mode;
	char *project; /* owned, absolute, clean but not resolved; the caller's directory by default */
	bool project_given;
	struct strv command; /* empty: the default agent */
	bool agent;	     /* the command is the default agent, with or without words for it */
	bool yolo;
	bool verbose, quiet;
	bool tell_tools; /* what a profile that was asked for lacks is told, at a terminal */
	enum conf_color color;

	struct conf_value value[CONFKEYS]; /* of each key that is a choice or a flag */
	bool claude_as_is;		   /* what is not there yet is not made: for a test */
	const struct strv *claude_without; /* borrowed; what it is that is not there; NULL: all is */

	char *
	    unlogged; /* owned; where the log was asked for that BUBBLE_CLAUDE_NO_PROXY took away; NULL: none */
	struct conf_list allow_host, deny_host; /* patterns, as hostrules.h has them */
	struct conf_list narrow; /* patterns of the project's file: what is left of allow_host */
	struct conf_list port;	 /* decimal: of hosts that are allowed without one; none: 80 and 443 */
	bool port_by_project;	 /* the user has none */
	struct conf_list host_port, publish; /* ports, decimal */
	struct conf_list extra_bind;	     /* writable binds, absolute */
	struct conf_list extra_ro;	     /* read-only binds, absolute */
	struct conf_list extra_path;	     /* directories for PATH, absolute */
	struct conf_list packages[3];	     /* names, by enum conf_profile */
	struct conf_list mask;		     /* globs, relative to the project and each extra bind */
	struct conf_list allow_autorun;	     /* paths, as given; relative to the project */
	struct conf_list env;		     /* "NAME=VALUE" */
	struct conf_list blocked_syscalls;   /* names */
	struct conf_list blocked_commands;   /* patterns, as blocked.h has them */
	struct conf_list tty_allow;	     /* classes of escape sequences */
	struct conf_limit limit[LIMITS];

	bool no_seccomp;	/* CLAUDE_SANDBOX_NO_SECCOMP=1 */
	bool no_seccomp_accept; /* CLAUDE_SANDBOX_NO_SECCOMP_ACCEPT=1 */

	struct conf_text *text; /* owned; the config files that were read, for messages */
	size_t ntext;
	char *config_file;		      /* owned; the file that was read, NULL when there is none */
	bool config_missing;		      /* no config file exists and none was asked for */
	bool config_homeless;		      /* none was looked for: there is no home that it could be in */
	bool no_config;			      /* neither the user's nor the project's file was read */
	char *project_file;		      /* owned; the project's own file, NULL when there is none */
	char *explain;			      /* owned; what --explain asks about, NULL: nothing */
	struct strv unsaved;		      /* settings that no config file can hold, as they were given */
	char *egress_log, *egress_log_origin; /* owned; absolute path or "auto"; NULL: none */
	char *session_report;		      /* owned; absolute path; NULL: none */
	char *upstream, *upstream_origin;     /* owned; a secret: a URL or "none", as given; NULL: none */
	bool upstream_found;		      /* in the environment: it may be one that can't be used */
	bool http_proxy;		      /* the caller has one for http:// alone, which is not used */
	bool mitmproxy;			      /* --mitmproxy */
	char *no_proxy;			      /* owned; the caller's NO_PROXY, as it is; NULL: none */
	int status_fd;			      /* --status-fd, -1 */

	/* test modes */
	struct strv only; /* globs of probe ids */
	bool mutants, layers, require_all;
	char *fail_on;			/* owned; rules, as given; NULL: every finding */
	char *waivers, *waivers_origin; /* owned; absolute path and who asked for it; NULL: none */
	int jobs;			/* boxes at a time; 0: by the processors */
	enum conf_format format;
	bool redact;
	char *output; /* owned; NULL: stdout */
	enum conf_baseline baseline;
	char *baseline_file; /* owned; NULL: the one in the state folder */
};

/*
 * Reads argv, the environment and the config file into *ret. `env` is the
 * caller's environ, `cwd` and `home` its directories (home "" when unset).
 * 0, or -EINVAL with a message that names the place (option, or file:line:column
 * with the nearest known key) and what to do. On failure *ret holds what was
 * understood, with `mode` already right when any test-mode option was given
 * (the exit code depends on it); conf_done releases it in any case.
 */
int conf_load(int argc, char *const *argv, char *const *env, const char *cwd, const char *home,
	      struct conf *ret, struct diag *d);
void conf_done(struct conf *c);

/* Gives every choice of the zeroed *c the value that its row has as default. */
void conf_defaults(struct conf *c);
void conf_set(struct conf *c, enum confkey key, int n, const char *origin);
/* The value of network.mode, and who asked for it: "built-in", nobody did. */
enum conf_net conf_net(const struct conf *c);
const char *conf_net_origin(const struct conf *c);
void conf_set_limit(struct conf *c, enum limit_id id, uint64_t n, const char *origin);

/* Adds a copy, unless the list has that value already: then it keeps the first origin. */
void conf_add(struct conf_list *list, const char *value, const char *origin);
void conf_list_done(struct conf_list *list);

/*
 * Applies the text of a config file of the user's, called `name` in messages and origins, to
 * *c. Opens nothing. 0 or -EINVAL, as conf_load.
 */
int conf_apply_text(struct conf *c, const char *name, const char *text, size_t len, const char *home,
		    struct diag *d);

/* Adds the line that a message begins with the place of, where it is one of a config file of *c. */
void conf_show(const struct conf *c, struct diag *d);

/* True for modes whose exit codes are those of the test modes. */
bool conf_is_test_mode(enum conf_mode mode);

#endif
