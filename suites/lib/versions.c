/* SPDX-License-Identifier: MIT */
#include "versions.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostbwrap.h"
#include "json.h"
#include "mem.h"
#include "path.h"
#include "state.h"
#include "strv.h"
#include "util.h"

#define VERSIONS_PACKAGE "@anthropic-ai/claude-code"
#define VERSIONS_ABOVE	 4 /* directories above the program in which a package.json is looked for */
#define VERSIONS_LENGTH	 64
#define NIX_STORE	 "/nix/store/"

/* The file that `name` leads to by PATH, without links; owned; NULL: none. */
static char *versions_find(char *const *env, const char *name)
{
	AUTO_STRV struct strv dirs = { 0 };

	hostbwrap_path_dirs(env, &dirs);
	for (size_t i = 0; i < dirs.n; i++) {
		AUTO_FREE char *path = path_join(dirs.v[i], name);
		struct stat st;

		if (access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			return realpath(path, NULL);
	}
	return NULL;
}

/* Foreign text, which will stand in a report. */
static bool versions_is_version(const char *s)
{
	return *s >= '0' && *s <= '9' && strlen(s) < VERSIONS_LENGTH &&
	       strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.+_-") == strlen(s);
}

/* "NAME-1.2.3" of "/nix/store/DIGEST-NAME-1.2.3/bin/program"; owned; NULL: it is not there. */
static char *versions_store_name(const char *path)
{
	const char *name, *end;

	if (!str_starts(path, NIX_STORE))
		return NULL;
	name = strchr(path + strlen(NIX_STORE), '-');
	end = name != NULL ? strchr(name, '/') : NULL;
	return end != NULL && end - name < VERSIONS_LENGTH ? xstrndup(name + 1, (size_t)(end - name - 1))
							   : NULL;
}

/* The version in a package.json of the agent's, in that directory; owned; NULL: there is none. */
static char *versions_package(const char *dir)
{
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FREE char *text = NULL;
	const struct json *name, *version;
	struct json_doc doc;
	char *ret = NULL;
	size_t len = 0;

	if (fd < 0 || state_read(fd, "package.json", dir, JSON_MAX_BYTES, &text, &len, NULL) < 0)
		return NULL;
	if (json_parse("package.json", text, len, JSON_PLAIN, &doc, NULL) == 0 &&
	    doc.root.type == JSON_OBJECT) {
		name = json_get(&doc.root, "name");
		version = json_get(&doc.root, "version");
		if (name != NULL && name->type == JSON_STRING && streq(name->string, VERSIONS_PACKAGE) &&
		    version != NULL && version->type == JSON_STRING && versions_is_version(version->string))
			ret = xasprintf("%s (npm)", version->string);
	}
	json_done(&doc);
	return ret;
}

/* By the place of the program. */
static char *versions_by_place(const char *path)
{
	AUTO_FREE char *dir = path_dirname(path);
	AUTO_FREE char *store = versions_store_name(path);

	if (store != NULL)
		return xasprintf("%s (nix)", store);
	/* The native installer keeps each version as ~/.local/share/claude/versions/1.2.3. */
	if (streq(path_basename(dir), "versions") && versions_is_version(path_basename(path)))
		return xasprintf("%s (native)", path_basename(path));
	for (int i = 0; i < VERSIONS_ABOVE; i++) {
		char *version = versions_package(dir), *up;

		if (version != NULL)
			return version;
		up = path_dirname(dir);
		free(dir);
		dir = up;
	}
	return NULL;
}

char *versions_agent(const char *path)
{
	char *version = versions_by_place(path);
	struct stat st;

	if (version != NULL)
		return version;
	if (stat(path, &st) < 0)
		return NULL;
	return xasprintf("unknown version, %lld bytes of %lld", (long long)st.st_size,
			 (long long)st.st_mtim.tv_sec);
}

char *versions_nix(char *const *env)
{
	AUTO_FREE char *path = versions_find(env, "nix");
	char *name = path != NULL ? versions_store_name(path) : NULL;

	if (name != NULL)
		return name;
	return access("/nix/store", F_OK) == 0 ? xstrdup("store") : NULL;
}
