/* SPDX-License-Identifier: MIT */
/* What the appear*.c share: the state of a watch and of the search at its end. */
#ifndef APPEARWALK_H
#define APPEARWALK_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

#include "account.h"
#include "appear.h"
#include "autorun.h"
#include "strv.h"

#define APPEAR_NAMED	 8 /* in the account */
#define APPEAR_MAX_NAMED 4096
#define APPEAR_AT_END_MS 5000 /* so long the user waits for the search at the end */

/* What a directory is. */
enum appear_kind {
	APPEAR_PLAIN,
	APPEAR_ROW,	     /* of a row that is a directory, or below it: what lies in it is that row's */
	APPEAR_REPOSITORY,   /* a repository's own: the rows of GIT */
	APPEAR_PART,	     /* a directory in that, of such a row */
	APPEAR_REPOSITORIES, /* the modules or worktrees of another, or in one of these: it may be one */
};

struct appear_place {
	char *path; /* owned; absolute */
	size_t tree;
	enum appear_kind kind;
	/* APPEAR_PLAIN, and this too: of a repository by another name than .git. APPEAR_PLAIN: it is not. */
	enum appear_kind bare;
	const struct autorun_row *row;
	const struct autorun_row *part; /* of APPEAR_PART */
	bool top;
	bool dependencies;
	bool
	    own; /* APPEAR_PLAIN, in a repository's own: of no row, but links count, and repositories in it */
	bool refs;   /* below the refs of one: git may take a name for a ref, whatever else it is */
	bool nested; /* below APPEAR_REPOSITORIES: whatever else it is, it may be a repository */
	bool fresh;  /* of a repository that was made since: what was in it before did nothing */
	bool moved;  /* a directory on the way has changed: what is in it may have come along */
};

struct appear_watch {
	int wd;
	struct appear_place at;
	char *name; /* owned; a file there; NULL: the directory itself */
};

/* A name that was just made. */
struct appear_settling {
	struct appear_place at; /* the directory */
	char *name;		/* owned */
	struct timespec due;
	unsigned waited; /* times that it was judged too early */
};

struct appear_queue {
	struct appear_place *at; /* owned */
	size_t n, next, cap;
};

/* A directory that was opened to be searched. */
struct appear_closed {
	struct appear_place at;
	struct stat was;
};

struct appear_inode {
	dev_t dev;
	ino_t ino;
	struct timespec born; /* a number may be given again; zero: the file system does not tell */
};

/* A directory as it was when the command was about to go. */
struct appear_stood {
	char *path; /* owned */
	/* In the box, where it may be a fresh one that is mounted over the host's, and on the host. */
	struct appear_inode inside, host;
};

/* Where git started on the host works, and did not before. */
struct appear_top {
	char *path; /* owned */
	char *dir;  /* owned; the repository of which it is a linked worktree; "": of one of its own */
};

struct appear_moved {
	char *path, *line; /* owned */
};

struct appear {
	struct appear_opts o;
	/* Sorted: what is read-only inside or bound by itself; it is not looked at, nor what is below. */
	struct strv held;
	struct strv pinned;	  /* sorted: it is there, and stays */
	struct strv repositories; /* their own directories, of those that were there */
	/* Sorted: the directories of both. The host took the mount away with one that is another now. */
	struct appear_stood *stood; /* owned */
	size_t nstood, stood_cap;
	struct strv replaced; /* of those that were held */
	struct strv held_later,
	    pinned_later; /* sorted: what the rest of the walk found meanwhile (finish.h) */
	off_t later_size;
	struct appear_queue queue, late;
	size_t queued; /* bytes of their paths */
	DIR *reading;  /* owned; the directory that is not read to its end; NULL: none */
	struct appear_place read_at;
	struct appear_watch *watch; /* owned; by wd, which grows */
	size_t nwatch, watch_cap, watch_max;
	struct appear_settling *settling; /* owned */
	size_t nsettling, settling_cap;
	unsigned waited;	 /* of the one that is judged */
	int poll, notify, timer; /* owned */
	bool live;		 /* directories are to be watched */
	bool full;		 /* no more of them can be */
	char *unwatched; /* owned; that not all are, and why; NULL: they are, or the project is large */
	const char *unwatched_try; /* static; what helps; NULL: nothing */
	bool unwatched_said;
	bool over;	     /* more was moved than may be */
	struct timespec end; /* of the search at the end */
	bool late_now;
	const char *incomplete;	      /* static; why the search at the end was cut short; NULL: it was not */
	struct appear_closed *closed; /* owned */
	size_t nclosed;
	struct appear_moved *moved; /* owned */
	size_t nmoved;
	size_t said;
	struct strv followed;	/* where links led, at the end */
	struct strv absent;	/* sorted: where nothing was, and git starts what is */
	struct appear_top *top; /* owned; found at the end */
	size_t ntop;
	struct strv named;	 /* of REPORT */
	struct strv out;	 /* links that lead into the home, as "LINK -> TARGET" */
	struct strv daily;	 /* likewise, and a session's daily work */
	bool too_many;		 /* ... and more of them */
	struct strv failed;	 /* could not be moved */
	struct account *account; /* borrowed; at the end */
	struct strv unread;	 /* could not be searched, at the end */
	struct strv ours;	 /* what was moved, and found no better place */
};

/* --- appearname.c: what a name is, by the tables and by what holds it; nothing is touched */

/* The row of a name; NULL: it is of none. */
const struct autorun_row *appearname_row(const struct appear_place *at, const char *name, bool is_link);
/* That of what git takes for a ref. */
const struct autorun_row *appearname_ref(void);
/* Whether it, or what lies in it, can be of a row. type: as readdir(3) has it. */
bool appearname_may_count(const struct appear_place *at, const char *name, unsigned char type);
/* What a directory is by its name and by what holds it. False: nothing in it counts. *ret is owned in both cases. */
bool appearname_below(struct appear *a, const struct appear_place *at, const char *name,
		      const struct stat *st, struct appear_place *ret);

/* --- appearjudge.c: whether it came since the start, and what is done then */

bool appearjudge_is_below(const struct strv *sorted, const char *path);
/* Remembers the directories that are held or pinned. */
void appearjudge_remember(struct appear *a);
/* dir, name: what stands there now. Where it is another one, path is not held any more. */
void appearjudge_look(struct appear *a, const char *path, int dir, const char *name);
/* The same of all, also of those that a search does not come to. */
void appearjudge_look_at_all(struct appear *a);
/* The mounts of the box lie there, also those that were made after its start: the host would lose what it has there. */
bool appearjudge_is_held(struct appear *a, const char *path);
/* It, or what has brought it, came by its name since the start, or is another. */
bool appearjudge_is_since(const struct appear *a, const struct appear_place *at, int dir, const char *name,
			  const struct stat *st);
/* What makes a directory a repository came there since: what lies in `objects` and `refs` changes their own times. */
bool appearjudge_is_new_repository(const struct appear *a, int dir);
/* So did its objects or refs by their birth, which a commit or `git switch` doesn't change. */
bool appearjudge_is_fresh(const struct appear *a, int dir);
/* What its row says of a name that is no directory, or is one of REPORT. */
void appearjudge(struct appear *a, const struct appear_place *at, int dir, const char *name,
		 const struct autorun_row *row, const struct stat *st);

/* --- appearstart.c: what git starts by a name that begins in a worktree, or of a place where nothing was */

void appearstart_remember(struct appear *a);
/* While the session runs: it is in such a place. */
bool appearstart_is(const struct appear *a, const char *dir, const char *name);
void appearstart_came(struct appear *a, const char *path);

/* Takes dir. */
void appearstart_top(struct appear *a, const char *path, char *dir);
void appearstart_judge(struct appear *a);
void appearstart_done(struct appear *a);

/* --- appeartake.c: moves away, and keeps what is said of it */

/* instead, more: as quarantine_take(), and the end of the line. */
void appeartake_move(struct appear *a, const struct appear_place *at, int dir, const char *name,
		     const struct autorun_row *row, const char *instead, const char *more);
void appeartake_failed(struct appear *a, const char *path, int e);
void appeartake_unread(struct appear *a, const char *path, int e);
void appeartake_name(struct appear *a, const char *path, bool daily);
/* At once; the account has it, too. */
void appeartake_say(struct appear *a);

/* --- appearwalk.c: directories, one after the other */

struct appear_place appearwalk_copy(const struct appear_place *p);
/* Takes p.path. */
void appearwalk_enqueue(struct appear *a, struct appear_place p);
void appearwalk_from_the_top(struct appear *a);
/* Some names of one directory of the queue; false: it is empty. */
bool appearwalk_next(struct appear *a);
bool appearwalk_is_done(const struct appear *a);
void appearwalk_visit(struct appear *a, const struct appear_place *at, int dir, const char *name);
/* Of the innermost tree that holds path; SIZE_MAX: none does. */
size_t appearwalk_tree_of(const struct appear *a, const char *path);
/* The path of a tree; NULL: it is none. */
const char *appearwalk_tree(const struct appear *a, size_t tree);
/* Beneath its tree, through no link. -errno. */
int appearwalk_open(const struct appear *a, const struct appear_place *p, int flags);
/* All of the trees, at the end. */
void appearwalk_search(struct appear *a);
void appearwalk_done(struct appear *a);

/* --- appearlive.c: what the kernel tells of directories, while the session runs */

void appearlive_begin(struct appear *a);
/* fd: the directory. */
void appearlive_watch(struct appear *a, const struct appear_place *p, int fd);
/* Also who has it open, or by another name, is heard there. dir: at's. */
void appearlive_watch_file(struct appear *a, const struct appear_place *at, int dir, const char *name);
/* The name is judged again in a moment. False: not any more, it has waited, or the session is at its end. */
bool appearlive_wait(struct appear *a, const struct appear_place *at, const char *name);
void appearlive_done(struct appear *a);

#endif
