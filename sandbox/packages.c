/* SPDX-License-Identifier: MIT */
#include "packages.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostbwrap.h"
#include "log.h"
#include "mem.h"
#include "path.h"
#include "state.h"
#include "util.h"

#define STORE "/nix/store/"

enum { ANSWER_MAX = 65536 };

/* Where nix installs itself: another directory of PATH may hold what a session left there. "~" is the home. */
static const char *const places[] = {
	"/run/current-system/sw/bin",
	"/nix/var/nix/profiles/default/bin",
	"/usr/bin",
	"/usr/local/bin",
	"/bin",
	"~/.nix-profile/bin",
	"~/.local/state/nix/profile/bin",
};

char *packages_store_path(const char **text)
{
	while (**text != '\0') {
		const char *line = *text;
		size_t n = strcspn(line, "\n"), name = strlen(STORE);

		*text += n + (line[n] == '\n');
		if (n <= name || n >= PATH_MAX || !str_starts(line, STORE) || line[name] == '.')
			continue;
		if (strspn(line + name,
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-._?=") ==
		    n - name)
			return xstrndup(line, n);
	}
	return NULL;
}

/* Its directory of programs, owned; NULL: none is there. */
static char *bin_of(const char *path)
{
	AUTO_FREE char *bin = path_join(path, "bin");
	struct stat st;

	return stat(bin, &st) == 0 && S_ISDIR(st.st_mode) ? TAKE_PTR(bin) : NULL;
}

static char *find_nix(char *const *env)
{
	const char *home = env_get(env, "HOME");
	AUTO_STRV struct strv dirs = { 0 };

	hostbwrap_path_dirs(env, &dirs);
	for (size_t i = 0; i < dirs.n; i++) {
		AUTO_FREE char *nix = path_join(dirs.v[i], "nix");
		bool known = false;

		for (size_t k = 0; k < ARRAY_SIZE(places) && !known; k++) {
			AUTO_FREE char *place = path_expand(places[k], home != NULL ? home : "");

			known = streq(place, dirs.v[i]);
		}
		if (known && access(nix, X_OK) == 0)
			return TAKE_PTR(nix);
	}
	return NULL;
}

/* Runs nix; what it says goes to the user, what it answers is read. 0 or -errno. */
static int run_nix(const char *nix, const char *name, char *const *env, char *answer, size_t size)
{
	AUTO_FREE char *what = xasprintf("nixpkgs#%s", name);
	AUTO_FREE char *program = xstrdup(nix);
	char *argv[] = { program,
			 (char[]){ "--extra-experimental-features" },
			 (char[]){ "nix-command flakes" },
			 (char[]){ "build" },
			 (char[]){ "--no-link" },
			 (char[]){ "--print-out-paths" },
			 what,
			 NULL };
	int ends[2], st = 0;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);

		signal(SIGXFSZ, SIG_DFL);
		if (null < 0 || dup2(null, 0) < 0 || dup2(ends[1], 1) < 0)
			_exit(127);
		execve(nix, argv, env);
		_exit(127);
	}
	close(ends[1]);
	while (pid > 0 &&
	       ((n = read(ends[0], answer + len, size - 1 - len)) > 0 || (n < 0 && errno == EINTR)))
		len += n > 0 ? (size_t)n : 0;
	answer[len] = '\0';
	close(ends[0]);
	while (pid > 0 && waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return pid > 0 && WIFEXITED(st) && WEXITSTATUS(st) == 0 ? 0 : -EIO;
}

/* The directory of links, made if asked for; -1: none. */
static int open_links(char *const *env, bool create)
{
	AUTO_FREE char *dir = state_dir(env);
	struct diag ignored = { 0 };
	AUTO_CLOSE int state = dir != NULL ? state_open(dir, create, &ignored) : -1;

	if (state < 0)
		return -1;
	if (create)
		mkdirat(state, "packages", 0700);
	return openat(state, "packages", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static char *kept(int links, const char *name)
{
	char text[PATH_MAX];
	ssize_t n = links >= 0 ? readlinkat(links, name, text, sizeof(text) - 1) : -1;
	const char *s = text;
	AUTO_FREE char *path = NULL;

	if (n <= 0)
		return NULL;
	text[n] = '\0';
	path = packages_store_path(&s);
	return path != NULL ? bin_of(path) : NULL;
}

/* A link that can't be kept only costs nix another run. */
static void keep(int links, const char *name, const char *path)
{
	char temp[40];

	if (links < 0)
		return;
	snprintf(temp, sizeof(temp), ".%d.tmp", (int)getpid());
	unlinkat(links, temp, 0);
	if (symlinkat(path, links, temp) == 0 && renameat(links, temp, links, name) < 0)
		unlinkat(links, temp, 0);
}

static int build(const struct conf_item *item, char *const *env, int links, struct strv *ret, struct diag *d)
{
	AUTO_FREE char *nix = find_nix(env);
	AUTO_FREE char *answer = xmalloc(ANSWER_MAX);
	const char *s = answer;

	if (nix == NULL) {
		diag_set(d, -ENOENT, "%s: the package %s needs nix, which is not installed", item->origin,
			 item->value);
		diag_try(d, "install nix, or take \"packages\" out of the config; extra_path adds a "
			    "directory of your own");
		return d->code;
	}
	log_note("building the package %s with nix, once", item->value);
	if (run_nix(nix, item->value, env, answer, ANSWER_MAX) < 0) {
		diag_set(d, -EIO, "%s: nix could not build the package %s", item->origin, item->value);
		diag_try(d, "nix build --no-link nixpkgs#%s", item->value);
		return d->code;
	}
	for (;;) {
		AUTO_FREE char *path = packages_store_path(&s);
		char *bin = path != NULL ? bin_of(path) : NULL;

		if (path == NULL)
			return diag_set(d, -ENOENT, "%s: the package %s has no programs", item->origin,
					item->value);
		if (bin == NULL)
			continue;
		keep(links, item->value, path);
		strv_take(ret, bin);
		return 0;
	}
}

int packages_resolve(const struct conf *conf, char *const *env, bool may_build, struct strv *ret,
		     struct diag *d)
{
	AUTO_CLOSE int links = -1;
	size_t asked = 0;

	for (int profile = 0; profile <= conf->value[CONFKEY_PROFILE].n; profile++)
		asked += conf->packages[profile].n;
	if (asked == 0)
		return 0;
	links = open_links(env, may_build);
	for (int profile = 0; profile <= conf->value[CONFKEY_PROFILE].n; profile++)
		for (size_t i = 0; i < conf->packages[profile].n; i++) {
			const struct conf_item *item = &conf->packages[profile].item[i];
			char *bin = kept(links, item->value);
			int r = 0;

			if (bin != NULL)
				strv_take(ret, bin);
			else if (may_build)
				r = build(item, env, links, ret, d);
			else
				log_note("the package %s is not built yet: a launch does it", item->value);
			if (r < 0)
				return r;
		}
	return 0;
}
