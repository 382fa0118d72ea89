/* SPDX-License-Identifier: MIT */
#include "policytext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autorun.h"
#include "filter.h"
#include "mem.h"
#include "util.h"

/* A path or a glob may have any byte: in this text each stays in its line. */
static void put(FILE *f, const char *s)
{
	for (; *s != '\0'; s++)
		putc((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s, f);
}

static bool has_entries(const struct policy *p, enum policy_access access, enum policy_part part)
{
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].access == access && p->entry[i].part == part && p->entry[i].via == NULL)
			return true;
	return false;
}

static void put_entries(FILE *f, const struct policy *p, enum policy_access access, enum policy_part part,
			const char *what)
{
	for (size_t i = 0; i < p->nentry; i++) {
		const struct policy_entry *e = &p->entry[i];

		if (e->access != access || e->part != part || e->via != NULL)
			continue;
		fputs("  ", f);
		put(f, e->path);
		fprintf(f, "%s\n", what);
	}
}

static void put_files(FILE *f, const struct policy *p)
{
	fputs("Files that can be written:\n", f);
	put_entries(f, p, POLICY_WRITE, POLICY_PROJECT, " (the project; kept)");
	put_entries(f, p, POLICY_WRITE, POLICY_EXTRA, " (kept)");
	put_entries(f, p, POLICY_PRIVATE, POLICY_HOME, " (the home: fresh, gone at the end)");
	put_entries(f, p, POLICY_PRIVATE, POLICY_SYSTEM, " (fresh, gone at the end)");
	if (p->cache != NULL)
		fputs("  the caches of npm, pip, cargo, go and others in the home (kept for this project)\n",
		      f);
	fputs("Read-only: /usr, /etc and the rest of the system", f);
	fputs(has_entries(p, POLICY_READ, POLICY_EXTRA) || has_entries(p, POLICY_READ, POLICY_HOME)
		  ? ", and:\n"
		  : ".\n",
	      f);
	put_entries(f, p, POLICY_READ, POLICY_EXTRA, "");
	put_entries(f, p, POLICY_READ, POLICY_HOME, "");
	fputs("Everything else of the home, other homes, /mnt, /media, keys and logins are not here.\n"
	      "  The user opens a directory with --extra-ro DIR (to read) or --extra-bind DIR (to write).\n",
	      f);
	for (size_t i = 0; i < p->mask.n; i++) {
		fputs(i == 0 ? "Hidden, though in the project (\"mask\" in the user's config, --mask):\n  "
			     : "  ",
		      f);
		put(f, p->mask.v[i]);
		putc('\n', f);
	}
}

#define WIDTH 100

/* Names alone: where they are is found when the text is written already. */
static void put_autorun(FILE *f, const struct policy *p)
{
	size_t column = WIDTH;

	fputs(
	    "Read-only where they are in a project, since the host acts on them by itself (\"Read-only file "
	    "system\",\n  \"Device or resource busy\"):",
	    f);
	for (size_t i = 0; i < autorun_nrows; i++) {
		const struct autorun_row *row = &autorun_rows[i];
		const char *dir = row->place == AUTORUN_GIT ? ".git/" : "";

		/* A .git is meant that is a file; said of all it would mislead. */
		if (row->at_start != AUTORUN_READ_ONLY || streq(row->pattern, ".git"))
			continue;
		column += strlen(dir) + strlen(row->pattern) + 1;
		if (column > WIDTH) {
			fputs("\n ", f);
			column = strlen(dir) + strlen(row->pattern) + 2;
		}
		fprintf(f, " %s%s", dir, row->pattern);
	}
	fputs(
	    "\n  The user opens one with --allow-autorun PATH.\n"
	    "Of these what the host would run (.claude, .mcp.json, .husky, git's hooks and others) is moved "
	    "away within a\n"
	    "  moment when it appears, by you, git clone, git switch or git pull. Git then shows it as "
	    "deleted: don't commit\n"
	    "  that (git add -A and git commit -a would); the user brings it back after the session.\n",
	    f);
	for (size_t i = 0; i < p->allow_autorun.n; i++) {
		fputs(i == 0 ? "Opened of these: " : ", ", f);
		put(f, p->allow_autorun.v[i]);
		if (i + 1 == p->allow_autorun.n)
			putc('\n', f);
	}
	if (p->claude.memory.path != NULL)
		fputs("Your memory of the project is a private copy: changes are dropped at the end.\n", f);
	if (p->dotclaude.path != NULL)
		fputs("The project's .claude is fresh: settings*.json are private copies, the rest is "
		      "read-only, and "
		      "changes are\n"
		      "  dropped at the end. Worktrees can't be made in .claude/worktrees: make them "
		      "elsewhere in the "
		      "project.\n",
		      f);
	if (p->git.n > 0)
		fputs("The repository's .git/config is a private copy: git config, branch and remote work. "
		      "At the "
		      "end branches,\n"
		      "  remotes, submodules and user.name, user.email go back; the rest is dropped, and "
		      "named to the user.\n",
		      f);
	if (p->git.tree.n > 0)
		fputs("Of a worktree that was there before you began, the .git file is held: after `git "
		      "worktree "
		      "remove` fails,\n"
		      "  rm -rf it, and .git/worktrees/NAME if that is left; what is held goes at the end.\n",
		      f);
}

static void put_terminal(FILE *f, const struct policy *p)
{
	if (!p->tty_direct)
		fputs(
		    "On a terminal harmless escape sequences alone reach the user's (no clipboard, reports, "
		    "files, printer).\n"
		    "  The user opens more with \"tty\": {\"escapes\": [...]} in the config.\n",
		    f);
}

static void put_each(FILE *f, const char *label, const struct strv *list)
{
	for (size_t i = 0; i < list->n; i++) {
		fputs(label, f);
		put(f, list->v[i]);
		putc('\n', f);
	}
}

/* "22, 80 and 443" */
static void put_list(FILE *f, const struct strv *list)
{
	for (size_t i = 0; i < list->n; i++)
		fprintf(f, "%s%s", i == 0 ? "" : i + 1 == list->n ? " and " : ", ", list->v[i]);
}

static void put_ports(FILE *f, const struct policy *p)
{
	bool open = p->egress == POLICY_EGRESS_OPEN;

	if (p->port.n > 0) {
		fputs(open ? "  At no ports but " : "  Without a port, ", f);
		put_list(f, &p->port);
		fputs(open ? " (network.ports in the user's config).\n" : " are meant.\n", f);
	} else if (!open) {
		fputs("  Without a port, 80 and 443 are meant.\n", f);
	}
	for (size_t i = 0; i < p->host_port.n; i++)
		fprintf(f, "  127.0.0.1:%s is the host's.\n", p->host_port.v[i]);
	for (size_t i = 0; i < p->publish.n; i++)
		fprintf(f, "  Port %s of the sandbox can be reached from the host, at 127.0.0.1:%s there.\n",
			p->publish.v[i], p->publish.v[i]);
	fputs("  Other ports of 127.0.0.1 are the sandbox's own. The user opens one of the host's with "
	      "--host-port N,\n"
	      "  and one to the host with --publish N.\n",
	      f);
}

static void put_egress(FILE *f, const struct policy *p)
{
	bool open = p->egress == POLICY_EGRESS_OPEN;

	fputs(open ? "Network: TCP to every public host, and names; no address of this machine or a private "
		     "network.\n"
		   : "Network: TCP to the hosts below, and their names; every other name does not exist.\n",
	      f);
	put_each(f, "  allowed: ", &p->allow);
	put_each(f, "  denied: ", &p->deny);
	put_ports(f, p);
	if (p->upstream != NULL)
		fputs("  All of it goes by a proxy of the user's network, which may refuse more.\n", f);
	if (!open && p->allow.n == 0)
		fputs("  No host is allowed.\n", f);
	fprintf(f,
		"  A connection that is refused is reset. UDP, QUIC and ping don't\n"
		"  work; TLS must name the host, HTTP on port 80 too. The user opens a host with "
		"--allow-host%s.\n"
		"  $HTTPS_PROXY answers a refused request with the reason; without it the same rules hold.\n",
		p->deny.n > 0 ? ", if it is not denied" : "");
}

static void put_network(FILE *f, const struct policy *p)
{
	if (p->net_host)
		fputs("Network: the host's, not filtered.\n", f);
	else if (p->egress != POLICY_EGRESS_NONE)
		put_egress(f, p);
	else
		fputs("Network: none. Nothing outside can be reached and no name is resolved; 127.0.0.1 is "
		      "the\n"
		      "  sandbox's own. Downloads and package installs fail. The user opens it with --net "
		      "filtered,\n"
		      "  and a --allow-host HOST for each host, or with --net open.\n",
		      f);
}

static void put_calls(FILE *f, const struct conf *conf, const struct policy *p)
{
	if (p->no_seccomp)
		return;
	fprintf(f,
		"System calls that fail with \"Operation not permitted\" or \"Function not implemented\": "
		"%s, bpf, perf, io_uring,\n"
		"  keyrings, setuid files. `claude-sandbox --list-syscalls` on the host has the list.\n",
		(p->filter & FILTER_USERNS) != 0
		    ? "mount and mount\n"
		      "  namespaces (so docker, podman, bwrap, flatpak don't work)"
		    : "mount, unshare\n"
		      "  and other namespaces (so docker, podman, bwrap, flatpak, chroot don't work)");
	if ((p->filter & FILTER_USERNS) != 0)
		fputs("unshare makes user namespaces, and namespaces of other kinds in them; in one chroot "
		      "works.\n",
		      f);
	if (conf->value[CONFKEY_ALLOW_DEBUG].n > 0)
		fputs("gdb, strace and sanitizers work on the sandbox's own processes.\n", f);
	else
		fputs(
		    "gdb, strace, ltrace and LeakSanitizer don't work: they need ptrace, which is refused.\n"
		    "  ASAN_OPTIONS=detect_leaks=0 is set for that reason, unless the user set it.\n"
		    "  The user opens it with \"allow_debug\": true in the config.\n",
		    f);
	for (size_t i = 0; i < p->blocked.n; i++) {
		fputs(i == 0 ? "Commands that are refused (126), by the user's blocked_commands: " : "; ", f);
		put(f, p->blocked.v[i]);
		fputs(i + 1 == p->blocked.n ? "\n" : "", f);
	}
	for (size_t i = 0; i < p->blocked_syscalls.n; i++)
		fprintf(f, "%s%s%s", i == 0 ? "Refused besides, by the user's blocked_syscalls: " : ", ",
			p->blocked_syscalls.v[i], i + 1 == p->blocked_syscalls.n ? "\n" : "");
}

char *policytext_make(const struct conf *conf, const struct policy *p)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		mem_oom();
	fputs("This is claude-sandbox " CLAUDE_SANDBOX_VERSION
	      ". What it refuses stays refused until the user starts it with other\n"
	      "settings: don't try again in another way, say what is needed and which option opens it.\n\n",
	      f);
	put_files(f, p);
	put_autorun(f, p);
	put_network(f, p);
	put_terminal(f, p);
	put_calls(f, conf, p);
	fputs("sudo, su, ping and other setuid programs gain nothing here. Nothing can be installed into the "
	      "system.\n"
	      "Not here: the docker socket, D-Bus, X11, Wayland, editors' and other programs' "
	      "sockets.\n"
	      "Changes of ~/.claude/settings.json and ~/.claude.json are dropped at the end.\n",
	      f);
	if (!p->ssh_agent)
		fputs("The ssh agent is not lent; the user opens it with --ssh-agent.\n", f);
	for (size_t i = 0; i < p->openings.n; i++) {
		fputs(i == 0 ? "Opened on the user's request:\n  " : "  ", f);
		put(f, p->openings.v[i]);
		putc('\n', f);
	}
	if (fclose(f) != 0)
		mem_oom();
	return text;
}
