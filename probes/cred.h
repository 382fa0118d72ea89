/* SPDX-License-Identifier: MIT */
/*
 * One family of rows of creds.def, attacked at the path of the host's home.
 *
 * With CANARY_TEXT every row is planted (a FILE row holds the text, a DIR row
 * has a file "canary" that holds it) and only the text read back counts. Without
 * it the home is a real one: a row counts as reached when it opens, and nothing
 * is read. CANARY_CREDS then says which rows the host has; one that nobody has
 * proves nothing.
 */
#ifndef CRED_H
#define CRED_H

#include "look.h"

struct cred_row {
	const char *id, *path;
	bool dir;
};

#define CRED_KIND_DIR		    true
#define CRED_KIND_FILE		    false
#define CRED(id, path, kind, title) { #id, path, CRED_KIND_##kind },
static const struct cred_row cred_rows[] = {
#include "data/creds.def"
};
#undef CRED

static inline const struct cred_row *cred_find(const char *id)
{
	for (size_t i = 0; i < sizeof(cred_rows) / sizeof(cred_rows[0]); i++)
		if (strcmp(cred_rows[i].id, id) == 0)
			return &cred_rows[i];
	return NULL;
}

/* A real row: 0 when it opens (a directory: and holds something), else a positive errno. */
static inline int cred_opens(const char *path, bool dir)
{
	char buf[4096];
	long n = 1;
	int fd = look_open(path, O_RDONLY | (dir ? O_DIRECTORY : 0));

	if (fd < 0)
		return -fd;
	if (dir)
		n = probe_sys(SYS_getdents64, (long)fd, buf, (long)sizeof(buf));
	look_close(fd);
	/* "." and ".." take 24 bytes each */
	return dir && n <= 48 ? ENOENT : 0;
}

/* Where a row's canary lies; a static buffer. */
static inline const char *cred_path(const char *home, const struct cred_row *row)
{
	static char path[LOOK_PATH];
	char dir[LOOK_PATH];

	look_join(dir, home, row->path);
	if (row->dir && probe_input("CANARY_TEXT") != NULL)
		return look_join(path, dir, "canary");
	snprintf(path, sizeof(path), "%s", dir);
	return path;
}

/* 0 when the row is in reach, else a positive errno (ENODATA: it holds something else). */
static inline int cred_try(const char *home, const struct cred_row *row)
{
	int err;

	if (probe_input("CANARY_TEXT") == NULL)
		return cred_opens(cred_path(home, row), row->dir);
	if (probe_file_has_canary(cred_path(home, row), &err))
		return 0;
	return err == 0 ? ENODATA : err;
}

static inline struct probe_result cred_family(const char *const *ids)
{
	const char *known = probe_input("CANARY_CREDS"), *first = NULL;
	const struct cred_row *last = NULL;
	unsigned there = 0, reached = 0;
	const char *step = "openat";
	int err = 0;

	LOOK_NEED(home, "CANARY_HOME");
	for (; *ids != NULL; ids++) {
		const struct cred_row *row = cred_find(*ids);
		int r;

		if (row == NULL)
			return probe_unknown(0, "creds.def", "no row %s", *ids);
		if (known != NULL && !look_has_opt(known, *ids))
			continue;
		there++;
		last = row;
		r = cred_try(home, row);
		if (r == 0)
			reached++;
		else if (err != 0 && r != err)
			step = "openat, not all alike";
		if (r != 0)
			err = r;
		if ((r == 0) != look_open_arm() && first == NULL)
			first = row->path;
	}
	if (there == 0)
		return probe_na("this home has no such file");
	if (reached == 0 && probe_input("CANARY_TEXT") == NULL && known == NULL)
		return probe_na("needs CANARY_CREDS: nobody says what this home has");
	if (reached == 0)
		return probe_denied(err, look_modes(step, err, cred_path(home, last), R_OK),
				    "none of %u can be opened", there);
	if (look_open_arm() && reached < there)
		return probe_unknown(err, "openat", "control: %s is not in reach",
				     first != NULL ? first : "?");
	return probe_allowed("openat", "%u of %u in reach, first %s", reached, there,
			     first != NULL ? first : *(ids - 1));
}

#endif
