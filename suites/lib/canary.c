/* SPDX-License-Identifier: MIT */
/* Plants the files of a site and tells afterwards whether they changed. Sockets and the like: canary_net.c. */
#include "canary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "canary_autorun.h"
#include "canary_net.h"
#include "canary_tty.h"
#include "slug.h"
#include "mem.h"
#include "path.h"
#include "sha.h"
#include "util.h"

struct canary_cred {
	const char *id, *path;
	bool dir;
};

#define CRED(id, path, kind, title) { #id, path, sizeof(#kind) == sizeof("DIR") && #kind[0] == 'D' },
static const struct canary_cred canary_creds[] = {
#include "data/creds.def"
};
#undef CRED

/* What tools really keep in some of those directories, beside the file "canary" that every one gets. */
static const char *const canary_home_files[] = {
	".ssh/id_ed25519",
	".ssh/config",
	".aws/credentials",
	".config/gh/hosts.yml",
	".kube/config",
	".docker/config.json",
	".gnupg/private-keys-v1.d/canary.key",
	"other/secret",
	"Documents/letter.txt",
	".claude/projects/-other/session.jsonl",
};

void canary_input(struct canary_site *s, const char *name, const char *value)
{
	strv_addf(&s->input, "%s=%s", name, value);
}

bool canary_has_input(const struct canary_site *s, const char *name)
{
	return s->input.n > 0 && env_get(s->input.v, name) != NULL;
}

void canary_random(char *out, size_t room, const char *prefix)
{
	unsigned char r[14];
	int n = snprintf(out, room, "%s", prefix);

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r)) {
		/* A filter around us may not know the call. */
		AUTO_CLOSE int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

		if (fd < 0 || read(fd, r, sizeof(r)) != (ssize_t)sizeof(r))
			abort();
	}
	for (size_t i = 0; i < sizeof(r) && (size_t)n + 3 <= room; i++)
		n += snprintf(out + n, room - (size_t)n, "%02x", r[i]);
}

static void canary_own(const struct canary_site *s, const char *path)
{
	if (geteuid() == 0 && lchown(path, s->uid, s->gid) < 0)
		return; /* the box then finds a file of root's, which is no easier to reach */
}

int canary_dir(const struct canary_site *s, const char *path, mode_t mode)
{
	AUTO_FREE char *up = NULL;
	int r;

	if (mkdir(path, mode) == 0) {
		chmod(path, mode);
		canary_own(s, path);
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	if (errno != ENOENT || !path_is_under(path, s->base) || streq(path, s->base))
		return -errno;
	up = path_dirname(path);
	r = canary_dir(s, up, 0755);
	return r < 0 ? r : canary_dir(s, path, mode);
}

int canary_file(const struct canary_site *s, const char *path, mode_t mode, const char *content)
{
	AUTO_FREE char *dir = path_dirname(path);
	AUTO_CLOSE int fd = -1;
	int r = canary_dir(s, dir, 0755);

	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	fchmod(fd, mode);
	canary_own(s, path);
	return dprintf(fd, "%s\n", content != NULL ? content : s->text) > 0 ? 0 : -EIO;
}

static int canary_plant_home(struct canary_site *s)
{
	AUTO_FREE char *config = path_join(s->home, ".gitconfig");
	AUTO_FREE char *ids = xstrdup("");
	AUTO_FREE char *text = xasprintf("[user]\n\tname = Canary\n\temail = canary@example.org\n"
					 "[credential]\n\thelper = !echo password=%s\n"
					 "[http]\n\textraHeader = Authorization: Basic %s\n"
					 "[url \"https://u:%s@example.org/\"]\n\tinsteadOf = canary:",
					 s->text, s->text, s->text);
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(canary_creds) && r == 0; i++) {
		const struct canary_cred *c = &canary_creds[i];
		AUTO_FREE char *path = path_join(s->home, c->path);
		AUTO_FREE char *file = c->dir ? path_join(path, "canary") : xstrdup(path);
		char *more = xasprintf("%s%s%s", ids, i > 0 ? "," : "", c->id);

		free(ids);
		ids = more;
		r = canary_file(s, file, 0600, NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(canary_home_files) && r == 0; i++) {
		AUTO_FREE char *path = path_join(s->home, canary_home_files[i]);

		r = canary_file(s, path, 0600, NULL);
	}
	canary_input(s, "CANARY_CREDS", ids);
	return r < 0 ? r : canary_file(s, config, 0644, text);
}

/* What tools.def calls a secret in a toolchain of the home. */
static int canary_plant_toolchains(struct canary_site *s)
{
	static const struct {
		const char *base, *secrets;
	} rows[] = {
#define TOOLCHAIN(id, variable, base, directory, path, secrets, title) { base, secrets },
#include "data/tools.def"
	};
	AUTO_FREE char *all = xstrdup("");
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (const char *w = rows[i].secrets; *w != '\0' && r == 0; w += strspn(w, " ")) {
			size_t n = strcspn(w, " "), before = strcspn(w, "* ");
			AUTO_FREE char *path =
			    before == n ? xasprintf("%s/%s/%.*s", s->home, rows[i].base, (int)n, w)
					: xasprintf("%s/%s/%.*sv1%.*s", s->home, rows[i].base, (int)before, w,
						    (int)(n - before - 1), w + before + 1);
			char *more = xasprintf("%s%s%s", all, *all != '\0' ? "," : "", path);

			free(all);
			all = more;
			r = canary_file(s, path, 0600, NULL);
			w += n;
		}
	}
	canary_input(s, "CANARY_TOOLCHAINS", all);
	return r;
}

/* What tells a file from its copy, and a directory from a fresh one of its name: the host's numbers. */
static void canary_numbers(struct canary_site *s, const char *name, const char *path, bool whole)
{
	struct stat st;
	char id[48];

	if (stat(path, &st) < 0)
		return;
	if (whole)
		snprintf(id, sizeof(id), "%lu:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
	else
		snprintf(id, sizeof(id), "%lu", (unsigned long)st.st_dev);
	canary_input(s, name, id);
}

/* Its settings of all projects, and the agent itself, where it once put itself: a file, no link to one. */
static int canary_plant_agent(struct canary_site *s, const char *claude)
{
	AUTO_FREE char *config = path_join(s->home, ".claude.json");
	AUTO_FREE char *snapshots = path_join(claude, "shell-snapshots");
	AUTO_FREE char *program = path_join(claude, "local/claude");
	AUTO_FREE char *text = xasprintf("{\"projects\":{\"/other\":{\"secret\":\"%s\"}}}", s->text);
	int r = canary_file(s, config, 0600, text);

	r = r < 0 ? r : canary_file(s, program, 0755, NULL);
	canary_input(s, "CANARY_CONFIG", config);
	canary_input(s, "CANARY_AGENT", program);
	strv_addf(&s->kept, "CANARY_CONFIG=%s", config);
	strv_addf(&s->kept, "CANARY_AGENT=%s", program);
	canary_numbers(s, "CANARY_CONFIGID", config, true);
	canary_numbers(s, "CANARY_SNAPSHOTID", snapshots, true);
	canary_numbers(s, "CANARY_HOMEDEV", s->home, false);
	return r;
}

/* The agent's state: a canary in all that is not this project's, and its record as if it had been here before. */
static int canary_plant_claude(struct canary_site *s)
{
	static const char *const names[] = {
		"projects/-other/canary", "projects/-other/memory/canary", "ide/canary",
		"backups/canary",	  "shell-snapshots/canary",	   "hooks/canary",
	};
	AUTO_FREE char *dir = path_join(s->home, ".claude");
	AUTO_FREE char *slug = claude_slug(s->project);
	AUTO_FREE char *record = xasprintf("%s/projects/%s/first.jsonl", dir, slug);
	AUTO_FREE char *memory = xasprintf("%s/projects/%s/memory", dir, slug);
	AUTO_FREE char *note = path_join(memory, "canary.md");
	int r = canary_file(s, record, 0600, "{}");

	for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++) {
		AUTO_FREE char *path = path_join(dir, names[i]);

		r = canary_file(s, path, 0644, NULL);
	}
	r = r < 0 ? r : canary_file(s, note, 0600, NULL);
	canary_input(s, "CANARY_CLAUDE", dir);
	strv_addf(&s->kept, "CANARY_CLAUDE=%s", dir);
	canary_input(s, "CANARY_MEMORY", memory);
	canary_numbers(s, "CANARY_MEMORYID", memory, true);
	return r < 0 ? r : canary_plant_agent(s, dir);
}

/* What `git init` makes, as far as git asks for it: no git is needed, and no time. */
static int canary_plant_repository(struct canary_site *s)
{
	static const char *const dirs[] = { "objects/info", "objects/pack", "refs/heads",
					    "refs/tags",    "info",	    "hooks" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(dirs) && r == 0; i++) {
		AUTO_FREE char *path = xasprintf("%s/.git/%s", s->project, dirs[i]);

		r = canary_dir(s, path, 0755);
	}
	if (r == 0) {
		AUTO_FREE char *head = path_join(s->project, ".git/HEAD");
		AUTO_FREE char *config = path_join(s->project, ".git/config");
		AUTO_FREE char *hook = path_join(s->project, ".git/hooks/post-commit.sample");
		AUTO_FREE char *readme = path_join(s->project, "README");
		AUTO_FREE char *text = xasprintf("[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n"
						 "\tbare = false\n\tsshCommand = %s\n[alias]\n\tx = !%s",
						 s->text, s->text);

		r = canary_file(s, head, 0644, "ref: refs/heads/main");
		r = r < 0 ? r : canary_file(s, config, 0644, text);
		r = r < 0 ? r : canary_file(s, hook, 0755, "#!/bin/sh");
		r = r < 0 ? r : canary_file(s, readme, 0644, "A scratch project.");
		canary_input(s, "CANARY_GIT", config);
		strv_addf(&s->kept, "CANARY_GIT=%s", config);
	}
	return r;
}

/* An input that is the path of a planted file, and a tree that must not change. */
static int canary_place(struct canary_site *s, const char *name, const char *path, bool keep, mode_t mode)
{
	int r = canary_file(s, path, mode, NULL);

	if (r < 0)
		return r;
	canary_input(s, name, path);
	if (keep)
		strv_addf(&s->kept, "%s=%s", name, path);
	return 0;
}

/* Links of an earlier session, where the launcher is told to mount. */
static int canary_plant_links(struct canary_site *s, const char *victim)
{
	AUTO_FREE char *planted = path_join(s->project, "planted");
	AUTO_FREE char *planted2 = path_join(s->project, "planted2");
	AUTO_FREE char *old_root = xasprintf("/oldroot%s", victim);

	if (symlink(old_root, planted) < 0 || symlink(victim, planted2) < 0)
		return -errno;
	canary_own(s, planted);
	canary_own(s, planted2);
	strv_add(&s->mask, "planted/inner");
	strv_add(&s->mask, "planted2/inner");
	return 0;
}

/* A file system below the read-only directory. */
static int canary_plant_mount(struct canary_site *s)
{
	AUTO_FREE char *dir = path_join(s->ro_dir, "disk");
	AUTO_FREE char *file = path_join(dir, "file");
	int r = canary_dir(s, dir, 0755);

	if (r < 0 || mount("claude-sandbox", dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0777,size=1m") < 0)
		return r;
	return canary_place(s, "CANARY_RO_SUB", file, true, 0666);
}

static int canary_plant_files(struct canary_site *s)
{
	static const struct {
		const char *name, *path; /* name NULL: no input of its own */
		mode_t mode;
		bool keep;
	} rows[] = {
		{ NULL, "outside/canary", 0600, false },
		{ NULL, "outside/file", 0644, false },
		{ NULL, "outside/lock", 0644, false },
		{ "CANARY_RO", "shared/file", 0666, true },
		{ NULL, "shared/spare", 0666, false },
		{ "CANARY_MASKED", "home/alice/project/secret/masked.env", 0644, true },
		{ "CANARY_PROTECTED", "home/alice/project/kept/inner/file", 0644, true },
		{ NULL, "home/alice/project/secretdir/file", 0644, false },
		{ "CANARY_SIBLING", "home/alice/sibling/.env", 0600, true },
		{ NULL, "home/bob/.ssh/id_ed25519", 0644, false },
		{ NULL, "victim/canary", 0644, false },
		{ NULL, "victim/inner", 0644, false },
		{ NULL, "runtime/canary", 0600, false },
	};
	static const struct {
		const char *name, *path;
	} dirs[] = {
		{ "CANARY_OUTSIDE", "outside" },     { "CANARY_RO_DIR", "shared" },
		{ "CANARY_OTHER_HOME", "home/bob" }, { "CANARY_MASKED_DIR", "home/alice/project/secretdir" },
		{ "CANARY_VICTIM", "victim" },
	};
	AUTO_FREE char *victim = path_join(s->base, "victim");
	int r = canary_dir(s, s->outside, 0777);

	for (size_t i = 0; i < ARRAY_SIZE(rows) && r == 0; i++) {
		AUTO_FREE char *path = path_join(s->base, rows[i].path);

		r = rows[i].name != NULL ? canary_place(s, rows[i].name, path, rows[i].keep, rows[i].mode)
					 : canary_file(s, path, rows[i].mode, NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && r == 0; i++) {
		AUTO_FREE char *path = path_join(s->base, dirs[i].path);

		canary_input(s, dirs[i].name, path);
		strv_addf(&s->kept, "%s=%s", dirs[i].name, path);
	}
	strv_add(&s->mask, "secret/masked.env");
	strv_add(&s->mask, "secretdir/");
	r = r < 0 ? r : canary_plant_mount(s);
	return r < 0 ? r : canary_plant_links(s, victim);
}

void canary_plant_shared(struct canary_site *s)
{
	AUTO_FREE char *dir = xasprintf("/tmp/cs-%.12s", s->token + 6);
	AUTO_FREE char *file = path_join(dir, "canary");
	AUTO_FREE char *sock = path_join(dir, "sock");
	AUTO_FREE char *shm = xasprintf("/dev/shm/cs-%.12s", s->token + 6);

	if (mkdir(dir, 0755) == 0) {
		strv_add(&s->trash, file);
		strv_add(&s->trash, sock);
		strv_add(&s->trash, dir);
		if (canary_file(s, file, 0644, NULL) == 0 && canary_net_socket(s, "CANARY_TMP", sock) == 0)
			canary_input(s, "CANARY_TMP", dir);
	}
	strv_add(&s->trash, shm);
	if (canary_file(s, shm, 0644, NULL) == 0)
		canary_input(s, "CANARY_SHMFILE", shm);
}

/* What a careless caller has in the environment. */
static void canary_plant_env(struct canary_site *s)
{
	static const char *const loaders[] = { "PYTHONSTARTUP",	   "BASH_ENV", "ENV",
					       "LD_LIBRARY_PATH",  "LD_AUDIT", "NODE_OPTIONS",
					       "PERL5OPT",	   "RUBYOPT",  "GIT_SSH_COMMAND",
					       "JAVA_TOOL_OPTIONS" };
	AUTO_FREE char *runtime = path_join(s->base, "runtime");
	AUTO_FREE char *value = xasprintf("/nonexistent/%.12s", s->token + 6);

	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++)
		strv_addf(&s->env, "%s=%s", loaders[i], value);
	strv_addf(&s->env, "XDG_RUNTIME_DIR=%s", runtime);
	/* Whose home it is not, his state is not either. */
	strv_addf(&s->env, "XDG_STATE_HOME=%s/.local/state", s->home);
	strv_addf(&s->env, "SSH_AUTH_SOCK=%s/keyring/ssh", runtime);
	strv_addf(&s->env, "DBUS_SESSION_BUS_ADDRESS=unix:path=%s/bus", runtime);
	canary_input(s, "CANARY_LOADER", value);
}

/* The regular file that the launcher gets as stderr. */
static int canary_plant_stderr(struct canary_site *s)
{
	int r;

	s->stderr_path = path_join(s->base, "log/launcher.log");
	r = canary_file(s, s->stderr_path, 0644, NULL);
	if (r < 0)
		return r;
	s->stderr_fd = open(s->stderr_path, O_RDWR | O_APPEND | O_CLOEXEC);
	if (s->stderr_fd < 0)
		return -errno;
	canary_input(s, "CANARY_STDERR", s->stderr_path);
	return 0;
}

static void canary_plant_names(struct canary_site *s)
{
	AUTO_FREE char *ns = canary_namespaces();
	AUTO_FREE char *uid = xasprintf("%u", (unsigned)s->uid);
	char host[256] = "", sig[16];

	snprintf(sig, sizeof(sig), "%d", SIGUSR1);
	strv_addf(&s->env, "CS_CANARY_TOKEN=%s", s->token);
	canary_input(s, "CANARY_SIGIGN", sig);
	canary_input(s, "CANARY_PERSONA", "1");
	gethostname(host, sizeof(host) - 1);
	canary_input(s, "CANARY_TOKEN", s->token);
	canary_input(s, "CANARY_HOME", s->home);
	canary_input(s, "CANARY_PROJECT", s->project);
	canary_input(s, "CANARY_NS", ns);
	canary_input(s, "CANARY_FDS", "7,10,251");
	canary_input(s, "CANARY_DIRFD", "12");
	canary_input(s, "CANARY_HOSTNAME", host);
	canary_input(s, "CANARY_UID", uid);
}

int canary_plant(struct canary_site *s, const char *base, uid_t uid, gid_t gid, struct diag *d)
{
	int r;

	*s = (struct canary_site){ .uid = uid, .gid = gid, .stderr_fd = -1, .base = xstrdup(base) };
	canary_random(s->text, sizeof(s->text), "CANARY-");
	canary_random(s->token, sizeof(s->token), "TOKEN-");
	oracle_init(&s->oracle, s->text, uid, gid);
	s->home = path_join(base, "home/alice");
	s->project = path_join(s->home, "project");
	s->ro_dir = path_join(base, "shared");
	s->outside = path_join(base, "outside");
	s->protected = path_join(s->project, "kept/inner/file");
	canary_input(s, "CANARY_TEXT", s->text);
	canary_plant_names(s);
	canary_plant_env(s);
	umask(022);
	r = canary_dir(s, base, 0755);
	r = r < 0 ? r : canary_dir(s, s->project, 0755);
	r = r < 0 ? r : canary_plant_home(s);
	r = r < 0 ? r : canary_plant_toolchains(s);
	r = r < 0 ? r : canary_plant_claude(s);
	r = r < 0 ? r : canary_plant_repository(s);
	r = r < 0 ? r : canary_plant_files(s);
	r = r < 0 ? r : canary_plant_autorun(s);
	r = r < 0 ? r : canary_plant_stderr(s);
	if (r < 0)
		return diag_errno(d, r, "planting canaries in %s", base);
	return canary_net_plant(s, d);
}

int canary_outside(struct canary_site *s, const char *home, const char *project, const char *creds,
		   const char *token, uid_t uid, gid_t gid, struct diag *d)
{
	*s = (struct canary_site){ .uid = uid, .gid = gid, .stderr_fd = -1 };
	canary_random(s->text, sizeof(s->text), "CANARY-");
	snprintf(s->token, sizeof(s->token), "%s", token);
	oracle_init(&s->oracle, s->text, uid, gid);
	s->home = xstrdup(home);
	s->project = xstrdup(project);
	canary_plant_names(s);
	canary_tty_plant(s);
	canary_input(s, "CANARY_CREDS", creds);
	return canary_net_listen(s, d);
}

void canary_apart(struct canary_site *s, const struct canary_site *of)
{
	*s = (struct canary_site){ .uid = of->uid, .gid = of->gid };
	/* The other's file must not change. */
	s->stderr_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	canary_random(s->text, sizeof(s->text), "CANARY-");
	snprintf(s->token, sizeof(s->token), "%s", of->token);
	oracle_init(&s->oracle, s->text, of->uid, of->gid);
	s->home = xstrdup(of->home);
	s->project = xstrdup(of->project);
	canary_input(s, "CANARY_TEXT", s->text);
}

void canary_group_file(struct canary_site *s, gid_t group)
{
	AUTO_FREE char *path = path_join(s->base, "group/file");

	if (canary_file(s, path, 0640, NULL) == 0 && chown(path, 0, group) == 0)
		canary_input(s, "CANARY_GROUP_FILE", path);
}

/* --- did they change */

static void canary_hash(struct sha *h, const char *path, unsigned depth);

static int canary_not_dots(const struct dirent *e)
{
	return !streq(e->d_name, ".") && !streq(e->d_name, "..");
}

static void canary_hash_dir(struct sha *h, const char *path, unsigned depth)
{
	struct dirent **list = NULL;
	int n = depth > 0 ? scandir(path, &list, canary_not_dots, alphasort) : -1;

	for (int i = 0; i < n; i++) {
		AUTO_FREE char *sub = path_join(path, list[i]->d_name);

		sha_add(h, list[i]->d_name, strlen(list[i]->d_name) + 1);
		canary_hash(h, sub, depth - 1);
		free(list[i]);
	}
	free(list);
}

/* Type, mode, owner and content; not times: reading may change those. */
static void canary_hash(struct sha *h, const char *path, unsigned depth)
{
	char content[SHA256_HEX] = "";
	struct stat st = { 0 };
	unsigned long meta[4];

	if (lstat(path, &st) < 0) {
		sha_add(h, "gone", 4);
		return;
	}
	meta[0] = st.st_mode;
	meta[1] = st.st_uid;
	meta[2] = st.st_gid;
	meta[3] = S_ISREG(st.st_mode) ? (unsigned long)st.st_size : 0;
	sha_add(h, meta, sizeof(meta));
	if (S_ISREG(st.st_mode) && sha256_file(path, content) == 0)
		sha_add(h, content, sizeof(content));
	if (S_ISDIR(st.st_mode))
		canary_hash_dir(h, path, depth);
}

static void canary_digest(const char *path, char hex[SHA256_HEX])
{
	struct sha h;

	sha256_init(&h);
	canary_hash(&h, path, 8);
	sha_end(&h, hex);
}

void canary_seal(struct canary_site *s)
{
	char hex[SHA256_HEX];

	canary_tty_seal(s);
	strv_done(&s->digest);
	for (size_t i = 0; i < s->kept.n; i++) {
		canary_digest(strchr(s->kept.v[i], '=') + 1, hex);
		strv_add(&s->digest, hex);
	}
}

/* The file behind the launcher's stderr still begins with its first line. */
static bool canary_stderr_whole(const struct canary_site *s)
{
	char buf[64] = "";
	ssize_t n = pread(s->stderr_fd, buf, sizeof(buf) - 1, 0);

	return n > 0 && str_starts(buf, s->text);
}

void canary_changed(const struct canary_site *s, struct strv *ret_names)
{
	char hex[SHA256_HEX];

	for (size_t i = 0; i < s->kept.n && i < s->digest.n; i++) {
		const char *eq = strchr(s->kept.v[i], '=');
		AUTO_FREE char *name = xstrndup(s->kept.v[i], (size_t)(eq - s->kept.v[i]));

		canary_digest(eq + 1, hex);
		if (!streq(hex, s->digest.v[i]))
			strv_add(ret_names, name);
	}
	if (s->stderr_path != NULL && !canary_stderr_whole(s))
		strv_add(ret_names, "CANARY_STDERR");
	if (canary_tty_changed(s))
		strv_add(ret_names, "CANARY_TTY");
}

void canary_done(struct canary_site *s)
{
	oracle_done(&s->oracle);
	for (size_t i = 0; i < s->trash.n; i++) {
		if (remove(s->trash.v[i]) < 0)
			continue; /* gone, or covered: it goes with the namespace */
	}
	mem_close_fd(&s->stderr_fd);
	canary_tty_done(s);
	free(s->base);
	free(s->home);
	free(s->project);
	free(s->ro_dir);
	free(s->outside);
	free(s->protected);
	free(s->stderr_path);
	strv_done(&s->mask);
	strv_done(&s->input);
	strv_done(&s->env);
	strv_done(&s->kept);
	strv_done(&s->digest);
	strv_done(&s->trash);
	*s = (struct canary_site){ .stderr_fd = -1, .oracle = { .ctl = -1, .ender = -1 } };
}
