/* SPDX-License-Identifier: MIT */
/*
 * Programs that are timed, and the numbers made of it. Nothing here knows a
 * goal.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>
#include <sys/types.h>

#define MEASURE_FDS 64

/* A program as execve wants it, and the descriptors that it gets beside its stdio. */
struct measure_cmd {
	const char *argv[64]; /* borrowed; NULL-terminated */
	char *const *env;
	int fd[MEASURE_FDS]; /* memfds, close-on-exec here, read from their beginning there */
	size_t nfd;
};

/* Starts it with a pipe as output and errors, whose other end is *ret_fd. The pid, or -errno. */
pid_t measure_start(const struct measure_cmd *c, int *ret_fd);
/*
 * Runs it to its end. Milliseconds from fork to wait; what it wrote (at most
 * n - 1 bytes) in text. Negative, with its words on stderr, when it didn't end with 0; bwrap that the host overtook,
 * by replacing a file that it mounts over, is run again.
 */
double measure_run(const struct measure_cmd *c, char *text, size_t n);

/* The value below which a fifth of v[0..n) lies. Sorts. */
double measure_fifth(double *v, size_t n);
/* Nanoseconds of CPU of one getppid(2) in this process. */
double measure_getppid(void);

/* Microseconds that pass in one execve(2) of a file that is looked at in full, and that the kernel can't run. */
double measure_exec(const char *file);
/* Microseconds that pass in one call that the filter refuses, and tells the launcher of. */
double measure_told(void);
/* Nanoseconds of CPU of one call that the filter refuses by itself, and of one whose arguments it looks at. */
void measure_refused(double *ret_refused, double *ret_allowed);
/* Makes n calls of which the launcher is told, no two alike. */
void measure_deny(unsigned n);

/* A memfd with these bytes at exactly that number (0: any above 200), or -errno. */
int measure_memfd(int number, const void *data, size_t n);
/*
 * Fills *ret with bare bwrap on the plan that the launcher prints for
 * `launcher OPTION... --dry-run`. bash expands it once, with dir for its files;
 * options go by --args, data by memfd. *ret borrows from static memory. 0 or -1 with a message.
 */
int measure_plan(const struct measure_cmd *launcher, const char *dir, struct measure_cmd *ret);

#endif
