/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include "util.h"

int limit_share(const struct policy *p, const char *path, const char **why)
{
	static const struct {
		const char *path;
		int percent;
		const char *why;
	} sizes[] = {
#define SIZE(path, percent, why) { path, percent, why },
#include "data/sizes.def"
	};
	size_t i = 0;

	while (sizes[i].path != NULL && !streq(path, streq(sizes[i].path, "@HOME") ? p->home : sizes[i].path))
		i++;
	if (why != NULL)
		*why = sizes[i].why;
	return sizes[i].percent;
}

const struct limit_user *limit_user(size_t i)
{
	static const struct limit_user rows[LIMIT_USERS] = {
#define SHARE(name, own, machine, percent, why) { name, "sys/user/" own, "sys/fs/" machine, percent, why },
#include "data/shares.def"
	};

	return &rows[i];
}
