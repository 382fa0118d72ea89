/* SPDX-License-Identifier: MIT */
/*
 * Lexical path arithmetic. It knows no symlinks: what a path names on the
 * machine is for `host` to say.
 */
#include "path.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "sha.h"
#include "util.h"

#define UNIQUE_DIGITS 16
#define UNIQUE_NAME   40 /* characters of the last component */

/* Appends the components of `path` to the clean path out[0..len), resolving "." and "..". Returns the new length. */
static size_t path_append(char *out, size_t len, const char *path)
{
	while (*path != '\0') {
		size_t n = (size_t)(strchrnul(path, '/') - path);

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (len > 0 && out[--len] != '/')
				;
		} else if (n > 0 && !(n == 1 && path[0] == '.')) {
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n;
		path += *path == '/';
	}
	return len;
}

/* A launch asks for hundreds: no printf. */
static char *path_of(const char *base, const char *path)
{
	/* "/" before each part and the NUL; cleaning never makes it longer. */
	char *out = xmalloc(strlen(base) + strlen(path) + 3);
	size_t len = path_append(out, path_append(out, 0, base), path);

	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

char *path_clean(const char *base, const char *path)
{
	return path_of(path[0] != '/' ? base : "", path);
}

char *path_join(const char *a, const char *b)
{
	return path_of(a, b);
}

bool path_is_under(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (streq(dir, "/"))
		return path[0] == '/';
	return strncmp(path, dir, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

char *path_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return xstrdup(".");
	if (slash == path)
		return xstrdup("/");
	return xstrndup(path, (size_t)(slash - path));
}

const char *path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash[1] == '\0')
		return path;
	return slash + 1;
}

int path_compare(const char *a, const char *b)
{
	const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;

	while (*x != '\0' && *x == *y) {
		x++;
		y++;
	}
	if (*x == *y)
		return 0;
	if (*x == '\0' || *y == '\0')
		return *x == '\0' ? -1 : 1;
	if (*x == '/' || *y == '/')
		return *x == '/' ? -1 : 1;
	return (int)*x - (int)*y;
}

char *path_expand(const char *path, const char *home)
{
	/* Without a home, "~/x" must not become "/x". */
	if (path[0] != '~' || (path[1] != '\0' && path[1] != '/') || home[0] == '\0')
		return xstrdup(path);
	if (streq(home, "/"))
		return xstrdup(path[1] != '\0' ? path + 1 : "/");
	return xasprintf("%s%s", home, path + 1);
}

char *path_unique(const char *path)
{
	char hex[SHA256_HEX], name[UNIQUE_NAME + 1];
	struct sha h;

	snprintf(name, sizeof(name), "%s", path_basename(path));
	for (char *s = name; *s != '\0'; s++)
		if ((*s < 'a' || *s > 'z') && (*s < 'A' || *s > 'Z') && (*s < '0' || *s > '9') &&
		    strchr("._-", *s) == NULL)
			*s = '_';
	sha256_init(&h);
	sha_add(&h, path, strlen(path));
	sha_end(&h, hex);
	return xasprintf("%s-%.*s", name, UNIQUE_DIGITS, hex);
}
