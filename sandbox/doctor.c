/* SPDX-License-Identifier: MIT */
/*
 * --test: what the sandbox needs of the host, each need tried for real, and
 * for what is missing its cause and the smallest change. What only weakens or
 * informs is said, but doesn't fail.
 */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/syscall.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "doctorcause.h"
#include "doctornet.h"
#include "doctortry.h"
#include "guard.h"
#include "hostbwrap.h"
#include "jsonout.h"
#include "log.h"
#include "mem.h"
#include "path.h"
#include "strv.h"
#include "tools.h"
#include "util.h"

#define EXIT_CANT_RUN 3
#define EXIT_ERROR    6
#define LINE	      256

enum state { STATE_NONE, STATE_OK, STATE_MISSING, STATE_INFO };
static const char *const state_names[] = { "?", "ok", "missing", "info" };

struct check {
	const char *name;
	enum state state;
	char *detail, *fix; /* owned; fix NULL: none needed */
};

struct doctor {
	struct host host;
	char *os_release; /* owned */
	struct doctorcause_live live;
	bool launch_works;
	struct check *check; /* owned */
	size_t n;
};

/* Appends a check. Takes ownership of detail and fix. */
static void add(struct doctor *doc, const char *name, enum state state, char *detail, char *fix)
{
	doc->check = xrealloc_array(doc->check, doc->n + 1, sizeof(*doc->check));
	doc->check[doc->n++] = (struct check){ .name = name, .state = state, .detail = detail, .fix = fix };
}

/* Text of a small file, owned, "" when unreadable. */
static char *read_text(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	AUTO_FREE char *buf = xcalloc(4096, 1);

	if (fd < 0 || read(fd, buf, 4095) < 0)
		return xstrdup("");
	return TAKE_PTR(buf);
}

static char *read_line(const char *path)
{
	char *text = read_text(path);

	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* Adds a check that namespaces made fail: what was seen, then why and what helps where that is known. */
static void add_caused(struct doctor *doc, const char *name, char *seen)
{
	struct diag d = { 0 };
	AUTO_FREE char *words = seen;

	if (doctorcause_find(&doc->host, &doc->live, &d))
		add(doc, name, STATE_MISSING, xasprintf("%s: %s", words, d.msg), xstrdup(d.try));
	else
		add(doc, name, STATE_MISSING, xstrdup(words),
		    xstrdup("look at journalctl -k for what refuses it"));
}

static void check_bwrap(struct doctor *doc)
{
	const struct host_bwrap *b = &doc->host.bwrap;
	char *argv[] = { b->path, (char[]){ "--version" }, NULL };
	struct diag d = { 0 };
	char text[LINE] = "";

	if (b->path == NULL && b->beside != NULL) {
		guard_say_beside(b, &d);
		add(doc, "bwrap", STATE_MISSING, xstrdup(d.msg), xstrdup(d.try));
		return;
	}
	if (b->path == NULL) {
		add(doc, "bwrap", STATE_MISSING, xstrdup("not found in PATH"),
		    xstrdup(doctorcause_install(doc->os_release)));
		return;
	}
	if (b->odd_place) {
		add(doc, "bwrap", STATE_MISSING, xasprintf("%s is not run: " HOSTBWRAP_ODD, b->path),
		    xasprintf("%s; /usr/bin in PATH", doctorcause_install(doc->os_release)));
		return;
	}
	if (doctortry_run(argv, text, sizeof(text)) != 0)
		snprintf(text, sizeof(text), "does not run");
	add(doc, "bwrap", streq(text, "does not run") ? STATE_MISSING : STATE_OK,
	    xasprintf("%s, %s, mode %04o%s", b->path, text, (unsigned)b->mode, b->setuid ? "; setuid" : ""),
	    NULL);
	if (!b->as_pid_1 || !b->perms)
		add(doc, "bwrap-options", STATE_MISSING, xstrdup("too old: no --as-pid-1 or --perms"),
		    xstrdup("bubblewrap 0.5 or newer; 0.8 is recommended"));
	else if (!b->disable_userns)
		add(doc, "bwrap-options", STATE_INFO,
		    xstrdup("no --disable-userns: the system call filter alone refuses nested namespaces"),
		    xstrdup("bubblewrap 0.8 or newer"));
	else
		add(doc, "bwrap-options", STATE_OK, xstrdup("--as-pid-1 --perms --disable-userns"), NULL);
}

/* What bwrap alone would not mind: it runs as whoever starts it. */
static void check_identity(struct doctor *doc)
{
	if (doc->host.lone_root)
		add(doc, "identity", STATE_MISSING, xstrdup(HOST_LONE_ROOT), xstrdup(HOST_LONE_ROOT_FIX));
}

/*
 * A box of bwrap's own, as an ordinary user, and a program in it. Not --unshare-all: that only tries two of
 * them. The program is bwrap again: nothing else is known to be there and to be root's.
 */
static int try_launch(const struct host *h, char *text, size_t size)
{
	char *bwrap = h->bwrap.path;
	const char *argv[] = { bwrap,
			       "--unshare-user",
			       "--unshare-pid",
			       "--unshare-ipc",
			       "--unshare-uts",
			       "--unshare-cgroup",
			       "--unshare-net",
			       "--die-with-parent",
			       "--ro-bind",
			       "/",
			       "/",
			       "--proc",
			       "/proc",
			       "--dev",
			       "/dev",
			       "--",
			       bwrap,
			       "--version",
			       NULL };
	char *words[ARRAY_SIZE(argv)];

	if (bwrap == NULL || h->bwrap.odd_place)
		return -ENOENT;
	/* The type of execve; nothing writes to them. */
	memcpy(words, argv, sizeof(words));
	return doctortry_run(words, text, size);
}

static void check_launch(struct doctor *doc)
{
	char text[LINE] = "";
	int r = try_launch(&doc->host, text, sizeof(text));

	doc->launch_works = r == 0;
	if (r == 0)
		add(doc, "launch", STATE_OK,
		    xasprintf("%s ran in a box with all namespaces", doc->host.bwrap.path), NULL);
	else if (r != -ENOENT)
		add_caused(doc, "launch", xasprintf("bwrap failed (exit %d): %.160s", r, text));
}

static void check_namespaces(struct doctor *doc)
{
	static const struct {
		const char *name, *sysctl;
		int flag;
	} ns[] = {
#define NAMESPACE(name, flag) { "namespace-" #name, "/proc/sys/user/max_" #name "_namespaces", flag },
#include "data/namespaces.def"
	};

	for (size_t i = 0; i < ARRAY_SIZE(ns); i++) {
		int r = doctortry_namespace(ns[i].flag);
		AUTO_FREE char *max = read_line(ns[i].sysctl);

		if (r == 0 || doc->launch_works)
			/* bwrap can have a right (a profile, setuid) that this program lacks. */
			add(doc, ns[i].name, STATE_OK,
			    xstrdup(r == 0 ? "made by an ordinary user" : "made by bwrap only"), NULL);
		else if (ns[i].flag == CLONE_NEWUSER)
			add_caused(doc, ns[i].name, xasprintf("refused (%s)", strerror(-r)));
		else if (doc->live.userns < 0)
			add(doc, ns[i].name, STATE_MISSING, xstrdup("needs a user namespace"), NULL);
		else if (streq(max, "0"))
			add(doc, ns[i].name, STATE_MISSING,
			    xasprintf("none is allowed (%s is 0)", ns[i].sysctl),
			    xasprintf("sudo sysctl user.%s=15000", path_basename(ns[i].sysctl)));
		else
			add(doc, ns[i].name, STATE_MISSING, xasprintf("refused: %s", strerror(-r)),
			    xstrdup("a kernel with this namespace, or a container that allows it"));
	}
}

static void check_capability(struct doctor *doc)
{
	int r = doc->live.in_userns;

	if (r == 0 || doc->launch_works)
		add(doc, "namespace-rights", STATE_OK,
		    xstrdup(r == 0 ? "an ordinary user can mount in a namespace of its own"
				   : "only bwrap can mount in a namespace"),
		    NULL);
	else if (doc->live.userns < 0)
		add(doc, "namespace-rights", STATE_MISSING, xstrdup("needs a user namespace"), NULL);
	else
		add_caused(doc, "namespace-rights", xasprintf("mounting is refused (%s)", strerror(-r)));
}

static void check_confinement(struct doctor *doc)
{
	int filter = doctortry_filter(), nnp = doctortry_no_new_privs();
	int mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	add(doc, "seccomp", filter == 0 ? STATE_OK : STATE_MISSING,
	    filter == 0 ? xasprintf("a filter loads and holds%s",
				    mode > 0 ? "; one of a container's is already there" : "")
			: xasprintf("no filter can be loaded: %s", strerror(-filter)),
	    filter == 0 ? NULL : xstrdup("a kernel with CONFIG_SECCOMP_FILTER"));
	add(doc, "no-new-privs", nnp == 0 ? STATE_OK : STATE_MISSING,
	    nnp == 0 ? xstrdup("can be set") : xasprintf("refused: %s", strerror(-nnp)), NULL);
}

static void check_capabilities(struct doctor *doc)
{
	cap_t caps = cap_get_proc();
	char *text = caps != NULL ? cap_to_text(caps, NULL) : NULL;
	int bounding = 0;

	for (cap_value_t c = 0; c < cap_max_bits(); c++)
		bounding += cap_get_bound(c) == 1;
	add(doc, "capabilities", STATE_INFO,
	    xasprintf("own: %.120s; bounding set: %d of %d (a box has none)",
		      text == NULL || text[0] == '\0' || streq(text, "=") ? "none" : text, bounding,
		      cap_max_bits()),
	    NULL);
	cap_free(text);
	cap_free(caps);
}

static void check_security_modules(struct doctor *doc)
{
	const struct host *h = &doc->host;
	AUTO_FREE char *profile = read_line("/proc/self/attr/current");

	add(doc, "lsm", STATE_INFO, xstrdup(h->lsm[0] != '\0' ? h->lsm : "list not readable"), NULL);
	if (h->landlock_abi > 0)
		add(doc, "landlock", STATE_INFO, xasprintf("ABI %d", h->landlock_abi), NULL);
	else
		add(doc, "landlock", STATE_INFO,
		    xasprintf("%s: that layer is missing, the others hold",
			      h->landlock_errno == EPERM ? "refused (EPERM)" : "not there"),
		    xstrdup(h->landlock_errno == EPERM
				? "a container's seccomp profile that allows landlock_create_ruleset"
				: "lsm=landlock,... on the kernel's command line"));
	/* Whether it stands in the way is for namespace-rights to say. */
	if (strstr(h->lsm, "apparmor") != NULL || h->apparmor_userns)
		add(doc, "apparmor", STATE_INFO,
		    xasprintf("profile of this program: %s; of bwrap: %s; restriction of user namespaces: %s",
			      profile[0] != '\0' ? profile : "unknown",
			      doc->live.bwrap_label[0] != '\0' ? doc->live.bwrap_label : "unknown",
			      h->apparmor_userns ? "on" : "off"),
		    NULL);
}

static void check_switches(struct doctor *doc)
{
	static const char *const sysctls[] = {
		"/proc/sys/kernel/unprivileged_userns_clone",
		"/proc/sys/user/max_user_namespaces",
		"/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		"/proc/sys/kernel/yama/ptrace_scope",
		"/proc/sys/dev/tty/legacy_tiocsti",
		"/proc/sys/kernel/io_uring_disabled",
		"/proc/sys/kernel/unprivileged_bpf_disabled",
	};
	AUTO_FREE char *all = xstrdup("");

	for (size_t i = 0; i < ARRAY_SIZE(sysctls); i++) {
		AUTO_FREE char *value = read_line(sysctls[i]);
		AUTO_FREE char *before = all;

		all = value[0] != '\0' ? xasprintf("%s%s%s=%s", before, before[0] != '\0' ? " " : "",
						   path_basename(sysctls[i]), value)
				       : xstrdup(before);
	}
	add(doc, "sysctl", STATE_INFO, TAKE_PTR(all), NULL);
}

static void check_surroundings(struct doctor *doc)
{
	const struct host *h = &doc->host;
	bool v2 = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
	bool hybrid = access("/sys/fs/cgroup/unified", F_OK) == 0;
	const struct host_program *agent = h->nagent > 0 ? &h->agent[0] : NULL;

	add(doc, "kernel", STATE_INFO, xasprintf("%s %s", h->release, h->machine), NULL);
	add(doc, "wsl", STATE_INFO,
	    h->wsl ? xasprintf("yes; %zu drives of Windows, all out of reach", h->drives.n) : xstrdup("no"),
	    NULL);
	add(doc, "fuse", STATE_INFO,
	    xstrdup(access("/dev/fuse", F_OK) == 0 ? "/dev/fuse is there" : "no /dev/fuse"), NULL);
	add(doc, "cgroup", STATE_INFO,
	    xstrdup(v2	     ? "version 2"
		    : hybrid ? "version 1, with 2 beside it"
			     : "version 1, or none"),
	    NULL);
	if (h->euid == 0) {
		int r = doctortry_idmap(h->home[0] != '\0' ? h->home : "/");

		add(doc, "idmapped-mounts", STATE_INFO,
		    r == 0 ? xstrdup("work: projects of root's can be used")
			   : xasprintf("refused (%s): projects of root's can't be used", strerror(-r)),
		    r == 0 ? NULL : xstrdup("start it as an ordinary user"));
	}
	if (agent != NULL)
		add(doc, "agent", STATE_INFO, xstrdup(agent->path), NULL);
	else if (h->agent_lame.path != NULL)
		add(doc, "agent", STATE_INFO,
		    xasprintf("%s is %s: only -- COMMAND works", h->agent_lame.path,
			      h->agent_lame.real != NULL ? "not executable" : "a link to nothing"),
		    xstrdup("npm install -g @anthropic-ai/claude-code"));
	else
		add(doc, "agent", STATE_INFO,
		    xstrdup(
			"claude is neither in PATH nor where its installers put it: only -- COMMAND works"),
		    xstrdup("npm install -g @anthropic-ai/claude-code"));
}

static bool can_run(const struct doctor *doc)
{
	for (size_t i = 0; i < doc->n; i++)
		if (doc->check[i].state == STATE_MISSING)
			return false;
	return doc->launch_works;
}

static void write_words(const struct doctor *doc, bool color, FILE *out)
{
	static const char *const colors[] = { "", "\033[32m", "\033[31m", "\033[36m" };

	for (size_t i = 0; i < doc->n; i++) {
		const struct check *c = &doc->check[i];

		fprintf(out, "%-18s %s%-8s%s ", c->name, color ? colors[c->state] : "", state_names[c->state],
			color ? "\033[0m" : "");
		log_escape(out, c->detail);
		putc('\n', out);
		if (c->fix != NULL) {
			fprintf(out, "%27s try: ", "");
			log_escape(out, c->fix);
			putc('\n', out);
		}
	}
	fprintf(out, "\n%s\n",
		can_run(doc)
		    ? "This host can run the sandbox. Whether it holds: claude-sandbox --security-test"
		    : "This host cannot run the sandbox.");
}

static void write_json(const struct doctor *doc, FILE *out)
{
	fputs("{\"schema\":1,\n \"checks\":[", out);
	for (size_t i = 0; i < doc->n; i++) {
		const struct check *c = &doc->check[i];

		fprintf(out, "%s\n  {\"name\":\"%s\",\"state\":\"%s\",\"detail\":", i > 0 ? "," : "", c->name,
			state_names[c->state]);
		jsonout_string(out, c->detail);
		fputs(",\"fix\":", out);
		jsonout_string(out, c->fix);
		putc('}', out);
	}
	fprintf(out, "\n ],\n \"verdict\":\"%s\"}\n", can_run(doc) ? "pass" : "fail");
}

static void write_tap(const struct doctor *doc, FILE *out)
{
	fputs("TAP version 14\n", out);
	for (size_t i = 0; i < doc->n; i++) {
		const struct check *c = &doc->check[i];

		fprintf(out, "%s %zu - %s%s\n# ", c->state == STATE_MISSING ? "not ok" : "ok", i + 1, c->name,
			c->state == STATE_INFO ? " # SKIP information" : "");
		log_escape(out, c->detail);
		putc('\n', out);
	}
	fprintf(out, "1..%zu\n", doc->n);
}

static void write_markdown(const struct doctor *doc, FILE *out)
{
	fputs("| check | state | detail | fix |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < doc->n; i++) {
		const struct check *c = &doc->check[i];
		const char *cell[] = { c->detail, c->fix != NULL ? c->fix : "" };

		fprintf(out, "| %s | %s |", c->name, state_names[c->state]);
		for (size_t k = 0; k < ARRAY_SIZE(cell); k++) {
			putc(' ', out);
			for (const char *s = cell[k]; *s != '\0'; s++)
				fprintf(out, "%s%c", strchr("|\\<`*_", *s) != NULL ? "\\" : "",
					*s < ' ' ? '?' : *s);
			fputs(" |", out);
		}
		putc('\n', out);
	}
	fprintf(out, "\nVerdict: %s\n", can_run(doc) ? "pass" : "fail");
}

static int write_report(const struct doctor *doc, const struct conf *conf, FILE *out, struct diag *d)
{
	AUTO_FILE FILE *file = conf->output != NULL ? fopen(conf->output, "we") : NULL;
	FILE *to = conf->output != NULL ? file : out;

	if (to == NULL)
		return diag_errno(d, -errno, "%s", conf->output);
	switch (conf->format) {
	case CONF_FORMAT_JSON:
		write_json(doc, to);
		break;
	case CONF_FORMAT_TAP:
		write_tap(doc, to);
		break;
	case CONF_FORMAT_MARKDOWN:
		write_markdown(doc, to);
		break;
	case CONF_FORMAT_JUNIT: /* refused by opt */
	case CONF_FORMAT_TERMINAL:
	case CONF_FORMATS:
		write_words(doc,
			    conf->color == CONF_COLOR_ALWAYS ||
				(conf->color == CONF_COLOR_AUTO && isatty(fileno(to))),
			    to);
		break;
	}
	if (fflush(to) != 0 || ferror(to))
		return diag_set(d, -EIO, "%s: the report could not be written",
				conf->output != NULL ? conf->output : "standard output");
	return 0;
}

static void doctor_done(struct doctor *doc)
{
	for (size_t i = 0; i < doc->n; i++) {
		free(doc->check[i].detail);
		free(doc->check[i].fix);
	}
	free(doc->check);
	free(doc->os_release);
	host_done(&doc->host);
}

static char *os_release_text(void)
{
	char *text = read_text("/etc/os-release");

	if (text[0] != '\0')
		return text;
	free(text);
	return read_text("/usr/lib/os-release");
}

/* A tool that is missing is no matter of the sandbox's, but of what works inside. */
static void check_tools(struct doctor *doc, const struct conf *conf)
{
	AUTO_FREE char *missing = tools_missing_text(conf, &doc->host);

	add(doc, "tools", STATE_INFO,
	    missing != NULL
		? xasprintf("profile %s; not installed (package): %s", tools_profile(conf), missing)
		: xasprintf("profile %s, all installed", tools_profile(conf)),
	    NULL);
}

static void check_network(struct doctor *doc, const struct conf *conf)
{
	struct doctornet egress = doctornet_egress(conf, doc->launch_works), proxy = doctornet_proxy(conf);

	add(doc, "egress",
	    egress.says == DOCTORNET_OK	       ? STATE_OK
	    : egress.says == DOCTORNET_MISSING ? STATE_MISSING
					       : STATE_INFO,
	    egress.detail, egress.fix);
	add(doc, "proxy", STATE_INFO, proxy.detail, proxy.fix);
}

int doctor_run(const struct conf *conf, char *const *env, FILE *out, struct diag *d)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct host_source source = { .rootfd = root, .env = env };
	struct doctor doc = { 0 };
	int r = host_load(&source, conf, &doc.host, d);

	if (r < 0)
		return EXIT_ERROR;
	/* What a child writes must not be written twice. */
	fflush(out);
	doc.os_release = os_release_text();
	doc.live = doctortry_live(&doc.host, doc.os_release);
	check_identity(&doc);
	check_bwrap(&doc);
	check_launch(&doc);
	check_namespaces(&doc);
	check_capability(&doc);
	check_confinement(&doc);
	check_capabilities(&doc);
	check_security_modules(&doc);
	check_switches(&doc);
	check_surroundings(&doc);
	check_network(&doc, conf);
	check_tools(&doc, conf);
	r = write_report(&doc, conf, out, d);
	if (r == 0 && !can_run(&doc))
		r = EXIT_CANT_RUN;
	doctor_done(&doc);
	return r < 0 ? EXIT_ERROR : r;
}

static bool find_cause(const struct host *h, struct diag *d)
{
	AUTO_FREE char *os_release = os_release_text();
	struct doctorcause_live live = doctortry_live(h, os_release);

	return doctorcause_find(h, &live, d);
}

bool doctor_cause(const struct host *h, struct diag *d)
{
	char text[LINE];

	return (h->lone_root || try_launch(h, text, sizeof(text)) != 0) && find_cause(h, d);
}

bool doctor_explain(const struct host *h, struct diag *d)
{
	struct diag cause = { .code = d->code };
	char words[sizeof(d->msg)];

	if (!find_cause(h, &cause)) {
		if (d->try[0] == '\0')
			diag_try(d, "claude-sandbox --test");
		return false;
	}
	/* bwrap's words stay, after ours. */
	snprintf(words, sizeof(words), "%s", d->msg);
	diag_set(d, cause.code, "%s%s%.200s%s", cause.msg, words[0] != '\0' ? " (" : "", words,
		 words[0] != '\0' ? ")" : "");
	diag_try(d, "%s", cause.try);
	return true;
}
