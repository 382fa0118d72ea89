/* SPDX-License-Identifier: MIT */
/*
 * Who goes on while we are stopped: a process with our memory and our descriptors, as a thread has them, that no stop of
 * ours reaches. Until it has ended we touch no memory that it may touch: one of us two does at a time.
 */
#ifndef STANDIN_H
#define STANDIN_H

#include <sys/types.h>

struct standin {
	pid_t pid;   /* 0: none */
	int over;    /* owned; readable: it is to end */
	char *stack; /* owned; NULL: none */
	void (*run)(void *arg, int over);
	void *arg;
	pid_t parent;
};

/*
 * It calls run(arg, over), which is to return soon when `over` is readable. All signals are blocked there, and our children
 * are not its own. It ends with us, however we end. *ret stays where it is until standin_end(). -errno: there is none.
 */
int standin_start(void (*run)(void *arg, int over), void *arg, struct standin *ret);
/* Has it end, and waits for that. -ECHILD: it had ended before, at whatever it was. */
int standin_end(struct standin *s);

#endif
