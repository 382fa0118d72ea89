/* SPDX-License-Identifier: MIT */
#include "limitset.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

static const char suffixes[] = "KMGT";

static const struct limit_row rows[LIMITS] = {
#define LIMIT(id, name, unit, least, most, example, file, why) \
	[LIMIT_##id] = { name, LIMIT_##unit, least, most, example, file, why },
#include "data/limits.def"
};

const struct limit_row *limitset_row(enum limit_id id)
{
	return &rows[id];
}

static int wrong(struct limit_fault *fault, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int wrong(struct limit_fault *fault, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault->why, sizeof(fault->why), fmt, ap);
	va_end(ap);
	fault->at = at;
	return -EINVAL;
}

const char *limitset_text(enum limit_id id, uint64_t n, char buf[LIMIT_TEXT])
{
	size_t power = 0;

	while (rows[id].unit == LIMIT_BYTES && power < strlen(suffixes) && n != 0 && n % 1024 == 0) {
		n /= 1024;
		power++;
	}
	snprintf(buf, LIMIT_TEXT, "%" PRIu64 "%.*s%s", n, power > 0 ? 1 : 0,
		 power > 0 ? &suffixes[power - 1] : "", rows[id].unit == LIMIT_PERCENT ? "%" : "");
	return buf;
}

/* What stands behind the digits, as a factor; 0: nothing that can. */
static uint64_t factor(enum limit_unit unit, const char *s, size_t len)
{
	const char *p = len == 1 ? strchr(suffixes, *s) : NULL;

	if (unit == LIMIT_PERCENT)
		return len == 1 && *s == '%';
	if (unit == LIMIT_COUNT || len == 0)
		return len == 0;
	return p != NULL && *p != '\0' ? 1ULL << 10 * (p - suffixes + 1) : 0;
}

int limitset_value(enum limit_id id, const char *text, size_t len, uint64_t *ret, struct limit_fault *fault)
{
	static const char *const form[] = { "a number of bytes, or one with K, M, G or T behind it",
					    "a number", "a number with a % behind it" };
	const struct limit_row *row = &rows[id];
	size_t digits = 0;
	uint64_t n = 0, by;
	char bound[LIMIT_TEXT];

	for (; digits < len && text[digits] >= '0' && text[digits] <= '9'; digits++)
		n = n > row->most ? n : n * 10 + (uint64_t)(text[digits] - '0');
	by = digits > 0 ? factor(row->unit, text + digits, len - digits) : 0;
	if (by == 0)
		return wrong(fault, digits, "%s is %s, such as %s", row->name, form[row->unit], row->example);
	if (n > row->most / by)
		return wrong(fault, 0, "%s is at most %s", row->name, limitset_text(id, row->most, bound));
	if (n * by < row->least)
		return wrong(fault, 0, "%s is at least %s", row->name, limitset_text(id, row->least, bound));
	*ret = n * by;
	return 0;
}

static int unknown(size_t at, struct limit_fault *fault)
{
	static const char words[] = "no such limit; these are:"
#define LIMIT(id, name, ...) " " name
#include "data/limits.def"
	    ;

	return wrong(fault, at, "%s", words);
}

int limitset_next(const char *text, size_t *at, struct limit_item *ret, struct limit_fault *fault)
{
	size_t name = *at > 0 && text[*at] == ',' ? *at + 1 : *at, len = strcspn(text + name, "=,"), end;

	if (*at > 0 && text[*at] == '\0')
		return 0;
	*ret = (struct limit_item){ .id = 0 };
	while (ret->id < LIMITS &&
	       (strlen(rows[ret->id].name) != len || memcmp(rows[ret->id].name, text + name, len) != 0))
		ret->id++;
	if (ret->id == LIMITS)
		return unknown(name, fault);
	if (text[name + len] != '=')
		return wrong(fault, name + len, "%s needs a value, such as %s=%s", rows[ret->id].name,
			     rows[ret->id].name, rows[ret->id].example);
	ret->from = name + len + 1;
	ret->len = strcspn(text + ret->from, ",");
	end = ret->from + ret->len;
	if (limitset_value(ret->id, text + ret->from, ret->len, &ret->n, fault) < 0) {
		fault->at += ret->from;
		return -EINVAL;
	}
	*at = end;
	return 1;
}
