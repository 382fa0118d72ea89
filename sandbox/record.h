/* SPDX-License-Identifier: MIT */
/*
 * What the launcher tells init, in one sealed memfd, and how they talk.
 * Both ends are built together; a wrong magic or size is refused.
 *
 * init gets these descriptors and no others:
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RECORD_FD_SOCKET \
	3 /* SOCK_SEQPACKET to the launcher; closed before the command starts, but for a terminal's job control */
#define RECORD_FD_RECORD 4 /* the record, sealed */
#define RECORD_FD_STATUS 5 /* struct record_status, shared; mapped and closed */
#define RECORD_FD_STDIO	 6 /* 6, 7, 8 become 0, 1, 2 */
#define RECORD_FD_END	 9

#define RECORD_MAGIC 0x43534231u /* "CSB1" */

enum check_id {
#define CHECK(id, probe, words) CHECK_##id,
#include "data/checks.def"
#undef CHECK
	CHECKS
};

struct record_check {
	uint64_t device; /* of SAME; number is the inode then */
	uint32_t id;	 /* enum check_id */
	uint32_t text;	 /* offset of a string, 0: none */
	uint64_t number; /* inode or device number of the host's */
};

struct record_rule {
	uint32_t path;	 /* offset of a string */
	uint32_t rights; /* enum plan_rights */
};

/* Calls of the filter wait for an answer, and the launcher gets the listener. */
enum record_listener {
	RECORD_LISTENER_NONE,
	RECORD_LISTENER_MUST,
	RECORD_LISTENER_MAY, /* where there can be none the filter answers them itself */
};

/* All offsets are from the start of the record; strings end with NUL. */
struct record {
	uint32_t magic, size;
	uint32_t non_dumpable;		   /* bool */
	uint32_t new_session;		   /* bool: no terminal of the caller's is on stdio */
	uint32_t terminals;		   /* bits of stdio that become the box's own pty */
	uint32_t foreground;		   /* bool: the command starts in the foreground of that pty */
	uint32_t core_limit;		   /* bool: RLIMIT_CORE 1 */
	uint32_t open_files;		   /* RLIMIT_NOFILE, at most; 0: the caller's */
	uint64_t file_size;		   /* RLIMIT_FSIZE, the same */
	uint32_t umask;			   /* the caller's */
	uint32_t skip_proof, skip_command; /* bool; suite only */
	uint32_t spare, spare_end;	   /* descriptors that bwrap got and had no use for */
	uint32_t cwd;			   /* offset of a string */
	uint32_t argv, nargv;		   /* offset of an array of string offsets */
	uint32_t env, nenv;		   /* "NAME=VALUE" */
	uint32_t rule, nrule;		   /* offset of struct record_rule[nrule]; nrule 0: no Landlock */
	uint32_t landlock_abi;
	uint32_t listener;	  /* enum record_listener */
	uint32_t filter, nfilter; /* offset of struct sock_filter[nfilter]; nfilter 0: none */
	uint32_t check, ncheck;	  /* offset of struct record_check[ncheck] */
};

/* Written by init just before it exits. */
struct record_status {
	int32_t signal; /* what the command died of, 0: it exited */
};

/*
 * init -> launcher. RECORD_HELLO carries the descriptors of its mount and network
 * namespaces, and of the master of its pty, if it is to have one (SCM_RIGHTS).
 */
enum record_message {
	RECORD_NOTHING,
	RECORD_HELLO,
	RECORD_LISTENER, /* carries the filter's listener; with an error: there is none */
	RECORD_PROVED,
	RECORD_MISSED,
	RECORD_FAILED,
	RECORD_NO_EXEC,
	RECORD_STARTED, /* these two only where the command has a terminal */
	RECORD_STOPPED
};
struct record_report {
	uint32_t message;
	uint32_t checks; /* executed */
	uint64_t cpu_ns; /* of the proof */
	int32_t error;	 /* positive errno: of RECORD_FAILED, RECORD_NO_EXEC and RECORD_LISTENER */
	uint32_t check;	 /* enum check_id that missed */
	char text[232];	 /* its row, or the step that failed */
	char why[280];	 /* of RECORD_NO_EXEC, where the errno alone would mislead; empty: it does not */
};
/* launcher -> init: one byte each. */
#define RECORD_MOUNTED 'm' /* the descriptor-stage mounts are made */
#define RECORD_GO      'g' /* start the command */
/* With a SIGCONT behind them: where the command goes on in its pty. */
#define RECORD_FORWARD 'f'
#define RECORD_BACK    'b'

#endif
