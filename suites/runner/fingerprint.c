/* SPDX-License-Identifier: MIT */
/* What this report is about: the machine, the tools, the plan. Reads, never judges. */
#include "runner/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build.h"
#include "doctor.h"
#include "mem.h"
#include "sha.h"
#include "spawn.h"
#include "util.h"
#include "versions.h"

/* The first line of a small file without its newline, or NULL. */
static char *fingerprint_line(const char *path)
{
	FILE *f = fopen(path, "re");
	char buf[256], *ok = f != NULL ? fgets(buf, sizeof(buf), f) : NULL;

	if (f != NULL)
		fclose(f);
	if (ok == NULL)
		return NULL;
	buf[strcspn(buf, "\n")] = '\0';
	return xstrdup(buf);
}

static char *fingerprint_number(const char *path)
{
	char *s = fingerprint_line(path);

	const char *digits = s != NULL && s[0] == '-' ? s + 1 : s;

	if (s != NULL && (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')) {
		free(s);
		return NULL;
	}
	return s;
}

struct fingerprint_exec {
	const char *path;
	int out;
};

static int fingerprint_version_child(void *arg)
{
	const struct fingerprint_exec *e = arg;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, 0);
	dup2(e->out, 1);
	dup2(null, 2);
	execl(e->path, e->path, "--version", (char *)NULL);
	return 127;
}

/* "0.8.0" of "bubblewrap 0.8.0", or NULL. */
static char *fingerprint_bwrap(const char *path)
{
	struct spawn_out out, *outs[] = { &out };
	struct fingerprint_exec e = { path, spawn_pipe(&out, 256) };
	struct spawn child;
	char *version = NULL;
	bool started = e.out >= 0 && spawn_start(&child, fingerprint_version_child, &e) == 0;

	if (e.out >= 0)
		close(e.out);
	if (started) {
		const char *sp;

		spawn_drain(outs, 1, spawn_now() + 2, 2);
		spawn_wait(&child, spawn_now() + 1);
		sp = out.buf != NULL ? strrchr(out.buf, ' ') : NULL;
		if (sp != NULL)
			version = xstrndup(sp + 1, strcspn(sp + 1, "\n"));
	}
	spawn_out_done(&out);
	return version;
}

static char *fingerprint_file(const char *path)
{
	char hex[SHA256_HEX];

	return path != NULL && sha256_file(path, hex) == 0 ? xstrdup(hex) : NULL;
}

static void fingerprint_setting(struct sha *h, const char *name, const char *value)
{
	sha_add(h, name, strlen(name) + 1);
	sha_add(h, value, strlen(value) + 1);
}

static void fingerprint_settings(struct sha *h, const char *name, const struct conf_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		fingerprint_setting(h, name, list->item[i].value);
}

/*
 * Of the settings in force and the configuration files, not of the words of the command line: where a report goes
 * and what it is compared with sets nothing. The project is the plan's.
 */
static char *fingerprint_config(const struct conf *c)
{
	char hex[SHA256_HEX];
	struct sha h;

	sha256_init(&h);
	fingerprint_setting(&h, "net", (char[]){ (char)('0' + conf_net(c)), '\0' });
	fingerprint_settings(&h, "allow_host", &c->allow_host);
	fingerprint_settings(&h, "deny_host", &c->deny_host);
	fingerprint_settings(&h, "port", &c->port);
	fingerprint_setting(&h, "no_seccomp", c->no_seccomp ? "1" : "0");
	for (enum confkey key = 0; key < CONFKEYS; key++)
		fingerprint_setting(&h, confkey_row(key)->name,
				    (char[]){ (char)('0' + c->value[key].n), '\0' });
	fingerprint_settings(&h, "extra_bind", &c->extra_bind);
	fingerprint_settings(&h, "extra_path", &c->extra_path);
	fingerprint_settings(&h, "extra_ro", &c->extra_ro);
	fingerprint_settings(&h, "mask", &c->mask);
	fingerprint_settings(&h, "env", &c->env);
	fingerprint_settings(&h, "blocked_syscalls", &c->blocked_syscalls);
	fingerprint_settings(&h, "blocked_commands", &c->blocked_commands);
	fingerprint_settings(&h, "tty.escapes", &c->tty_allow);
	fingerprint_setting(&h, "tty.mode",
			    c->value[CONFKEY_TTY_MODE].n == CONF_TTY_DIRECT ? "direct" : "proxy");
	if (c->config_file != NULL && sha256_file(c->config_file, hex) == 0)
		sha_add(&h, hex, sizeof(hex));
	if (c->project_file != NULL && sha256_file(c->project_file, hex) == 0)
		sha_add(&h, hex, sizeof(hex));
	sha_end(&h, hex);
	return xstrdup(hex);
}

static char *fingerprint_text(const char *text)
{
	char hex[SHA256_HEX];
	struct sha h;

	sha256_init(&h);
	sha_add(&h, text, strlen(text));
	sha_end(&h, hex);
	return xstrdup(hex);
}

static char *fingerprint_plan(const struct plan *p)
{
	AUTO_FREE char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (f == NULL)
		mem_oom();
	plan_dump_text(p, f);
	fclose(f);
	return fingerprint_text(text);
}

static char *fingerprint_bpf(const struct plan *p)
{
	const struct plan_op *op = plan_find(p, PLAN_SECCOMP, NULL);
	char hex[SHA256_HEX];
	struct sha h;

	if (op == NULL)
		return NULL;
	sha256_init(&h);
	sha_add(&h, op->data, op->len);
	sha_end(&h, hex);
	return xstrdup(hex);
}

static char *fingerprint_libseccomp(void)
{
	const struct scmp_version *v = seccomp_version();

	return v != NULL ? xasprintf("%u.%u.%u", v->major, v->minor, v->micro) : NULL;
}

static void fingerprint_sysctls(struct report *r)
{
	enum { NUMBER = true, TEXT = false };
	static const struct {
		const char *name, *path;
		bool number;
	} rows[] = {
#define SYSCTL(name, path, kind) { name, "/proc/sys/" path, kind },
#include "runner/sysctl.def"
#undef SYSCTL
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		report_fingerprint(r, rows[i].name,
				   rows[i].number ? fingerprint_number(rows[i].path)
						  : fingerprint_line(rows[i].path),
				   rows[i].number);
}

/* What already confines whoever asks: the box inherits it. */
static void fingerprint_caller(struct report *r)
{
	char *label = fingerprint_line("/proc/self/attr/current");
	char *seccomp = NULL;
	char line[128];
	AUTO_FILE FILE *f = fopen("/proc/self/status", "re");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Seccomp: %m[0-9]", &seccomp) == 1)
			break;
	report_fingerprint(r, "lsm_label", label, false);
	report_fingerprint(r, "outer_seccomp", seccomp, true);
}

void fingerprint_add(struct suite *s, const struct prepared *p)
{
	static const char *const identities[] = { "self", "drop", "idmap" };
	struct report *r = &s->report;
	struct utsname u;

	if (uname(&u) == 0) {
		report_fingerprint(r, "tool", xstrdup("claude-sandbox " CLAUDE_SANDBOX_VERSION), false);
		report_fingerprint(r, "build", xstrdup(build_id), false);
		report_fingerprint(r, "kernel", xstrdup(u.release), false);
		report_fingerprint(r, "arch", xstrdup(u.machine), false);
	}
	report_fingerprint(r, "bwrap",
			   p->host.bwrap.path != NULL && !p->host.bwrap.odd_place
			       ? fingerprint_bwrap(p->host.bwrap.path)
			       : NULL,
			   false);
	report_fingerprint(r, "bwrap_sha256", fingerprint_file(p->host.bwrap.path), false);
	report_fingerprint(r, "libseccomp", fingerprint_libseccomp(), false);
	report_fingerprint(r, "lsm", p->host.lsm != NULL ? xstrdup(p->host.lsm) : NULL, false);
	s->landlock_abi = p->host.landlock_abi;
	if (s->landlock_abi < 2)
		strv_addf(&r->notes, "Landlock is %s: that layer is missing, the others hold",
			  s->landlock_abi > 0		    ? "too old (ABI 1)"
			  : p->host.landlock_errno == EPERM ? "refused (EPERM), as by a container's filter"
							    : "not there");
	report_fingerprint(r, "landlock_abi", xasprintf("%d", p->host.landlock_abi), true);
	report_fingerprint(r, "wsl", xstrdup(p->host.wsl ? "true" : "false"), true);
	fingerprint_sysctls(r);
	fingerprint_caller(r);
	report_fingerprint(r, "nix", versions_nix(s->env), false);
	report_fingerprint(r, "agent", p->host.nagent > 0 ? versions_agent(p->host.agent[0].real) : NULL,
			   false);
	report_fingerprint(r, "identity", xstrdup(identities[p->policy.identity]), false);
	report_fingerprint(r, "project_sha256", fingerprint_text(p->policy.project), false);
	report_fingerprint(r, "config_sha256", fingerprint_config(&s->conf), false);
	report_fingerprint(r, "plan_sha256", fingerprint_plan(&p->plan), false);
	report_fingerprint(r, "bpf_sha256", fingerprint_bpf(&p->plan), false);
}

bool fingerprint_host_cannot(const struct prepared *p, struct diag *d)
{
	/* Without a release the facts were never collected. */
	return p->host.release != NULL && doctor_cause(&p->host, d);
}
