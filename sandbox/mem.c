/* SPDX-License-Identifier: MIT */
/*
 * Release functions behind AUTO_*, and allocators that die instead of failing.
 * Dying is _exit: no handler of ours may run with the heap exhausted.
 */
#include "mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_OURS 125

void mem_free_ptr(void *pp)
{
	void *p;

	/* memcpy: pp is the address of a pointer of any object type. */
	memcpy(&p, pp, sizeof(p));
	free(p);
	p = NULL;
	memcpy(pp, &p, sizeof(p));
}

void mem_close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void mem_close_file(FILE **f)
{
	int saved = errno;

	if (*f != NULL)
		fclose(*f);
	*f = NULL;
	errno = saved;
}

void mem_close_dir(DIR **d)
{
	int saved = errno;

	if (*d != NULL)
		closedir(*d);
	*d = NULL;
	errno = saved;
}

DIR *mem_dir(int fd)
{
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (d == NULL)
		mem_close_fd(&fd);
	return d;
}

static void mem_die(const char *line) __attribute__((noreturn));

static void mem_die(const char *line)
{
	if (write(STDERR_FILENO, line, strlen(line)) < 0) {
		/* There is nobody left to tell. */
	}
	_exit(EXIT_OURS);
}

void mem_oom(void)
{
	mem_die("claude-sandbox: out of memory\n");
}

/* n * size, or death when that overflows or is 0. */
static size_t mem_bytes(size_t n, size_t size)
{
	if (n == 0 || size == 0)
		mem_die("claude-sandbox: internal error: allocation of 0 bytes\n");
	/* PTRDIFF_MAX: larger objects break pointer subtraction. */
	if (n > (size_t)PTRDIFF_MAX / size)
		mem_oom();
	return n * size;
}

void *xmalloc(size_t n)
{
	void *p = malloc(mem_bytes(n, 1));

	if (p == NULL)
		mem_oom();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(1, mem_bytes(n, size));

	if (p == NULL)
		mem_oom();
	return p;
}

void *xrealloc_array(void *p, size_t n, size_t size)
{
	void *q = realloc(p, mem_bytes(n, size));

	if (q == NULL)
		mem_oom();
	return q;
}

char *xstrdup(const char *s)
{
	return xmemdup(s, strlen(s) + 1);
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

void *xmemdup(const void *p, size_t n)
{
	void *q = xmalloc(n);

	memcpy(q, p, n);
	return q;
}

char *xasprintf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (r < 0 || s == NULL)
		mem_oom();
	return s;
}
