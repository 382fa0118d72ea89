/* SPDX-License-Identifier: MIT */
/*
 * The plan: ordered, typed, self-contained operations that say the whole
 * sandbox, each with the reason why it is there. compose makes it, verify
 * checks it, bwrap renders it, run carries it out, --dry-run shows it. Nothing
 * in the launcher edits a finished plan. An array, so that tests can index it.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include "diag.h"
#include "rights.h"
#include "strv.h"

/* Where init stands inside. */
#define PLAN_INIT   "/run/claude-sandbox/init"
/* Generated files that are mounted at the start; of no use after it. */
#define PLAN_COVERS "/run/claude-sandbox/data"

/* A file of the box's root that no Landlock rule covers: the proof tries it. */
#define PLAN_UNRULED "/run/.unruled"

/* The mode of a mask over a blocked command: whoever looks for it in PATH finds it, tries it, and is refused. */
#define PLAN_MASK_COMMAND 0111

enum plan_type {
	PLAN_INVALID,
	/* processes and privilege */
	PLAN_UNSHARE,	       /* arg: user mnt pid ipc uts cgroup net (mnt is implied by bwrap) */
	PLAN_NO_NESTED_USERNS, /* --disable-userns, where bwrap has it */
	PLAN_CAP_DROP,	       /* all capabilities, bounding set too */
	PLAN_NO_NEW_PRIVS,     /* bwrap always sets it; init proves it */
	PLAN_DIE_WITH_PARENT,
	PLAN_AS_PID_1,
	PLAN_UID, /* number: uid inside */
	PLAN_GID,
	PLAN_HOSTNAME, /* arg */
	PLAN_KERNEL_UID, /* number: the kernel's uid of the box; src: its gid; arg: "drop" or "idmap"; absent: the caller's own */
	PLAN_MAKE_DIR, /* dst on the host, with what is missing above it; removed at the end if it is empty */
	PLAN_CLOSE_FDS,	   /* every inherited descriptor but the plan's own */
	PLAN_RELAY_STDIO,  /* regular files, directories and devices on stdio become pipes */
	PLAN_OWN_TERMINAL, /* terminals on stdio become a pty of the box */
	PLAN_WATCH, /* what appears in writable trees and the host would act on is moved away, or named */
	PLAN_HOLD, /* a file that is read-only inside and is replaced on the host becomes so again, or the session ends */
	PLAN_EGRESS, /* arg: filtered or open; a way out of the box's network, through a process that judges */
	PLAN_ALLOW_HOST, /* arg: a pattern of hosts; src: where it stands */
	PLAN_DENY_HOST,
	PLAN_PORT,	 /* arg: a port of hosts that are allowed without one; src: where it stands */
	PLAN_HOST_PORT,	 /* arg: a port of the host's loopback, which is on the box's; src: where it stands */
	PLAN_PUBLISH,	 /* the same the other way round */
	PLAN_EGRESS_LOG, /* dst: the file on the host; src: where it was asked for */
	PLAN_UPSTREAM, /* arg: the proxy by which egress goes out, HOST:PORT; src: as above; data: its login */
	PLAN_LIMIT, /* arg: a limit of limits.def that a control group holds, number; src: where it was asked for */
	PLAN_MITMPROXY, /* dst: the file on the host for what the mitmdump at src keeps */
	PLAN_DIRECT,	/* arg: a pattern of hosts that are not behind it; src: where it stands */
	PLAN_BLOCKED,	/* arg: a pattern of commands that the launcher refuses; src: where it stands */
	/* file system; dst absolute and resolved */
	PLAN_RO_BIND, /* src -> dst, recursive */
	PLAN_RW_BIND, /* src -> dst */
	PLAN_SYMLINK, /* src is the link's text */
	PLAN_DIR,
	PLAN_TMPFS,
	PLAN_PROC,
	PLAN_DEV,
	PLAN_FILE,	 /* file of the box's own root with the bytes of data, mode `number`; no mount */
	PLAN_DATA,	 /* the same bound over dst, read-only */
	PLAN_MASK_FILE,	 /* an empty, unreadable, read-only file over dst */
	PLAN_MASK_DIR,	 /* an empty, read-only directory over dst */
	PLAN_UNMOUNT,	 /* dst is not there any more */
	PLAN_PIN,	 /* dst bound on itself, writable: it can't be renamed away */
	PLAN_LINK,	 /* a link to src, which stands at via, mounted over the file dst */
	PLAN_REMOUNT_RO, /* dst, not recursive */
	PLAN_SIZE,	 /* the fresh directory dst takes at most number percent of the machine's memory */
	PLAN_SHARE, /* arg: a row of data/shares.def; the box may use up number percent of what the user may have */
	PLAN_CHDIR,
	/* the command */
	PLAN_SETENV,	   /* src name, data value; secret: shown as "$NAME", never its value */
	PLAN_RLIMIT,	   /* arg: core, nofile or fsize; number */
	PLAN_LANDLOCK,	   /* dst, number: enum plan_rights; together they are all that Landlock leaves */
	PLAN_SECCOMP,	   /* data: the program (struct sock_filter array) */
	PLAN_NON_DUMPABLE, /* init is not dumpable */
	PLAN_TYPES
};

enum plan_stage {
	PLAN_STAGE_NONE,
	PLAN_STAGE_LAUNCH, /* done by the launcher before bwrap */
	PLAN_STAGE_BWRAP,
	PLAN_STAGE_FD, /* made by descriptor in the sandbox's mount namespace, before the go */
	PLAN_STAGE_INIT,
	PLAN_STAGES
};

struct plan_op {
	enum plan_type type;
	enum plan_stage stage;
	char *src;  /* owned, NULL if none */
	char *via;  /* owned, NULL if none; where the stage "fd" finds src inside */
	char *dst;  /* owned, NULL if none; for operations with `arg`: the argument */
	char *data; /* owned, NULL if none */
	size_t len; /* bytes of data */
	long number;
	bool secret;
	char *why; /* owned: the table row, option or rule that asked for it */
};

struct plan {
	struct plan_op *op; /* owned */
	size_t n, cap;
	struct strv command; /* program and arguments; shell-less */
};

/* Appends op and takes ownership of its strings. Never fails (dies on exhaustion). Returns the new element. */
struct plan_op *plan_add(struct plan *p, struct plan_op op);
/* First operation of the type with that dst (NULL: any), or NULL. */
struct plan_op *plan_find(const struct plan *p, enum plan_type type, const char *dst);
/* Removes and releases one operation. For tests. */
void plan_del(struct plan *p, struct plan_op *op);
void plan_done(struct plan *p); /* accepts {0} and half-built plans */
#define AUTO_PLAN __attribute__((cleanup(plan_done)))

const char *plan_type_name(enum plan_type t); /* "ro-bind" */
const char *plan_stage_name(enum plan_stage s);
bool plan_is_mount(enum plan_type t); /* makes a mount at dst */

/* Calls of a PLAN_SECCOMP wait for the answer of somebody outside. */
bool plan_asks(const struct plan_op *op);

/*
 * --dry-run=json: {"schema":1,"command":[...],"ops":[{"type","stage","src","dst","number","bytes","why"}]}.
 * Values of secret variables and bytes of data are not written, only their length.
 */
int plan_dump_json(const struct plan *p, FILE *out, struct diag *d);
/* One operation a line, "type src dst # why", stable: golden files. */
void plan_dump_text(const struct plan *p, FILE *out);

#endif
