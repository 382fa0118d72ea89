/* SPDX-License-Identifier: MIT */
/*
 * What this run is allowed, as opinion: a pure function of settings and host
 * facts. No order, no bwrap, no system calls. Refuses what must not be asked.
 */
#ifndef POLICY_H
#define POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "blocked.h"
#include "conf.h"
#include "diag.h"
#include "escape.h"
#include "host.h"
#include "strv.h"

/* Where the ssh agent is inside. */
#define POLICY_SSH_AGENT "/run/claude-sandbox/ssh-agent.sock"

/* What the box may do with a path. Zero is the safe value. */
enum policy_access {
	POLICY_HIDDEN, /* exists in a visible tree but must not be readable */
	POLICY_EMPTY,  /* exists in a visible tree but reads as empty: programs stumble over a closed one */
	POLICY_READ,
	POLICY_WRITE,
	POLICY_PRIVATE, /* fresh and writable, gone at the end */
	POLICY_LINK,	/* a symlink, text in src */
	POLICY_FILE,	/* generated, bytes in src */
	POLICY_COPY,	/* the same, writable, gone at the end */
	POLICY_ACCESSES
};

/* Which part of the policy an entry belongs to; compose orders by it. */
enum policy_part { POLICY_SYSTEM, POLICY_HOME, POLICY_AUTORUN, POLICY_PROJECT, POLICY_EXTRA, POLICY_PARTS };

struct policy_entry {
	enum policy_access access;
	enum policy_part part;
	char *path; /* owned; absolute, resolved; inside */
	char *src;  /* owned; host path, link text or bytes; NULL: none */
	bool is_dir;
	bool by_mode; /* hidden: the modes keep the box's uid out already, no mask is needed */
	dev_t dev;    /* of the project and requested binds: the object that was judged; */
	ino_t ino;    /* 0: unknown */
	char *
	    via; /* owned; where src is inside until the command starts, below a policy_stage; NULL: bound by bwrap */
	bool command; /* hidden: it is found all the same, and refused when it is started */
	bool secret;  /* bytes that no dry run prints */
	bool git;     /* the user's git config */
	bool asked;   /* opened by a setting: the proof looks that it is */
	char *why;    /* owned */
};

struct policy_env {
	char *name, *value; /* owned */
	bool secret;
	char *why; /* owned */
};

/* A credential row of creds.def that exists on this host. */
struct policy_cred {
	const char *id;	 /* borrowed from the table */
	char *path;	 /* owned; absolute */
	char *opened_by; /* owned; origin of the requested opening, NULL: closed */
};

/* A directory of the host that is inside until the command starts, for entries to be taken from. */
struct policy_stage {
	char *src, *dst, *why; /* owned */
};

/* A private copy of the project's memory: changes work in the session, and are dropped. */
struct policy_memory_file {
	char *name, *text; /* owned */
};
struct policy_memory {
	char *path;			 /* owned; inside; NULL: it is not dropped, or not there */
	struct policy_memory_file *file; /* owned */
	size_t n;
};

/* The agent's state. */
struct policy_claude {
	char *inside; /* owned; ~/.claude; NULL: none of it is there */
	char *dir;    /* owned; the host's, real; NULL: none */
	char *login; /* owned; the real file of the login that is written back at exit; NULL: none is there */
	bool keep;   /* the record of this project is kept */
	bool sync;   /* a first login is kept too */
	struct policy_memory memory;
};

/* So many repositories have a copy of their config inside; the others' are read-only. */
#define POLICY_GIT_COPIES 64

/* The config of one repository. */
struct policy_git_config {
	char *dir, *path; /* owned; of the host: the git directory, the file */
	bool repository;  /* no submodule's: those of its submodules lie below */
	char *host;	  /* owned; its text at start */
	char *copy;	  /* owned; what is inside in its place; NULL: itself, read-only */
};
struct policy_git {
	struct policy_git_config *config; /* owned */
	size_t n;
	struct strv
	    listed; /* directories in writable trees that git's own lists name, sorted: held before the go */
	bool more;  /* than these are listed */
	struct strv admin,
	    tree;	 /* pairwise: of linked worktrees, .git/worktrees/NAME and where the files are */
	size_t left_out; /* keys of all configs that are not inside */
};

/* What git starts by a name that begins where it is started itself: in each worktree another file. */
struct policy_start {
	char *
	    dir; /* owned; of the repository of which a config or a hook names it; "": the user's config, in all */
	char *top;    /* owned; of one of its worktrees */
	char *name;   /* owned; it begins there */
	char *why;    /* owned */
	bool dirs;    /* a directory too, with all that is in it */
	bool unasked; /* no alias, and no hook's own: git starts it whatever it is */
	bool absent;  /* it was not there */
	bool fixed;   /* this place alone: no other worktree has it by this name */
};

/* What the user's own settings name, which may lie in a project: what git and the agent on the host start. */
struct policy_named {
	struct strv hooks;    /* core.hooksPath */
	struct strv programs; /* commands of git's config */
	struct strv agent;    /* commands of the agent's settings; set by prepare */
	struct strv set;      /* variables that these set, "NAME=value": agentwords.h; set by prepare */
	struct strv
	    env; /* variables of the caller that name code, "NAME=value": agentwords.h; set by prepare */
	struct strv path;	    /* PATH of the caller, each once */
	struct strv config;	    /* git's config files of the user, be they there or not */
	struct strv home;	    /* what is in the home for programs to act on: homerun.def, the agent's */
	struct strv home_why;	    /* as many */
	struct policy_start *start; /* owned; what the search at the start came to */
	size_t nstart;
};

/*
 * The project's .claude, where it can be had as a fresh directory: settings are private copies, links are made again,
 * everything else is bound read-only (entries of POLICY_AUTORUN with `via`).
 */
struct policy_dotclaude_item {
	char *name, *text; /* owned; text: the file's, or the link's */
	mode_t mode;	   /* of the file: the rights */
	bool link;
};
struct policy_dotclaude {
	char *path;			    /* owned; NULL: it is read-only, or not there */
	bool mounted;			    /* autorun_add has put it among the entries */
	struct policy_dotclaude_item *item; /* owned */
	size_t n;
	struct strv bound, bound_dirs; /* names of what is bound: files, directories */
};

/* A way out of the box's own network. */
enum policy_egress {
	POLICY_EGRESS_NONE,
	POLICY_EGRESS_FILTERED, /* to what `allow` has and `deny` has not */
	POLICY_EGRESS_OPEN	/* to every public host that `deny` has not */
};

enum policy_identity {
	POLICY_SELF,  /* the caller is an ordinary user: kernel uid unchanged */
	POLICY_DROP,  /* started by root: become the project's owner */
	POLICY_IDMAP, /* started by root, project owned by root: idmapped mounts and an unprivileged uid */
};

struct policy {
	enum policy_identity identity;
	uid_t kernel_uid; /* of the box, as the host's kernel sees it; never 0 */
	gid_t kernel_gid;
	gid_t *groups; /* owned; supplementary groups that stay in force */
	size_t ngroups;
	uid_t uid; /* inside */
	gid_t gid;

	char *project, *home, *user, *shell; /* owned; resolved paths, but for the shell's */
	struct policy_entry *entry;	     /* owned */
	size_t nentry;
	struct policy_env *env; /* owned */
	size_t nenv;
	struct policy_cred *cred; /* owned */
	size_t ncred;
	struct strv mask;	   /* globs below project and writable binds */
	struct strv allow_autorun; /* paths that stay writable though the host acts on them */
	struct strv
	    pin; /* directories and links of writable trees that can't be renamed or removed; parents first */
	struct strv notes; /* lines for every start that are no weakness */
	struct strv blocked_syscalls;
	struct strv blocked, blocked_from; /* patterns of commands, and where each stands */
	struct blocked_file *blocked_file; /* owned; what their names lead to */
	size_t nblocked_file;
	bool net_host;
	enum policy_egress egress;
	struct strv allow, allow_from, deny, deny_from; /* patterns of hosts, and where each stands */
	struct strv port, port_from; /* of hosts that are allowed without one; none: 80 and 443 */
	struct strv host_port, host_port_from, publish, publish_from; /* ports, the same */
	char *egress_log,
	    *egress_log_from; /* owned; where connections are logged, and who asked; NULL: nowhere */
	bool egress_log_auto; /* in the state folder */
	char *session_report; /* owned; where the account is written; NULL: nowhere */
	/* owned; the proxy by which egress goes out, "HOST:PORT", and who asked; NULL: it connects by itself */
	char *upstream, *upstream_from;
	char *upstream_auth; /* owned; a secret: what the proxy is told of who asks; NULL: nothing */
	char *mitmdump,
	    *flows; /* owned; by which connections go, and the file where it keeps them; NULL: none */
	struct strv direct, direct_from; /* patterns of hosts that are not behind it */
	bool tty_direct;		 /* terminals on stdio go in as they are */
	unsigned tty_allow;		 /* classes of escape.h that reach the caller's terminal */
	enum escape_charset tty_charset;
	unsigned terminals; /* bits of fd 0, 1, 2 that are one; set by prepare */
	int landlock_abi;   /* the second layer; below 2 this kernel has none that can be used */
	bool no_seccomp;
	bool as_pid_1, disable_userns; /* what this bwrap can do */
	struct strv
	    weaker; /* lines for every start and the report: "network of the host: ... (--net host)" */
	struct strv openings; /* "cred gh: readable, asked for by --extra-ro" */
	bool ssh_agent;	      /* lent */
	unsigned filter;      /* FILTER_* of filter.h: what settings open of the system call filter */
	bool tell_or_fail;    /* FILTER_TELL was asked for: where it can't be had there is no launch */
	bool wsl;	      /* the interop of WSL */
	char *text;	      /* owned; the policy in plain words */
	struct conf_limit limit[LIMITS]; /* owned origins */
	struct strv command;
	struct policy_stage *stage; /* owned */
	size_t nstage;
	struct strv make; /* directories of the host that are made if they are missing */
	char *state;	  /* owned; the state folder; NULL: nothing is kept in it */
	char *cache;	  /* owned; the folder in it of this project's caches; NULL: none are kept */
	struct policy_claude claude;
	struct policy_git git;
	struct policy_named named;
	struct policy_dotclaude dotclaude;
	char *agent;	 /* owned; where the agent is inside, NULL: nowhere */
	char *agent_why; /* owned; why it is nowhere or can't run, NULL: it can */
	const char
	    *agent_locked;  /* borrowed; the file that only lacks the permission to be run; NULL: none */
	bool agent_by_path; /* its bare name would not lead to it */
	bool agent_in_path;
	struct strv path_before, path_after; /* directories around the caller's PATH */
	char *path_only;		     /* owned; in place of it; NULL: the caller's */
	struct strv keep;		     /* variables of the caller besides env.def's */
	char *bwrap;			     /* owned */
	char *init; /* owned; host path of init, set by prepare; NULL: the default place */
};

int policy_resolve(const struct conf *conf, const struct host *host, struct policy *ret, struct diag *d);
void policy_done(struct policy *p);
void policy_start_done(struct policy_start *s);

/* For the parts of policy: appends an entry; takes ownership of src and why. */
void policy_add(struct policy *p, enum policy_access access, enum policy_part part, const char *path,
		char *src, bool is_dir, char *why);
bool policy_has(const struct policy *p, const char *path);
/* The project, and each bind that the sandbox can write to: a directory of the host. */
bool policy_is_tree(const struct policy_entry *e);
/* The entry whose tree of the host's holds path, or NULL; a mask may hide it. */
const struct policy_entry *policy_tree(const struct policy *p, const char *path);
/* It can be written to inside, and src is a path of the host's. */
bool policy_is_source(const struct policy_entry *e);
/* The entry that lets the sandbox write to path of the host's, by that name or by another one inside, or NULL. */
const struct policy_entry *policy_written(const struct policy *p, const char *path);
/* The sandbox can write there, by its name inside. */
bool policy_writes(const struct policy *p, const char *inside);
/* A directory of the host that is inside, at dst, until the command starts. */
void policy_add_stage(struct policy *p, const char *src, const char *dst, const char *why);
/*
 * The mask that a path relative to a tree has, itself and not a directory above it; NULL: none. A glob with a slash speaks
 * of the path, one without of the name at any depth.
 */
const char *policy_mask(const struct policy *p, const char *below);
/* The state folder, owned. */
char *policy_state(const struct host *h);
/* Bound read-only, as far as nothing that is writable lies over it, and not hidden. */
bool policy_shows(const struct policy *p, const char *path);

#endif
