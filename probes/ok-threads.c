/* SPDX-License-Identifier: MIT */
/*
 * By libc, which tries clone3 and must fall back; each thread counts under a lock.
 * Remedy: The sandbox breaks an ordinary program here: run it by hand in the sandbox, and look at
 *   --dry-run and --list-syscalls.
 * See: pthreads(7), clone(2), futex(2)
 */
#include "probe.h"

#include <errno.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int counted;

static void *count_one(void *arg)
{
	pthread_mutex_lock(&lock);
	counted++;
	pthread_mutex_unlock(&lock);
	return arg;
}

PROBE("ok-threads", "64 threads can be started and joined")
{
	static pthread_t threads[64];
	int err;

	for (int i = 0; i < 64; i++) {
		err = pthread_create(&threads[i], NULL, count_one, NULL);
		if (err != 0)
			return probe_denied(err, "pthread_create", "thread %d", i);
	}
	for (int i = 0; i < 64; i++)
		pthread_join(threads[i], NULL);
	if (counted != 64)
		return probe_denied(0, "pthread_join", "%d of 64 threads counted", counted);
	return probe_allowed("pthread_create", "64 threads counted");
}
