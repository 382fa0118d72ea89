/* SPDX-License-Identifier: MIT */
#include "mountinfo.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

/* "ID PARENT MAJ:MIN ROOT POINT OPTIONS [OPTIONAL...] - TYPE SOURCE SUPER" */
enum { FIELD_ID, FIELD_PARENT, FIELD_DEVICE, FIELD_POINT = 4, FIELD_OPTIONS, FIELD_OPTIONAL };

static bool mountinfo_octal(const char *s, size_t left)
{
	return left >= 4 && s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
	       s[3] >= '0' && s[3] <= '7';
}

/* Copies s[0..n) with "\040" and its like undone. An escaped NUL stays as it is: it would cut the path. */
static char *mountinfo_unescape(const char *s, size_t n)
{
	char *out = xmalloc(n + 1);
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		int c = mountinfo_octal(s + i, n - i)
			    ? (s[i + 1] - '0') << 6 | (s[i + 2] - '0') << 3 | (s[i + 3] - '0')
			    : 0;

		if (c != 0)
			i += 3;
		out[len++] = c != 0 ? (char)c : s[i];
	}
	out[len] = '\0';
	return out;
}

static bool mountinfo_is(const char *s, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(s, word, n) == 0;
}

/* "ro,nosuid,nodev,relatime": of the mount, not of its file system. */
static void mountinfo_options(const char *s, size_t n, struct mountinfo *ret)
{
	for (const char *end = s + n; s < end;) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t len = (size_t)((comma != NULL ? comma : end) - s);

		ret->read_only = ret->read_only || mountinfo_is(s, len, "ro");
		ret->nosuid = ret->nosuid || mountinfo_is(s, len, "nosuid");
		ret->nodev = ret->nodev || mountinfo_is(s, len, "nodev");
		s += len + 1;
	}
}

static void mountinfo_field(size_t field, const char *s, size_t n, struct mountinfo *ret)
{
	if (field == FIELD_ID)
		ret->id = strtoul(s, NULL, 10);
	else if (field == FIELD_PARENT)
		ret->parent = strtoul(s, NULL, 10);
	else if (field == FIELD_DEVICE && n < sizeof(ret->device)) {
		memcpy(ret->device, s, n);
		ret->device[n] = '\0';
	} else if (field == FIELD_OPTIONS) {
		mountinfo_options(s, n, ret);
	}
}

static bool mountinfo_line(const char *line, size_t len, struct mountinfo *ret)
{
	const char *point = NULL, *end = line + len;
	size_t point_len = 0, field = 0;

	*ret = (struct mountinfo){ 0 };
	for (const char *p = line; p < end; field++) {
		const char *space = memchr(p, ' ', (size_t)(end - p));
		size_t n = (size_t)((space != NULL ? space : end) - p);

		if (field == FIELD_POINT) {
			point = p;
			point_len = n;
		} else if (field >= FIELD_OPTIONAL && n == 1 && *p == '-' && space != NULL) {
			const char *type = space + 1;
			const char *stop = memchr(type, ' ', (size_t)(end - type));

			if (point == NULL || point[0] != '/')
				return false;
			ret->point = mountinfo_unescape(point, point_len);
			ret->type = xstrndup(type, (size_t)((stop != NULL ? stop : end) - type));
			return true;
		} else {
			mountinfo_field(field, p, n, ret);
		}
		p += n + 1;
	}
	return false;
}

bool mountinfo_next(const char **text, struct mountinfo *ret)
{
	while (**text != '\0') {
		const char *line = *text;
		size_t len = strcspn(line, "\n");

		*text = line + len + (line[len] == '\n');
		if (mountinfo_line(line, len, ret))
			return true;
	}
	return false;
}

void mountinfo_done(struct mountinfo *m)
{
	free(m->point);
	free(m->type);
	*m = (struct mountinfo){ 0 };
}

/* A server of FUSE says what it is behind a dot. */
static bool mountinfo_is_drive(const char *type)
{
	static const char *const drives[] = { "9p", "drvfs", "virtiofs" };

	if (strncmp(type, "fuse.", 5) == 0)
		type += 5;
	for (size_t i = 0; i < ARRAY_SIZE(drives); i++)
		if (streq(type, drives[i]))
			return true;
	return false;
}

void mountinfo_drives(const char *text, struct strv *ret)
{
	struct mountinfo m = { 0 };

	while (mountinfo_next(&text, &m)) {
		if (mountinfo_is_drive(m.type) && !streq(m.point, "/") && !strv_has(ret, m.point))
			strv_add(ret, m.point);
		mountinfo_done(&m);
	}
}
