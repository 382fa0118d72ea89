/* SPDX-License-Identifier: MIT */
/*
 * Ownership of heap memory and file descriptors.
 *
 * An owning local is declared AUTO_* and initialised where it is declared; it
 * is released when the scope ends. TAKE_PTR/TAKE_FD hand it on. The x*
 * allocators die on exhaustion (exit 125, through mem_oom) and refuse size 0:
 * they are for the phases before the sandbox runs.
 */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>
#include <stdio.h>
#include <dirent.h>

void mem_free_ptr(void *pp); /* pp: address of a pointer */
void mem_close_fd(int *fd);  /* closes when >= 0, sets -1, keeps errno */
void mem_close_file(FILE **f);
void mem_close_dir(DIR **d);
DIR *mem_dir(int fd); /* a stream that owns the descriptor; NULL: it is negative, or closed */

#define AUTO_FREE  __attribute__((cleanup(mem_free_ptr)))
#define AUTO_CLOSE __attribute__((cleanup(mem_close_fd)))
#define AUTO_FILE  __attribute__((cleanup(mem_close_file)))
#define AUTO_DIR   __attribute__((cleanup(mem_close_dir)))

#define TAKE_PTR(p) \
	({ \
		__typeof__(p) t_ = (p); \
		(p) = NULL; \
		t_; \
	})
#define TAKE_FD(fd) \
	({ \
		int t_ = (fd); \
		(fd) = -1; \
		t_; \
	})

void mem_oom(void) __attribute__((noreturn));
void *xmalloc(size_t n) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc_array(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
void *xmemdup(const void *p, size_t n) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), malloc, returns_nonnull));

#endif
