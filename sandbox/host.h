/* SPDX-License-Identifier: MIT */
/*
 * Facts about the machine, collected through a root descriptor and a given
 * environ, so that a recorded machine can be replayed in tests. host never
 * decides: no row here says what is allowed.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>
#include "conf.h"
#include "diag.h"
#include "strv.h"

enum host_type {
	HOST_ABSENT,
	HOST_FILE,
	HOST_DIR,
	HOST_LINK,
	HOST_SOCKET,
	HOST_FIFO,
	HOST_OTHER,
	HOST_TYPES
};

/* What is at one path. */
struct host_node {
	char *path;		  /* owned; as asked, absolute and clean */
	enum host_type type;	  /* of the path itself, links not followed */
	char *link;		  /* owned; a link's text, else NULL */
	char *real;		  /* owned; fully resolved path, NULL when absent or dangling */
	enum host_type real_type; /* of the resolved object */
	uid_t uid;
	gid_t gid;
	mode_t mode;	/* permission bits of the resolved object */
	bool empty_dir; /* asked of directories of sysmasks.def only */
	dev_t dev;	/* of project, its repository and requested binds: which object `real` names, */
	ino_t ino;	/* found without following a link; 0: not asked, or a recorded host */
};

/* Where facts come from. The live machine: rootfd of "/", all else NULL/0. */
struct host;
struct host_source {
	int rootfd;
	char *const *env;     /* never NULL */
	const char *recorded; /* directory of a recorded host (ids, owners, kernel), NULL: live */
	/* Called when it is known who asks and which bwrap there is, and before the rest; NULL: nothing. */
	void (*bwrap_known)(const struct host *h, void *arg);
	void *arg;
};

struct host_bwrap {
	char *path;	    /* owned; without links, as it is run; NULL: not found in PATH */
	const char *beside; /* static; then: one that could be run, were its directory in PATH; NULL: none */
	bool as_pid_1, disable_userns, json_status, perms, size, bind_fd; /* options that its text knows */
	bool setuid;
	uid_t uid;
	mode_t mode;
	ino_t ino; /* with size and time of change: whether it is the same as another day */
	off_t bytes;
	struct timespec changed;
	bool
	    odd_place; /* a sandbox or another user could have put it there: path is as found, not to be run */
};

/*
 * A program that PATH or a row of agents.def leads to: the agent, or the node that
 * runs it. Facts only: whether it may be shown is for policy to say.
 */
struct host_program {
	char *path;	 /* owned; as found, absolute and clean */
	char *real;	 /* owned; fully resolved */
	const char *row; /* borrowed; the row of agents.def that `real` fits, NULL: none */
	bool in_path;	 /* found through PATH */
	uid_t uid;	 /* owner of the file */
	mode_t mode;
	struct strv place,
	    text;	  /* links on the way: where each stands (no link above it), and what it says */
	struct strv need; /* the package or the file, and what it needs beside it; resolved */
	struct host_program *by; /* owned; what runs a script, NULL: nothing, or not found */
	char *interpreter;	 /* owned; its name, NULL: no script, or one of the system's */
};

/* A program that a profile names, somewhere in PATH. */
struct host_tool {
	char *name, *real; /* owned */
};

/* A file that the name of a pattern of blocked_commands leads to, in a directory of programs. */
struct host_blocked {
	char *path, *real; /* owned; as found, and fully resolved */
	size_t pattern;
	dev_t dev; /* of real; ino 0: a recorded host */
	ino_t ino;
	bool other_names; /* hard links of it */
};

/* What a row of tools.def's toolchains shows of the home. */
struct host_toolchain {
	const char *title, *variable; /* borrowed; variable: the one that says where it is, NULL: none */
	struct host_node node;
	struct strv path,
	    secret; /* directories for PATH; files that may hold a token, as they are called inside */
};

/* The text of a file; error: an errno when it is there and can't be used. */
struct host_text {
	char *bytes; /* owned, NUL-terminated, no NUL in it; NULL: none */
	int error;
};

/* More entries of a project's .claude are not mounted one by one. */
#define HOST_DOTCLAUDE_MAX 64
/* So many files of the project's memory are copied, and so many bytes of all. */
#define HOST_MEMORY_MAX	   128
#define HOST_MEMORY_BYTES  (4 << 20)

/* The agent's state in the home. */
struct host_claude_entry {
	char *name; /* owned */
	struct host_node node;
	struct host_text text; /* of those files that are copied */
};
struct host_claude {
	struct host_node node;		 /* ~/.claude, or where CLAUDE_CONFIG_DIR puts it */
	struct host_claude_entry *entry; /* owned; sorted by name */
	size_t n;
	int error; /* an errno when the directory can't be read */
	struct host_node
	    config_node; /* ~/.claude.json; .claude.json in the directory that was put elsewhere */
	bool moved;	 /* by CLAUDE_CONFIG_DIR */
	struct host_text config;
};

/* One directory of git's, from git's own lists; none is reached through a link. */
enum host_git_kind {
	HOST_GIT_REPOSITORY, /* TREE/.git of the project or a writable bind, or what the project's .git file leads to */
	HOST_GIT_MODULE,   /* of a submodule, below modules/ of one of those */
	HOST_GIT_WORKTREE, /* worktrees/NAME of one of those: no config, but perhaps config.worktree */
};
struct host_git_dir {
	enum host_git_kind kind;
	char *path; /* owned; real */
	char *tree; /* owned; where the files of a linked worktree are, real; NULL: nowhere, or it is none */
	bool has_hooks; /* a directory hooks, no link */
	enum host_type config_type;
	char *leads; /* owned; where a config that is a link leads, real; NULL: to nothing, or it is none */
	struct host_text config; /* of a regular file */
};

/* The project's .git is a file: a linked worktree, a submodule, or a claim to be one. */
struct host_git_link {
	char *dir;    /* owned; the directory that it names, real; NULL: none */
	char *common; /* owned; what DIR/commondir names, real; NULL: no linked worktree */
	char *
	    back; /* owned; what is there said to be the worktree's (DIR/gitdir; core.worktree), real; NULL: nothing */
	struct host_node own;  /* of dir */
	struct host_node node; /* of common, or of dir where there is none: the whole repository */
	bool is_repository;    /* it has a HEAD; then it is in host_git.dir too */
};
struct host_git {
	enum host_type type; /* of PROJECT/.git */
	char *leads;	     /* owned; where that leads if it is a link, real; NULL: to nothing */
	struct host_git_link link;
	struct host_git_dir *dir; /* owned; a repository first, what it has behind it */
	size_t n;
	bool incomplete;     /* there are more */
	char *ignore;	     /* owned; the user's own patterns of what is ignored; NULL: none */
	char *user;	     /* owned; config of the user, includes resolved, in git's order; NULL: none */
	struct strv problem; /* "FILE: why it is not read" */
};

/* Of lone_root: a box has an ordinary user's uid in the kernel, and here is none. */
#define HOST_LONE_ROOT \
	"started as root of a user namespace that has no other user, and no sandbox runs as root"
#define HOST_LONE_ROOT_FIX \
	"start it as an ordinary user (unshare -c keeps you one, where unshare -r does not)"

struct host {
	char **env; /* borrowed from the source */
	uid_t uid, euid;
	gid_t gid;
	gid_t *groups; /* owned */
	size_t ngroups;
	char *user;	      /* owned; name of uid in the passwd file, "user" when none */
	char *shell;	      /* owned; /bin/sh when unknown */
	char *home;	      /* owned; resolved $HOME, "" when unset or absent */
	char *passwd, *group; /* owned; text of /etc/passwd and /etc/group, "" when unreadable */

	struct host_node *node; /* owned; every path that tables and settings name */
	size_t nnode;
	struct strv opt_software; /* /opt/NAME/bin, lib, share and so on, of every NAME that holds software */
	struct strv
	    drives;   /* mount points of DrvFs/9p/drvfs/virtiofs file systems, but for the system's own */
	char *mounts; /* owned; text of /proc/self/mountinfo */

	struct host_program *agent; /* owned; every claude that was found, PATH's first */
	size_t nagent;
	struct host_node agent_lame; /* the first that is there and can't be started; path NULL: none */

	struct host_tool
	    *tool; /* owned; in PATH's order, each row's together; for `minimal`, -v and --test */
	size_t ntool;
	struct host_toolchain *toolchain; /* owned; with the profile `full` */
	size_t ntoolchain;
	struct host_blocked *blocked; /* owned */
	size_t nblocked;
	struct strv packages; /* directories of programs, of the packages that the profile has */

	struct host_claude claude;
	struct host_claude dotclaude; /* PROJECT/.claude: node, entries, texts of settings, error */
	struct host_claude memory;    /* the project's, where it is dropped: node, names and texts, error */
	struct host_git git;

	struct host_bwrap bwrap;
	char *mitmdump; /* owned; as found in PATH, when --mitmproxy asks for it; NULL: there is none */
	char *release, *machine; /* owned; uname */
	char *lsm;		 /* owned; "" when unreadable */
	int landlock_abi;	 /* 0: none; only of the live machine */
	int landlock_errno;	 /* why there is none; 0: there is, or it was not asked */
	bool wsl;
	bool userns_clone_off;	   /* kernel.unprivileged_userns_clone = 0 */
	bool userns_max_zero;	   /* user.max_user_namespaces = 0 */
	bool apparmor_userns;	   /* kernel.apparmor_restrict_unprivileged_userns = 1 */
	const char *apparmor_file; /* then: of a profile for bwrap, loaded or not; NULL: none is known */
	bool lone_root;		   /* started as root of a user namespace that maps nobody else */
	bool project_git;	   /* PROJECT/.git exists */
};

/*
 * Collects the facts that the tables (sysdirs.def, sysmasks.def, creds.def) and
 * conf's paths need. A missing thing is a fact, not an error; -errno only when
 * facts can't be had at all (no /proc, unreadable root).
 */
int host_load(const struct host_source *src, const struct conf *conf, struct host *ret, struct diag *d);
void host_done(struct host *h);

/* The node of a path that host_load was asked for; NULL otherwise. */
const struct host_node *host_find(const struct host *h, const char *path);

/* The mount point of the drive that path lies on by its name, or NULL. */
const char *host_drive(const struct host *h, const char *path);

#endif
