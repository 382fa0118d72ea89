/* SPDX-License-Identifier: MIT */
/* Whether the parts that lie beside this program are those that it was built with. */
#include "runner/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "pin.h"
#include "util.h"

#define PARTS_PROBES "probes/"

bool parts_are_pinned(void)
{
	return pins[0].name != NULL;
}

/* NULL, or how it differs; static. */
static const char *parts_differ(int dir, const struct pin *pin)
{
	struct pin now;
	int r = pin_read(dir, pin->name, &now);

	if (r == -ENOENT)
		return "is missing";
	if (r < 0)
		return "can't be read";
	return now.bytes == pin->bytes && now.hash == pin->hash ? NULL : "is another one";
}

/* A probe's row, NULL: the table, the driver, init. */
static const struct manifest_row *parts_row(const struct suite *s, const struct pin *pin)
{
	return str_starts(pin->name, PARTS_PROBES)
		   ? manifest_find(&s->manifest, pin->name + strlen(PARTS_PROBES))
		   : NULL;
}

static char *parts_compare(const struct suite *s, bool probes)
{
	AUTO_CLOSE int dir = open(s->libexec, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FREE char *more = NULL;
	const char *first = NULL, *how = NULL;
	size_t n = 0;

	for (const struct pin *p = pins; p->name != NULL; p++) {
		const struct manifest_row *row = parts_row(s, p);
		const char *differs;

		if ((row != NULL) != probes || (probes && !s->selected[row - s->manifest.row]))
			continue;
		differs = parts_differ(dir, p);
		if (differs == NULL || n++ > 0)
			continue;
		first = p->name;
		how = differs;
	}
	if (n == 0)
		return NULL;
	more = n > 1 ? xasprintf(", and so are %zu more", n - 1) : xstrdup("");
	return xasprintf("not the parts that this suite was built with: %s/%s %s%s", s->libexec, first, how,
			 more);
}

int parts_check(const struct suite *s, struct diag *d)
{
	AUTO_FREE char *why = parts_compare(s, false);

	if (why == NULL)
		return 0;
	diag_set(d, -EUCLEAN, "%s", why);
	diag_try(d, "make install, or the package again");
	return d->code;
}

char *parts_check_probes(const struct suite *s)
{
	return parts_compare(s, true);
}
