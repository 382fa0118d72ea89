/* SPDX-License-Identifier: MIT */
/* Reads probes/MANIFEST. Decides nothing; unknown words are errors, because a row that is half understood judges wrongly. */
#include "manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "util.h"

#define MANIFEST_COLUMNS 12

static bool manifest_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool manifest_word_ok(const char *s)
{
	return s[0] != '\0' && s[0] != '-' && s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0' &&
	       strlen(s) < 64;
}

/* "a,b" into a list; "-" is the empty one. False for an empty element or foreign characters. */
static bool manifest_list(const char *s, struct strv *ret)
{
	if (streq(s, "-"))
		return true;
	for (;;) {
		size_t n = strcspn(s, ",");

		if (n == 0 ||
		    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") < n)
			return false;
		strv_take(ret, xstrndup(s, n));
		if (s[n] == '\0')
			return true;
		s += n + 1;
	}
}

static bool manifest_boxed(const char *s, struct manifest_row *row)
{
	AUTO_STRV struct strv names = { 0 };

	if (streq(s, "allowed")) {
		row->boxed = MANIFEST_BOXED_ALLOWED;
		return true;
	}
	row->boxed = MANIFEST_BOXED_DENIED;
	if (streq(s, "denied"))
		return true;
	if (!str_starts(s, "denied:") || streq(s, "denied:-") || !manifest_list(s + 7, &names) ||
	    names.n > MANIFEST_ERRNOS)
		return false;
	for (size_t i = 0; i < names.n; i++) {
		if (names.v[i][0] != 'E')
			return false;
		row->denied_by[i] = xstrdup(names.v[i]);
	}
	return true;
}

/* "0", or the name of an errno. */
static bool manifest_errno_ok(const char *s)
{
	return streq(s, "0") ||
	       (s[0] == 'E' && s[1] != '\0' && s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == '\0');
}

static bool manifest_open(const char *s, struct manifest_row *row)
{
	static const char calibrated[] = "allowed+calibrated:";

	if (streq(s, "allowed"))
		row->open = MANIFEST_OPEN_ALLOWED;
	else if (streq(s, "denied"))
		row->open = MANIFEST_OPEN_DENIED;
	else if (str_starts(s, calibrated) && manifest_errno_ok(s + strlen(calibrated)))
		row->open = MANIFEST_OPEN_CALIBRATED;
	else
		return false;
	if (row->open == MANIFEST_OPEN_CALIBRATED)
		row->calibrated = xstrdup(s + strlen(calibrated));
	return true;
}

static bool manifest_one_of(const char *s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (streq(s, words[i]))
			return true;
	}
	return false;
}

/* Fills the row from its columns; NULL, or what is wrong. */
static const char *manifest_fill(char *const *c, struct manifest_row *row)
{
	static const char *const classes[] = { "escape",      "exfiltration", "discovery",
					       "persistence", "dos",	      "function" };
	static const char *const severities[] = { "critical", "high", "medium", "low" };
	char *end;

	if (!manifest_word_ok(c[0]))
		return "the id must be of a-z, 0-9 and hyphens";
	if (!manifest_one_of(c[2], classes, ARRAY_SIZE(classes)))
		return "class must be escape, exfiltration, discovery, persistence, dos or function";
	if (!manifest_one_of(c[3], severities, ARRAY_SIZE(severities)))
		return "severity must be critical, high, medium or low";
	row->id = xstrdup(c[0]);
	row->threat = xstrdup(c[1]);
	row->class = xstrdup(c[2]);
	row->severity = xstrdup(c[3]);
	row->where = streq(c[4], "harmless") ? MANIFEST_HARMLESS : MANIFEST_DESTRUCTIVE;
	row->alone = streq(c[4], "alone");
	if (row->where == MANIFEST_DESTRUCTIVE && !row->alone && !streq(c[4], "destructive"))
		return "where must be harmless, destructive or alone";
	row->required = streq(c[5], "required");
	if (!row->required && !streq(c[5], "optional"))
		return "must be required or optional";
	if (!manifest_list(c[6], &row->needs))
		return "bad list of needs";
	row->deadline = strtod(c[7], &end);
	if (end == c[7] || *end != '\0' || !(row->deadline > 0 && row->deadline <= 600))
		return "the deadline must be a number of seconds up to 600";
	if (!manifest_open(c[8], row))
		return "open must be allowed, allowed+calibrated:ERRNO or denied";
	if (!manifest_boxed(c[9], row))
		return "boxed must be denied, denied:ERRNO,... or allowed";
	if (!manifest_list(c[10], &row->layers))
		return "bad list of layers";
	if (!manifest_list(c[11], &row->mutants))
		return "bad list of mutants";
	return NULL;
}

/* The title in quotes at s; NULL: malformed. */
static char *manifest_title(const char *s, const char *end)
{
	while (end > s && manifest_is_blank(end[-1]))
		end--;
	if (end - s < 3 || s[0] != '"' || end[-1] != '"' || memchr(s + 1, '"', (size_t)(end - s) - 2) != NULL)
		return NULL;
	return xstrndup(s + 1, (size_t)(end - s) - 2);
}

/* One row [s, end); NULL, or what is wrong. */
static const char *manifest_row(const char *s, const char *end, struct manifest_row *row)
{
	AUTO_STRV struct strv col = { 0 };

	while (col.n < MANIFEST_COLUMNS) {
		const char *from;

		while (s < end && manifest_is_blank(*s))
			s++;
		from = s;
		while (s < end && !manifest_is_blank(*s))
			s++;
		if (s == from)
			return "a row has twelve columns and a title";
		strv_take(&col, xstrndup(from, (size_t)(s - from)));
	}
	while (s < end && manifest_is_blank(*s))
		s++;
	row->title = manifest_title(s, end);
	if (row->title == NULL)
		return "the title must stand in double quotes";
	return manifest_fill(col.v, row);
}

static void manifest_row_done(struct manifest_row *row)
{
	free(row->id);
	free(row->threat);
	free(row->class);
	free(row->severity);
	free(row->calibrated);
	strv_done(&row->needs);
	for (size_t i = 0; i < MANIFEST_ERRNOS; i++)
		free(row->denied_by[i]);
	strv_done(&row->layers);
	strv_done(&row->mutants);
	free(row->title);
}

static int manifest_compare(const void *a, const void *b)
{
	const struct manifest_row *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static int manifest_sort(const char *name, struct manifest *m, struct diag *d)
{
	if (m->n == 0)
		return diag_set(d, -EINVAL, "%s: no probe", name);
	qsort(m->row, m->n, sizeof(*m->row), manifest_compare);
	for (size_t i = 1; i < m->n; i++) {
		if (streq(m->row[i].id, m->row[i - 1].id))
			return diag_set(d, -EINVAL, "%s: %s stands there twice", name, m->row[i].id);
	}
	return 0;
}

int manifest_parse(const char *name, const char *text, size_t len, struct manifest *ret, struct diag *d)
{
	const char *p = text, *end = text + len;
	size_t cap = 0;

	*ret = (struct manifest){ 0 };
	if (len > MANIFEST_MAX_BYTES)
		return diag_set(d, -EINVAL, "%s: longer than %zu bytes", name, MANIFEST_MAX_BYTES);
	if (memchr(text, '\0', len) != NULL)
		return diag_set(d, -EINVAL, "%s: NUL byte", name);
	for (size_t line = 1; p < end; line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl != NULL ? nl : end, *s = p;
		const char *wrong;

		p = nl != NULL ? nl + 1 : end;
		while (s < stop && manifest_is_blank(*s))
			s++;
		if (s == stop || *s == '#')
			continue;
		if (ret->n == cap) {
			cap = cap > 0 ? cap * 2 : 64;
			ret->row = xrealloc_array(ret->row, cap, sizeof(*ret->row));
		}
		ret->row[ret->n] = (struct manifest_row){ 0 };
		wrong = manifest_row(s, stop, &ret->row[ret->n++]);
		if (wrong != NULL)
			return diag_set(d, -EINVAL, "%s:%zu: %s", name, line, wrong);
	}
	return manifest_sort(name, ret, d);
}

int manifest_load(const char *path, struct manifest *ret, struct diag *d)
{
	AUTO_FREE char *text = xmalloc(MANIFEST_MAX_BYTES + 1);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;

	*ret = (struct manifest){ 0 };
	if (fd < 0)
		return diag_errno(d, -errno, "%s", path);
	while (n <= MANIFEST_MAX_BYTES) {
		ssize_t r = read(fd, text + n, MANIFEST_MAX_BYTES + 1 - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return diag_errno(d, -errno, "%s", path);
		if (r == 0)
			break;
		n += (size_t)r;
	}
	return manifest_parse(path, text, n, ret, d);
}

void manifest_done(struct manifest *m)
{
	for (size_t i = 0; i < m->n; i++)
		manifest_row_done(&m->row[i]);
	free(m->row);
	*m = (struct manifest){ 0 };
}

const struct manifest_row *manifest_find(const struct manifest *m, const char *id)
{
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(m->row[mid].id, id);

		if (c == 0)
			return &m->row[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

bool manifest_is_function(const struct manifest_row *row)
{
	return row->boxed == MANIFEST_BOXED_ALLOWED;
}

char *manifest_expected(const struct manifest_row *row, bool open)
{
	char *s;

	if (open)
		return xstrdup(row->open == MANIFEST_OPEN_DENIED ? "denied" : "allowed");
	if (row->boxed == MANIFEST_BOXED_ALLOWED)
		return xstrdup("allowed");
	s = xstrdup("denied");
	for (size_t i = 0; row->denied_by[i] != NULL; i++) {
		char *more = xasprintf("%s%c%s", s, i == 0 ? ':' : ',', row->denied_by[i]);

		free(s);
		s = more;
	}
	return s;
}
