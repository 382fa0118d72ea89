/* SPDX-License-Identifier: MIT */
/* argv -> phases -> exit code. The only caller of exit in the launcher besides running out of memory. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "account.h"
#include "agentcmd.h"
#include "arrived.h"
#include "beside.h"
#include "bwrap.h"
#include "claudeexit.h"
#include "conf.h"
#include "confdump.h"
#include "doctor.h"
#include "egressrun.h"
#include "explain.h"
#include "filter.h"
#include "gitexit.h"
#include "gitgone.h"
#include "githeld.h"
#include "gittodo.h"
#include "guard.h"
#include "inodetime.h"
#include "log.h"
#include "mem.h"
#include "notice.h"
#include "oldkernel.h"
#include "opt.h"
#include "path.h"
#include "pin.h"
#include "prepare.h"
#include "proxyurl.h"
#include "run.h"
#include "session.h"
#include "sessionreport.h"
#include "staterepo.h"
#include "status.h"
#include "tools.h"
#include "strv.h"
#include "trust.h"
#include "unfinished.h"
#include "util.h"
#include "verdict.h"
#include "version.h"

#define EXIT_OURS	    125
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND	    127
/* test modes */
#define EXIT_USAGE	    2
#define EXIT_REFUSED	    4

#define TOOLS_TOLD 60 /* bytes of a list that stands in a line of its own */

#define PLANS 3 /* of a launch, when the host takes away what they bind */

extern char **environ;

/* Only stdio and what an option names stays: a thousand inherited descriptors would leave no room for ours. */
static void close_inherited(const struct conf *c)
{
	unsigned keep = c->status_fd >= 3 ? (unsigned)c->status_fd : 0;

	if (keep > 3)
		oldkernel_close_range(3, keep - 1, false);
	oldkernel_close_range(keep >= 3 ? keep + 1 : 3, ~0u, false);
}

static int flush_stdout(struct diag *d)
{
	return diag_flush(d, stdout, "standard output");
}

static int list_syscalls(const struct conf *c, struct diag *d)
{
	AUTO_STRV struct strv names = { 0 };
	int r;

	for (size_t i = 0; i < c->blocked_syscalls.n; i++)
		strv_add(&names, c->blocked_syscalls.item[i].value);
	r = filter_list(stdout, names.v, names.n, d);
	return r == 0 ? flush_stdout(d) : r;
}

/* What is printed is for the user, who wrote it; what a config file can't hold, and secrets, are said beside. */
static int dump_config(struct conf *c, struct diag *d)
{
	int r = confdump_write(c, stdout, d);

	for (size_t i = 0; i < c->unsaved.n; i++)
		log_note("%s: no setting of a config file, so not in the output", c->unsaved.v[i]);
	if (c->env.n > 0)
		log_note("the output holds the values of env as they are (%zu)", c->env.n);
	return r == 0 ? flush_stdout(d) : r;
}

/* A suite that this program was not built with may find less. What is missing, the start says. */
static int check_suite(const char *libexec, const char *suite, struct diag *d)
{
	AUTO_CLOSE int dir = open(libexec, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct pin now;

	for (const struct pin *p = pins; p->name != NULL; p++) {
		int r = pin_read(dir, p->name, &now);

		if (r == -ENOENT || (r == 0 && now.bytes == p->bytes && now.hash == p->hash))
			continue;
		diag_set(d, -EUCLEAN, "not the suite that this program was built with: %s %s", suite,
			 r < 0 ? "can't be read" : "is another one");
		diag_try(d, "make install, or the package again");
		return d->code;
	}
	return 0;
}

/* The suite is a program of its own: the launcher holds no code that edits a plan. */
static int run_suite(const struct conf *c, char **argv, struct diag *d)
{
	AUTO_FREE char *libexec = prepare_libexec(d);
	AUTO_FREE char *suite = libexec != NULL ? path_join(libexec, "suite") : NULL;

	if (suite == NULL)
		return VERDICT_INCOMPLETE;
	if (trust_parts(libexec, d) < 0)
		return EXIT_REFUSED;
	if (c->mode == CONF_SECURITY_TEST)
		return check_suite(libexec, suite, d) < 0 ? VERDICT_INCOMPLETE : verdict_run(suite, argv, d);
	execv(suite, argv);
	diag_errno(d, -errno, "%s", suite);
	return VERDICT_INCOMPLETE;
}

static void print_weaker(const struct conf *c, const struct policy *p)
{
	if (c->config_homeless)
		log_security("weaker: no config file of yours was looked for: HOME names no directory");
	for (size_t i = 0; i < p->weaker.n; i++)
		log_security("weaker: %s", p->weaker.v[i]);
	for (size_t i = 0; i < p->openings.n; i++)
		log_security("open: %s", p->openings.v[i]);
	for (size_t i = 0; i < p->notes.n; i++)
		log_note("%s", p->notes.v[i]);
}

static void print_plan_summary(const struct prepared *p)
{
	const struct policy *pol = &p->policy;
	static const char *const identity[] = { "the caller's own", "the project owner's",
						"an unprivileged one, idmapped" };

	log_detail("project %s, home %s (fresh), uid inside %u, kernel uid %u (%s)", pol->project, pol->home,
		   pol->uid, pol->kernel_uid, identity[pol->identity]);
	for (size_t i = 0; i < pol->nentry; i++) {
		const struct policy_entry *e = &pol->entry[i];

		if (e->part == POLICY_EXTRA)
			log_detail("%s %s (%s)", e->access == POLICY_WRITE ? "writable" : "read-only",
				   e->path, e->why);
	}
	if (pol->cache != NULL)
		log_detail("caches of this project are kept in %s", pol->cache);
	log_detail("%zu credential paths of this home are out of reach", pol->ncred);
	if (pol->git.left_out > 0)
		log_detail("%zu keys of git's configs are not inside (gitkeys.def)", pol->git.left_out);
}

/* Each launch says it: so in one line of a terminal, and only where somebody asked for the profile. */
static void say_missing_tools(const struct conf *c, const struct host *h)
{
	AUTO_FREE char *list = tools_missing_text(c, h);

	if (list == NULL)
		return;
	if (log_get() == LOG_VERBOSE || strlen(list) <= TOOLS_TOLD)
		log_note("not installed, of the profile %s (packages): %s", tools_profile(c), list);
	else
		log_note("not installed: tools of the profile %s (-v names them, with their packages)",
			 tools_profile(c));
}

/* What the callbacks of a run need. */
struct launched {
	struct prepared *p;
	const struct conf *conf;
	int session; /* what --status reads, or -errno */
	struct claudeexit_start start;
	struct githeld_start held;
	struct timespec asked;	  /* before it was prepared */
	struct timespec since;	  /* when the command was let go, as inodes tell it */
	struct finish_work *rest; /* NULL: all was searched before */
	struct unfinished mark;
	struct account account;
};

static void banner(const struct prepared *p, unsigned checks, double ms)
{
	static const char *const egress[] = { "net none", "net filtered", "net open" };
	const char *net = p->policy.net_host ? "net host" : egress[p->policy.egress],
		   *project = p->policy.project, *by = p->policy.upstream;
	bool open = p->policy.egress == POLICY_EGRESS_OPEN;
	bool short_name = path_is_under(project, p->policy.home);

	if (log_get() < LOG_VERBOSE && !(isatty(2) && log_get() >= LOG_NORMAL))
		return;
	log_banner("%s%s writable; %s%s%s%s; proved %u checks in %.1f ms", short_name ? "~" : "",
		   short_name ? project + strlen(p->policy.home) : project, net,
		   by != NULL ? " by the proxy " : "", by != NULL ? by : "",
		   open ? " (what is inside can leave to any public host)" : "", checks, ms);
}

static void leave_mark(struct launched *l)
{
	struct diag d = { 0 };
	int fd;

	unfinished_end(&l->mark);
	fd = unfinished_begin(&l->p->policy, environ, l->since, l->rest != NULL, &l->mark, &d);
	if (fd < 0)
		log_security("weaker: if this session is killed, the next one can't say what it changed: %s",
			     d.msg);
	if (l->rest != NULL)
		l->rest->notes = fd >= 0 ? fd : finish_notes();
}

/* The git directories as gitexit() has them. */
static void say_todo(struct account *a, const struct policy *p, struct timespec since)
{
	int dir[POLICY_GIT_COPIES];

	for (size_t i = 0; i < POLICY_GIT_COPIES; i++)
		dir[i] = i < p->git.n
			     ? open(p->git.config[i].dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
			     : -1;
	gittodo_say(a, p, dir, since);
	for (size_t i = 0; i < POLICY_GIT_COPIES; i++)
		mem_close_fd(&dir[i]);
}

/* What sessions of this project could not say, before another one begins. When the first began; zero: there were none. */
static struct timespec say_killed(struct account *a, const struct prepared *p)
{
	struct timespec since, first = { 0 };
	struct unfinished mark;
	int e = 0;

	while (e == 0 && unfinished_find(&p->policy, environ, &mark, &since)) {
		AUTO_FREE char *name = mark.memory != NULL
					   ? path_join(mark.memory, mark.name)
					   : xasprintf("unfinished/%s in the state folder", mark.name);

		/* The one in memory is empty: what is put there is not read. */
		finish_killed(a, &p->policy, p->host.mounts, mark.memory == NULL ? mark.fd : -1, since);
		say_todo(a, &p->policy, since);
		account_say(a);
		if (first.tv_sec == 0 || !time_is_since(since, first))
			first = since;
		e = unfinished_end(&mark);
		if (e < 0)
			log_note("this will be said again: %s can't be removed: %s", name, strerror(-e));
	}
	return first;
}

static void say_quarantine(void)
{
	AUTO_FREE char *line = quarantine_lies(environ);

	if (line != NULL)
		log_note("%s", line);
}

/* A session that --status can't show holds as well as any. */
static void tell_session(const struct launched *l)
{
	const struct beside *others = &l->p->beside;
	AUTO_STRV struct strv held = { 0 };
	struct diag d = { 0 };
	int r;

	beside_held(others, &l->p->policy, &held);
	r = l->session < 0
		? diag_errno(&d, l->session, "memfd_create")
		: session_tell(l->session, l->conf, &l->p->policy, beside_since(others, l->since), &held, &d);
	if (r < 0)
		log_note("--status will not show this session: %s", d.msg);
}

static void proved(const struct run_opts *opts, unsigned checks, double ms)
{
	struct launched *l = opts->arg;

	l->since = inodetime_after(l->asked);
	/* Who finds the mark asks for what was told. */
	tell_session(l);
	leave_mark(l);
	banner(l->p, checks, ms);
}

static void ended(const struct run_opts *opts, const struct run_ended *what)
{
	const struct launched *l = opts->arg;
	struct account *a = opts->account;

	if (what->home >= 0)
		claudeexit(a, &l->p->policy, what->home, what->claude, &l->start, l->since);
	staterepo_end(a, &l->p->policy, opts->quarantine);
	if (what->dotclaude >= 0)
		claudeexit_project(a, &l->p->policy, what->dotclaude);
	if (what->memory >= 0)
		claudeexit_memory(a, &l->p->policy, what->memory);
	if (what->git >= 0) {
		gitgone(a, &l->p->policy, what->project);
		gitexit(a, &l->p->policy, what->project, what->git, what->git_dir);
		gitgone_lost(a, &l->p->policy, what->git_dir, l->since);
		gittodo_say(a, &l->p->policy, what->git_dir, l->since);
		githeld_say(a, &l->p->policy, what->git_dir, &l->held, l->since);
	}
	arrived_say(a, &l->p->policy, what->tree, what->ntree, l->since);
	if (opts->rest != NULL)
		finish_changed(a, opts->rest);
}

/* A typed yes on a terminal, or the variable that says the same. */
static int accept_no_seccomp(const struct conf *c, struct diag *d)
{
	char line[16] = "";

	if (!c->no_seccomp || c->no_seccomp_accept)
		return 0;
	if (isatty(0) && isatty(2)) {
		fputs("claude-sandbox: CLAUDE_SANDBOX_NO_SECCOMP=1 removes the system call filter. Type yes "
		      "to go on: ",
		      stderr);
		if (fgets(line, sizeof(line), stdin) != NULL && streq(line, "yes\n"))
			return 0;
	}
	diag_set(d, -EPERM,
		 "CLAUDE_SANDBOX_NO_SECCOMP=1 removes the system call filter and was not confirmed");
	diag_try(d, "unset CLAUDE_SANDBOX_NO_SECCOMP, or set CLAUDE_SANDBOX_NO_SECCOMP_ACCEPT=1 as well");
	return d->code;
}

/* The agent without a network would only fail, slowly. */
static int check_network(const struct conf *c, const struct prepared *p, struct diag *d)
{
	char word[DIAG_WORD];

	if (!c->agent || p->policy.net_host || p->policy.egress != POLICY_EGRESS_NONE)
		return 0;
	diag_set(d, -ENETUNREACH, "the agent would have no network: none, asked for by %s",
		 conf_net_origin(c));
	diag_try(d, "claude-sandbox --net open%s%s, or -- COMMAND", c->project_given ? " " : "",
		 c->project_given ? diag_word(word, sizeof(word), c->project) : "");
	return d->code;
}

/* Said before anything is built: the sandbox could only say "not found". */
static int check_agent(const struct conf *c, const struct prepared *p, struct diag *d)
{
	const char *locked = p->policy.agent_locked;
	char word[DIAG_WORD];

	if (!c->agent || p->policy.agent_why == NULL)
		return 0;
	diag_set(d, locked != NULL ? -EACCES : -ENOENT, "no agent to run: %s%s",
		 p->policy.agent == NULL ? "claude: " : "", p->policy.agent_why);
	if (locked != NULL)
		diag_try(d, "chmod +x %s, or -- COMMAND", diag_word(word, sizeof(word), locked));
	else
		diag_try(d, "npm install -g @anthropic-ai/claude-code, or -- COMMAND");
	return d->code;
}

/* A script that asks for the status must not take its absence for a crash. */
static int check_status_fd(const struct conf *c, struct diag *d)
{
	int flags = c->status_fd >= 0 ? fcntl(c->status_fd, F_GETFL) : O_WRONLY;

	if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY)
		return 0;
	diag_set(d, -EBADF, "--status-fd %d is not open for writing", c->status_fd);
	diag_try(d, "--status-fd %d %d>FILE", c->status_fd, c->status_fd);
	return d->code;
}

/* The status of a launch that ended before there was a sandbox. */
static int no_launch(const struct conf *c, int code)
{
	struct run_result none = { .exit_code = code };

	signal(SIGPIPE, SIG_IGN);
	if (c->mode == CONF_LAUNCH)
		run_write_status(c->status_fd, &none);
	return code;
}

/* The command may exist on the host, where the sandbox doesn't show it: ~/.local/bin, /opt. */
static void explain_not_found(const struct conf *c, const struct prepared *p, struct diag *d)
{
	const char *name = p->plan.command.v[0], *path = env_get(environ, "PATH");
	char word[DIAG_WORD];

	if (strchr(name, '/') != NULL)
		return;
	if (streq(name, "claude")) {
		diag_try(d, "npm install -g @anthropic-ai/claude-code (the host has none that can be shown)");
		return;
	}
	while (path != NULL && *path != '\0') {
		const char *end = strchrnul(path, ':');
		AUTO_FREE char *file = xasprintf("%.*s/%s", (int)(end - path), path, name);
		AUTO_FREE char *real = *file == '/' && access(file, X_OK) == 0 ? realpath(file, NULL) : NULL;
		AUTO_FREE char *dir = real != NULL ? path_dirname(real) : NULL;

		if (dir != NULL && c->value[CONFKEY_PROFILE].n == CONF_PROFILE_MINIMAL) {
			diag_try(d, "--profile default (%s is not one of the tools of the profile minimal)",
				 name);
			return;
		}
		if (dir != NULL) {
			diag_try(d, "--extra-ro %s (the host's %s is there, and nothing shows it inside)",
				 diag_word(word, sizeof(word), dir), name);
			return;
		}
		path = *end != '\0' ? end + 1 : end;
	}
}

/* What outlives the session of its network. */
static int open_files(const struct policy *p, struct run_opts *opts, struct diag *d)
{
	struct egressrun_file log = { p->egress_log, p->egress_log_from, p->egress_log_auto, false },
			      flows = { p->flows, "--mitmproxy", true, true };
	int r = egressrun_open_file(&log, &opts->egress_log, d);

	return r == 0 ? egressrun_open_file(&flows, &opts->flows, d) : r;
}

/* What a launch knows when bwrap is found. */
struct beginning {
	const struct conf *conf;
	const int *stdio;
	struct run *run; /* NULL: it has not begun */
};

/* bwrap is executed and loaded meanwhile. It is given nothing before the plan is judged. */
static void begin(const struct host *h, void *arg)
{
	struct beginning *b = arg;
	struct diag refused = { 0 };

	/* Who asks for limits has them before bwrap. What is refused is so again by the policy, which says it. */
	for (size_t i = 0; i < LIMITS; i++)
		if (b->conf->limit[i].origin != NULL)
			return;
	if (guard_host(b->conf, h, &refused) == 0)
		b->run =
		    run_begin(h->bwrap.path, b->stdio, b->conf->value[CONFKEY_TTY_MODE].n != CONF_TTY_DIRECT);
}

static void say_account(struct account *a, struct sessionreport *report, const struct run_result *res)
{
	struct diag d = { 0 };

	/* First what nobody can keep from being written: standard error may have no reader. */
	int r = sessionreport_end(report, a, res, &d);

	account_say(a);
	if (r < 0)
		log_error(&d);
}

/* From what the machine is now to the end of the session, or to the moment when it is another one (res->stale). */
static void launch_once(const struct conf *c, struct timespec asked, bool again, struct run_result *res,
			struct diag *d)
{
	/* Not freed: the process ends, and the kernel is quicker. */
	static struct prepared p;
	struct launched l = { .p = &p, .conf = c, .asked = asked, .mark = { .dir = -1, .fd = -1 } };
	struct finish_work rest = { .policy = &p.policy, .scan = &p.scan, .since = &l.since, .notes = -1 };
	struct quarantine quarantine;
	struct run_opts opts = { .stdio = { 0, 1, 2 },
				 .status_fd = c->status_fd,
				 .quarantine = &quarantine,
				 .egress_log = -1,
				 .flows = -1,
				 .plans_again = again,
				 .account = &l.account,
				 .proved = proved,
				 .ended = ended,
				 .arg = &l };
	struct sessionreport report = { .fd = -1 };
	struct beginning beginning = { .conf = c, .stdio = opts.stdio };
	int r = prepare_with(c, environ, begin, &beginning, &p, d);

	if (r == 0)
		r = check_network(c, &p, d);
	if (r == 0)
		r = open_files(&p.policy, &opts, d);
	if (r < 0)
		no_launch(c, EXIT_OURS);
	else if (check_agent(c, &p, d) < 0)
		r = res->exit_code = no_launch(c, d->code == -EACCES ? EXIT_NOT_EXECUTABLE : EXIT_NOT_FOUND);
	if (r == 0 && sessionreport_begin(&p.policy, &report, d) < 0)
		r = res->exit_code = no_launch(c, EXIT_OURS);
	if (r != 0) {
		run_give_up(beginning.run);
		return;
	}
	print_weaker(c, &p.policy);
	print_plan_summary(&p);
	confdump_say(c);
	if (log_get() == LOG_VERBOSE || c->tell_tools)
		say_missing_tools(c, &p.host);
	if (c->agent && !c->quiet)
		agentcmd_say(&p);
	notice_launch(environ, &p.host, &p.policy);
	l.start = claudeexit_begin(&p.policy);
	l.held = githeld_begin(&p.policy);
	opts.killed = say_killed(&l.account, &p);
	beside_say(&p.beside);
	opts.beside = &p.beside;
	if (p.scan.incomplete)
		opts.rest = l.rest = &rest;
	quarantine_begin(&quarantine, &p.policy, environ);
	say_quarantine();
	l.session = session_begin();
	opts.begun = beginning.run;
	r = run_plan(&p.plan, &p.policy, &opts, res, d);
	/* Who read that may be gone, by what the box did or not: what is still to be done is done. */
	signal(SIGPIPE, SIG_IGN);
	say_account(&l.account, &report, res);
	if (unfinished_end(&l.mark) < 0)
		log_note("the next session of this project will say that this one was killed: its "
			 "mark can't be removed");
	if (r == -ECHILD)
		doctor_explain(&p.host, d);
	if (res->masked > 0)
		log_note("the terminal is not known to be UTF-8 (LC_ALL, LC_CTYPE, LANG): some characters "
			 "were shown as \"?\"; try: LC_ALL=C.UTF-8, if it is");
	if (res->exit_code == EXIT_NOT_FOUND && d->code == -ENOENT)
		explain_not_found(c, &p, d);
	quarantine_done(&quarantine);
	mem_close_fd(&opts.egress_log);
	mem_close_fd(&opts.flows);
	mem_close_fd(&l.session);
	claudeexit_start_done(&l.start);
	githeld_start_done(&l.held);
	account_done(&l.account);
}

/* Packages are upgraded, and tools update themselves, at any moment: of what is gone another plan knows nothing. */
static int launch(const struct conf *c, struct diag *d)
{
	struct run_result res = { .exit_code = EXIT_OURS };
	struct timespec asked;
	int r = check_status_fd(c, d);

	clock_gettime(CLOCK_REALTIME, &asked);
	if (r == 0)
		r = accept_no_seccomp(c, d);
	if (r < 0)
		return no_launch(c, EXIT_OURS);
	for (int i = 1;; i++) {
		launch_once(c, asked, i < PLANS, &res, d);
		if (!res.stale || i == PLANS)
			return res.exit_code;
		log_note("%s; the sandbox is planned again", d->msg);
		*d = (struct diag){ 0 };
		res = (struct run_result){ .exit_code = EXIT_OURS };
	}
}

static int dry_run(const struct conf *c, struct diag *d)
{
	struct prepared p;
	int r = prepare(c, environ, &p, d);

	if (r == 0)
		print_weaker(c, &p.policy);
	if (r == 0)
		r = c->mode == CONF_DRY_RUN_JSON ? plan_dump_json(&p.plan, stdout, d)
						 : bwrap_shell(&p.plan, p.policy.bwrap, stdout, d);
	prepare_done(&p);
	return r;
}

static int explain(const struct conf *c, struct diag *d)
{
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	struct prepared p;
	int r = prepare(c, environ, &p, d);

	if (r == 0)
		r = explain_thing(c, &p, c->explain, cwd != NULL ? cwd : "/", stdout, d);
	prepare_done(&p);
	return r == 0 ? flush_stdout(d) : r;
}

static int version(struct diag *d)
{
	version_print(stdout);
	return flush_stdout(d);
}

static int run_mode(struct conf *c, char **argv, struct diag *d)
{
	int r = 0;

	switch (c->mode) {
	case CONF_LAUNCH:
		return launch(c, d);
	case CONF_DRY_RUN:
	case CONF_DRY_RUN_JSON:
		r = dry_run(c, d);
		break;
	case CONF_TEST:
		return doctor_run(c, environ, stdout, d);
	case CONF_SECURITY_TEST:
	case CONF_LIST_PROBES:
		return run_suite(c, argv, d);
	case CONF_LIST_SYSCALLS:
		r = list_syscalls(c, d);
		break;
	case CONF_DUMP_CONFIG:
		r = dump_config(c, d);
		break;
	case CONF_EXPLAIN:
		r = explain(c, d);
		break;
	case CONF_STATUS:
	case CONF_STATUS_JSON:
		r = status_print(c->mode == CONF_STATUS_JSON, stdout, d);
		break;
	case CONF_HELP:
		opt_help(stdout);
		r = flush_stdout(d);
		break;
	case CONF_VERSION:
		r = version(d);
		break;
	case CONF_MODES:
		break;
	}
	return r < 0 ? EXIT_OURS : 0;
}

/* The limit may be met anywhere; its name helps more than the call's. */
static void explain_descriptors(struct diag *d)
{
	struct rlimit l;

	/* Who has a remedy of its own knows which limit it is. */
	if (d->code != -EMFILE || d->try[0] != '\0' || getrlimit(RLIMIT_NOFILE, &l) < 0)
		return;
	diag_set(d, -EMFILE, "too few file descriptors: ulimit -n %lu", (unsigned long)l.rlim_cur);
	diag_try(d, "ulimit -n 1024");
}

/* What a caller ignores is inherited by exec. */
static void own_signals(void)
{
	/* Ignored, the kernel would reap our children before us. */
	signal(SIGCHLD, SIG_DFL);
	/* A write past the limit of a file's size is an error that we report. */
	signal(SIGXFSZ, SIG_IGN);
}

/* A login on the command line is shown by ps(1): as soon as it is known it goes. */
static void hide_login(int argc, char **argv, struct diag *d)
{
	static char option[] = "--upstream=none";

	for (int i = 1; i < argc && !streq(argv[i], "--"); i++) {
		bool joined = str_starts(argv[i], "--upstream=");
		size_t skip = joined ? sizeof("--upstream=") - 1 : 0;

		if (!joined && !streq(argv[i - 1], "--upstream"))
			continue;
		proxyurl_hide_value(argv[i] + skip);
		/* The suite gets it too, whose hosts are behind no proxy. */
		argv[i] = joined ? option : option + sizeof("--upstream=") - 1;
	}
	proxyurl_hide(d->msg);
	proxyurl_hide(d->try);
}

/*
 * What the caller has closed is a number that the next open(2) takes: the box would have a file of ours for its stdio. So
 * /dev/null stands there, the wrong way round: it fails with EBADF, as what is closed does.
 */
static int hold_stdio(struct diag *d)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			return diag_errno(d, -errno, "/dev/null, in the place of a closed descriptor %d", fd);
	return 0;
}

int main(int argc, char **argv)
{
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	const char *home = getenv("HOME");
	struct diag d = { 0 };
	struct conf c;
	int code, r;

	if (hold_stdio(&d) < 0) {
		log_error(&d);
		return EXIT_OURS;
	}
	own_signals();
	r = conf_load(argc, argv, environ, cwd != NULL ? cwd : "/", home != NULL ? home : "", &c, &d);
	hide_login(argc, argv, &d);
	if (r < 0) {
		log_error(&d);
		code = conf_is_test_mode(c.mode) ? EXIT_USAGE : no_launch(&c, EXIT_OURS);
		conf_done(&c);
		return code;
	}
	log_set(c.verbose ? LOG_VERBOSE : c.quiet ? LOG_QUIET : LOG_NORMAL);
	c.tell_tools = isatty(2) && !c.quiet && c.value[CONFKEY_PROFILE].origin != NULL;
	close_inherited(&c);
	code = run_mode(&c, argv, &d);
	explain_descriptors(&d);
	conf_show(&c, &d);
	if (d.code != 0 && d.code != -EINTR)
		log_error(&d);
	conf_done(&c);
	return code;
}
