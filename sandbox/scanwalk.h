/* SPDX-License-Identifier: MIT */
/* What scan.c and scanauto.c share: the state of a walk, and the names that the host acts on. */
#ifndef SCANWALK_H
#define SCANWALK_H

#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "scan.h"

enum scan_flag {
	SCAN_ROOT = 1,		/* the top of a tree */
	SCAN_URGENT = 2,	/* before all others, whatever the time */
	SCAN_DEPENDENCIES = 4,	/* of trees of dependencies */
	SCAN_PROTECTED = 8,	/* read-only already, or a repository's own: no row is looked for */
	SCAN_REPOSITORY = 16,	/* a repository's own, and protected as such */
	SCAN_REPOSITORIES = 32, /* may be one: the modules and worktrees of another */
	SCAN_HELD = 64,		/* in what is read-only as a whole */
	SCAN_HOOKS = 128,	/* the hooks of a repository */
};

struct scan_item {
	char *path; /* owned; NULL: done */
	ino_t ino;  /* as the directory above it says; 0: not known */
	unsigned short tree;
	unsigned short flags;
};

/* The directories still to visit, in order. */
struct scan_queue {
	struct scan_item *item; /* owned */
	size_t n, next, cap;
};

struct scan_tree {
	char *path; /* owned */
	bool writable;
	int fd; /* owned; -errno: can't be opened */
};

/* A directory that the walk of the start knew of. */
struct scan_known {
	char *path; /* owned */
	ino_t ino;
	bool read; /* all that is to be held in it was, from the start */
};

/* A protected file that has more than one name. */
struct scan_hard {
	char *path; /* owned */
	dev_t dev;
	ino_t ino;
};

/* Where git starts what is named now. */
struct scan_starts {
	const struct strv *tops; /* NULL: it is not git that starts it, or it does not begin there */
	const char *dir;	 /* of policy_start */
	bool unasked;
};

struct scan_walk {
	const struct policy *policy;
	struct scan_tree *tree; /* owned */
	size_t ntree;
	int rootfd;
	struct scan_queue urgent, first, later;
	struct scan_queue files;  /* to be looked at for setuid files once all names are known */
	struct scan_known *known; /* owned; by path: see scan_know */
	size_t nknown;
	bool knows;
	struct scan *res;
	struct diag *d;
	char *root;		/* owned; of rootfd, "" when that is / */
	struct strv mounts;	/* points of the host's mounts in the trees */
	struct strv kernels;	/* those of the kernel's own file systems: not walked */
	struct strv followed;	/* directories that links and configs led to */
	struct scan_hard *hard; /* owned */
	size_t nhard, hard_cap;
	struct timespec cpu_end, wall_end, setuid_end;
	size_t urgent_entries;
	size_t listed;	  /* things that git's own lists led to, at the start: not counted again */
	bool links_left;  /* not all of their hooks were looked at */
	size_t home_left; /* so many names more of the home are looked at */
	bool home_over;
	size_t passable; /* directories that can be entered, but not read */
	size_t unread;	 /* ... that could not be read to their end */
	size_t includes; /* in configs of the repository that is looked at */
	struct scan_starts starts;
	bool limited, over, setuid_over, only_files;
	bool again;    /* after the end: limited by wall_end alone, and for names alone */
	bool of_other; /* of a session that is gone: what the policy holds was not held then */
	int conflict;  /* -errno: a mask hides what was asked for */
	/* of the directory that is read: */
	struct scan_item at;
	int dirfd;
	bool writable;
	bool files_noted;		     /* is in files */
	bool head, objects, refs, commondir; /* has such a name */
};
/* The entry of project or requested binds whose tree holds path, or NULL. */
const struct policy_entry *scan_bound(const struct policy *policy, const char *path);
/* One of them that is path or lies below it: covering path would cover that. Or NULL. */
const struct policy_entry *scan_holds_bound(const struct policy *policy, const char *path);
/* Whether path is a writable tree, or lies in one: the innermost decides. */
bool scan_is_written(const struct scan_walk *w, const char *path);
/* The glob of `mask` that hides path; NULL: none, or it lies in another tree than the one that is read. */
const char *scan_masked(const struct scan_walk *w, const char *path);
/* path below its tree, for the tree's descriptor. */
const char *scan_below(const struct scan_walk *w, const char *path);
/* Notes, once, what the walk of the start knew of: before it goes on, or begins once more. */
void scan_know(struct scan_walk *w);
/* What it knew of that directory, or NULL. */
const struct scan_known *scan_known(const struct scan_walk *w, const char *path);
/* A walk that has read nothing. 0, or -errno with *d set. */
int scan_begin(const struct policy *policy, int rootfd, const char *mounts, struct scan *ret, struct diag *d);
/* Whether a directory on the way to path is a tree of dependencies, which tools write. */
bool scan_in_dependencies(const char *path);
/* Begins at the tops of the trees once more. */
void scan_from_the_top(struct scan_walk *w);
/* Until the end, the end of the time, or so many things to protect. 0, or 1 when something is left; -errno. */
int scan_go_on(struct scan_walk *w, size_t batch);
/* What was found so far is forgotten. */
void scan_forget(struct scan *s);
/* A directory to read, in the tree of the one that is read; takes path. ino: its number, 0: not known. */
void scan_enqueue(struct scan_walk *w, char *path, unsigned flags, ino_t ino);
/* The directory that is to be read: noted in `touched` if it was changed before. st: its state, NULL: it is gone. */
void scanagain_opened(struct scan_walk *w, const struct stat *st);
/*
 * What a path leads to is held, with the links on the way, if the box could write it; dirs: directories too. Where
 * that is a whole tree, which is to be writable, nothing can be done.
 */
void scannamed_way(struct scan_walk *w, const char *path, bool dirs, const char *title);
/* A path that begins in `base`, by names alone, unless a link makes another place of "..". Owned. */
char *scanwords_place(const struct scan_walk *w, const char *base, const char *value);
/* Where a word of a text leads that is a path: "$PWD/x", "~/x", "x". Owned; NULL: only a shell knows. */
char *scanwords_named(const struct scan_walk *w, const char *base, const char *word);
/* What is named by a path, which begins in `base`; "~" is the home. dirs: as scannamed_way. */
void scanwords_path(struct scan_walk *w, const char *base, const char *value, bool dirs, const char *title);
/* A word of a command. before: the byte in front of it, which tells a path from the rest of "$(pwd)/x" and "$X"/x. */
void scanwords_word(struct scan_walk *w, const char *base, const char *word, char before, const char *title);
/*
 * Notes a name that git starts, of whatever is there, or nothing. base: as scanwords_path. place: where that is; one that
 * begins in no worktree is noted where nothing is.
 */
void scanstart_note(struct scan_walk *w, const char *base, const char *name, const char *place, bool dirs,
		    const char *title);
void scanstart_done(struct scan *s);
/* The scripts of a command that the host starts where the files are: "tools/clean.sh %f", "$CLAUDE_PROJECT_DIR"/x. */
void scanwords_command(struct scan_walk *w, const char *base, const char *command, const char *title);
/* A word that may be a path is held where it is code: a script, or with `read` any file, since its reader runs it. */
void scanwords_code(struct scan_walk *w, const char *base, const char *word, bool read, const char *title);
/*
 * The same of a text that is a script, or a list of commands, lines of which may begin with "#"; bases: where they may
 * be started; file: where it is from. Longer than a command, it names much that it only works on: that is left.
 */
void scanwords_text(struct scan_walk *w, const struct strv *bases, const char *text, const char *file,
		    const char *title);
/* What the configs of a repository and of its worktrees, and the user's, name in the trees. dir: its own directory. */
void scannamed_by_repository(struct scan_walk *w, const char *dir);
/* A directory of hooks that is named, wherever it is, and what these start in `top`. */
void scannamed_hooks(struct scan_walk *w, const char *top, const char *value, const char *title);
/* What a file among the hooks of a repository names. dir: its own directory. */
void scannamed_by_hook(struct scan_walk *w, const char *dir, const char *path);
/*
 * A .git that lies above the trees, or is a file or a link: the links on the way to its repository, and what the
 * configs and hooks of that name, where the walk does not come to it.
 */
void scannamed_by_git(struct scan_walk *w, const char *git);
/* Whether what follows a word of a command is code that is read, as behind "sh -e" or "python3 -m". {0} at its begin. */
struct scanwords_reader {
	bool on;
	bool option, takes, module; /* of the word before: see shellwords.def */
	bool filter;
};
/* A shell, an interpreter: what is named behind it is code, whatever its name. */
bool scanwords_reads(const char *word);
/* One word of such a command that is a list, at each of these places: read as code where the words before say so. */
void scanwords_listed(struct scan_walk *w, const struct strv *bases, struct scanwords_reader *r,
		      const char *word, const char *title);
/* True of a variable that is set to words which are code; one of directories of programs is looked at. value: of the shell's. */
bool scanwords_variable(struct scan_walk *w, const struct strv *bases, const char *name, const char *value,
			const char *file);
/* Directories between colons that a variable has, in `base` where they are relative. who: "x sets"; absent: said, too. */
void scannamed_directories(struct scan_walk *w, const char *base, const char *name, const char *value,
			   const char *who, bool absent);
/* A directory that `of` (your PATH, say) has: what can be executed there runs on the host by its name. */
void scannamed_programs(struct scan_walk *w, const char *dir, const char *of);
/* What a variable names that such settings set: agentwords.h's assignments. */
void scannamed_set(struct scan_walk *w, const char *base, const char *assignment);
/* What the agent's settings name, where path is .claude or .mcp.json. */
void scannamed_by_agent(struct scan_walk *w, const char *path);
/* What the user's own settings of the agent, and his variables, name in the tree that is read. */
void scannamed_by_user(struct scan_walk *w);
/* What the user's own git config names, and what the home's files lead to, wherever that is: before the walk, whatever the time. */
void scannamed_by_home(struct scan_walk *w);
/* What lies above the trees and acts in them, a checkout above all, names in them: before the walk, whatever the time. */
void scanabove_all(struct scan_walk *w);
/* The text of a file that may be the box's: a link, a FIFO, endless. Owned; NULL with errno, as textfile_read. */
char *scantext_read(const struct scan_walk *w, const char *file, size_t max);
/* What a held file names (heldtexts.def). own: it is one of autorun.def's, not a part of a directory there. */
void scantext_file(struct scan_walk *w, const char *path, bool own);
/* Settings of the agent that it reads and we don't: what any string in them names that is code, or a command. */
void scantext_odd(struct scan_walk *w, const char *file, char *bytes, const char *top);
/* Git gives a new repository samples, which it does not run. */
bool scantext_is_hook(const char *name);
/* What a hook names, which git starts in these directories. */
void scantext_hook(struct scan_walk *w, const char *path, const struct strv *tops);
/* A directory that something led to, in whatever tree; once. What is in it counts as held. */
void scan_follow(struct scan_walk *w, const char *path, unsigned flags);
/*
 * Where a path of the host leads, owned; NULL: nowhere. Each link on the way that lies in a tree is to be pinned:
 * in its place another would lead elsewhere.
 */
char *scanlink_way(struct scan_walk *w, const char *path, const char *title);
/* A protected file: whether it has other names. */
void scanlink_note(struct scan_walk *w, const char *path, const struct stat *st);
/* Looks for these other names in the trees. whole: all that is protected is known; else it is only said. */
void scanlink_search(struct scan_walk *w, bool whole);
void scanlink_done(struct scan_walk *w);
/* Where a path of the host leads, owned; NULL: nowhere. */
char *scan_real(const struct scan_walk *w, const char *path);

/* A name of the directory that is read: notes what is to be protected; adds to *flags what holds below it. */
void scanauto_visit(struct scan_walk *w, const char *name, unsigned char type, unsigned *flags);
/* What git's own lists name, whatever the time, before a limited walk begins. */
void scanauto_listed(struct scan_walk *w);
/* A directory of `modules` or `worktrees` has been opened. */
void scanauto_opened(struct scan_walk *w);
/* All names of a directory have been seen. */
void scanauto_read(struct scan_walk *w);
/* The top of a tree was too large to be read to its end in time: the names of the table, one by one. */
void scanauto_top(struct scan_walk *w);
/* At the end of a walk or of a part of it. */
void scanauto_tidy(struct scan_walk *w);

#endif
