/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "hostagent.h"
#include "hostblocked.h"
#include "hostbwrap.h"
#include "hostclaude.h"
#include "hostgit.h"
#include "hosttool.h"
#include "hostroot.h"
#include "mem.h"
#include "mountinfo.h"
#include "path.h"
#include "util.h"

/* Larger files are not what they should be; reading them would only cost. */
enum { TEXT_MAX = 1 << 20 };

static const char *const host_table[] = {
#define SYSDIR(path, kind, why) path,
#include "data/sysdirs.def"
#undef SYSDIR
#define SYSMASK(path, kind, why) path,
#include "data/sysmasks.def"
#undef SYSMASK
#define PROCMASK(path, why) path,
#define PROCREAD(path, why) path,
#include "data/procmasks.def"
	"/init",      "/run/WSL",      "/etc/resolv.conf", "/etc/hosts",     "/etc/passwd",
	"/etc/group", "/etc/hostname", "/etc/machine-id",  "/etc/localtime",
};

static const char *const host_creds[] = {
#define CRED(id, path, kind, title) path,
#include "data/creds.def"
#undef CRED
};

static char *host_text(struct hostroot *root, const char *path)
{
	char *text = hostroot_read(root, path, TEXT_MAX);

	return text != NULL ? text : xstrdup("");
}

/* The value of "KEY value" in the lines of a recorded host's file, borrowed, up to the end of its line; or "". */
static const char *host_recorded(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, key, len) == 0 && line[len] == ' ')
			return line + len + 1;
	return "";
}

static char *host_recorded_dup(const char *text, const char *key)
{
	const char *value = host_recorded(text, key);

	return xstrndup(value, strcspn(value, "\n"));
}

static int host_recorded_file(const char *dir, const char *name, char **ret, struct diag *d)
{
	AUTO_FREE char *path = path_join(dir, name);
	struct hostroot live = { .fd = AT_FDCWD };
	AUTO_CLOSE int cwd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	live.fd = cwd;
	*ret = hostroot_read(&live, path, TEXT_MAX);
	return *ret != NULL ? 0 : diag_set(d, -ENOENT, "recorded host without %s", path);
}

/* Who the caller is and what it runs on, from the files `ids` and `kernel` of a recorded host. */
static int host_replay(struct host *h, const char *dir, struct diag *d)
{
	AUTO_FREE char *ids = NULL;
	AUTO_FREE char *kernel = NULL;
	const char *groups;
	int r = host_recorded_file(dir, "ids", &ids, d);

	if (r == 0)
		r = host_recorded_file(dir, "kernel", &kernel, d);
	if (r < 0)
		return r;
	h->uid = (uid_t)strtoul(host_recorded(ids, "uid"), NULL, 10);
	h->euid = (uid_t)strtoul(host_recorded(ids, "euid"), NULL, 10);
	h->gid = (gid_t)strtoul(host_recorded(ids, "gid"), NULL, 10);
	groups = host_recorded(ids, "groups");
	h->groups = xcalloc(strlen(groups) + 1, sizeof(*h->groups));
	while (isdigit((unsigned char)*groups)) {
		char *end;

		h->groups[h->ngroups++] = (gid_t)strtoul(groups, &end, 10);
		groups = end + strspn(end, " ");
	}
	h->release = host_recorded_dup(kernel, "release");
	h->machine = host_recorded_dup(kernel, "machine");
	h->landlock_abi = atoi(host_recorded(kernel, "landlock_abi"));
	return 0;
}

/* The same from the live machine. */
static int host_ask(struct host *h, struct diag *d)
{
	struct utsname u;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1U /* LANDLOCK_CREATE_RULESET_VERSION */);
	int why = errno;
	int n = getgroups(0, NULL);

	if (n < 0 || uname(&u) < 0)
		return diag_errno(d, -errno, "cannot ask the kernel who runs this");
	h->uid = getuid();
	h->euid = geteuid();
	h->gid = getgid();
	h->groups = xcalloc((size_t)n + 1, sizeof(*h->groups));
	n = getgroups(n, h->groups);
	if (n < 0)
		return diag_errno(d, -errno, "cannot read the supplementary groups");
	h->ngroups = (size_t)n;
	h->release = xstrdup(u.release);
	h->machine = xstrdup(u.machine);
	h->landlock_abi = abi > 0 ? (int)abi : 0;
	h->landlock_errno = abi < 0 ? why : 0;
	return 0;
}

/* Field `n` of a passwd line, borrowed, and its length. */
static const char *host_field(const char *line, unsigned n, size_t *len)
{
	const char *end = line + strcspn(line, "\n");

	for (; n > 0; n--) {
		line = memchr(line, ':', (size_t)(end - line));
		if (line == NULL)
			return NULL;
		line++;
	}
	*len = strcspn(line, ":\n");
	return line;
}

/* A plain one, which is no account's of the passwd file. */
static bool is_free_name(const char *passwd, const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > 32 || strchr("-.0123456789", *name) != NULL ||
	    name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")] != '\0')
		return false;
	for (const char *line = passwd; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (strcspn(line, ":\n") == len && strncmp(line, name, len) == 0)
			return false;
	return true;
}

/* Name and shell of the caller as the passwd file has them: NSS would load libraries and talk to daemons. */
static void host_user(struct host *h)
{
	static const char *const names[] = { "LOGNAME", "USER" };

	for (const char *line = h->passwd; *line != '\0';
	     line += strcspn(line, "\n"), line += *line == '\n') {
		size_t len, name_len = strcspn(line, ":\n"), shell_len = 0;
		const char *uid = host_field(line, 2, &len);
		const char *shell = host_field(line, 6, &shell_len);
		char *end;

		if (uid == NULL || len == 0 || name_len == 0 || !isdigit((unsigned char)*uid))
			continue;
		if (strtoul(uid, &end, 10) != h->uid || end != uid + len)
			continue;
		h->user = xstrndup(line, name_len);
		if (shell != NULL && shell_len > 0 && shell[0] == '/')
			h->shell = xstrndup(shell, shell_len);
		break;
	}
	/* Of an account that a daemon knows: the name that the login gave. */
	for (size_t i = 0; h->user == NULL && i < ARRAY_SIZE(names); i++) {
		const char *name = env_get(h->env, names[i]);

		if (name != NULL && is_free_name(h->passwd, name))
			h->user = xstrdup(name);
	}
	if (h->user == NULL)
		h->user = xstrdup("user");
	if (h->shell == NULL)
		h->shell = xstrdup("/bin/sh");
}

static bool host_is(struct hostroot *root, const char *path, char value)
{
	AUTO_FREE char *text = hostroot_read(root, path, TEXT_MAX);

	return text != NULL && text[0] == value && (text[1] == '\0' || text[1] == '\n');
}

static bool host_is_wsl(struct host *h, struct hostroot *root)
{
	/* Microsoft's own kernels say "microsoft-standard-WSL2"; a home-made one may not, the rest stays. */
	return strcasestr(h->release, "microsoft") != NULL || env_get(h->env, "WSL_INTEROP") != NULL ||
	       env_get(h->env, "WSL_DISTRO_NAME") != NULL || hostroot_exists(root, "/run/WSL") ||
	       hostroot_exists(root, "/proc/sys/fs/binfmt_misc/WSLInterop") ||
	       hostroot_exists(root, "/proc/sys/fs/binfmt_misc/WSLInterop-late");
}

/* A virtual machine may have its system on such a mount: that is no drive in it. */
static bool host_is_system(const char *path)
{
	static const char *const trees[] = {
#define SYSDIR_TREE(path) path,
#define SYSDIR_DIR(path)  path,
#define SYSDIR_FILE(path) path,
#define SYSDIR_SOFTWARE(path)
#define SYSDIR(path, kind, why) SYSDIR_##kind(path)
#include "data/sysdirs.def"
#undef SYSDIR
#undef SYSDIR_SOFTWARE
#undef SYSDIR_FILE
#undef SYSDIR_DIR
#undef SYSDIR_TREE
	};

	for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
		if (streq(trees[i], path))
			return true;
	return false;
}

static void host_drives(struct host *h)
{
	AUTO_STRV struct strv all = { 0 };

	mountinfo_drives(h->mounts, &all);
	for (size_t i = 0; i < all.n; i++)
		if (!host_is_system(all.v[i]))
			strv_add(&h->drives, all.v[i]);
}

const char *host_drive(const struct host *h, const char *path)
{
	for (size_t i = 0; i < h->drives.n; i++)
		if (path_is_under(path, h->drives.v[i]))
			return h->drives.v[i];
	return NULL;
}

/* As user_namespaces(7) writes the map: what it is inside, outside, and how many. */
static bool host_is_lone_root(const struct host *h, struct hostroot *root)
{
	AUTO_FREE char *map = host_text(root, "/proc/self/uid_map");
	unsigned inside, count;

	if (h->euid != 0 || *map == '\0')
		return false;
	for (const char *line = map; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (sscanf(line, "%u %*u %u", &inside, &count) != 2 || inside > 0 || count > 1)
			return false;
	return true;
}

/* Ubuntu's, and what our own advice writes. */
static const char *const apparmor_files[] = { "/etc/apparmor.d/bwrap-userns-restrict",
					      "/etc/apparmor.d/bwrap" };

static void host_kernel(struct host *h, struct hostroot *root)
{
	h->mounts = host_text(root, "/proc/self/mountinfo");
	host_drives(h);
	h->lsm = host_text(root, "/sys/kernel/security/lsm");
	h->lsm[strcspn(h->lsm, "\n")] = '\0';
	h->userns_clone_off = host_is(root, "/proc/sys/kernel/unprivileged_userns_clone", '0');
	h->userns_max_zero = host_is(root, "/proc/sys/user/max_user_namespaces", '0');
	h->apparmor_userns = host_is(root, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1');
	for (size_t i = 0; i < ARRAY_SIZE(apparmor_files) && h->apparmor_userns && h->apparmor_file == NULL;
	     i++)
		if (hostroot_exists(root, apparmor_files[i]))
			h->apparmor_file = apparmor_files[i];
	h->lone_root = host_is_lone_root(h, root);
	h->wsl = host_is_wsl(h, root);
}

static void host_home(struct host *h, struct hostroot *root)
{
	const char *home = env_get(h->env, "HOME");

	if (home != NULL && home[0] == '/') {
		AUTO_FREE char *clean = path_clean("/", home);
		AUTO_CLOSE int fd = hostroot_open(root, clean, O_PATH | O_DIRECTORY);

		if (fd >= 0)
			h->home = hostroot_real(root, fd);
	}
	if (h->home == NULL)
		h->home = xstrdup("");
}

static bool host_has(struct hostroot *root, const char *dir, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO_FREE char *path = path_join(dir, names[i]);

		if (hostroot_exists(root, path))
			return true;
	}
	return false;
}

/* What software consists of; all else below /opt/NAME is its data, with sockets and secrets. Sorted. */
static const char *const host_software[] = { "bin",	"include", "lib",   "lib32", "lib64",
					     "libexec", "sbin",	   "share", "usr" };

/* True for a directory that holds software and is nobody's home. */
static bool host_is_software(struct hostroot *root, const char *dir)
{
	static const char *const software[] = { "bin", "sbin", "lib", "lib64", "libexec", "share", "usr" };
	static const char *const home[] = { ".profile", ".bashrc", ".bash_history",
					    ".ssh",	".config", ".gnupg" };

	return host_has(root, dir, software, ARRAY_SIZE(software)) &&
	       !host_has(root, dir, home, ARRAY_SIZE(home));
}

static void host_software_in(struct host *h, struct hostroot *root, const char *dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(host_software); i++) {
		AUTO_FREE char *path = path_join(dir, host_software[i]);

		if (hostroot_exists(root, path))
			strv_take(&h->opt_software, TAKE_PTR(path));
	}
}

static int host_by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void host_opt(struct host *h, struct hostroot *root)
{
	int fd = hostroot_open(root, "/opt", O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	AUTO_DIR DIR *dir = mem_dir(fd);
	const struct dirent *e;

	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL) {
		AUTO_FREE char *path = xasprintf("/opt/%s", e->d_name);

		/* A link's target is somewhere else: what is there is for that place to decide. */
		if (e->d_name[0] == '.' || (e->d_type != DT_DIR && e->d_type != DT_UNKNOWN))
			continue;
		if (host_is_software(root, path))
			host_software_in(h, root, path);
	}
	if (h->opt_software.n > 1)
		qsort(h->opt_software.v, h->opt_software.n, sizeof(*h->opt_software.v), host_by_name);
}

/* With every directory that leads there: it could be a link. */
static void host_list_paths(struct strv *ret, const struct conf_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		AUTO_FREE char *path = path_clean("/", list->item[i].value);

		for (const char *s = strchr(path + 1, '/'); s != NULL; s = strchr(s + 1, '/'))
			strv_take(ret, xstrndup(path, (size_t)(s - path)));
		strv_take(ret, TAKE_PTR(path));
	}
}

static const char *const host_variables[] = {
#define ENV_KEEP(name, why)
#define ENV_PATHS(name, why) name,
#define ENV_SET(name, value, why)
#define ENV_MAYBE(name, value, why)
#define ENV_NET(name, value, why)
#define ENV_REFUSE(name, why)
#include "data/env.def"
};

/* What variables of paths name. */
static void host_variable_paths(const struct host *h, struct strv *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(host_variables); i++) {
		const char *s = env_get(h->env, host_variables[i]);

		for (; s != NULL && *s != '\0'; s += *s == ':') {
			size_t len = strcspn(s, ":");
			AUTO_FREE char *path = xstrndup(s, len);

			if (*path == '/')
				strv_take(ret, path_clean("/", path));
			s += len;
		}
	}
}

/* Every path that tables and settings name, sorted, each once. */
static void host_wanted(const struct host *h, const struct conf *conf, struct strv *ret)
{
	const char *home = env_get(h->env, "HOME"), *agent = env_get(h->env, "SSH_AUTH_SOCK"),
		   *shell = env_get(h->env, "SHELL");

	for (size_t i = 0; i < ARRAY_SIZE(host_table); i++)
		strv_add(ret, host_table[i]);
	host_variable_paths(h, ret);
	if (shell != NULL && shell[0] == '/')
		strv_take(ret, path_clean("/", shell));
	if (h->shell[0] == '/')
		strv_take(ret, path_clean("/", h->shell));
	if (home != NULL && home[0] == '/')
		strv_take(ret, path_clean("/", home));
	if (h->home[0] != '\0')
		strv_add(ret, h->home);
	for (size_t i = 0; h->home[0] != '\0' && i < ARRAY_SIZE(host_creds); i++)
		strv_take(ret, path_join(h->home, host_creds[i]));
	if (conf->project != NULL)
		strv_take(ret, path_clean("/", conf->project));
	host_list_paths(ret, &conf->extra_bind);
	host_list_paths(ret, &conf->extra_ro);
	host_list_paths(ret, &conf->extra_path);
	if (conf->value[CONFKEY_SSH_AGENT].n > 0 && agent != NULL && agent[0] == '/')
		strv_take(ret, path_clean("/", agent));
	for (size_t i = 0; i < h->opt_software.n; i++)
		strv_add(ret, h->opt_software.v[i]);
	for (size_t i = 0; i < h->drives.n; i++)
		strv_add(ret, h->drives.v[i]);
	hostbwrap_path_dirs(h->env, ret);
	if (ret->n > 0)
		qsort(ret->v, ret->n, sizeof(*ret->v), host_by_name);
}

/* A mask costs a mount at every start: an empty directory needs none. */
static void host_empty_dirs(struct host *h, struct hostroot *root)
{
	static const char *const masks[] = {
#define SYSMASK(path, kind, why) path,
#include "data/sysmasks.def"
#undef SYSMASK
	};

	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		const struct host_node *n = host_find(h, masks[i]);
		const struct dirent *e = NULL;
		AUTO_DIR DIR *dir = NULL;
		int fd;

		if (n == NULL || n->real == NULL || n->real_type != HOST_DIR)
			continue;
		fd = hostroot_open(root, n->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
		dir = mem_dir(fd);
		if (dir == NULL)
			continue;
		while ((e = readdir(dir)) != NULL && (streq(e->d_name, ".") || streq(e->d_name, "..")))
			;
		h->node[n - h->node].empty_dir = e == NULL;
	}
}

/*
 * Which object a path names, so that the launch can be held to it: between this
 * look and the mount, somebody may swap a directory for a link. `real` is what the
 * kernel calls the opened object, so it has no links in it.
 */
static void host_identify(struct host *h, struct hostroot *root, const char *asked)
{
	AUTO_FREE char *path = path_clean("/", asked);
	const struct host_node *n = host_find(h, path);
	AUTO_FREE char *real = NULL;
	AUTO_CLOSE int fd = -1;
	struct host_node *found;
	struct stat st;

	if (n == NULL || n->real == NULL)
		return;
	found = &h->node[n - h->node];
	fd = hostroot_open(root, found->real, O_PATH | O_NOFOLLOW);
	real = fd >= 0 ? hostroot_real(root, fd) : NULL;
	if (real == NULL || !streq(real, found->real) || fstat(fd, &st) < 0) {
		/* It moved while we looked: as if it were not there. */
		mem_free_ptr(&found->real);
		found->real_type = HOST_ABSENT;
		return;
	}
	found->dev = st.st_dev;
	found->ino = st.st_ino;
	found->real_type = hostroot_type(st.st_mode);
	found->uid = st.st_uid;
	found->gid = st.st_gid;
}

static void host_identities(struct host *h, struct hostroot *root, const struct conf *conf)
{
	if (conf->project != NULL)
		host_identify(h, root, conf->project);
	for (size_t i = 0; i < conf->extra_bind.n; i++)
		host_identify(h, root, conf->extra_bind.item[i].value);
	for (size_t i = 0; i < conf->extra_ro.n; i++)
		host_identify(h, root, conf->extra_ro.item[i].value);
	if (conf->value[CONFKEY_SSH_AGENT].n > 0 && env_get(h->env, "SSH_AUTH_SOCK") != NULL)
		host_identify(h, root, env_get(h->env, "SSH_AUTH_SOCK"));
	for (size_t i = 0; i < conf->extra_path.n; i++)
		host_identify(h, root, conf->extra_path.item[i].value);
}

static void host_nodes(struct host *h, struct hostroot *root, const struct conf *conf)
{
	AUTO_STRV struct strv wanted = { 0 };

	host_wanted(h, conf, &wanted);
	h->node = xcalloc(wanted.n + 1, sizeof(*h->node));
	for (size_t i = 0; i < wanted.n; i++)
		if (i == 0 || !streq(wanted.v[i], wanted.v[i - 1]))
			hostroot_node(root, wanted.v[i], &h->node[h->nnode++]);
	host_empty_dirs(h, root);
	if (root->owners == NULL)
		host_identities(h, root, conf);
}

/* git can't hold a directory named .git, so a recorded host lists its repositories. */
static int host_project(struct host *h, struct hostroot *root, const struct host_source *src,
			const struct conf *conf, struct diag *d)
{
	AUTO_FREE char *git = NULL;
	AUTO_FREE char *listed = NULL;
	AUTO_FREE char *project = NULL;
	int r;

	if (conf->project == NULL)
		return 0;
	project = path_clean("/", conf->project);
	hostclaude_project(root, project, h);
	if (conf->value[CONFKEY_CLAUDE_MEMORY].n == CONF_MEMORY_DROP)
		hostclaude_memory(root, project, h);
	if (src->recorded != NULL) {
		r = host_recorded_file(src->recorded, "kernel", &listed, d);
		if (r < 0)
			return r;
		git = host_recorded_dup(listed, "repository");
		h->project_git = streq(git, project);
		return 0;
	}
	git = path_join(project, ".git");
	h->project_git = hostroot_exists(root, git);
	return 0;
}

static void host_mitmdump(struct host *h, struct hostroot *root)
{
	AUTO_STRV struct strv dirs = { 0 };

	hostbwrap_path_dirs(h->env, &dirs);
	for (size_t i = 0; i < dirs.n && h->mitmdump == NULL; i++) {
		AUTO_FREE char *path = path_join(dirs.v[i], "mitmdump");
		AUTO_CLOSE int fd = hostroot_open(root, path, O_PATH);
		struct stat st;

		if (fd >= 0 && hostroot_stat(root, fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    (st.st_mode & 0111) != 0)
			h->mitmdump = TAKE_PTR(path);
	}
}

int host_load(const struct host_source *src, const struct conf *conf, struct host *ret, struct diag *d)
{
	struct hostroot root = { .fd = -1 };
	int r;

	*ret = (struct host){ 0 };
	r = hostroot_init(&root, src->rootfd, src->recorded, d);
	if (r == 0)
		r = src->recorded != NULL ? host_replay(ret, src->recorded, d) : host_ask(ret, d);
	if (r == 0) {
		/* The type of environ; nothing here writes to it. */
		memcpy(&ret->env, &src->env, sizeof(ret->env));
		ret->passwd = host_text(&root, "/etc/passwd");
		ret->group = host_text(&root, "/etc/group");
		host_user(ret);
		hostbwrap_find(&root, ret);
		if (src->bwrap_known != NULL)
			src->bwrap_known(ret, src->arg);
		host_home(ret, &root);
		host_kernel(ret, &root);
		host_opt(ret, &root);
		host_nodes(ret, &root, conf);
		if (conf->mitmproxy)
			host_mitmdump(ret, &root);
		hostagent_find(&root, ret);
		hosttool_find(&root, conf, ret);
		hostblocked_find(&root, conf, ret);
		hostclaude_read(&root, ret);
		hostgit_read(&root, conf, ret);
		r = host_project(ret, &root, src, conf, d);
	}
	hostroot_done(&root);
	if (r < 0)
		host_done(ret);
	return r;
}

void host_done(struct host *h)
{
	for (size_t i = 0; i < h->nnode; i++) {
		free(h->node[i].path);
		free(h->node[i].link);
		free(h->node[i].real);
	}
	free(h->node);
	free(h->groups);
	free(h->user);
	free(h->shell);
	free(h->home);
	free(h->passwd);
	free(h->group);
	strv_done(&h->opt_software);
	strv_done(&h->drives);
	hostagent_done(h);
	hosttool_done(h);
	hostblocked_done(h);
	strv_done(&h->packages);
	hostclaude_done(h);
	hostgit_done(h);
	free(h->mounts);
	free(h->bwrap.path);
	free(h->mitmdump);
	free(h->release);
	free(h->machine);
	free(h->lsm);
	*h = (struct host){ 0 };
}

static int host_cmp_node(const void *key, const void *node)
{
	return strcmp(key, ((const struct host_node *)node)->path);
}

const struct host_node *host_find(const struct host *h, const char *path)
{
	return h->nnode == 0 ? NULL : bsearch(path, h->node, h->nnode, sizeof(*h->node), host_cmp_node);
}
