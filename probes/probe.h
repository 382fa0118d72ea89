/* SPDX-License-Identifier: MIT */
/*
 * The harness of a probe: one attempt, one observation.
 *
 * A probe tries something forbidden and reports what it SAW; what that means
 * stands in MANIFEST. Success is proved by content (a canary read back, a byte
 * echoed), never by a return code alone. A probe that gets through does no
 * harm and takes its own traces away.
 *
 * Inputs come from whoever launches it, by name (probe_input): lines
 * NAME=VALUE on fd 3 when that is open at start (the driver passes a memfd and
 * probe.c closes it before the body runs), else environment variables of
 * the same name, for use by hand. A missing input is PROBE_NA with its name
 * ("needs CANARY_X"), never a pass.
 *
 * Output on stdout: TAP 14, one test, with a YAML block (observed, errno, step,
 * detail). Exit 0 denied, 1 allowed, 4 not applicable, 2 unknown or error: by
 * hand a probe expects denial. Static, raw system calls (probe_sys), no NSS,
 * no threads unless the attack needs them, never sanitized.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum probe_seen {
	PROBE_UNKNOWN, /* matches no expectation */
	PROBE_DENIED,
	PROBE_ALLOWED,
	PROBE_NA, /* the thing attacked, or an input, does not exist */
};

struct probe_result {
	enum probe_seen seen;
	int err;	  /* positive errno of the deciding step, 0: none */
	char step[64];	  /* the deciding step: "openat /proc/1/environ" */
	char detail[256]; /* what was seen, in words; never a secret's value */
};

/*
 * Defines the probe: id must equal the file's stem, title the MANIFEST title.
 *	PROBE("sys-mount", "mount(2) does not reach the kernel")
 *	{
 *		long r = probe_sys(SYS_mount, 1, 1, 1, 0, 1);
 *		return probe_calibrated(r, EFAULT, "mount");
 *	}
 */
#define PROBE(id, title) \
	const char probe_id[] = id; \
	const char probe_title[] = title; \
	struct probe_result probe_run(void)

extern const char probe_id[];
extern const char probe_title[];
struct probe_result probe_run(void);

/* Constructors. err is a positive errno. fmt gives the detail. */
struct probe_result probe_denied(int err, const char *step, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct probe_result probe_allowed(const char *step, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct probe_result probe_na(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
struct probe_result probe_unknown(int err, const char *step, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * For calls whose bad arguments make an unfiltered kernel answer `calibrated`
 * (THREATS.md 0.1): that errno, or success, means that the call reached the
 * kernel (allowed); any other errno means that something in front refused it.
 * r is a raw result: >= 0 or -errno. The same errno stands in MANIFEST
 * (allowed+calibrated:ERRNO) and in CALIBRATION: a control box that saw another
 * is on a kernel that this was not measured on.
 */
struct probe_result probe_calibrated(long r, int calibrated, const char *step);

/* Raw system call; returns the result or -errno, never sets errno. */
long probe_sys(long nr, ...);
/* The input NAME, or NULL. probe_input_long: -1 when missing. */
const char *probe_input(const char *name);
long probe_input_long(const char *name);

/*
 * Runs body(arg) in a forked child with a deadline in seconds; the child's
 * result comes back whole. A child killed by SIGSYS is denied (err ENOSYS,
 * detail says "killed"), by another signal or by the deadline is unknown.
 */
struct probe_result probe_in_child(struct probe_result (*body)(void *), void *arg, int seconds);

/* Reads up to n-1 bytes of the file into buf, NUL-terminates; length or -errno. */
long probe_read_file(const char *path, char *buf, size_t n);
/* True when the file can be read and holds the text CANARY_TEXT; *err gets the positive errno otherwise (0: read, other content). */
bool probe_file_has_canary(const char *path, int *err);
/* Name of an errno value ("EPERM"); "0" for 0. */
const char *probe_errno_name(int err);

#endif
